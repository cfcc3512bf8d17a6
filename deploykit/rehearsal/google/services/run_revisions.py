"""Cloud Run's revisions, by the v1 (Knative) API that gcloud uses."""

from deploykit.rehearsal.google import errors, knative, serving
from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.knative import Key, condition
from deploykit.rehearsal.google.rollout import REVISION, SERVICE, reachable

OF_SERVICE = "serving.knative.dev/service="


@handles("run.namespaces.revisions.list")
def list_revisions(call: Call) -> dict:
    """Return the revisions of a region or of one service, newest first."""
    call.context.require_project(call.params["parent"].split("/")[1])
    call.context.require_api("run.googleapis.com")
    selector = call.query.get("labelSelector", "").replace(" ", "")  # gcloud writes "label = value"
    _, of_service, service = selector.partition(OF_SERVICE)
    found = call.context.store.list(REVISION, f"{call.region}/{service}/" if of_service else f"{call.region}/")
    items = [_with_activity(call.context, name, revision) for name, revision in found.items()]
    return {**knative.API, "kind": "RevisionList", "metadata": {}, "items": items[::-1]}


@handles("run.namespaces.revisions.get")
def get(call: Call) -> dict:
    """Return a revision."""
    return _with_activity(call.context, *_find(call))


@handles("run.namespaces.revisions.delete")
def delete(call: Call) -> dict:
    """Delete a revision that gets no requests."""
    stored, revision = _find(call)
    region, service, name = stored.split("/")
    status = call.context.store.get(SERVICE, f"{region}/{service}")["status"]
    if name == status.get("latestCreatedRevisionName") or name in reachable(status.get("traffic", [])):
        raise errors.failed_precondition(
            f"Revision '{name}' cannot be deleted: it is the latest created revision of its service, or it is assigned "
            "traffic."
        )
    serving.remove_revision(call.context, Key(region, service).serving, name)
    call.context.store.delete(REVISION, stored)
    return {"status": "Success", "details": {"name": name, "kind": "revisions", "uid": revision["metadata"]["uid"]}}


def _find(call: Call) -> tuple[str, dict]:
    call.context.require_api("run.googleapis.com")
    wanted = call.params["name"].rpartition("/")[2]
    for stored, revision in call.context.store.list(REVISION, f"{call.region}/").items():
        if revision["metadata"]["name"] == wanted:
            return stored, revision
    raise errors.not_found(
        f"Resource '{wanted}' of kind 'REVISION' in region '{call.region}' in project '{call.context.project}' does "
        "not exist."
    )


def _with_activity(context: Context, stored: str, revision: dict) -> dict:
    """Return a revision with the condition that says whether requests go to it."""
    region, service, name = stored.split("/")
    status = (context.store.get(SERVICE, f"{region}/{service}") or {"status": {}})["status"]
    active = condition("Active", name in reachable(status.get("traffic", [])))
    conditions = [*revision["status"]["conditions"], active]
    return {**revision, "status": {**revision["status"], "conditions": conditions}}
