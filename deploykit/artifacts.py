"""Models as files that can be trusted: each folder under ``models/`` carries a manifest.

The manifest says what is in the files (sha256), what made them (library versions, seed, data), what they expect and how
good they are. Whoever loads a model checks it first; the services in ``app_src/`` do so with a few lines of their own.
"""

import hashlib
import importlib.metadata
import shutil
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from deploykit.errors import KitError
from deploykit.files import replacing, sha256, write_atomically
from deploykit.paths import MODELS, ROOT

MANIFEST = "manifest.json"


class Feature(BaseModel):
    """One input of a model: its name, its unit, and the range seen in training."""

    name: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None


class Manifest(BaseModel):
    """What a model is made of and how good it is.

    Attributes:
        version: the first 12 digits of the sha256 over all files: the same model has the same version everywhere.
        files: file name, with its folder below the model's if it is in one, to sha256.
        libraries: library name to the version that made or tested the files.
        training_seconds: wall-clock time of the final fit.
        example: an input and the answer that the model gave when it was saved; services predict it at their start.
    """

    name: str
    version: str
    files: dict[str, str]
    libraries: dict[str, str]
    features: list[Feature]
    classes: list[str]
    metrics: dict[str, float]
    training_seconds: float
    seed: int
    example: dict[str, Any]


def save_manifest(
    name: str,
    *,
    libraries: list[str],
    features: list[Feature],
    classes: list[str],
    metrics: dict[str, float],
    training_seconds: float,
    seed: int,
    example: dict[str, Any],
) -> Manifest:
    """Write ``models/<name>/manifest.json`` about the files in that folder and below it."""
    folder = MODELS / name
    found = [file for file in sorted(folder.rglob("*")) if file.is_file() and file != folder / MANIFEST]
    files = {file.relative_to(folder).as_posix(): sha256(file) for file in found}
    manifest = Manifest(
        name=name,
        version=hashlib.sha256("".join(files.values()).encode()).hexdigest()[:12],
        files=files,
        libraries={library: importlib.metadata.version(library) for library in libraries},
        features=features,
        classes=classes,
        metrics=metrics,
        training_seconds=training_seconds,
        seed=seed,
        example=example,
    )
    write_atomically(folder / MANIFEST, manifest.model_dump_json(indent=2).encode() + b"\n")
    return manifest


def load_manifest(name: str) -> Manifest:
    """Return a model's manifest after checking every file against it.

    Raises:
        KitError: the model was not trained yet, or a file is not the one that the manifest describes.
    """
    folder = MODELS / name
    if not (folder / MANIFEST).exists():
        raise no_model(name)
    manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    for file, expected in manifest.files.items():
        if not (folder / file).exists() or sha256(folder / file) != expected:
            raise _train_first(name, f"models/{name}/{file} is not the file that its manifest describes.")
    return manifest


def no_model(name: str) -> KitError:
    """Say that a model is missing, and which notebook makes it."""
    return _train_first(name, f"There is no model '{name}' yet.")


def _train_first(name: str, why: str) -> KitError:
    notebook = f"01_train/{name}"
    return KitError(why, f"Run notebooks/{notebook}.ipynb, which writes models/{name}/.", notebook=notebook)


def copy_model(name: str, service: str) -> Path:
    """Verify a model and copy it into ``app_src/<service>/model/``, so that the service's folder stands alone.

    Returns:
        the new folder; an older copy stays whole until this one is.
    """
    manifest = load_manifest(name)
    target = ROOT / "app_src" / service / "model"
    with replacing(target) as copy:
        for file in [*manifest.files, MANIFEST]:
            (copy / file).parent.mkdir(exist_ok=True, parents=True)
            shutil.copy2(MODELS / name / file, copy / file)
    return target
