"""Compute Engine's operations, which have a shape of their own: the rehearsal's long-running operations, retold."""

import secrets
import time
from collections.abc import Callable

from deploykit.rehearsal.google.compute import resources
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.errors import GRPC_CODES
from deploykit.rehearsal.google.operations import Progress

STATUS_NAMES = {number: name for name, number in GRPC_CODES.items()}
WAIT_SECONDS = 120
"""The ``wait`` method answers after two minutes at the latest, as Google's does."""

LOOK_SECONDS = 0.05


def start(context: Context, scope: str, kind: str, target: dict, work: Callable[[], object]) -> dict:
    """Begin work on a resource and return the operation.

    Args:
        scope: "global", or "zones/" and a zone.
        kind: what is done, such as "insert".
    """
    name = f"operation-{time.time_ns() // 10**6}-{secrets.token_hex(7)}-{secrets.token_hex(4)}"
    described = resources.resource(
        context,
        "operation",
        f"{scope}/operations/{name}",
        name=name,
        operationType=kind,
        targetLink=target["selfLink"],
        targetId=target["id"],
        user=context.account,
        insertTime=resources.now(),
        startTime=resources.now(),
        **({"zone": resources.link(context, scope)} if scope.startswith("zones/") else {}),
    )

    def timed(progress: Progress) -> dict:
        try:
            work()
        finally:
            progress.update(endTime=resources.now())
        return {}

    return _shown(context.operations.start("", timed, metadata=described, name=_key(scope, name)))


def get(context: Context, scope: str, name: str) -> dict:
    """Return an operation.

    Raises:
        ApiError: there is none of this name.
    """
    return _shown(context.operations.get(_key(scope, name)))


def wait(context: Context, scope: str, name: str) -> dict:
    """Return an operation when it is done, or after two minutes."""
    deadline = time.monotonic() + WAIT_SECONDS
    operation = get(context, scope, name)
    while operation["status"] != "DONE" and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
        operation = get(context, scope, name)
    return operation


def is_running(context: Context, link: str) -> bool:
    """Tell whether an operation, given by its address, still works."""
    scope, _, name = link.partition(f"/projects/{context.project}/")[2].rpartition("/operations/")
    return get(context, scope, name)["status"] != "DONE"


def _key(scope: str, name: str) -> str:
    return f"compute/{scope}/operations/{name}"


def _shown(operation: dict) -> dict:
    """Retell a long-running operation in Compute Engine's shape."""
    if not operation["done"]:
        return {**operation["metadata"], "status": "RUNNING", "progress": 0}
    done = {**operation["metadata"], "status": "DONE", "progress": 100}
    error = operation.get("error")
    if error:
        code = STATUS_NAMES.get(error["code"], "INTERNAL_ERROR")
        done["error"] = {"errors": [{"code": code, "message": error["message"]}]}
        done.update(httpErrorStatusCode=400, httpErrorMessage="BAD REQUEST")
    return done
