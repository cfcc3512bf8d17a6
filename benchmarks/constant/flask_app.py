"""The ceiling of a stack: Flask gives every request the same answer, the one that the service gave."""

import os
from pathlib import Path

from flask import Flask, Response, request

ANSWER = Path(os.environ["ANSWER"]).read_bytes()
app = Flask(__name__)


@app.post("/predict")
def predict() -> Response:
    """Answer without looking; an image that nobody reads would break the connection."""
    request.get_data()
    return Response(ANSWER, content_type="application/json")
