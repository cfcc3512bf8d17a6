"""The project as Compute Engine sees it, with the metadata that all of its instances share."""

from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.compute import instances, operations, projects, resources
from deploykit.rehearsal.google.services import iam


@handles("compute.projects.get")
def get(call: Call) -> dict:
    """Return the project."""
    projects.ready(call.context, call.params["project"])
    return _project(call)


@handles("compute.projects.setCommonInstanceMetadata")
def set_metadata(call: Call) -> dict:
    """Replace the metadata that all instances share; their accounts follow."""
    context = call.context
    projects.ready(context, call.params["project"])
    with context.store.transaction():
        changed = projects.changed(projects.metadata(context), call.body)
        context.store.put(projects.KIND, context.project, changed)

    def tell_all() -> None:
        for instance in instances.listed(context):
            instances.tell_metadata(context, instance)

    return operations.start(context, "global", "compute.projects.setCommonInstanceMetadata", _project(call), tell_all)


def _project(call: Call) -> dict:
    context = call.context
    return {
        "kind": "compute#project",
        "id": context.number,
        "name": context.project,
        "selfLink": resources.link(context, "").rstrip("/"),
        "creationTimestamp": "2026-01-01T00:00:00.000-08:00",
        "commonInstanceMetadata": projects.metadata(context),
        "defaultServiceAccount": iam.default_account(context),
        "defaultNetworkTier": "PREMIUM",
        "xpnProjectStatus": "UNSPECIFIED_XPN_PROJECT_STATUS",
    }
