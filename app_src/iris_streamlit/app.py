"""The iris page and, beside it on the same port, what a platform asks: is it alive, is it ready, which version is it?"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit.runtime import get_instance

import logs
from errors import HonestStatus, failure
from resources import CODE, load_model


@asynccontextmanager
async def prepare(_app: st.App) -> AsyncIterator[None]:
    """Load the model, and run the page once, before the first visitor waits for it.

    Whatever goes wrong, the process stays up and can say why.
    """
    if problem := model_problem() or await page_problem():
        logs.write("ERROR", event="not ready", message=problem)
    yield


def model_problem() -> str:
    """Return why the model cannot predict; empty when it can."""
    try:
        load_model().check()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


async def page_problem() -> str:
    """Return why the page cannot be shown; empty when it can. It takes Streamlit's own check: a run without a browser."""
    runs, message = await get_instance().does_script_run_without_error()
    return "" if runs else f"page.py did not run to its end: {message}"


async def live(_request: Request) -> JSONResponse:
    """Tell that the process is up."""
    return JSONResponse({"status": "live"})


async def ready(_request: Request) -> JSONResponse:
    """Tell that a visitor would be served: the model predicts, and the page runs to its end."""
    if problem := model_problem():
        return failure(503, "model_not_ready", problem)
    if problem := await page_problem():
        return failure(503, "page_not_ready", problem)
    return JSONResponse({"status": "ready"})


async def version(_request: Request) -> JSONResponse:
    """Tell which model and which code answer here."""
    manifest = None if model_problem() else load_model().manifest
    return JSONResponse({"service": "iris_streamlit", "model": manifest, "code": {"sha256": code_sha256()}})


def code_sha256() -> str:
    """Hash the service's own files, names and contents, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted([*CODE.glob("*.py"), CODE / "start.sh", CODE / "flowers.csv", CODE / ".streamlit/config.toml"]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


app = st.App(
    CODE / "page.py",
    lifespan=prepare,
    routes=[Route("/health/live", live), Route("/health/ready", ready), Route("/version", version)],
    middleware=[Middleware(logs.RequestLog), Middleware(HonestStatus)],
)
