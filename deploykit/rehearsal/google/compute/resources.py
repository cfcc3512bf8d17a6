"""How Compute Engine names its resources, and what it says of those that it does not have or has already."""

import base64
import datetime
import hashlib
import json
import secrets

from deploykit.rehearsal.google import errors
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.errors import ApiError

BASE = "https://www.googleapis.com/compute/v1"


def link(context: Context, path: str) -> str:
    """Return the address of a resource of the project, such as ``zones/us-central1-a``."""
    return f"{BASE}/projects/{context.project}/{path}"


def resource(context: Context, kind: str, path: str, **fields: object) -> dict:
    """Return a new resource with what all of them have."""
    return {
        "kind": f"compute#{kind}",
        "id": str(secrets.randbits(62)),
        "creationTimestamp": now(),
        "selfLink": link(context, path),
        **fields,
    }


def name_in(url: str) -> str:
    """Return the last part of a resource's address: its name."""
    return url.rpartition("/")[2]


def now() -> str:
    """Return the time as Compute Engine writes it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def fingerprint(value: object) -> str:
    """Return what a client has to send back to prove that it saw the newest state."""
    return base64.urlsafe_b64encode(hashlib.sha256(json.dumps(value, sort_keys=True).encode()).digest()[:8]).decode()


def not_found(context: Context, path: str) -> ApiError:
    """Say that there is no such resource."""
    return errors.not_found(f"The resource 'projects/{context.project}/{path}' was not found")


def already_exists(context: Context, path: str) -> ApiError:
    """Say that the name is taken."""
    return errors.already_exists(f"The resource 'projects/{context.project}/{path}' already exists")


def invalid(field: str, value: object, why: str) -> ApiError:
    """Say what is wrong with a field of the request."""
    return errors.invalid(f"Invalid value for field '{field}': '{value}'. {why}")


def in_use(context: Context, path: str, *, by: str) -> ApiError:
    """Say that a resource cannot go because another one needs it."""
    kind = path.split("/")[-2].removesuffix("s")
    return ApiError(
        400,
        "FAILED_PRECONDITION",
        f"The {kind} resource 'projects/{context.project}/{path}' is already being used by "
        f"'projects/{context.project}/{by}'",
        reason="resourceInUseByAnotherResource",
    )


def stale(what: str) -> ApiError:
    """Say that somebody else changed it meanwhile."""
    return ApiError(
        412,
        "FAILED_PRECONDITION",
        f"Supplied fingerprint does not match current {what} fingerprint.",
        reason="conditionNotMet",
    )
