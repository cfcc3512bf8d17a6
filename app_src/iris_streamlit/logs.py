"""One JSON line on standard output per request and event; what a visitor entered is never in it."""

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
    """Write one line for each HTTP request that was answered."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note how it was answered."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started, status, length = time.perf_counter(), 500, 0

        async def send_and_note(message: Message) -> None:
            nonlocal status, length
            status = message.get("status", status)
            length += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        finally:
            write(
                "ERROR" if status >= 500 else "INFO",
                method=scope["method"],
                path=scope["path"][:200],
                status=status,
                milliseconds=round((time.perf_counter() - started) * 1000, 2),
                bytes=length,
            )
