"""The network: loaded once per process, and only when it verifies."""

import os
import threading
from pathlib import Path

import onnxruntime

import logs
from detection import Detection, best, palette
from images import decode
from opencv import cv2
from verify import ModelError, verified_files

DIRECTORY = Path(os.environ.get("MODEL_DIR") or Path(__file__).parent / "model")
CHANNELS = ["red", "green", "blue"]


class Model:
    """A verified detector."""

    def __init__(self, directory: Path):
        self.manifest, files = verified_files(directory)
        self.classes = self.manifest["classes"]
        trained_on = [feature["name"] for feature in self.manifest["features"]]
        if trained_on != CHANNELS:
            raise ModelError(f"the model was trained on other features: {', '.join(trained_on)}")
        self._colors = palette(len(self.classes))
        self._turn = threading.Lock()
        options = onnxruntime.SessionOptions()
        # The server's workers share the cores already: one native thread each.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(files["yolov4-tiny.onnx"], options)
        # onnxruntime keeps the 24 MB in each worker, for a fallback that nobody uses here.
        self._session._model_bytes = None
        self._size = tuple(self._session.get_inputs()[0].shape[:1:-1])
        self.check(files)

    def detect(self, content: bytes) -> list[Detection]:
        """Return what is in an encoded image, the surest first.

        One image at a time is decoded and computed: what waits keeps no more than its encoded bytes, and the other
        processors are for the other workers.
        """
        with self._turn:
            image = decode(content)
            height, width = image.shape[:2]
            blob = cv2.dnn.blobFromImage(image, 1 / 255, self._size, swapRB=True)
            boxes, scores = self._session.run(["boxes", "scores"], {"image": blob})
        found = best(boxes[0], scores[0], width=width, height=height)
        return [Detection(box, self._colors[kind], self.classes[kind], score) for box, kind, score in found]

    def check(self, files: dict[str, bytes]) -> None:
        """Detect the manifest's example: a model that loads may still be unable to predict."""
        example = self.manifest["example"]
        labels = [detection.label for detection in self.detect(files[example["input"]])]
        if labels != [example["label"]]:
            raise ModelError(f"the smoke prediction gave {labels}, the manifest says {example['label']}")


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
