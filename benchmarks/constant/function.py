"""The ceiling of a stack: a function gives every request the same answer, the one that the service gave."""

import os
from pathlib import Path

from flask import Request, Response

ANSWER = Path(os.environ["ANSWER"]).read_bytes()


def predict_handler(_request: Request) -> Response:
    """Answer without looking."""
    return Response(ANSWER, content_type="application/json")
