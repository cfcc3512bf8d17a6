"""What the service accepts and what it answers."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, TypeAdapter, ValidationError

from errors import ServiceError

MAX_INSTANCES = 1000
# Strict: a JSON number, not a string or a boolean that could be read as one.
Centimetres = Annotated[float, Field(strict=True, gt=0, le=30, allow_inf_nan=False)]
Row = Annotated[
    tuple[Centimetres, Centimetres, Centimetres, Centimetres],
    Field(description="Four numbers in cm: sepal length, sepal width, petal length, petal width."),
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
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a batch" if "instances" in value else "an object"
    return None


def choose(one_of: str) -> Discriminator:
    """Pick the form by shape; say what is expected when none fits."""
    return Discriminator(form, custom_error_type="wrong_form", custom_error_message=f"Input should be {one_of}")


AsList = Annotated[Row, Tag("a list")]
AsObject = Annotated[Flower, Tag("an object")]
Instance = Annotated[AsList | AsObject, choose("a list of 4 numbers or an object with 4 named numbers")]


class Batch(BaseModel):
    """Many flowers, each in either form."""

    model_config = ConfigDict(extra="forbid")

    instances: list[Instance] = Field(min_length=1, max_length=MAX_INSTANCES)


AsBatch = Annotated[Batch, Tag("a batch")]
Body = Annotated[AsList | AsObject | AsBatch, choose('a list of 4 numbers, an object, or {"instances": [...]}')]
BODY = TypeAdapter(Body)


class Problem(BaseModel):
    """What was wrong with a request."""

    code: str
    message: str
    field: str | None


class Error(BaseModel):
    """The answer to a request that failed."""

    error: Problem


class Prediction(BaseModel):
    """The species of one flower."""

    model_config = ConfigDict(populate_by_name=True)

    label: int
    class_: str = Field(alias="class")
    probabilities: dict[str, float]


class Predictions(BaseModel):
    """The species of each flower of a batch, in the order of the request."""

    predictions: list[Prediction]


def parse(raw: bytes) -> Row | Flower | Batch:
    """Read the body of a request.

    Raises:
        ServiceError: 400 when it is not JSON, 422 when it is not one of the accepted forms.
    """
    try:
        return BODY.validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        raise ServiceError(400, "invalid_json", first["msg"], "body")
    raise ServiceError(422, "invalid_input", first["msg"], field_name(first["loc"]))


def field_name(location: tuple[int | str, ...]) -> str:
    """Write a place in the body as a person would: ``instances[1].petal_width_cm``."""
    name = ""
    for part in location:
        if part not in ("a list", "an object", "a batch"):
            name += f"[{part}]" if isinstance(part, int) else f".{part[:100]}"
    return name.lstrip(".") or "body"
