"""The addresses at which services answer: listeners on 127.0.0.1, and the care for a service's instances."""

import asyncio
import logging
import socket
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp

from deploykit.rehearsal.google.front import Front
from deploykit.rehearsal.google.listener import Listener

log = logging.getLogger("rehearsal")
TEND_SECONDS = 1


class Door:
    """A port at which an application answers.

    Args:
        port: where it was before; it gets another one when this is taken, or 0.
    """

    def __init__(self, application: ASGIApp, port: int):
        self._socket = _bind(port)
        self.port = self._socket.getsockname()[1]
        settings = uvicorn.Config(
            application, log_config=None, access_log=False, lifespan="off", ws="websockets-sansio",
            server_header=False, date_header=False, proxy_headers=False, timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._listener = Listener(settings)

    async def open(self) -> None:
        """Begin to listen; runs in the server's event loop."""
        self._listening = asyncio.get_running_loop().create_task(self._listener.serve(sockets=[self._socket]))

    async def close(self) -> None:
        """Listen no more."""
        self._listener.should_exit = True
        await self._listening


class Address(Door):
    """A service's public address, with the care for its instances while it is open."""

    def __init__(self, front: Front, port: int):
        super().__init__(front, port)
        self.front = front

    async def open(self) -> None:
        """Begin to listen and to tend the instances; runs in the server's event loop."""
        await super().open()
        self._tending = asyncio.get_running_loop().create_task(self._tend())

    async def close(self) -> None:
        """Listen no more, and end all instances."""
        self._tending.cancel()
        await super().close()
        await self.front.close()

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(TEND_SECONDS)
            try:
                self.front.tend()
            except Exception:
                log.exception("The instances of %s could not be tended", self.front.service)


def _bind(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # asyncio sets it on its own sockets only; without it, the second part of an answer waits 40 ms for the first.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(OSError):
        listening.bind(("127.0.0.1", port))
        return listening
    listening.bind(("127.0.0.1", 0))
    return listening
