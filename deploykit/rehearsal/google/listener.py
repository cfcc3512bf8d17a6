"""A uvicorn server that is one of several in a process and an event loop."""

import contextlib
from collections.abc import Iterator

import uvicorn


class Listener(uvicorn.Server):
    """A uvicorn server beside others in one event loop; the process's signals are not its business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield
