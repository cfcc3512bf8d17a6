"""The address of a service: it chooses a version for every request, as the split of the traffic says."""

import asyncio
import socket
import ssl
from dataclasses import dataclass

import uvicorn
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from tornado.netutil import bind_sockets

from deploykit.rehearsal.google import pages, serving
from deploykit.rehearsal.google.appengine import split
from deploykit.rehearsal.google.appengine.resources import SERVICE, serving_name
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.either import EitherServer
from deploykit.rehearsal.google.listener import Listener

ADDRESS = "appengine.address"


class Dispatcher:
    """A service, as an ASGI application."""

    def __init__(self, context: Context, service: str):
        self._context, self._service = context, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a version answer."""
        parts = (self._context.store.get(SERVICE, self._service) or {}).get("split", {})
        if not parts.get("allocations"):
            await pages.not_found().response(scope, receive, send)
            return
        version, cookie = split.choose(parts, HTTPConnection(scope))
        if cookie is not None:
            send = split.with_cookie(send, cookie)
        answering = serving.application(serving_name(self._service, version)) or pages.not_found().response
        await answering(scope, receive, send)


@dataclass
class _Open:
    either: EitherServer
    listener: Listener
    task: asyncio.Task


_open: dict[str, _Open] = {}


def host(context: Context, service: str) -> str:
    """Return the host and port of a service whose address is open."""
    return f"127.0.0.1:{context.store.get(ADDRESS, service)['port']}"


def open_address(context: Context, service: str) -> None:
    """Listen at a service's address, if nobody does."""
    asyncio.run_coroutine_threadsafe(_listen(context, service), context.loop).result()


def close_address(context: Context, service: str) -> None:
    """Listen at a service's address no more, and give its port up."""
    context.store.delete(ADDRESS, service)
    asyncio.run_coroutine_threadsafe(_close(service), context.loop).result()


async def resume(context: Context) -> None:
    """Listen at the addresses of all services that a former server knew."""
    for service in context.store.list(ADDRESS):
        await _listen(context, service)


async def _listen(context: Context, service: str) -> None:
    if service in _open:
        return
    inner = socket.create_server(("127.0.0.1", 0))
    settings = uvicorn.Config(
        Dispatcher(context, service), log_config=None, access_log=False, lifespan="off", ws="websockets-sansio",
        server_header=False, date_header=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    listener = Listener(settings)
    task = asyncio.get_running_loop().create_task(listener.serve(sockets=[inner]))
    certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.load_cert_chain(context.folder / "server.pem")
    either = EitherServer(inner.getsockname()[1], certificate)
    either.add_sockets(_bind(context, service))
    _open[service] = _Open(either, listener, task)


def _bind(context: Context, service: str) -> list[socket.socket]:
    """Return sockets at the port that the service had; another one when it is taken, or when there was none."""
    port = (context.store.get(ADDRESS, service) or {"port": 0})["port"]
    try:
        sockets = bind_sockets(port, "127.0.0.1")
    except OSError:
        sockets = bind_sockets(0, "127.0.0.1")
    context.store.put(ADDRESS, service, {"port": sockets[0].getsockname()[1]})
    return sockets


async def _close(service: str) -> None:
    if found := _open.pop(service, None):
        found.either.stop()
        found.listener.should_exit = True
