"""The iris service: Streamlit's page and, beside it on the same port, what a platform asks."""

import gc
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

import health
import logs
from errors import HonestStatus, ServiceError, answer


@asynccontextmanager
async def prepare(_app: st.App) -> AsyncIterator[None]:
    """Load the model, and run the page once, before the first visitor waits for it.

    Whatever goes wrong, the process stays up and can tell.
    """
    # Until somebody is served, SIGTERM may simply end the process; then the server's handler lets requests finish.
    handler = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        await health.check()
    except ServiceError as error:
        logs.write("ERROR", event="not ready", message=str(error))
    # Streamlit collects garbage after every run of the page. What is there now stays, and need not be searched again.
    gc.freeze()
    signal.signal(signal.SIGTERM, handler)
    yield


# When the last request is finished, uvicorn raises again the signal that stopped it. That is no crash: status 0.
signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))
app = st.App(
    Path(__file__).with_name("page.py"),
    lifespan=prepare,
    routes=health.ROUTES,
    middleware=[Middleware(logs.RequestLog), Middleware(HonestStatus)],
    exception_handlers={ServiceError: answer},
)
