"""What passes through a service's address, unchanged, in both directions; no engine is needed for it."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
import websockets
from websockets.sync.client import connect

from deploykit.rehearsal.google.address import Address
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.front import Front
from deploykit.rehearsal.google.instances import Instance
from deploykit.rehearsal.google.pool import Pool
from deploykit.rehearsal.google.revision import Revision
from tests.rehearsal.google.tiny_server import Handler


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Run an event loop in a thread, as the server's."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)


@pytest.fixture
def address(tmp_path: Path, loop: asyncio.AbstractEventLoop) -> Iterator[Address]:
    """Open the address of a service that everybody may call and that has one revision."""
    front = Front(Context(tmp_path, "p", "1", token="t", loop=loop), "test")
    front.pools = {"one": Pool("test", Revision("one", "image"), front.log)}
    front.shares, front.everybody = {"one": 100}, True
    address = Address(front, 0)
    asyncio.run_coroutine_threadsafe(address.open(), loop).result(5)
    yield address
    front.pools["one"].instances.clear()  # they are no containers
    asyncio.run_coroutine_threadsafe(address.close(), loop).result(5)


def serve_from(address: Address, port: int) -> None:
    """Let a program of this process stand for the revision's instance."""
    address.front.pools["one"].instances.append(Instance("0" * 64, "127.0.0.1", port))


@pytest.fixture
def http(address: Address) -> Iterator[str]:
    """Put a web server behind the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    serve_from(address, server.server_port)
    yield f"http://127.0.0.1:{address.port}"
    server.shutdown()
    server.server_close()


def refuse_unread(listener: socket.socket) -> None:
    """Answer one request after its first bytes and hang up, as uvicorn does with a body left unread."""
    connection, _ = listener.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 Too Long\r\nContent-Length: 8\r\nConnection: close\r\n\r\ntoo long")


@pytest.fixture
def websocket(address: Address, loop: asyncio.AbstractEventLoop) -> Iterator[str]:
    """Put a server that sends every message back behind the address."""

    async def echo(connection: websockets.ServerConnection) -> None:
        async for message in connection:
            if message == "goodbye":
                await connection.close(4000)
            else:
                await connection.send(message)

    async def open_it() -> websockets.Server:
        return await websockets.serve(echo, "127.0.0.1", 0, subprotocols=["streamlit"], max_size=None)

    server = asyncio.run_coroutine_threadsafe(open_it(), loop).result(5)
    serve_from(address, server.sockets[0].getsockname()[1])
    yield f"ws://127.0.0.1:{address.port}"
    loop.call_soon_threadsafe(server.close)


def test_a_service_sees_who_called(http: str) -> None:
    answer = requests.get(http, headers={"X-Forwarded-For": "203.0.113.7"}, timeout=5)
    assert answer.headers["Seen-X-Forwarded-For"] == "203.0.113.7, 127.0.0.1"
    assert answer.headers["Seen-X-Forwarded-Proto"] == "http"
    assert answer.headers["Seen-Host"] == http.removeprefix("http://")


def test_a_large_body_comes_back_whole(http: str) -> None:
    body = bytes(range(256)) * 20_000
    assert requests.post(http, data=body, timeout=20).content == body


@pytest.mark.parametrize("pieces", [1, 400], ids=["short", "long"])
def test_an_answer_is_heard_that_comes_before_the_body_has_ended(address: Address, pieces: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serve_from(address, listener.getsockname()[1])
        threading.Thread(target=refuse_unread, args=[listener], daemon=True).start()
        body = (b"x" * 50_000 for _ in range(pieces))
        answer = requests.post(f"http://127.0.0.1:{address.port}", data=body, timeout=20)
    assert (answer.status_code, answer.text) == (413, "too long")


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
def test_an_answer_to_half_a_body_arrives(http: str, chunked: bool) -> None:
    body = b"1" * 20_000_000
    for _ in range(5):
        answer = requests.post(f"{http}/hang-up", data=in_pieces(body) if chunked else body, timeout=20)
        assert (answer.status_code, answer.content) == (413, b"too long")


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
def test_no_more_than_32_mebibytes_are_taken(http: str, chunked: bool) -> None:
    body = b"1" * (32 * 2**20 + 1)
    answer = requests.post(http, data=in_pieces(body) if chunked else body, timeout=20)
    assert answer.status_code == 413 and "Request Entity Too Large" in answer.text


def in_pieces(body: bytes) -> Iterator[bytes]:
    return (body[at : at + 65536] for at in range(0, len(body), 65536))


@pytest.mark.parametrize("message", ["grüß Gott", b"\x00\xff", "x" * 2_000_000])
def test_websocket_messages_come_back(websocket: str, message: str | bytes) -> None:
    with connect(websocket, subprotocols=["streamlit"], max_size=None, proxy=None) as connection:
        assert connection.subprotocol == "streamlit"
        connection.send(message)
        assert connection.recv(timeout=5) == message


def test_a_service_can_close_a_websocket(websocket: str) -> None:
    with connect(websocket, subprotocols=["streamlit"], proxy=None) as connection:
        connection.send("goodbye")
        with pytest.raises(websockets.ConnectionClosed) as closed:
            connection.recv(timeout=5)
    assert closed.value.rcvd.code == 4000


def test_a_strangers_websocket_is_refused(websocket: str, address: Address) -> None:
    address.front.everybody = False
    with pytest.raises(websockets.InvalidStatus) as refused:
        connect(websocket, proxy=None)
    assert refused.value.response.status_code == 403
