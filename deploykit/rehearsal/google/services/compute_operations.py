"""Compute Engine's operations: how far they are, and waiting for their end."""

from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.compute import operations


@handles("compute.globalOperations.get", "compute.zoneOperations.get")
def get(call: Call) -> dict:
    """Return an operation."""
    call.context.require_project(call.params["project"])
    return operations.get(call.context, _scope(call), call.params["operation"])


@handles("compute.globalOperations.wait", "compute.zoneOperations.wait")
def wait(call: Call) -> dict:
    """Return an operation when it is done."""
    call.context.require_project(call.params["project"])
    return operations.wait(call.context, _scope(call), call.params["operation"])


def _scope(call: Call) -> str:
    return f"zones/{call.params['zone']}" if "zone" in call.params else "global"
