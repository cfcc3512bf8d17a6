"""Handing a request on to an instance, and its answer back, piece by piece."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpcore
import websockets
from starlette.requests import HTTPConnection, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection

from deploykit.rehearsal.google import pages, upstream
from deploykit.rehearsal.google.instances import Instance

PER_CONNECTION = {
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer",
    b"transfer-encoding", b"upgrade",
}  # fmt: skip
MOST_BYTES = 32 * 1024 * 1024
"""The largest body that Cloud Run, Cloud Functions and App Engine take over HTTP/1.1."""

NoAnswer = (httpcore.NetworkError, httpcore.ProtocolError)
"""The instance ended, or did not speak HTTP."""


def client() -> httpcore.AsyncConnectionPool:
    """Return what opens a connection for each request: a kept one may just be closed by the service when it is used."""
    return httpcore.AsyncConnectionPool(
        max_connections=None, max_keepalive_connections=0, network_backend=upstream.Backend()
    )


def check_size(request: Request) -> None:
    """Refuse a body that says itself that it is too large.

    Raises:
        Refused: it is.
    """
    if _declared(request) > MOST_BYTES:
        raise pages.too_large()


async def forward_http(web: httpcore.AsyncConnectionPool, request: Request, instance: Instance, send: Send) -> None:
    """Hand a request on.

    Raises:
        Refused: the body is too large.
        NoAnswer: the instance did not answer.
    """
    query = request.scope["query_string"]
    path = request.scope["raw_path"] + (b"?" + query if query else b"")
    chunked = "transfer-encoding" in request.headers
    forwarded = httpcore.Request(
        request.method,
        httpcore.URL(scheme="http", host=instance.host, port=instance.port, target=path),
        headers=_headers(request) + ([(b"transfer-encoding", b"chunked")] if chunked else []),
        content=_body(request) if chunked or _declared(request) else None,
    )
    answer = await web.handle_async_request(forwarded)
    try:
        response = StreamingResponse(answer.stream, answer.status)
        named = ((name.lower(), value) for name, value in answer.headers)  # as ASGI wants them
        response.raw_headers = [pair for pair in named if pair[0] not in PER_CONNECTION]
        await response(request.scope, request.receive, send)
    finally:
        await answer.aclose()


async def forward_websocket(scope: Scope, receive: Receive, send: Send, instance: Instance) -> None:
    """Hand a WebSocket on until one side closes it.

    Raises:
        OSError, websockets.InvalidHandshake: the instance did not accept it.
    """
    browser = WebSocket(scope, receive, send)
    query = scope["query_string"].decode()
    url = f"ws://{instance.host}:{instance.port}{scope['raw_path'].decode()}{'?' + query if query else ''}"
    own = {"sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions", "sec-websocket-protocol", "host"}
    headers = [(name.decode(), value.decode("latin-1")) for name, value in _headers(browser)]
    async with websockets.connect(
        url, additional_headers=[pair for pair in headers if pair[0] not in own], subprotocols=scope["subprotocols"],
        max_size=None, user_agent_header=None, proxy=None, origin=None,
    ) as service:  # fmt: skip
        await browser.accept(subprotocol=service.subprotocol)
        ways = {asyncio.create_task(_to_service(browser, service)), asyncio.create_task(_to_browser(browser, service))}
        _, unfinished = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _to_service(browser: WebSocket, service: ClientConnection) -> None:
    with suppress(WebSocketDisconnect, websockets.ConnectionClosed):
        while True:
            message = await browser.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            await service.send(message["bytes"] if text is None else text)


async def _to_browser(browser: WebSocket, service: ClientConnection) -> None:
    with suppress(websockets.ConnectionClosedError):  # ended in another way than with "all is well"
        async for message in service:
            await (browser.send_text(message) if isinstance(message, str) else browser.send_bytes(message))
    await browser.close(service.close_code or 1000)


def _headers(connection: HTTPConnection) -> list[tuple[bytes, bytes]]:
    """Return a request's headers as the service gets them: with those that say where it came from."""
    caller = connection.client.host if connection.client else ""
    before = connection.headers.get("x-forwarded-for")
    kept = [
        (name, value)
        for name, value in connection.scope["headers"]
        if name not in PER_CONNECTION | {b"x-forwarded-for", b"x-forwarded-proto"}
    ]
    return [
        *kept,
        (b"x-forwarded-for", f"{before}, {caller}".encode() if before else caller.encode()),
        (b"x-forwarded-proto", b"http"),
    ]


def _declared(request: Request) -> int:
    return int(request.headers.get("content-length", 0))


async def _body(request: Request) -> AsyncIterator[bytes]:
    passed = 0
    async for piece in request.stream():
        passed += len(piece)
        if passed > MOST_BYTES:
            raise pages.too_large()
        yield piece
