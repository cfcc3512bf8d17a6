"""Every error is answered as JSON: ``{"error": {"code", "message", "field"}}``."""

from http import HTTPStatus

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException


class ServiceError(Exception):
    """A request that cannot be answered: the HTTP status, a code for programs, a message for people."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None):
        super().__init__(message)
        self.status = status
        self.body = {"error": {"code": code, "message": message, "field": field}}


def answer(error: ServiceError) -> tuple[Response, int]:
    """Answer an error that the service raised itself."""
    return jsonify(error.body), error.status


def answer_http(error: HTTPException) -> Response:
    """Turn Flask's HTML error page into JSON, and keep its headers (405 names the methods allowed)."""
    response = error.get_response()
    code = HTTPStatus(response.status_code).name.lower()
    response.data = jsonify(ServiceError(response.status_code, code, error.description or code).body).data
    response.content_type = "application/json"
    return response


def register(app: Flask) -> None:
    """Let the service answer every error as JSON; Flask logs the unforeseen ones with their traceback."""
    app.register_error_handler(ServiceError, answer)
    app.register_error_handler(HTTPException, answer_http)
    # functions-framework answers 500 with the text of the exception, which is nobody's business.
    app.register_error_handler(500, answer_http)
