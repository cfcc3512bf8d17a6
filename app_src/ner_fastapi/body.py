"""A route that looks at a body before FastAPI does: its type, its length, its encoding."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from errors import ServiceError

MAX_BYTES = 1_000_000


class JsonRoute(APIRoute):
    """A route for JSON of at most a megabyte."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        handle = super().get_route_handler()

        async def check_and_handle(request: Request) -> Response:
            refuse_other_types(request.headers.get("content-type", ""))
            return await handle(replay(request, await read(request)))

        return check_and_handle


def refuse_other_types(content_type: str) -> None:
    """Accept JSON only; FastAPI would try to read anything."""
    if content_type.split(";")[0].strip().lower() != "application/json":
        raise ServiceError(415, "unsupported_media_type", "Send the header Content-Type: application/json")


async def read(request: Request) -> bytes:
    """Return the body, or refuse it without having kept it."""
    kept, length = bytearray(), 0
    async for chunk in request.stream():
        length += len(chunk)
        # What is too much is still read, and dropped: a client that is busy sending would not see the answer.
        if length <= MAX_BYTES:
            kept += chunk
    if length > MAX_BYTES:
        raise ServiceError(413, "content_too_large", f"The body has more than {MAX_BYTES:,} bytes")
    try:
        kept.decode()
    except UnicodeDecodeError as error:
        raise ServiceError(400, "invalid_json", "The body is not UTF-8", "body") from error
    return bytes(kept)


def replay(request: Request, body: bytes) -> Request:
    """Return the same request with its body still to be read."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)
