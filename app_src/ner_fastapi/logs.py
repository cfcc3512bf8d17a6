"""One JSON line on standard output per request and event; what a client sent is never in it."""

import json
import os
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send


def write(severity: str, **fields: str | int | float | None) -> None:
    """Write one line."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"time": now, "severity": severity, **fields}) + "\n"
    with suppress(OSError):  # a full disk stops no service
        # One call keeps a line whole: threads and workers share the pipe, which takes up to 4 KB at once (PIPE_BUF).
        os.write(sys.stdout.fileno(), line.encode())


class RequestLog:
    """Around the whole application: time every request, and write its line when it was answered."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count what comes back."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started, sent = time.perf_counter(), {"status": 500, "bytes": 0}

        async def count(message: Message) -> None:
            sent["status"] = message.get("status", sent["status"])
            sent["bytes"] += len(message.get("body", b""))
            await send(message)

        # HEAD is answered like GET; the server leaves the body out.
        inner = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        try:
            await self.app(inner, receive, count)
        finally:
            write_request(scope, started, **sent)


def write_request(scope: Scope, started: float, *, status: int, bytes: int) -> None:
    """Write the request's line."""
    write(
        "ERROR" if status >= 500 else "INFO",
        method=scope["method"],
        path=scope["path"][:200],
        status=status,
        milliseconds=round((time.perf_counter() - started) * 1000, 2),
        bytes=bytes,
    )
