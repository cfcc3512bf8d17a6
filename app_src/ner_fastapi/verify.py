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


def verified_manifest(directory: Path) -> dict[str, Any]:
    """Read the manifest and hold the files and the runtime against it.

    Raises:
        ModelError: a file is missing or changed, or spaCy or thinc has another version.
    """
    try:
        manifest = json.loads(read(directory / "manifest.json"))
        files, libraries = manifest["files"], manifest["libraries"]
    except (ValueError, LookupError, TypeError) as error:
        raise ModelError(f"manifest.json cannot be used: {type(error).__name__}: {error}") from error
    for name, digest in files.items():
        if hashlib.sha256(read(directory / name)).hexdigest() != digest:
            raise ModelError(f"{name} is not the file that manifest.json describes: its sha256 differs")
    for library in ("spacy", "thinc"):
        if version(library) != libraries.get(library):
            raise ModelError(f"made with {library} {libraries.get(library)}, installed is {version(library)}")
    return manifest


def read(path: Path) -> bytes:
    """Return a file's bytes, or say which file is missing."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read {path.name}: {error.strerror}") from error
