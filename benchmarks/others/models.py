"""The kit's own model files, loaded in a few lines, for the servers that the kit is compared with."""

import base64
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"


def load() -> Callable:
    """Return a function that predicts one request of the service that ``$SERVICE`` names."""
    return {"iris_flask": iris, "heart_function": heart, "ner_fastapi": ner, "yolo_flask": yolo}[
        os.environ["SERVICE"]
    ]()


def session(file: Path):
    """Open an ONNX model with one native thread, as the kit's services do."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(file, options)


def iris() -> Callable[[list[float]], dict]:
    """Serve iris.onnx."""
    import numpy as np

    model = session(MODELS / "iris" / "iris.onnx")

    def predict(flower: list[float]) -> dict:
        labels, shares = model.run(["label", "probabilities"], {"features": np.array([flower], dtype=np.float32)})
        return {"label": int(labels[0]), "probabilities": shares[0].tolist()}

    return predict


def heart() -> Callable[[dict], dict]:
    """Serve the folded table, with the kit's own arithmetic."""
    sys.path.insert(0, str(ROOT / "app_src" / "heart_function"))
    from features import CHOICES
    from scoring import effects, label, probability

    table = json.loads((MODELS / "heart" / "heart.json").read_text(encoding="utf-8"))

    def predict(patient: dict) -> dict:
        words = {name: CHOICES[name].word(value) if name in CHOICES else value for name, value in patient.items()}
        share = probability(table, effects(table, words))
        return {"label": label(share), "probability": share}

    return predict


def ner() -> Callable[[dict], dict]:
    """Serve the recogniser."""
    import spacy

    pipeline = spacy.load(MODELS / "ner")

    def predict(sent: dict) -> dict:
        found = pipeline(sent["text"]).ents
        return {"entities": [[one.text, one.label_, one.start_char, one.end_char] for one in found]}

    return predict


def yolo() -> Callable[[str], list]:
    """Serve yolov4-tiny.onnx; the image comes in base64, since the body is JSON."""
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    model = session(MODELS / "yolo" / "yolov4-tiny.onnx")
    size = tuple(model.get_inputs()[0].shape[:1:-1])

    def predict(encoded: str) -> list:
        image = cv2.imdecode(np.frombuffer(base64.b64decode(encoded), np.uint8), cv2.IMREAD_COLOR)
        blob = cv2.dnn.blobFromImage(image, 1 / 255, size, swapRB=True)
        boxes, scores = (found[0] for found in model.run(["boxes", "scores"], {"image": blob}))
        sure = scores.max(axis=1) > 0.5
        kept = cv2.dnn.NMSBoxes(boxes[sure].tolist(), scores[sure].max(axis=1).tolist(), 0.5, 0.3)
        return [[*boxes[sure][row].tolist(), int(scores[sure][row].argmax())] for row in kept]

    return predict
