"""The ceiling of a stack: FastAPI gives every request the same answer, the one that the service gave."""

import os
from pathlib import Path

from fastapi import FastAPI, Response

ANSWER = Path(os.environ["ANSWER"]).read_bytes()
app = FastAPI()


@app.post("/predict/")
async def predict() -> Response:
    """Answer without looking."""
    return Response(ANSWER, media_type="application/json")
