"""Every error is answered as JSON: ``{"error": {"code", "message", "field"}}``."""

import traceback
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

import logs
from schemas import Error

HUNG_UP = 499  # nginx's number for it; HTTP has none, as nobody is left to read it


class ServiceError(Exception):
    """A request that cannot be answered: the HTTP status, a code for programs, a message for people."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None):
        super().__init__(message)
        self.status = status
        self.body = {"error": {"code": code, "message": message, "field": field}}


def register(app: FastAPI) -> None:
    """Let the service answer every error as JSON."""
    app.add_exception_handler(ServiceError, answer)
    app.add_exception_handler(RequestValidationError, answer_invalid)
    app.add_exception_handler(HTTPException, answer_http)
    app.add_exception_handler(ClientDisconnect, answer_nobody)
    app.add_exception_handler(Exception, answer_unforeseen)


async def answer(request: Request, error: ServiceError) -> Response:
    """Answer an error that the service raised itself."""
    return JSONResponse(error.body, error.status)


async def answer_invalid(request: Request, error: RequestValidationError) -> Response:
    """Name the first field at fault. FastAPI's own answer repeats the input, and fails when that is NaN."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return await answer(request, ServiceError(400, "invalid_json", "The body is not valid JSON", "body"))
    return await answer(request, ServiceError(422, "invalid_input", first["msg"], field_name(first["loc"])))


async def answer_http(request: Request, error: HTTPException) -> Response:
    """Keep the headers of FastAPI's own errors: 405 names the methods allowed, which is all that OPTIONS asks for."""
    if error.status_code == 405 and request.method == "OPTIONS":
        return Response(status_code=204, headers=error.headers)
    code = HTTPStatus(error.status_code).name.lower()
    return JSONResponse(ServiceError(error.status_code, code, error.detail).body, error.status_code, error.headers)


async def answer_nobody(request: Request, error: ClientDisconnect) -> Response:
    """End a request whose client hung up in the middle of its body; only the log will see this answer."""
    return Response(status_code=HUNG_UP)


async def answer_unforeseen(request: Request, error: Exception) -> Response:
    """Say nothing about the inside. The log has the traceback, but not its message, which may quote the input."""
    places = "".join(traceback.format_tb(error.__traceback__))
    logs.write("ERROR", event="unforeseen", message=f"{places}{type(error).__name__}")
    return await answer(request, ServiceError(500, "internal_error", "The service failed; the failure was logged"))


def field_name(location: tuple[int | str, ...]) -> str:
    """Write a place in the body as a person would: ``texts[1]``."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part[:100]}" for part in location[1:]]
    return "".join(parts).lstrip(".") or "body"


DOCUMENTED = {
    400: "The body is not JSON.",
    413: "The body has more than 1 MB.",
    415: "The body is not declared as application/json.",
    422: "A value is missing, unknown, of another type or too long; `field` names it.",
    503: "The model is missing or did not verify; the message says why.",
}
RESPONSES = {status: {"model": Error, "description": text} for status, text in DOCUMENTED.items()}
