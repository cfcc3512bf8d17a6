"""One JSON line on standard output per request and event; what a client sent is never in it."""

import json
import logging
import sys
import time
from datetime import UTC, datetime

from flask import Flask, Response, g, request

logger = logging.getLogger("service")
logger.addHandler(logging.StreamHandler(sys.stdout))
logger.setLevel(logging.INFO)
logger.propagate = False


def write(severity: str, **fields: str | int | float | None) -> None:
    """Write one line."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    logger.info(json.dumps({"time": now, "severity": severity, **fields}))


def register(app: Flask) -> None:
    """Time every request, and write its line when it is answered, with whatever status."""
    app.before_request(start_clock)
    app.after_request(log_request)


def start_clock() -> None:
    """Remember when the request began."""
    g.started = time.perf_counter()


def log_request(response: Response) -> Response:
    """Write the request's line."""
    write(
        "ERROR" if response.status_code >= 500 else "INFO",
        method=request.method,
        path=request.path[:200],
        status=response.status_code,
        milliseconds=round((time.perf_counter() - g.started) * 1000, 2),
        bytes=response.calculate_content_length(),
    )
    return response
