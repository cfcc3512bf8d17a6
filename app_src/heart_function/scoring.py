"""The folded model: a table of floats, and the arithmetic that turns a patient into a probability."""

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DIRECTORY = Path(os.environ.get("MODEL_DIR") or Path(__file__).resolve().parent / "model")
"""Where training installs the model, and where the service looks for it."""
ARTIFACT = "heart.json"
THRESHOLD = 0.5

Table = Mapping[str, Any]
Patient = Mapping[str, str | float | None]


def effects(table: Table, patient: Patient) -> dict[str, float]:
    """Return what each finding adds to the log-odds of disease, counted from the average patient.

    Args:
        patient: a number, a word, or None for unknown, by the name of the finding.
    """
    found = {}
    for name, column in table["numbers"].items():
        value = column["missing"] if patient[name] is None else patient[name]
        found[name] = column["weight"] * (value - column["mean"])
    for name, column in table["choices"].items():
        found[name] = column["weights"][column["missing"] if patient[name] is None else patient[name]]
    return found


def probability(table: Table, found: Mapping[str, float]) -> float:
    """Return the probability of disease for the effects of one patient."""
    return 1 / (1 + math.exp(-table["intercept"] - sum(found.values())))


def label(share: float) -> int:
    """Return the index of the class for a probability: 1 when disease is at least as likely as not."""
    return int(share >= THRESHOLD)
