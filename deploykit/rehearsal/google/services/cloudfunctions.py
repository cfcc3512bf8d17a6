"""Cloud Functions of the 2nd generation; of the 1st it is only known that there are none."""

import re
import uuid
from functools import partial

from deploykit.rehearsal.google import errors, function_service, functions
from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.clock import now
from deploykit.rehearsal.google.context import REGIONS, Context
from deploykit.rehearsal.google.functions import KIND, Stages
from deploykit.rehearsal.google.services.iam import default_account

API = "cloudfunctions.googleapis.com"
METADATA = "type.googleapis.com/google.cloud.functions.v2.OperationMetadata"
EMPTY = {"@type": "type.googleapis.com/google.protobuf.Empty"}
RUNTIMES = {
    "python310": "Python 3.10",
    "python311": "Python 3.11",
    "python312": "Python 3.12",
    "python313": "Python 3.13",
}
REHEARSED = "python311"
FUNCTION_ID = re.compile(r"[A-Za-z]([-_A-Za-z0-9]{0,61}[A-Za-z0-9])?")
INTERNAL = ("version",)
"""What the store knows of a function beside what Google says of it."""


@handles("cloudfunctions.projects.locations.list")
def list_locations(call: Call) -> dict:
    """Return the regions."""
    project = call.params["name"].split("/")[1]
    call.context.require_project(project)
    return {"locations": [{"name": f"projects/{project}/locations/{name}", "locationId": name} for name in REGIONS]}


@handles("cloudfunctions.projects.locations.runtimes.list")
def list_runtimes(call: Call) -> dict:
    """Return the languages; only one of them is rehearsed."""
    _admit(call, call.params["parent"])
    return {
        "runtimes": [
            {"name": name, "displayName": shown, "stage": "GA", "environment": "GEN_2"}
            for name, shown in RUNTIMES.items()
        ]
    }


@handles("cloudfunctions.projects.locations.functions.generateUploadUrl")
def generate_upload_url(call: Call) -> dict:
    """Return an address to which the source can be uploaded."""
    _refuse_first_generation(call)
    location = _admit(call, call.params["parent"])
    return functions.upload_place(call.context, location, str(uuid.uuid4()))


@handles("cloudfunctions.projects.locations.functions.get")
def get(call: Call) -> dict:
    """Return a function."""
    return _public(_find(call, call.params["name"]))


@handles("cloudfunctions.projects.locations.functions.list")
def list_functions(call: Call) -> dict:
    """Return the functions of one region, or of all ("-")."""
    location = _admit(call, call.params["parent"])
    if _is_first_generation(call):
        return {"functions": []}
    prefix = f"projects/{call.context.project}/locations/" + ("" if location == "-" else f"{location}/")
    return {"functions": [_public(function) for function in call.context.store.list(KIND, prefix).values()]}


@handles("cloudfunctions.projects.locations.functions.create")
def create(call: Call) -> dict:
    """Create a function."""
    _refuse_first_generation(call)
    _admit(call, call.params["parent"])
    identifier = call.query.get("functionId", "")
    if not FUNCTION_ID.fullmatch(identifier):
        raise errors.invalid(
            f"Could not create Cloud Run service {identifier}. The function id must match {FUNCTION_ID.pattern}"
        )
    name = f"{call.params['parent']}/functions/{identifier}"
    function = {"name": name, "environment": "GEN_2", "createTime": now()}
    with call.context.store.transaction():
        if call.context.store.get(KIND, name):
            raise errors.already_exists(f"Resource '{name}' already exists")
        _write(call.context, {**call.body, **function})
    return _begin(call, name, "create")


@handles("cloudfunctions.projects.locations.functions.patch")
def change(call: Call) -> dict:
    """Deploy a function anew, with other settings or another source."""
    _refuse_first_generation(call)
    old = _find(call, call.params["name"])
    _write(call.context, function_service.changed(old, call.body, call.query.get("updateMask", "")))
    return _begin(call, old["name"], "update")


@handles("cloudfunctions.projects.locations.functions.delete")
def delete(call: Call) -> dict:
    """Delete a function."""
    name = _find(call, call.params["name"])["name"]
    functions.remove(call.context, name)
    parent = name.rpartition("/functions/")[0]
    return call.context.operations.done(parent, EMPTY, metadata=_metadata(name, "delete"))


@handles("cloudfunctions.projects.locations.operations.get")
def get_operation(call: Call) -> dict:
    """Return an operation."""
    return call.context.operations.get(call.params["name"])


def _begin(call: Call, name: str, verb: str) -> dict:
    parent = name.rpartition("/functions/")[0]
    work = partial(functions.deploy, call.context, name)
    metadata = {**_metadata(name, verb), "stages": Stages.new()}
    return call.context.operations.start(parent, lambda progress: _public(work(progress)), metadata=metadata)


def _metadata(name: str, verb: str) -> dict:
    return {
        "@type": METADATA,
        "createTime": now(),
        "target": name,
        "verb": verb,
        "apiVersion": "v2",
        "operationType": f"{verb.upper()}_FUNCTION",
    }


def _write(context: Context, function: dict) -> None:
    build = function.get("buildConfig", {})
    runtime = build.get("runtime", "")
    if runtime not in RUNTIMES:
        raise errors.invalid(f'Runtime "{runtime}" on GCFv2 is not supported')
    if runtime != REHEARSED:
        raise errors.not_rehearsed(f"The runtime {runtime} (only {REHEARSED} is)")
    if "storageSource" not in build.get("source", {}):
        raise errors.not_rehearsed("A source from elsewhere than Cloud Storage")
    if function.get("eventTrigger"):
        raise errors.not_rehearsed("A function that events trigger")
    if not build.get("entryPoint"):
        raise errors.invalid("Entry point is required")
    account = {"serviceAccountEmail": default_account(context)}
    settings = function_service.settings({**account, **function.get("serviceConfig", {})})
    written = {**function, "state": "DEPLOYING", "updateTime": now(), "serviceConfig": settings}
    context.store.put(KIND, function["name"], written)


def _find(call: Call, name: str) -> dict:
    location = _admit(call, name)
    function = None if _is_first_generation(call) else call.context.store.get(KIND, name)
    if function is None:
        identifier = name.rpartition("/")[2]
        raise errors.not_found(
            f"Resource 'projects/{call.context.project}/locations/{location}/functions/{identifier}' was not found"
        )
    return function


def _public(function: dict) -> dict:
    return {key: value for key, value in function.items() if key not in INTERNAL}


def _admit(call: Call, name: str) -> str:
    """Refuse another project, an unknown region and a disabled API, and return the region."""
    _, project, _, location, *_ = name.split("/")
    call.context.require_project(project)
    call.context.require_api(API)
    if location != "-":
        call.context.require_region(location)
    return location


def _is_first_generation(call: Call) -> bool:
    return call.path.startswith("/v1/")


def _refuse_first_generation(call: Call) -> None:
    if _is_first_generation(call):
        raise errors.not_rehearsed("A function of the 1st generation (leave --no-gen2 out)")
