"""What a client may send: one flower as a list or by name, or a batch of both."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

# Strict: a JSON number, not a string or a boolean that could be read as one.
Centimetres = Annotated[float, Field(strict=True, gt=0, le=30, allow_inf_nan=False)]
Row = Annotated[
    tuple[Centimetres, Centimetres, Centimetres, Centimetres],
    Field(description="Sepal length, sepal width, petal length, petal width in cm.", examples=[[5.9, 3.0, 5.1, 1.8]]),
]


class Flower(BaseModel):
    """One flower, its measurements by name."""

    model_config = ConfigDict(extra="forbid")

    sepal_length_cm: Centimetres
    sepal_width_cm: Centimetres
    petal_length_cm: Centimetres
    petal_width_cm: Centimetres

    def row(self) -> list[float]:
        """Return the measurements in the order that the model expects."""
        return [value for _, value in self]


def form(value: Any) -> str | None:
    """Tell by its shape which form a value has, so that errors speak of that form only."""
    if isinstance(value, dict):
        return "a batch" if "instances" in value else "an object"
    return "a list" if isinstance(value, list) else None


def one_of(expected: str) -> Discriminator:
    """Choose the form by shape; say what is expected when none fits."""
    return Discriminator(form, custom_error_type="wrong_form", custom_error_message=f"Input should be {expected}")


AsList = Annotated[Row, Tag("a list")]
AsObject = Annotated[Flower, Tag("an object")]
Instance = Annotated[AsList | AsObject, one_of("a list of 4 numbers or an object with 4 named numbers")]


class Batch(BaseModel):
    """Many flowers, each in either form."""

    model_config = ConfigDict(extra="forbid")

    instances: list[Instance] = Field(min_length=1, max_length=1000)


AsBatch = Annotated[Batch, Tag("a batch")]
Body = Annotated[AsList | AsObject | AsBatch, one_of('a list of 4 numbers, an object, or {"instances": [...]}')]
