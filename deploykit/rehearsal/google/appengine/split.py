"""Which version of a service answers a request."""

import hashlib
import random
from collections.abc import Mapping

from starlette.requests import HTTPConnection
from starlette.types import Message, Send

COOKIE = "GOOGAPPUID"
BUCKETS = 1000


def choose(split: Mapping, connection: HTTPConnection) -> tuple[str, int | None]:
    """Return the version for a request, and the value of the cookie that has to be set, if any.

    Args:
        split: Google's TrafficSplit: "allocations" of parts of 1 to versions, and "shardBy", which says by what a
            caller is told from others: "IP", "COOKIE" (App Engine gives it to who has none), or else "RANDOM".
    """
    cookie = connection.cookies.get(COOKIE, "")
    known = int(cookie) % BUCKETS if cookie.isdecimal() else None
    if split.get("shardBy") == "COOKIE":
        bucket = random.randrange(BUCKETS) if known is None else known
        return _version_at(split["allocations"], bucket), bucket if known is None else None
    if split.get("shardBy") == "IP":
        return _version_at(
            split["allocations"], _fingerprint(connection.client.host if connection.client else "")
        ), None
    return _version_at(split["allocations"], random.randrange(BUCKETS)), None


def with_cookie(send: Send, value: int) -> Send:
    """Return a way to send an answer that gives the caller the cookie."""

    async def send_with_cookie(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.accept"):
            header = (b"set-cookie", f"{COOKIE}={value}; Path=/".encode())
            message = {**message, "headers": [*message.get("headers", []), header]}
        await send(message)

    return send_with_cookie


def _version_at(allocations: Mapping[str, float], bucket: int) -> str:
    """Return the version that has this bucket: the first one has the lowest of them."""
    end = 0.0
    for version, part in allocations.items():
        end += part * BUCKETS
        if bucket < round(end):
            return version
    return version


def _fingerprint(address: str) -> int:
    return int.from_bytes(hashlib.sha256(address.encode()).digest()[:4], "big") % BUCKETS
