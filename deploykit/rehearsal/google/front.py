"""The public address of a service: it checks who calls, chooses a revision, and hands the request to an instance."""

import asyncio
import math
import random
import time
from contextlib import suppress

import websockets
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.types import Message, Receive, Scope, Send

from deploykit.rehearsal.google import accounts, forwarding, pages
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.pages import Refused
from deploykit.rehearsal.google.pool import Full, Pool
from deploykit.rehearsal.google.service_logs import ServiceLog
from deploykit.rehearsal.google.start_errors import StartFailed

RESERVED = ("/healthz", "/eventlog")
"""Google's own front end answers these on Cloud Run and App Engine; no service ever sees them."""

ONLY = "deploykit.revision"
"""In the scope of a request that came by a tag: the name of the revision that has the tag."""


class Front:
    """One service's address, as an ASGI application.

    Attributes:
        everybody: True when no identity token is asked for.
        shares: how many of 100 requests each revision gets.
        pools: the revisions' instances, by the revisions' names.
    """

    def __init__(self, context: Context, service: str):
        self.context, self.service = context, service
        self.everybody = False
        self.shares: dict[str, int] = {}
        self.pools: dict[str, Pool] = {}
        self.log = ServiceLog(context, service)
        self._web = forwarding.client()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request or a WebSocket."""
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(Request(scope, receive), send)

    def tend(self) -> None:
        """Let every revision have the instances that it should have."""
        for name, pool in self.pools.items():
            pool.floor = pool.revision.min_instances if self.shares.get(name) else 0
            pool.tend()

    async def close(self) -> None:
        """End all instances."""
        await asyncio.gather(*(pool.close() for pool in self.pools.values()))
        await self._web.aclose()

    async def _http(self, request: Request, send: Send) -> None:
        record = _Record(request, send, self.log)
        try:
            with suppress(ClientDisconnect):
                await self._hand_on(request, record)
        except Refused as refused:
            if refused.reason:
                self.log.write(record.revision, severity="WARNING", text=refused.reason, system=True)
            if not record.status:
                await refused.response(request.scope, request.receive, record.send)
        finally:
            record.write()

    async def _hand_on(self, request: Request, record: "_Record") -> None:
        pool = self._choose(request)
        record.revision = pool.revision.name
        forwarding.check_size(request)
        try:
            async with asyncio.timeout(pool.revision.timeout_seconds), pool.instance() as instance:
                record.instance = instance.name
                await forwarding.forward_http(self._web, request, instance, record.send)
        except Full:
            raise pages.too_many() from None
        except StartFailed:
            raise pages.not_started() from None
        except TimeoutError:
            raise pages.too_slow() from None
        except forwarding.NoAnswer:
            raise pages.connection_error() from None

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            pool = self._choose(HTTPConnection(scope))
            async with pool.instance() as instance:
                self.log.write(pool.revision.name, instance=instance.name, request=_websocket_entry(scope))
                await forwarding.forward_websocket(scope, receive, send, instance)
        except (Refused, Full, StartFailed, OSError, websockets.InvalidHandshake):
            await send({"type": "websocket.close"})  # before it was accepted: the caller gets 403

    def _choose(self, connection: HTTPConnection) -> Pool:
        """Return a revision for a request: the one that has the caller's tag, or one by the shares of the traffic.

        Raises:
            Refused: the caller may not call, or there is nothing to call.
        """
        shares = {connection.scope[ONLY]: 100} if ONLY in connection.scope else self.shares
        shares = {name: share for name, share in shares.items() if name in self.pools}
        if connection.url.path in RESERVED or not any(shares.values()):
            raise pages.not_found()
        if not self.everybody and not self._is_known(connection):
            raise pages.forbidden(connection.url.path)
        chosen = self.pools[random.choices(list(shares), list(shares.values()))[0]]
        if chosen.stopped.is_set():
            raise pages.not_started()
        return chosen

    def _is_known(self, connection: HTTPConnection) -> bool:
        kind, _, token = connection.headers.get("authorization", "").partition(" ")
        return kind.lower() == "bearer" and accounts.is_identity_token(self.context.account_file, token)


class _Record:
    """What is noted of a request while it is answered."""

    def __init__(self, request: Request, send: Send, log: ServiceLog):
        self._request, self._send, self._log, self._started = request, send, log, time.perf_counter()
        self.revision = self.instance = ""
        self.status = self.size = 0
        self._length = math.inf
        self._is_written = False

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on, and note what it says."""
        is_last = message["type"] == "http.response.body" and not message.get("more_body")
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._length = self._announced(message)
        self.size += len(message.get("body", b""))
        if is_last or self.size >= self._length:
            self.write()  # before the caller has the whole answer: who looks into the log then finds the request
        await self._send(message)

    def _announced(self, start: Message) -> float:
        """Return how many bytes are to come, as far as that is known."""
        return (
            0 if self._request.method == "HEAD" else float(Headers(raw=start["headers"]).get("content-length", "inf"))
        )

    def write(self) -> None:
        """Write the request into the service's log, once."""
        if not self._is_written:
            self._is_written = True
            self._log.write(self.revision, **self._entry())

    def _entry(self) -> dict:
        """Return the log's fields for this request."""
        request = self._request
        severity = "ERROR" if self.status >= 500 else "WARNING" if self.status >= 400 else "INFO"
        about = {
            "requestMethod": request.method,
            "requestUrl": str(request.url),
            "status": self.status or 499,  # the caller went away
            "responseSize": str(self.size),
            "userAgent": request.headers.get("user-agent", ""),
            "remoteIp": request.client.host if request.client else "",
            "latency": f"{time.perf_counter() - self._started:.6f}s",
            "protocol": "HTTP/1.1",
        }
        return {"severity": severity, "instance": self.instance, "request": about}


def _websocket_entry(scope: Scope) -> dict:
    return {
        "requestMethod": "GET",
        "requestUrl": str(HTTPConnection(scope).url),
        "status": 101,
        "protocol": "websocket",
    }
