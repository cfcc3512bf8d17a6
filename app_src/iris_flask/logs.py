"""One JSON line on standard output per request and event; what a client sent is never in it."""

import json
import logging
import sys
import time
from datetime import UTC, datetime

from flask import Flask, Response, g, request

logger = logging.getLogger("service")


def write(severity: str, **fields: str | int | float | None) -> None:
    """Write one line."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    logger.info(json.dumps({"time": now, "severity": severity, **fields}))


def start_clock() -> None:
    """Remember when the request began."""
    g.started = time.perf_counter()


def log_request(response: Response) -> Response:
    """Write the request's line, also when it was answered with an error."""
    write(
        "ERROR" if response.status_code >= 500 else "INFO",
        method=request.method,
        path=request.path[:200],
        status=response.status_code,
        milliseconds=round((time.perf_counter() - g.started) * 1000, 2),
        bytes=response.calculate_content_length(),
    )
    return response


def register(app: Flask) -> None:
    """Send the lines to standard output, where containers and systemd collect them."""
    handler = logging.StreamHandler(sys.stdout)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    app.before_request(start_clock)
    app.after_request(log_request)
