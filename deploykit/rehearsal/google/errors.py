"""Errors in the shape in which Google's APIs answer them."""

GRPC_CODES = {
    "CANCELLED": 1, "UNKNOWN": 2, "INVALID_ARGUMENT": 3, "DEADLINE_EXCEEDED": 4, "NOT_FOUND": 5, "ALREADY_EXISTS": 6,
    "PERMISSION_DENIED": 7, "RESOURCE_EXHAUSTED": 8, "FAILED_PRECONDITION": 9, "ABORTED": 10, "UNIMPLEMENTED": 12,
    "INTERNAL": 13, "UNAUTHENTICATED": 16,
}  # fmt: skip
"""The numbers that a failed operation carries, as google.rpc.Code defines them."""


class ApiError(Exception):
    """A refusal.

    Args:
        code: the HTTP status, never 500 or above: gcloud would ask again for half a minute.
        status: Google's name for it, such as "NOT_FOUND".
        message: Google's own wording where it is known.
        details: further objects, each with an ``@type``.
        reason: the machine-readable reason that the older APIs add, such as "alreadyExists".
    """

    def __init__(self, code: int, status: str, message: str, *, details: list[dict] | None = None, reason: str = ""):
        super().__init__(message)
        self.code, self.status, self.message = code, status, message
        self.details, self.reason = details or [], reason

    def body(self) -> dict:
        """Return the answer's JSON."""
        old_style = {"message": self.message, "domain": "global", "reason": self.reason or self.status}
        error = {"code": self.code, "message": self.message, "status": self.status, "errors": [old_style]}
        return {"error": {**error, **({"details": self.details} if self.details else {})}}

    def operation_error(self) -> dict:
        """Return the error as a failed long-running operation carries it (google.rpc.Status)."""
        return {"code": GRPC_CODES.get(self.status, 2), "message": self.message}


def invalid(message: str, *, details: list[dict] | None = None) -> ApiError:
    """Say that the request is wrong in itself."""
    return ApiError(400, "INVALID_ARGUMENT", message, details=details, reason="invalid")


def failed_precondition(message: str) -> ApiError:
    """Say that the request does not fit the state of things."""
    return ApiError(400, "FAILED_PRECONDITION", message, reason="failedPrecondition")


def not_found(message: str) -> ApiError:
    """Say that the resource does not exist."""
    return ApiError(404, "NOT_FOUND", message, reason="notFound")


def already_exists(message: str) -> ApiError:
    """Say that the name is taken."""
    return ApiError(409, "ALREADY_EXISTS", message, reason="alreadyExists")


def permission_denied(message: str, *, details: list[dict] | None = None) -> ApiError:
    """Say that the caller may not do this."""
    return ApiError(403, "PERMISSION_DENIED", message, details=details, reason="forbidden")


def too_large(limit: int) -> ApiError:
    """Say that a request holds more bytes than it may."""
    return ApiError(413, "INVALID_ARGUMENT", f"The request is larger than {limit} bytes.", reason="uploadTooLarge")


def unauthenticated() -> ApiError:
    """Say that the caller has not said who it is."""
    return ApiError(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
        "authentication credential.",
        reason="authError",
    )


def not_rehearsed(what: str) -> ApiError:
    """Say that the real cloud can do this, and the rehearsal cannot."""
    return ApiError(400, "UNIMPLEMENTED", f"{what} is not rehearsed on this computer.")
