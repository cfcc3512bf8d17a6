"""The image of a request: its raw body, whatever content type it declares, or the one file of a multipart form."""

import io

import flask
from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from errors import ServiceError

MAX_BYTES = 10_000_000


class Request(flask.Request):
    """A request that keeps uploads in memory: a file system may be read-only, and MAX_BYTES is the limit."""

    def _get_file_stream(self, *_: object, **__: object) -> io.BytesIO:
        return io.BytesIO()


def read() -> bytes:
    """Return the bytes of the image.

    Raises:
        ServiceError: 400 when there are none, 422 when the form does not have exactly one file.
        RequestEntityTooLarge: there are too many.
    """
    content = file_of_form() if request.mimetype == "multipart/form-data" else request.get_data(cache=False)
    # Flask refuses a declared length. A body sent in chunks declares none, and Flask only cuts it off at the limit.
    if len(content) >= MAX_BYTES:
        raise RequestEntityTooLarge
    if not content:
        raise ServiceError(400, "empty_body", "Send the bytes of an image.", "image")
    return content


def file_of_form() -> bytes:
    """Return what was uploaded, under whatever name."""
    files = [file for _, file in request.files.items(multi=True)]
    if len(files) != 1:
        raise ServiceError(422, "invalid_form", f"The form has {len(files)} files; send exactly one.", "image")
    return files[0].read()
