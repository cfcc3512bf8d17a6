"""Versions: from what ``app.yaml`` says to containers that run."""

import secrets

from deploykit.rehearsal.google import errors, serving
from deploykit.rehearsal.google.appengine import front, resources
from deploykit.rehearsal.google.appengine.resources import LOGGED, SERVICE, VERSION
from deploykit.rehearsal.google.clock import now
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.errors import ApiError
from deploykit.rehearsal.google.serving import Revision
from deploykit.rehearsal.google.start_errors import StartFailed

REVISION = "appengine.revision"
"""What serving calls a version: each deployment of it is a new revision there."""

CREATE = "appengine.apps.services.versions.create"
MEMORY_GB = 0.6
STARTUP_SECONDS = 300.0
MIN_INSTANCES, MAX_INSTANCES = 2, 20
"""What automatic scaling keeps and allows when app.yaml does not say; it is the default way to scale."""

CONCURRENCY = 1000
"""App Engine adds instances by the load of their processors, which is not rehearsed; so none is added here."""


def deploy(context: Context, service: str, version: dict) -> dict:
    """Start a version's instances, or replace those that it had, and return the version.

    Raises:
        ApiError: they do not start; a former deployment of the version stays as it was.
    """
    name = resources.serving_name(service, version["id"])
    key = f"{service}/{version['id']}"
    context.store.put(LOGGED, key, {})
    former = context.store.get(REVISION, key)
    revision = _revision(context, service, version)
    try:
        serving.deploy(context, name, revision)
    except StartFailed as error:
        if not former:
            serving.delete(context, name, keep_log=True)
        raise _refusal(version, error) from None
    serving.allow(context, name, everybody=True)
    serving.set_traffic(context, name, {revision.name: 100})
    if former:
        serving.remove_revision(context, name, former["name"])
    context.store.put(REVISION, key, {"name": revision.name})
    return _write(context, service, version)


def set_status(context: Context, service: str, version: dict, status: str) -> dict:
    """Stop or start a version's instances and return the version.

    Args:
        status: "STOPPED" or "SERVING".

    Raises:
        ApiError: they do not start.
    """
    change = serving.stop_revision if status == "STOPPED" else serving.start_revision
    key = f"{service}/{version['id']}"
    try:
        change(context, resources.serving_name(service, version["id"]), context.store.get(REVISION, key)["name"])
    except StartFailed as error:
        raise _refusal(version, error) from None
    with context.store.change(VERSION, key) as changed:
        changed["servingStatus"] = status
    return changed


def delete(context: Context, service: str, version: str) -> None:
    """Remove a version with its instances."""
    serving.delete(context, resources.serving_name(service, version), keep_log=True)
    for kind in (VERSION, REVISION):
        context.store.delete(kind, f"{service}/{version}")


def _revision(context: Context, service: str, version: dict) -> Revision:
    """Return the containers that a version means."""
    asked, readiness = version.get("resources", {}), version.get("readinessCheck", {})
    memory_mib = int(asked.get("memoryGb", MEMORY_GB) * 1024)
    variables = {
        "GAE_SERVICE": service, "GAE_VERSION": version["id"], "GAE_INSTANCE": f"aef-{service}-{version['id']}",
        "GAE_MEMORY_MB": str(memory_mib), "GOOGLE_CLOUD_PROJECT": context.project,
    }  # fmt: skip
    slow, lost = (context.faults.take(fault, CREATE) for fault in ("slow_start", "image_missing"))
    image = version["deployment"]["container"]["image"]
    scaled = version.get("automaticScaling", {})
    fewest = version.get("manualScaling", {}).get("instances") or scaled.get("minTotalInstances", MIN_INSTANCES)
    return Revision(
        name=f"{version['id']}-{secrets.token_hex(3)}",
        image=f"{image}-missing" if lost else image,
        env={**variables, **version.get("envVariables", {})},
        cpus=asked.get("cpu", 1.0),
        memory_mib=memory_mib,
        concurrency=CONCURRENCY,
        min_instances=fewest,
        max_instances=max(fewest, scaled.get("maxTotalInstances", MAX_INSTANCES)),
        startup_seconds=0.0 if slow else resources.seconds(readiness.get("appStartTimeout"), STARTUP_SECONDS),
        ready_path=readiness.get("path", ""),
    )  # fmt: skip


def _write(context: Context, service: str, version: dict) -> dict:
    """Write a version that runs, and its service; a service's first version gets all of its traffic."""
    key, name = f"{service}/{version['id']}", f"apps/{context.project}/services/{service}"
    written = {
        **version,
        "name": f"{name}/versions/{version['id']}",
        "servingStatus": "SERVING",
        "createTime": now(),
        "createdBy": context.account,
        "diskUsageBytes": "0",
        "versionUrl": serving.url(context, resources.serving_name(service, version["id"])),
    }
    with context.store.transaction():
        context.store.put(VERSION, key, written)
        if not context.store.get(SERVICE, service):
            split = {"allocations": {version["id"]: 1.0}}
            context.store.put(SERVICE, service, {"name": name, "id": service, "split": split})
    front.open_address(context, service)
    return written


def _refusal(version: dict, error: StartFailed) -> ApiError:
    """Return in App Engine's words why a version did not start."""
    if "not found" in error.message:
        return errors.not_found(f"Image '{version['deployment']['container']['image']}' not found.")
    if "called exit" in error.event or not error.event:
        last = "\n".join(text for _, text in error.output[-20:])
        return errors.failed_precondition(f"\nApplication startup error! Code: APP_CONTAINER_CRASHED\n{last}")
    return ApiError(
        400,
        "DEADLINE_EXCEEDED",
        "Your deployment has failed to become healthy in the allotted time and therefore was rolled back. If you "
        "believe this was an error, try adjusting the 'app_start_timeout_sec' setting in the 'readiness_check' "
        "section.",
    )
