"""The model: loaded once per process, and only when it is the one that its manifest describes."""

import hashlib
import json
import math
import os
from pathlib import Path

from features import CHOICES, FEATURES
from scoring import Patient, effects, probability

DIRECTORY = Path(os.environ.get("MODEL_DIR") or Path(__file__).resolve().parent / "model")
"""Where training installs the model, and where the service looks for it."""
ARTIFACT = "heart.json"
THRESHOLD = 0.5


class ModelError(Exception):
    """The model must not be served; the message says why."""


class Model:
    """A verified table of floats.

    Raises:
        ModelError: a file is missing or changed, the features are not the service's, or the smoke prediction is wrong.
    """

    def __init__(self, directory: Path):
        self.manifest = json.loads(read(directory / "manifest.json"))
        verify_files(directory, self.manifest["files"])
        trained_on = [feature["name"] for feature in self.manifest["features"]]
        if trained_on != list(FEATURES):
            raise ModelError(f"the model was trained on other features: {', '.join(trained_on)}")
        self._table = json.loads(read(directory / ARTIFACT))
        verify_words(self._table["choices"])
        self.check()

    def predict(self, patient: Patient) -> tuple[float, dict[str, float]]:
        """Return the probability of disease, and what each finding adds to its log-odds."""
        found = effects(self._table, patient)
        return probability(self._table, found), found

    def check(self) -> None:
        """Predict the manifest's example: a model that loads may still be unable to predict."""
        example = self.manifest["example"]
        share, _ = self.predict(example["input"])
        if not math.isclose(share, example["probability"], abs_tol=1e-9) or label(share) != example["label"]:
            raise ModelError(f"the smoke prediction gave {share}, the manifest says {example}")


def label(probability: float) -> int:
    """Return the index of the class: 1 when disease is at least as likely as not."""
    return int(probability >= THRESHOLD)


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


def verify_words(columns: dict[str, dict]) -> None:
    """Refuse a table that knows other words than the service reads."""
    for name, choice in CHOICES.items():
        if set(columns[name]["weights"]) != set(choice.codes):
            raise ModelError(f"the model knows other words for {name} than the service")
