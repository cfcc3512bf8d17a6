"""The request with which each service is measured: its tutorial's own."""

import json
from dataclasses import dataclass
from pathlib import Path

from deploykit.paths import MODELS

PATIENT = {
    "age": 63, "sex": 1, "cp": 3, "trestbps": 145, "chol": 233, "fbs": 1, "restecg": 0,
    "thalach": 150, "exang": 0, "oldpeak": 2.3, "slope": 0, "ca": 0, "thal": 1,
}  # fmt: skip
SENTENCE = "Apple is looking at buying U.K. startup for $1 billion"
PHOTOGRAPH = MODELS / "yolo" / "smoke.jpg"


@dataclass(frozen=True)
class Call:
    """One POST.

    Attributes:
        value: what to send as JSON, unless a file is sent.
        slowness: how many times as long the load lasts, so that there are enough answers to speak of percentiles.
    """

    path: str
    value: object = None
    file: Path | None = None
    content_type: str = "application/json"
    slowness: int = 1

    @property
    def body(self) -> bytes:
        """The bytes to send."""
        return self.file.read_bytes() if self.file else json.dumps(self.value).encode()


CALLS = {
    "iris_flask": Call("/predict", [5.9, 3.0, 5.1, 1.8]),
    "heart_function": Call("/", PATIENT),
    "ner_fastapi": Call("/predict/", {"text": SENTENCE}),
    "yolo_flask": Call("/predict", file=PHOTOGRAPH, content_type="image/jpeg", slowness=3),
}
PAGE = "iris_streamlit"
