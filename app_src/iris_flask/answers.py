"""What the service answers."""

from pydantic import BaseModel, ConfigDict, Field


class Prediction(BaseModel):
    """The species of one flower."""

    model_config = ConfigDict(validate_by_name=True)

    label: int
    class_: str = Field(alias="class")
    probabilities: dict[str, float]


class Predictions(BaseModel):
    """The species of each flower of a batch, in the order of the request."""

    predictions: list[Prediction]


class Problem(BaseModel):
    """What was wrong with a request."""

    code: str
    message: str
    field: str | None


class Error(BaseModel):
    """The answer to a request that failed."""

    error: Problem
