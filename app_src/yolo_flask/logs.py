"""One JSON line on standard output per request and event; what a client sent is never in it."""

import json
import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


def write(severity: str, **fields: str | int | float | None) -> None:
    """Write one line."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"time": now, "severity": severity, **fields}) + "\n"
    with suppress(OSError):  # a full disk stops no service
        # One call keeps a line whole: threads and workers share the pipe, which takes up to 4 KB at once (PIPE_BUF).
        os.write(sys.stdout.fileno(), line.encode())


class RequestLog:
    """Around the whole application: time every request, and write its line when it is answered."""

    def __init__(self, app: WSGIApplication):
        self.app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass a request on, and note how the answer begins: Flask has all of it by then."""
        started = time.perf_counter()

        def note(status: str, headers: list[tuple[str, str]], *error: object) -> object:
            write_request(environ, started, status=int(status[:3]), headers=dict(headers))
            return start_response(status, headers, *error)

        return self.app(environ, note)


def write_request(environ: WSGIEnvironment, started: float, *, status: int, headers: dict[str, str]) -> None:
    """Write the request's line."""
    write(
        "ERROR" if status >= 500 else "INFO",
        method=environ["REQUEST_METHOD"],
        # WSGI hands on the bytes of a path as Latin-1 (PEP 3333); clients mean UTF-8.
        path=environ["PATH_INFO"].encode("latin-1").decode(errors="replace")[:200],
        status=status,
        milliseconds=round((time.perf_counter() - started) * 1000, 2),
        bytes=int(headers.get("Content-Length", 0)),
    )
