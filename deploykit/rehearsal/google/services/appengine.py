"""App Engine: the application, its services and the split of their traffic."""

import time

from deploykit.rehearsal.google import errors
from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.appengine import front, resources, versions
from deploykit.rehearsal.google.appengine.resources import API, APP, DEFAULT, SERVICE, TYPE
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.services import storage

LOCATIONS = {
    "asia-northeast1": "asia", "europe-west": "eu", "europe-west3": "eu", "us-central": "us", "us-east1": "us",
}  # fmt: skip
"""Where an application can be, with the part of the world where its images are kept. Two are named like no region."""

PATIENCE_SECONDS = 4
"""A question after an operation is answered when it is done, or after so long: gcloud asks only every 5 seconds."""


@handles("appengine.apps.create")
def create_app(call: Call) -> dict:
    """Create the project's one application, for good."""
    call.context.require_api(API)
    project, location = call.body.get("id", ""), call.body.get("locationId", "")
    call.context.require_project(project)
    if location not in LOCATIONS:
        raise errors.invalid(f"Invalid location '{location}'. Valid locations are: {', '.join(LOCATIONS)}.")
    with call.context.store.transaction():
        if call.context.store.get(APP, project):
            raise errors.already_exists(f"Application '{project}' already exists.")
        app = _new_app(project, location)
        call.context.store.put(APP, project, app)
    for bucket in (app["codeBucket"], app["defaultBucket"]):
        storage.ensure_bucket(call.context, bucket, location="EU" if LOCATIONS[location] == "eu" else "US")
    front.open_address(call.context, DEFAULT)
    response = {"@type": f"{TYPE}Application", **_with_host(call.context, app)}
    return resources.done(call, "Applications.CreateApplication", app["name"], response)


@handles("appengine.apps.get")
def get_app(call: Call) -> dict:
    """Return the application."""
    return _with_host(call.context, resources.require_app(call))


@handles("appengine.apps.locations.list")
def list_locations(call: Call) -> dict:
    """Return where an application can be."""
    call.context.require_api(API)
    call.context.require_project(call.params["appsId"])
    return {"locations": [_location(call.context.project, name) for name in LOCATIONS]}


@handles("appengine.apps.operations.get")
def get_operation(call: Call) -> dict:
    """Return an operation."""
    name = f"apps/{call.params['appsId']}/operations/{call.params['operationsId']}"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        operation = call.context.operations.get(name)
        if operation["done"] or time.monotonic() > deadline:
            return operation
        time.sleep(0.05)


@handles("appengine.apps.operations.list")
def list_operations(call: Call) -> dict:
    """Return what was done to the application, or is being done."""
    resources.require_app(call)
    return {"operations": call.context.operations.list(f"apps/{call.params['appsId']}")}


@handles("appengine.apps.services.list")
def list_services(call: Call) -> dict:
    """Return the services."""
    resources.require_app(call)
    return {"services": resources.services(call.context)}


@handles("appengine.apps.services.get")
def get_service(call: Call) -> dict:
    """Return a service."""
    return resources.require_service(call)


@handles("appengine.apps.services.patch")
def set_traffic(call: Call) -> dict:
    """Split a service's traffic among its versions."""
    service = resources.require_service(call)
    if call.query.get("updateMask") != "split":
        raise errors.not_rehearsed(f"Changing a service's {call.query.get('updateMask', 'fields')}")
    split = call.body.get("split", {})
    _check_split(call, service["id"], split.get("allocations", {}))
    with call.context.store.change(SERVICE, service["id"]) as changed:
        changed["split"] = split
    return resources.done(
        call, "Services.UpdateService", service["name"], {"@type": f"{TYPE}Service", **service, "split": split}
    )


@handles("appengine.apps.services.delete")
def delete_service(call: Call) -> dict:
    """Delete a service with all its versions."""
    service = resources.require_service(call)
    name = service["id"]
    if name == DEFAULT:
        raise errors.invalid("The default service (module) may not be deleted, and must comprise at least one version.")
    front.close_address(call.context, name)
    call.context.store.delete(SERVICE, name)
    for version in resources.versions(call.context, name):
        versions.delete(call.context, name, version["id"])
    return resources.done(call, "Services.DeleteService", service["name"])


def _check_split(call: Call, service: str, parts: dict[str, float]) -> None:
    known = {version["id"]: version for version in resources.versions(call.context, service)}
    unknown = [name for name in parts if name not in known]
    if unknown:
        raise errors.not_found(f"Could not find Version '{unknown[0]}' of Service '{service}'.")
    stopped = [name for name in parts if known[name]["servingStatus"] != "SERVING"]
    if stopped:
        raise errors.failed_precondition(
            f"Version '{stopped[0]}' of Service '{service}' is stopped and cannot receive traffic. Start it first."
        )
    if abs(sum(parts.values()) - 1) > 0.0001:
        raise errors.invalid("The sum of the traffic allocations must be 1.")


def _with_host(context: Context, app: dict) -> dict:
    """Return the application with its address, which a restarted server may have had to change."""
    return {**app, "defaultHostname": front.host(context, DEFAULT)}


def _new_app(project: str, location: str) -> dict:
    return {
        "name": f"apps/{project}",
        "id": project,
        "locationId": location,
        "servingStatus": "SERVING",
        "authDomain": "gmail.com",
        "codeBucket": f"staging.{project}.appspot.com",
        "defaultBucket": f"{project}.appspot.com",
        "gcrDomain": f"{LOCATIONS[location]}.gcr.io",
        "featureSettings": {"splitHealthChecks": True, "useContainerOptimizedOs": True},
        "databaseType": "CLOUD_FIRESTORE",
        "serviceAccount": f"{project}@appspot.gserviceaccount.com",
    }


def _location(project: str, name: str) -> dict:
    available = dict.fromkeys(["standardEnvironmentAvailable", "flexibleEnvironmentAvailable"], True)
    return {
        "name": f"apps/{project}/locations/{name}",
        "locationId": name,
        "labels": {"cloud.googleapis.com/region": name},
        "metadata": {"@type": f"{TYPE}LocationMetadata", **available},
    }
