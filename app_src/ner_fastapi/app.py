"""The NER service: which names are in this text?"""

from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse
from fastapi_offline import FastAPIOffline

import errors
import health
import logs
from body import JsonRoute
from schemas import EXAMPLE, Batch, Entities, Text, Texts
from turns import find

# FastAPI, but the program of the page /docs comes from this service instead of another company's.
app = FastAPIOffline(title="ner_fastapi", version="1", redoc_url=None, redirect_slashes=False)
app.add_middleware(logs.RequestLog)
errors.register(app)
app.include_router(health.router)
predictions = APIRouter(route_class=JsonRoute, responses=errors.RESPONSES, tags=["predictions"])


@app.get("/")
async def about() -> dict[str, Any]:
    """Say what this service is and how to call it."""
    example = {"method": "POST", "path": "/predict/", "content_type": "application/json", "body": {"text": EXAMPLE}}
    more = {"page": "/page", "documentation": "/docs"}
    return {"service": "ner_fastapi", "about": "Finds names in English text.", "call": example, **more}


@predictions.post("/predict", include_in_schema=False)
@predictions.post("/predict/")
async def predict(sent: Text) -> Entities:
    """Find the entities of one text."""
    [found] = await find([sent.text])
    return found


@predictions.post("/predict/batch")
async def predict_batch(sent: Texts) -> Batch:
    """Find the entities of several texts."""
    return Batch(predictions=await find(sent.texts))


@app.get("/page", include_in_schema=False)
async def page() -> FileResponse:
    """Show a page that highlights entities."""
    return FileResponse(Path(__file__).parent / "page.html")


@app.get("/openapi.json", include_in_schema=True)
async def document() -> dict[str, Any]:
    """Describe the service to programs."""
    return app.openapi()


app.include_router(predictions)
