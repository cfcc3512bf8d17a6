"""Every error is answered as JSON: ``{"error": {"code", "message", "field"}}``."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


PATHS = ("/", "/health/live", "/health/ready", "/version")


def failure(status: int, code: str, message: str) -> JSONResponse:
    """Describe what went wrong: the HTTP status, a code for programs, a message for people."""
    return JSONResponse({"error": {"code": code, "message": message, "field": None}}, status)


class HonestStatus:
    """Answer 404 where nothing is: Streamlit answers every unknown path with its page and 200, also to a health probe."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and replace an answer that misleads."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        replacement: JSONResponse | None = None

        async def send_or_replace(message: Message) -> None:
            nonlocal replacement
            if message["type"] == "http.response.start":
                replacement = correct(scope["path"], message["status"], Headers(raw=message["headers"]))
                if replacement:
                    await replacement(scope, receive, send)
            if not replacement:
                await send(message)

        await self.app(scope, receive, send_or_replace)


def correct(path: str, status: int, headers: Headers) -> JSONResponse | None:
    """Return what to answer instead of the page under a foreign path, or instead of an error that is no JSON."""
    kind = headers.get("content-type", "")
    is_page = status == HTTPStatus.OK and kind.startswith("text/html")
    is_redirect = status < HTTPStatus.BAD_REQUEST and "location" in headers
    is_error = status >= HTTPStatus.BAD_REQUEST and not kind.startswith("application/json")
    if path not in PATHS and status < HTTPStatus.INTERNAL_SERVER_ERROR and (is_page or is_redirect or is_error):
        return failure(404, "not_found", "Nothing is served under this path.")
    if is_error:
        reason = HTTPStatus(status)
        return failure(status, reason.name.lower(), reason.description or reason.phrase)
    return None
