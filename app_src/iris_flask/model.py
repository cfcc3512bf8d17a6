"""The model: loaded once per process, and only when it verifies."""

import os
from pathlib import Path

import numpy as np
import onnxruntime

import logs
from schemas import Flower
from verify import ModelError, verified_files

DIRECTORY = Path(os.environ.get("MODEL_DIR") or Path(__file__).parent / "model")


class Model:
    """A verified ONNX classifier."""

    def __init__(self, directory: Path):
        self.manifest, files = verified_files(directory)
        self.classes = self.manifest["classes"]
        trained_on = [feature["name"] for feature in self.manifest["features"]]
        if trained_on != list(Flower.model_fields):
            raise ModelError(f"the model was trained on other features: {', '.join(trained_on)}")
        options = onnxruntime.SessionOptions()
        # The server's workers share the cores already: one native thread each.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(files["iris.onnx"], options)
        self.check()

    def predict(self, rows: list[list[float]]) -> tuple[list[int], list[list[float]]]:
        """Return a label and a list of class probabilities for each row of four measurements."""
        inputs = {"features": np.array(rows, dtype=np.float32)}
        labels, probabilities = self._session.run(["label", "probabilities"], inputs)
        return labels.tolist(), probabilities.tolist()

    def check(self) -> None:
        """Predict the manifest's example: a model that loads may still be unable to predict."""
        example = self.manifest["example"]
        [label], _ = self.predict([example["input"]])
        if label != example["label"]:
            raise ModelError(f"the smoke prediction gave {label}, the manifest says {example['label']}")


def load() -> tuple[Model | None, str]:
    """Return the model, or why there is none. Whatever goes wrong, the process stays up and can tell."""
    try:
        return Model(DIRECTORY), ""
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        logs.write("ERROR", event="model not loaded", message=problem)
        return None, problem


model, problem = load()


def ready_model() -> Model:
    """Return the model, or refuse while there is none."""
    if model is None:
        raise ModelError(problem)
    return model
