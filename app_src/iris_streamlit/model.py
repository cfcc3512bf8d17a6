"""The model: loaded once per process, and only when it is the one that its manifest describes."""

import hashlib
import json
import os
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnxruntime

DIRECTORY = Path(os.environ.get("MODEL_DIR") or Path(__file__).parent / "model")
ARTIFACT = "iris.onnx"


class ModelError(Exception):
    """The model must not be served; the message says why."""


class Model:
    """A verified ONNX classifier.

    Raises:
        ModelError: a file is missing or changed, a library has another version, or the smoke prediction is wrong.
    """

    def __init__(self, directory: Path, *, features: list[str]):
        self.manifest = json.loads(read(directory / "manifest.json"))
        verify_files(directory, self.manifest["files"])
        verify_runtime(self.manifest["libraries"]["onnxruntime"])
        trained_on = [feature["name"] for feature in self.manifest["features"]]
        if trained_on != features:
            raise ModelError(f"the model was trained on {trained_on}, the service reads {features}")
        self.classes = self.manifest["classes"]
        self._session = open_session(directory / ARTIFACT)
        self.check()

    def predict(self, rows: list[list[float]]) -> tuple[list[int], list[list[float]]]:
        """Return one label and one list of class probabilities for each row of features."""
        labels, probabilities = self._session.run(
            ["label", "probabilities"], {"features": np.array(rows, dtype=np.float32)}
        )
        return labels.tolist(), probabilities.tolist()

    def check(self) -> None:
        """Predict the manifest's example: a model that loads may still be unable to predict."""
        example = self.manifest["example"]
        [label], _ = self.predict([example["input"]])
        if label != example["label"]:
            raise ModelError(f"the smoke prediction gave {label}, the manifest says {example['label']}")


def read(path: Path) -> bytes:
    """Return a file's bytes, or say which file is missing."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read {path.name}: {error.strerror}") from error


def verify_files(directory: Path, expected: dict[str, str]) -> None:
    """Compare the sha256 of every file with the manifest's."""
    if ARTIFACT not in expected:
        raise ModelError(f"manifest.json does not name {ARTIFACT}")
    for name, digest in expected.items():
        if hashlib.sha256(read(directory / name)).hexdigest() != digest:
            raise ModelError(f"{name} is not the file that manifest.json describes: its sha256 differs")


def verify_runtime(expected: str) -> None:
    """Refuse a runtime with which the model was never tried."""
    installed = version("onnxruntime")
    if installed != expected:
        raise ModelError(f"the model was made with onnxruntime {expected}, installed is {installed}")


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """Open the model with one native thread: the server's workers share the cores already."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
