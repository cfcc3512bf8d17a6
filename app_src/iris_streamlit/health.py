"""Is the process up, would a visitor be served, and which model and code answer here?"""

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit.runtime import get_instance

from errors import ServiceError
from model import ready_model
from verify import ModelError

CODE = Path(__file__).parent


async def live(_request: Request) -> JSONResponse:
    """Tell that the process is up."""
    return JSONResponse({"status": "live"})


async def ready(_request: Request) -> JSONResponse:
    """Tell that a visitor would be served."""
    await check()
    return JSONResponse({"status": "ready"})


async def check() -> None:
    """Make a prediction, and run the page as for a visitor, with Streamlit's own check.

    Raises:
        ServiceError: one of them failed. The page alone would not tell: without a model it says so, and ends well.
    """
    ready_model().check()
    runs, message = await get_instance().does_script_run_without_error()
    if not runs:
        raise ServiceError(503, "page_not_ready", f"page.py did not run to its end: {message}")


async def version(_request: Request) -> JSONResponse:
    """Give the model's manifest and the hash of the service's own files."""
    try:
        manifest = ready_model().manifest
    except ModelError:
        manifest = None
    return JSONResponse({"service": "iris_streamlit", "model": manifest, "code": {"sha256": code_sha256()}})


def code_sha256() -> str:
    """Hash names and contents, in the order of the names."""
    digest = hashlib.sha256()
    for path in sorted([*CODE.glob("*.py"), CODE / "start.sh", CODE / "flowers.csv", CODE / ".streamlit/config.toml"]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


ROUTES = [Route("/health/live", live), Route("/health/ready", ready), Route("/version", version)]
