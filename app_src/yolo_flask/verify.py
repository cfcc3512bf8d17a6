"""Is this the model that its manifest describes, and are these the libraries it was made with?"""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from errors import ServiceError


class ModelError(ServiceError):
    """The model must not be served; the message says why."""

    def __init__(self, message: str):
        super().__init__(503, "model_not_ready", message)


def verified_files(directory: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Read the manifest, and hold the files and the runtime against it.

    Returns:
        the manifest, and the content of each file by its name: a file that is opened again may have changed.

    Raises:
        ModelError: a file is missing or changed, or onnxruntime has another version.
    """
    try:
        manifest = json.loads(read(directory / "manifest.json"))
        files, runtime = manifest["files"], manifest["libraries"]["onnxruntime"]
    except (ValueError, LookupError, TypeError) as error:
        raise ModelError(f"manifest.json cannot be used: {type(error).__name__}: {error}") from error
    contents = {name: read(directory / name) for name in files}
    for name, digest in files.items():
        if hashlib.sha256(contents[name]).hexdigest() != digest:
            raise ModelError(f"{name} is not the file that manifest.json describes: its sha256 differs")
    if version("onnxruntime") != runtime:
        raise ModelError(f"the model was made with onnxruntime {runtime}, installed is {version('onnxruntime')}")
    return manifest, contents


def read(path: Path) -> bytes:
    """Return a file's bytes, or say which file is missing."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read {path.name}: {error.strerror}") from error
