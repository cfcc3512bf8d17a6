"""The model: loaded once per process, and only when it verifies."""

import os
from pathlib import Path

import numpy as np
import onnxruntime
import streamlit as st

import logs
from verify import ModelError, verified_files

DIRECTORY = Path(os.environ.get("MODEL_DIR") or Path(__file__).parent / "model")
LABELS = {
    "sepal_length_cm": "Sepal Len (cm)",
    "sepal_width_cm": "Sepal Width (cm)",
    "petal_length_cm": "Petal Len (cm)",
    "petal_width_cm": "Petal Width (cm)",
}
"""What the page calls the model's features, in their order."""


class Model:
    """A verified ONNX classifier."""

    def __init__(self, directory: Path):
        self.manifest, files = verified_files(directory)
        self.classes = self.manifest["classes"]
        trained_on = [feature["name"] for feature in self.manifest["features"]]
        if trained_on != list(LABELS):
            raise ModelError(f"the model was trained on other features: {', '.join(trained_on)}")
        options = onnxruntime.SessionOptions()
        # The visitors share the cores already: one native thread.
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


@st.cache_resource(show_spinner=False)
def load() -> Model:
    """Load the model for all visitors and all runs of the page. A failure is not kept: the next call tries again."""
    model = Model(DIRECTORY)
    logs.write("INFO", event="model loaded", files=", ".join(model.manifest["files"]))
    return model


def ready_model() -> Model:
    """Return the model, or refuse while there is none."""
    try:
        return load()
    except Exception as error:
        raise ModelError(f"{type(error).__name__}: {error}") from error
