"""What the service accepts and what it answers."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    ValidationError,
    create_model,
)
from pydantic_core import PydanticCustomError

from errors import ServiceError
from features import FEATURES, MAY_BE_UNKNOWN, Choice, Number

MAX_INSTANCES = 1000
# Patient 1 of the data, as the tutorial's client sends her or him: with the tutorial's codes instead of words.
EXAMPLE = {
    "age": 63, "sex": 1, "cp": 3, "trestbps": 145, "chol": 233, "fbs": 1, "restecg": 0,
    "thalach": 150, "exang": 0, "oldpeak": 2.3, "slope": 0, "ca": 0, "thal": 1,
}  # fmt: skip


def no_boolean(value: Any) -> Any:
    """Refuse true and false: for Python they are equal to the codes 1 and 0."""
    if isinstance(value, bool):
        raise PydanticCustomError("boolean", "Input should be a word or its code, not true or false")
    return value


def type_of(feature: Number | Choice) -> Any:
    """Return the type of a finding. Strict: a JSON number, not a string or a boolean that could be read as one."""
    if isinstance(feature, Choice):
        # A word of heart.csv, or the code that the tutorial's clients send for it; the model gets the word.
        return Annotated[
            Literal[*feature.codes, *feature.codes.values()], BeforeValidator(no_boolean), AfterValidator(feature.word)
        ]
    limits = Field(strict=True, ge=feature.minimum, le=feature.maximum, multiple_of=feature.step, allow_inf_nan=False)
    return Annotated[float, limits]


def field(name: str, feature: Number | Choice) -> tuple[Any, Any]:
    """Return type and description of a finding; a few may be null, none may be left out."""
    unit = f", in {feature.unit}" if isinstance(feature, Number) else ""
    kind = type_of(feature)
    return (kind | None if name in MAY_BE_UNKNOWN else kind), Field(description=feature.about + unit)


Patient = create_model(
    "Patient",
    __config__=ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]}),
    __doc__="The findings of one patient.",
    **{name: field(name, feature) for name, feature in FEATURES.items()},
)


class Batch(BaseModel):
    """Many patients."""

    model_config = ConfigDict(extra="forbid")

    instances: list[Patient] = Field(min_length=1, max_length=MAX_INSTANCES)


def form(value: Any) -> str | None:
    """Tell by its shape which form a value has, so that errors speak of that form only."""
    if isinstance(value, dict):
        return "a batch" if "instances" in value else "a patient"
    return None


Body = Annotated[
    Annotated[Patient, Tag("a patient")] | Annotated[Batch, Tag("a batch")],
    Discriminator(
        form,
        custom_error_type="wrong_form",
        custom_error_message='Input should be an object with the 13 findings of a patient, or {"instances": [...]}',
    ),
]
BODY = TypeAdapter(Body)


class Problem(BaseModel):
    """What was wrong with a request."""

    code: str
    message: str
    field: str | None


class Error(BaseModel):
    """The answer to a request that failed."""

    error: Problem


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


def parse(raw: bytes) -> BaseModel:
    """Read the body of a request: a Patient or a Batch.

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
    """Write a place in the body as a person would: ``instances[1].chol``."""
    name = ""
    for part in location:
        if part not in ("a patient", "a batch"):
            name += f"[{part}]" if isinstance(part, int) else f".{part[:100]}"
    return name.lstrip(".") or "body"
