"""Resource Manager: the one project, and who may do what in it."""

from deploykit.rehearsal.google import policies
from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.context import Context

CREATED = "2026-01-01T00:00:00.000Z"


@handles("cloudresourcemanager.projects.get")
def get(call: Call) -> dict:
    """Return the project."""
    call.context.require_project(call.params["projectId"])
    return _project(call.context)


@handles("cloudresourcemanager.projects.list")
def list_projects(call: Call) -> dict:
    """Return the one project."""
    return {"projects": [_project(call.context)]}


@handles("cloudresourcemanager.projects.getIamPolicy")
def get_policy(call: Call) -> dict:
    """Return who may do what in the project."""
    call.context.require_project(call.params["resource"])
    return policies.get(call.context, f"projects/{call.context.project}")


@handles("cloudresourcemanager.projects.setIamPolicy")
def set_policy(call: Call) -> dict:
    """Say who may do what in the project."""
    call.context.require_project(call.params["resource"])
    return policies.put(call.context, f"projects/{call.context.project}", call.body["policy"])


def _project(context: Context) -> dict:
    return {
        "projectId": context.project,
        "projectNumber": context.number,
        "name": context.project,
        "lifecycleState": "ACTIVE",
        "createTime": CREATED,
    }
