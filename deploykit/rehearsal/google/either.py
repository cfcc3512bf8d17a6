"""One port that speaks HTTP and HTTPS: App Engine's hosts do, and ``gcloud app browse`` prints ``https://``."""

import asyncio
import socket
import ssl

from tornado.iostream import IOStream
from tornado.tcpclient import TCPClient
from tornado.tcpserver import TCPServer

from deploykit.rehearsal.google.proxy import copy

TLS_HELLO = b"\x16"
FIRST_BYTE_SECONDS = 60


class EitherServer(TCPServer):
    """Hands every connection, with or without TLS, on to a port of this computer that speaks plain HTTP."""

    def __init__(self, target: int, certificate: ssl.SSLContext):
        super().__init__()
        self._target, self._certificate = target, certificate

    async def handle_stream(self, stream: IOStream, address: tuple) -> None:
        """Look at the first byte, which tells what the caller speaks, and connect both ends."""
        connection = stream.socket
        try:
            if await asyncio.wait_for(_first_byte(connection), FIRST_BYTE_SECONDS) == TLS_HELLO:
                stream = await stream.start_tls(server_side=True, ssl_options=self._certificate)
            service = await TCPClient().connect("127.0.0.1", self._target)
            await asyncio.gather(copy(stream, service), copy(service, stream))
        except (OSError, TimeoutError):  # the caller went away, or does not trust the certificate
            connection.close()


async def _first_byte(connection: socket.socket) -> bytes:
    """Wait for the first byte of a connection and leave it there for whoever reads it."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(connection, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(connection)
    return connection.recv(1, socket.MSG_PEEK)
