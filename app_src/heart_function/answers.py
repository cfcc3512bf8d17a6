"""What the service answers."""

from typing import Literal

from pydantic import BaseModel


class Driver(BaseModel):
    """A finding that moved the decision; the effect is in log-odds, counted from the average patient."""

    feature: str
    value: str | float | None
    effect: float


class Diagnosis(BaseModel):
    """The answer for one patient: the probability of disease, and the findings that moved it most."""

    diagnosis: Literal["clear", "heart-disease"]
    probability: float
    drivers: list[Driver]


class Diagnoses(BaseModel):
    """The answer for each patient of a batch, in the order of the request."""

    predictions: list[Diagnosis]


class Problem(BaseModel):
    """What was wrong with a request."""

    code: str
    message: str
    field: str | None


class Error(BaseModel):
    """The answer to a request that failed."""

    error: Problem
