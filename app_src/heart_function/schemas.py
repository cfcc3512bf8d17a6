"""What the service accepts."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    create_model,
)
from pydantic_core import PydanticCustomError

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
