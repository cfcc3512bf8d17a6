"""gunicorn's uvicorn worker, with a door at which no worker takes all."""

import asyncio
import socket
from typing import Any

from uvicorn_worker import UvicornWorker

PAUSE_SECONDS = 0.001


class Loop(asyncio.SelectorEventLoop):
    """An event loop that accepts one connection, and then lets the other workers accept theirs.

    asyncio accepts all that wait. Of clients that come together one worker would get nearly all, and one processor
    would have nothing to do.
    """

    def _accept_connection(self, factory: Any, listener: socket.socket, tls: Any, server: Any, _: int, *rest) -> None:
        super()._accept_connection(factory, listener, tls, server, 1, *rest)
        self._remove_reader(listener.fileno())
        self.call_later(PAUSE_SECONDS, self._listen, factory, listener, tls, server, 1, *rest)

    def _listen(self, factory: Any, listener: socket.socket, tls: Any, server: asyncio.Server, *rest) -> None:
        if server.is_serving():  # else the service ends, and the door is closed
            self._add_reader(listener.fileno(), self._accept_connection, factory, listener, tls, server, *rest)


class Worker(UvicornWorker):
    """A worker with this loop."""

    CONFIG_KWARGS = {"loop": "worker:Loop", "http": "h11"}
