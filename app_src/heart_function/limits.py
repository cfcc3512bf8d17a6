"""Bodies are limited before they are read."""

import io

from flask import Flask, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

MAX_BYTES = 1_000_000


def read_body() -> None:
    """Read the body once, whatever the path, and no more than ``MAX_BYTES`` of it.

    functions-framework reads every body to its end before it lets an answer go, 50 MB for a health check as well.
    What is read here it finds read already; what is refused here it finds empty.
    """
    request.max_content_length = MAX_BYTES
    try:
        # A declared length is refused by Flask; a body sent in chunks declares none, and Flask cuts it off at the limit.
        if len(request.get_data()) >= MAX_BYTES:
            raise RequestEntityTooLarge
    except HTTPException:
        request.environ |= {"wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"}
        raise


def register(app: Flask) -> None:
    """Apply the limit to every request."""
    app.before_request(read_body)
