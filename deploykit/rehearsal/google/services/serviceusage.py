"""Service Usage: which APIs are enabled in the project."""

from deploykit.rehearsal.google import errors
from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.context import Context

KIND = "api"
KNOWN = (
    "appengine.googleapis.com", "appengineflex.googleapis.com", "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com", "cloudfunctions.googleapis.com", "cloudresourcemanager.googleapis.com",
    "compute.googleapis.com", "iam.googleapis.com", "logging.googleapis.com", "run.googleapis.com",
    "serviceusage.googleapis.com", "storage.googleapis.com",
)  # fmt: skip
ALWAYS_ON = (
    "cloudresourcemanager.googleapis.com", "iam.googleapis.com", "logging.googleapis.com",
    "serviceusage.googleapis.com", "storage.googleapis.com",
)  # fmt: skip
"""What a new project has enabled."""

TYPE = "type.googleapis.com/google.api.serviceusage.v1."


def is_enabled(context: Context, service: str) -> bool:
    """Tell whether an API is enabled."""
    return service in ALWAYS_ON or context.store.get(KIND, service) is not None


@handles("serviceusage.services.get")
def get(call: Call) -> dict:
    """Return one API's state."""
    project, service = _parse(call.params["name"])
    return _state(call.context, project, service)


@handles("serviceusage.services.list")
def list_services(call: Call) -> dict:
    """Return the enabled APIs, or all that can be."""
    project = call.params["parent"].split("/")[1]
    call.context.require_project(project)
    states = [_state(call.context, project, service) for service in KNOWN]
    wanted = call.query.get("filter", "").removeprefix("state:")
    return {"services": [state for state in states if not wanted or state["state"] == wanted]}


@handles("serviceusage.services.batchGet")
def batch_get(call: Call) -> dict:
    """Return several APIs' states."""
    names = call.query.get("names", [])
    parsed = [_parse(name) for name in ([names] if isinstance(names, str) else names)]
    return {"services": [_state(call.context, project, service) for project, service in parsed]}


@handles("serviceusage.services.enable")
def enable(call: Call) -> dict:
    """Enable an API."""
    project, service = _parse(call.params["name"])
    state = _enable(call.context, project, service)
    return call.context.operations.done("", {"@type": f"{TYPE}EnableServiceResponse", "service": state})


@handles("serviceusage.services.batchEnable")
def batch_enable(call: Call) -> dict:
    """Enable several APIs."""
    project = call.params["parent"].split("/")[1]
    states = [_enable(call.context, project, service) for service in call.body.get("serviceIds", [])]
    return call.context.operations.done("", {"@type": f"{TYPE}BatchEnableServicesResponse", "services": states})


@handles("serviceusage.services.disable")
def disable(call: Call) -> dict:
    """Disable an API; what was made with it stays."""
    project, service = _parse(call.params["name"])
    call.context.store.delete(KIND, service)
    state = _state(call.context, project, service)
    return call.context.operations.done("", {"@type": f"{TYPE}DisableServiceResponse", "service": state})


@handles("serviceusage.operations.get")
def get_operation(call: Call) -> dict:
    """Return an operation."""
    return call.context.operations.get(call.params["name"])


def _parse(name: str) -> tuple[str, str]:
    """Split ``projects/P/services/S``."""
    _, project, _, service = name.split("/")
    return project, service


def _enable(context: Context, project: str, service: str) -> dict:
    context.require_project(project)
    if service not in KNOWN:
        raise errors.permission_denied(
            f"Not found or permission denied for service(s): {service}.\nHelp Token: rehearsal"
        )
    context.store.put(KIND, service, {})
    return _state(context, project, service)


def _state(context: Context, project: str, service: str) -> dict:
    context.require_project(project)
    if service not in KNOWN:
        raise errors.permission_denied(f"Not found or permission denied for service(s): {service}.")
    return {
        "name": f"projects/{context.number}/services/{service}",
        "parent": f"projects/{context.number}",
        "state": "ENABLED" if is_enabled(context, service) else "DISABLED",
        "config": {"name": service, "title": f"{service.split('.')[0]} API"},
    }
