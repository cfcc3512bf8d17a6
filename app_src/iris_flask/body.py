"""From the bytes of a request to checked values, or to an error that names the field."""

from flask import request
from pydantic import TypeAdapter, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from errors import ServiceError
from schemas import Batch, Body, Flower, Row

MAX_BYTES = 1_000_000
BODY = TypeAdapter(Body)


def read() -> bytes:
    """Return the body of a request that says it is JSON, and is not too long."""
    if not request.is_json:
        raise ServiceError(415, "unsupported_media_type", "Send the header Content-Type: application/json")
    raw = request.get_data(cache=False)
    # Flask refuses a declared length. A body sent in chunks declares none, and Flask only cuts it off at the limit.
    if len(raw) >= MAX_BYTES:
        raise RequestEntityTooLarge
    return raw


def parse(raw: bytes) -> Row | Flower | Batch:
    """Check a body.

    Raises:
        ServiceError: 400 when it is not JSON, 422 when it is not one of the accepted forms.
    """
    try:
        return BODY.validate_json(raw)
    except ValidationError as error:
        # Without the input: NaN could not be written as JSON, and what a client sent is nobody else's business.
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
