"""From the bytes of a request to checked findings, or to an error that names the field."""

import io

from flask import Flask, request
from pydantic import BaseModel, TypeAdapter, ValidationError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from errors import ServiceError
from schemas import Body

MAX_BYTES = 1_000_000
BODY = TypeAdapter(Body)


def register(app: Flask) -> None:
    """Read every body before anybody else does."""
    app.before_request(limit)


def limit() -> None:
    """Read the body, whatever the path, and no more than ``MAX_BYTES`` of it.

    functions-framework reads every body to its end before it lets an answer go, 50 MB for a health check as well.
    What is read here it finds read already; what is refused here it finds empty.
    """
    request.max_content_length = MAX_BYTES
    try:
        # A declared length is refused by Flask. A body sent in chunks declares none, and Flask only cuts it off at the limit.
        if len(request.get_data()) >= MAX_BYTES:
            raise RequestEntityTooLarge
    except HTTPException:
        request.environ |= {"wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"}
        raise


def parse() -> BaseModel:
    """Check the body of a request that says it is JSON; return a Patient or a Batch.

    Raises:
        ServiceError: 415 when it is declared as something else, 400 when it is not JSON, 422 when a finding is wrong.
    """
    if not request.is_json:
        raise ServiceError(415, "unsupported_media_type", "Send the header Content-Type: application/json")
    try:
        return BODY.validate_json(request.get_data())
    except ValidationError as error:
        # Without the input: NaN could not be written as JSON, and what a client sent is nobody else's business.
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
