"""What comes in and what goes out: FastAPI validates with these classes, and describes the service with them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

EXAMPLE = "Apple is looking at buying U.K. startup for $1 billion"
MAX_CHARACTERS = 10_000
MAX_TEXTS = 100
MAX_CHARACTERS_TOGETHER = 20_000

# One request must not keep a worker for long, whatever its text is; longer texts are for the caller to split.
Words = Annotated[str, Field(strict=True, max_length=MAX_CHARACTERS, examples=[EXAMPLE])]


class Text(BaseModel):
    """One text."""

    model_config = ConfigDict(extra="forbid")

    text: Words


class Texts(BaseModel):
    """Several texts, answered in the same order. Together they may have 20,000 characters."""

    model_config = ConfigDict(extra="forbid")

    texts: list[Words] = Field(min_length=1, max_length=MAX_TEXTS)

    @field_validator("texts")
    @classmethod
    def refuse_too_much(cls, texts: list[str]) -> list[str]:
        """Bound the work of one request."""
        if (length := sum(map(len, texts))) > MAX_CHARACTERS_TOGETHER:
            raise ValueError(f"the texts have {length} characters, more than {MAX_CHARACTERS_TOGETHER} together")
        return texts


class Entity(BaseModel):
    """A name found in a text; offsets count Unicode characters, and the end is exclusive."""

    text: str = Field(examples=["Apple"])
    label: str = Field(examples=["ORG"])
    start_idx: int = Field(examples=[0])
    end_idx: int = Field(examples=[5])


class Entities(BaseModel):
    """A text and the names found in it, in their order."""

    text: str = Field(examples=[EXAMPLE])
    entities: list[Entity]


class Batch(BaseModel):
    """One answer for each text."""

    predictions: list[Entities]


class Problem(BaseModel):
    """What went wrong: a code for programs, a message for people, and the field at fault, if it is one's."""

    code: str
    message: str
    field: str | None


class Error(BaseModel):
    """The body of every answer that is not 2xx."""

    error: Problem
