"""Where a WSGI service spends a request: ``… BODY CONTENT_TYPE PATH SECONDS``, in the service's folder.

It calls the application without a server, first alone, then under a sampling profiler, and prints as JSON the
microseconds of a call and the share of each function of the service; what Flask does between them is "Flask".
"""

import contextlib
import importlib
import io
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyinstrument import Profiler
from pyinstrument.frame import Frame
from werkzeug.test import EnvironBuilder

HERE = Path.cwd()
INTERVAL_SECONDS = 0.0002
FLASK = "Flask"


def request(app: Callable, body: bytes, content_type: str, path: str) -> Callable[[], bytes]:
    """Return a call of the application with one request, as a server would make it."""
    environ = EnvironBuilder(path=path, method="POST", data=body, content_type=content_type).get_environ()

    def call() -> bytes:
        return b"".join(app({**environ, "wsgi.input": io.BytesIO(body)}, lambda *_: None))

    return call


def microseconds(call: Callable[[], Any], seconds: float) -> float:
    """Return how long one call takes, over so many seconds."""
    calls, began = 0, time.perf_counter()
    while time.perf_counter() < began + seconds:
        call()
        calls += 1
    return (time.perf_counter() - began) / calls * 1e6


def shares(call: Callable[[], Any], seconds: float) -> dict[str, float]:
    """Return the share of a call's time by the service's functions."""
    with Profiler(interval=INTERVAL_SECONDS, async_mode="disabled") as profiler:
        microseconds(call, seconds)
    seen: Counter[str] = Counter()
    add(profiler.last_session.root_frame(), None, seen)
    total = sum(seen.values())
    return {name: time / total for name, time in seen.most_common()}


def add(frame: Frame, owner: str | None, seen: Counter[str]) -> None:
    """Add a frame's own time to the service's function that it works for; the profiler's own loop has none."""
    file = Path(frame.file_path or "")
    if frame.function == "call" and file == Path(__file__):
        owner = FLASK
    elif owner and file.parent == HERE and frame.function != "__call__":
        owner = f"{file.stem}.{frame.function}"
    if owner:
        seen[owner] += frame.absorbed_time
    for child in frame.children:
        if child.is_synthetic and owner:
            seen[owner] += child.time
        else:
            add(child, owner, seen)


def main(body: str, content_type: str, path: str, seconds: str) -> None:
    """Load the service, and measure."""
    sys.path.insert(0, str(HERE))
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        call = request(importlib.import_module("wsgi").app, Path(body).read_bytes(), content_type, path)
        call()
        found = {"microseconds": microseconds(call, float(seconds)), "shares": shares(call, float(seconds))}
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
