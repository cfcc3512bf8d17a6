"""The model: loaded once per process, and only when it verifies."""

import json
import math
from pathlib import Path

import logs
from scoring import ARTIFACT, DIRECTORY, Patient, effects, label, probability
from verify import ModelError, verified_files, verify_words


class Model:
    """A verified table of floats."""

    def __init__(self, directory: Path):
        self.manifest, files = verified_files(directory)
        self._table = json.loads(files[ARTIFACT])
        verify_words(self._table)
        self.check()

    def predict(self, patient: Patient) -> tuple[float, dict[str, float]]:
        """Return the probability of disease, and what each finding adds to its log-odds."""
        found = effects(self._table, patient)
        return probability(self._table, found), found

    def check(self) -> None:
        """Predict the manifest's example: a model that loads may still be unable to predict."""
        example = self.manifest["example"]
        share, _ = self.predict(example["input"])
        if label(share) != example["label"] or not math.isclose(share, example["probability"], abs_tol=1e-9):
            raise ModelError(f"the smoke prediction gave {share}, the manifest says {example['probability']}")


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
