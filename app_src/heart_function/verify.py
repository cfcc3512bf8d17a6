"""Is this the model that its manifest describes, made for the findings that the service reads?"""

import hashlib
import json
from pathlib import Path
from typing import Any

from errors import ServiceError
from features import CHOICES, FEATURES


class ModelError(ServiceError):
    """The model must not be served; the message says why."""

    def __init__(self, message: str):
        super().__init__(503, "model_not_ready", message)


def verified_files(directory: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Read the manifest, and hold files and features against it.

    Library versions do not matter: the model is a table of floats, and no library reads it.

    Returns:
        the manifest, and the content of each file by its name: a file that is opened again may have changed.

    Raises:
        ModelError: a file is missing or changed, or the model was trained on other features.
    """
    try:
        manifest = json.loads(read(directory / "manifest.json"))
        files, trained_on = manifest["files"], [feature["name"] for feature in manifest["features"]]
    except (ValueError, LookupError, TypeError) as error:
        raise ModelError(f"manifest.json cannot be used: {type(error).__name__}: {error}") from error
    contents = {name: read(directory / name) for name in files}
    for name, digest in files.items():
        if hashlib.sha256(contents[name]).hexdigest() != digest:
            raise ModelError(f"{name} is not the file that manifest.json describes: its sha256 differs")
    if trained_on != list(FEATURES):
        raise ModelError(f"the model was trained on other features: {', '.join(trained_on)}")
    return manifest, contents


def verify_words(table: dict[str, Any]) -> None:
    """Refuse a table that knows other words than the service reads."""
    for name, choice in CHOICES.items():
        if set(table["choices"][name]["weights"]) != set(choice.codes):
            raise ModelError(f"the model knows other words for {name} than the service")


def read(path: Path) -> bytes:
    """Return a file's bytes, or say which file is missing."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read {path.name}: {error.strerror}") from error
