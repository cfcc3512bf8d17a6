"""Connections to instances on which an answer is heard that comes before the request has been sent whole.

A service may refuse a long body and hang up without reading it. asyncio's streams forget what they have received when
sending fails, so these speak to their sockets themselves; httpcore then reads the answer.
"""

import asyncio
import socket
from typing import Any

import httpcore


class Backend(httpcore.AsyncNetworkBackend):
    """Opens connections for httpcore; how long they may take is the caller's to limit."""

    async def connect_tcp(self, host: str, port: int, timeout: float | None = None, **_: Any) -> "Stream":
        """Connect to an instance."""
        connection = socket.socket()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await asyncio.get_running_loop().sock_connect(connection, (host, port))
        except OSError as error:
            connection.close()
            raise httpcore.ConnectError(str(error)) from error
        except BaseException:
            connection.close()
            raise
        return Stream(connection)


class Stream(httpcore.AsyncNetworkStream):
    """One connection."""

    def __init__(self, connection: socket.socket):
        self._socket = connection

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come, or wait for it."""
        try:
            return await asyncio.get_running_loop().sock_recv(self._socket, max_bytes)
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        try:
            await asyncio.get_running_loop().sock_sendall(self._socket, buffer)
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        """Hang up."""
        self._socket.close()
