"""The proxy through which the rehearsal's gcloud speaks: whatever it asks of Google ends in this process.

Nothing else is let through, so that no request can reach a real account.
"""

import asyncio
import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from tornado.httpclient import AsyncHTTPClient
from tornado.httputil import HTTPHeaders
from tornado.iostream import IOStream, StreamClosedError
from tornado.tcpclient import TCPClient
from tornado.web import Application, RequestHandler

PER_CONNECTION = {"Connection", "Host", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "Transfer-Encoding"}
CHUNK = 64 * 1024
FORWARD_SECONDS = 600


@dataclass(frozen=True)
class Rules:
    """Who may use the proxy, and for what.

    Attributes:
        user, password: asked of every request; only the private gcloud configuration holds them.
        api_port: where the server speaks Google's APIs; every ``*.googleapis.com`` leads there.
        is_ours: tells whether a port of this computer belongs to a service deployed in rehearsal.
    """

    user: str
    password: str
    api_port: int
    is_ours: Callable[[int], bool]


def application(rules: Rules) -> Application:
    """Return the proxy as a Tornado application."""
    return Application([(r".*", _Handler, {"rules": rules})], log_function=lambda handler: None)


class _Handler(RequestHandler):
    SUPPORTED_METHODS = (*RequestHandler.SUPPORTED_METHODS, "CONNECT")

    def initialize(self, rules: Rules) -> None:
        self.rules = rules

    def prepare(self) -> None:
        expected = base64.b64encode(f"{self.rules.user}:{self.rules.password}".encode()).decode()
        if not hmac.compare_digest(self.request.headers.get("Proxy-Authorization", ""), f"Basic {expected}"):
            self.set_header("Proxy-Authenticate", 'Basic realm="rehearsal"')
            self.set_status(407)
            self.finish("This proxy belongs to the rehearsal cloud.\n")

    async def connect(self) -> None:
        """Lead a connection that means Google to the server on this computer."""
        host, _, port = self.request.uri.rpartition(":")
        if not host.endswith(".googleapis.com") or port != "443":
            self._refuse(self.request.uri)
            return
        client = self.detach()
        server = await TCPClient().connect("127.0.0.1", self.rules.api_port)
        await client.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(copy(client, server), copy(server, client))

    async def _forward(self) -> None:
        """Hand a plain request for a deployed service on; ``gcloud functions call`` sends it through the proxy."""
        url = urlsplit(self.request.uri)
        if url.hostname not in ("127.0.0.1", "localhost") or not self.rules.is_ours(url.port or 80):
            self._refuse(self.request.uri)
            return
        answer = await AsyncHTTPClient().fetch(
            self.request.uri, raise_error=False, method=self.request.method, headers=_end_to_end(self.request.headers),
            body=self.request.body or None, allow_nonstandard_methods=True, request_timeout=FORWARD_SECONDS,
            follow_redirects=False, decompress_response=False,
        )  # fmt: skip
        self.set_status(answer.code)
        for name, value in _end_to_end(answer.headers).get_all():
            if name != "Content-Length":
                self.add_header(name, value)
        self.finish(answer.body or b"")

    get = post = put = patch = delete = head = options = _forward

    def _refuse(self, target: str) -> None:
        self.set_status(403)
        self.finish(f"The rehearsal cloud lets nothing out of this computer: {target} was refused.\n")


async def copy(source: IOStream, target: IOStream) -> None:
    """Hand everything on that comes from one side, until a side closes the connection."""
    try:
        while True:
            await target.write(await source.read_bytes(CHUNK, partial=True))
    except StreamClosedError:
        source.close()
        target.close()


def _end_to_end(headers: HTTPHeaders) -> HTTPHeaders:
    kept = HTTPHeaders()
    for name, value in headers.get_all():
        if name not in PER_CONNECTION:
            kept.add(name, value)
    return kept
