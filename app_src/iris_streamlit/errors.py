"""Every error is answered as JSON: ``{"error": {"code", "message", "field"}}``."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATHS = ("/", "/health/live", "/health/ready", "/version")


class ServiceError(Exception):
    """A request that cannot be answered: the HTTP status, a code for programs, a message for people."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None):
        super().__init__(message)
        self.status = status
        self.body = {"error": {"code": code, "message": message, "field": field}}


def answer(_request: Request | None, error: ServiceError) -> JSONResponse:
    """Answer an error that the service raised itself."""
    return JSONResponse(error.body, error.status)


class HonestStatus:
    """Answer 404 where nothing is: Streamlit gives its page and 200 for every unknown path, also to a health probe."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and replace an answer that misleads."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        error: ServiceError | None = None

        async def send_or_replace(message: Message) -> None:
            nonlocal error
            if message["type"] == "http.response.start":
                error = find_error(scope["path"], message["status"], Headers(raw=message["headers"]))
                if error:
                    await answer(None, error)(scope, receive, send)
            if not error:
                await send(message)

        await self.app(scope, receive, send_or_replace)


def find_error(path: str, status: int, headers: Headers) -> ServiceError | None:
    """Return the error to answer instead of the page under a foreign path, or of an error that is no JSON."""
    kind = headers.get("content-type", "")
    is_page = status == HTTPStatus.OK and kind.startswith("text/html")
    is_redirect = status < HTTPStatus.BAD_REQUEST and "location" in headers
    is_error = status >= HTTPStatus.BAD_REQUEST and not kind.startswith("application/json")
    if path not in PATHS and status < HTTPStatus.INTERNAL_SERVER_ERROR and (is_page or is_redirect or is_error):
        return ServiceError(404, "not_found", "Nothing is served under this path.")
    if is_error:
        reason = HTTPStatus(status)
        return ServiceError(status, reason.name.lower(), reason.description or reason.phrase)
    return None
