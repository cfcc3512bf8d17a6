"""App Engine: the versions of a service, which are containers that run."""

import re

from deploykit.rehearsal.google import errors, instances
from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.appengine import resources, versions
from deploykit.rehearsal.google.appengine.resources import DEFAULT, TYPE
from deploykit.rehearsal.google.operations import Progress

FLEX_API = "appengineflex.googleapis.com"
ID = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
DOCUMENTATION = (
    "Python: (https://developers.google.com/appengine/docs/python/modules/#Python_Uploading%%20modules) "
    "Java: (https://developers.google.com/appengine/docs/java/modules/#Java_Uploading%%20modules)"
)


@handles("appengine.apps.services.versions.create")
def create(call: Call) -> dict:
    """Deploy a version."""
    resources.require_app(call)
    call.context.require_api(FLEX_API)
    service, version = call.params["servicesId"], call.body
    _check(call, service, version)
    target = f"apps/{call.context.project}/services/{service}/versions/{version['id']}"

    def work(_progress: Progress) -> dict:
        return {"@type": f"{TYPE}Version", **_public(versions.deploy(call.context, service, version))}

    metadata = resources.describe_operation(call.context, "Versions.CreateVersion", target)
    return call.context.operations.start(f"apps/{call.context.project}", work, metadata=metadata)


@handles("appengine.apps.services.versions.get")
def get(call: Call) -> dict:
    """Return a version."""
    return _public(resources.require_version(call), everything=call.query.get("view") == "FULL")


@handles("appengine.apps.services.versions.list")
def list_versions(call: Call) -> dict:
    """Return a service's versions."""
    service = resources.require_service(call)["id"]
    everything = call.query.get("view") == "FULL"
    return {"versions": [_public(version, everything) for version in resources.versions(call.context, service)]}


@handles("appengine.apps.services.versions.patch")
def patch(call: Call) -> dict:
    """Stop a version, or start it again."""
    version = resources.require_version(call)
    status = call.body.get("servingStatus")
    if call.query.get("updateMask") != "servingStatus" or status not in ("SERVING", "STOPPED"):
        raise errors.not_rehearsed("Changing anything of a version but whether it runs")
    changed = versions.set_status(call.context, call.params["servicesId"], version, status)
    response = {"@type": f"{TYPE}Version", **_public(changed)}
    return resources.done(call, "Versions.UpdateVersion", version["name"], response)


@handles("appengine.apps.services.versions.delete")
def delete(call: Call) -> dict:
    """Delete a version that gets no requests."""
    version, service = resources.require_version(call), call.params["servicesId"]
    if resources.allocations(call.context, service).get(version["id"]):
        raise errors.invalid(
            "Cannot delete a version with a non-zero traffic allocation. Please update your traffic split to remove "
            "the allocation for this version and try again."
        )
    versions.delete(call.context, service, version["id"])
    return resources.done(call, "Versions.DeleteVersion", version["name"])


@handles("appengine.apps.services.versions.instances.list")
def list_instances(call: Call) -> dict:
    """Return the containers that run a version."""
    version = resources.require_version(call)
    containers = instances.find(resources.serving_name(call.params["servicesId"], version["id"]))
    return {
        "instances": [
            _instance(version, container)
            for found in containers.values()
            for container in found
            if container.status == "running"
        ]
    }


def _check(call: Call, service: str, version: dict) -> None:
    """Refuse what App Engine refuses before it starts anything."""
    if not ID.fullmatch(version.get("id", "")):
        raise errors.invalid(f"Invalid version id '{version.get('id', '')}'.")
    if service != DEFAULT and not resources.versions(call.context, DEFAULT):
        raise errors.invalid(
            "The first service (module) you upload to a new application must be the 'default' service (module). "
            "Please upload a version of the 'default' service (module) before uploading a version for the "
            f"'{service}' service (module). See the documentation for more information. {DOCUMENTATION}"
        )
    if version.get("env") not in ("flex", "flexible"):
        raise errors.not_rehearsed("App Engine's standard environment")
    if not version.get("deployment", {}).get("container", {}).get("image"):
        raise errors.not_rehearsed("A deployment to App Engine without an image")


def _public(version: dict, everything: bool = True) -> dict:
    """Return a version as the API shows it."""
    hidden = set() if everything else {"deployment", "envVariables", "handlers"}
    return {name: value for name, value in version.items() if name not in hidden}


def _instance(version: dict, container) -> dict:
    name = f"aef-{version['id']}-{container.id[:4]}"
    return {
        "name": f"{version['name']}/instances/{name}",
        "id": name,
        "availability": "DYNAMIC",
        "vmName": name,
        "vmStatus": "RUNNING",
        "vmLiveness": "HEALTHY",
        "vmDebugEnabled": False,
        "startTime": container.attrs["State"]["StartedAt"],
    }
