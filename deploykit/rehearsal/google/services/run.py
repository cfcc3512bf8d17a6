"""Cloud Run's services, by the v1 (Knative) API that gcloud uses."""

from deploykit.rehearsal.google import errors, knative, policies, rollout, run_checks, serving
from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.context import REGIONS, Context
from deploykit.rehearsal.google.knative import Key
from deploykit.rehearsal.google.rollout import REVISION, SERVICE

API_NAME = "run.googleapis.com"
INVOKER = "roles/run.invoker"


@handles("run.projects.locations.list")
def locations(call: Call) -> dict:
    """Return the regions."""
    _, project = call.params["name"].split("/")
    call.context.require_project(project)
    names = [{"name": f"projects/{project}/locations/{region}", "locationId": region} for region in REGIONS]
    return {"locations": names}


@handles("run.namespaces.services.create")
def create(call: Call) -> dict:
    """Create a service; its first revision is started while gcloud asks how far it is."""
    key = Key(call.region, call.body.get("metadata", {}).get("name", ""))
    _admit(call, call.params["parent"])
    with call.context.store.transaction():
        if call.context.store.get(SERVICE, key.stored):
            raise errors.already_exists(f"Resource '{key.name}' already exists.")
        return _write(call, key, None, "run.namespaces.services.create")


@handles("run.namespaces.services.replaceService")
def replace(call: Call) -> dict:
    """Change a service: a changed template makes a new revision, changed traffic only leads requests elsewhere."""
    key = _key(call)
    _admit(call, call.params["name"])
    with call.context.store.transaction():
        return _write(call, key, find(call.context, key), "run.namespaces.services.replaceService")


@handles("run.namespaces.services.get", "run.projects.locations.services.get")
def get(call: Call) -> dict:
    """Return a service."""
    _admit(call, call.params["name"])
    key = _key(call)
    with call.context.store.transaction():  # a rollout that ends just now is not interrupted
        if rollout.is_interrupted(key, find(call.context, key)):
            rollout.finish(call.context, key, reason="Interrupted", message=rollout.INTERRUPTED)
        return find(call.context, key)


@handles("run.namespaces.services.list", "run.projects.locations.services.list")
def list_services(call: Call) -> dict:
    """Return the services of one region, or of all."""
    _admit(call, call.params["parent"])
    region = call.region or call.params["parent"].rpartition("/")[2]
    found = call.context.store.list(SERVICE, "" if region == "-" else f"{region}/")
    return {**knative.API, "kind": "ServiceList", "metadata": {}, "items": list(found.values())}


@handles("run.namespaces.services.delete")
def delete(call: Call) -> dict:
    """Delete a service with all its revisions."""
    _admit(call, call.params["name"])
    key, context = _key(call), call.context
    uid = find(context, key)["metadata"]["uid"]
    serving.delete(context, key.serving)  # first: if it fails, the service is still known and can be deleted again
    context.store.delete(SERVICE, key.stored)
    for name in context.store.list(REVISION, f"{key.stored}/"):
        context.store.delete(REVISION, name)
    policies.delete(context, key.resource(context))
    serving.delete(context, key.serving)  # what a rollout that went on has opened again meanwhile
    return {"status": "Success", "details": {"name": key.name, "kind": "services", "uid": uid}}


@handles("run.projects.locations.services.getIamPolicy")
def get_policy(call: Call) -> dict:
    """Return who may call a service."""
    return policies.get(call.context, _of_policy(call).resource(call.context))


@handles("run.projects.locations.services.setIamPolicy")
def set_policy(call: Call) -> dict:
    """Say who may call a service."""
    key, context = _of_policy(call), call.context
    resource = key.resource(context)
    written = policies.put(context, resource, call.body["policy"])
    serving.allow(context, key.serving, policies.allows_everybody(context, resource, INVOKER))
    return written


@handles("run.projects.locations.services.testIamPermissions")
def test_permissions(call: Call) -> dict:
    """Return what the caller may do: all that it asks for, as the project's owner."""
    return {"permissions": call.body.get("permissions", [])}


def find(context: Context, key: Key) -> dict:
    """Return a service.

    Raises:
        ApiError: there is none of this name.
    """
    found = context.store.get(SERVICE, key.stored)
    if not found:
        raise errors.not_found(
            f"Resource '{key.name}' of kind 'SERVICE' in region '{key.region}' in project '{context.project}' does not "
            "exist."
        )
    return found


def _admit(call: Call, name: str) -> None:
    """Refuse an unknown project or region, and everything while the API is not enabled."""
    call.context.require_project(name.split("/")[1])
    if call.region:
        call.context.require_region(call.region)
    call.context.require_api(API_NAME)


def _of_policy(call: Call) -> Key:
    """Return the service of a policy, which has to exist."""
    resource = call.params["resource"]
    _admit(call, resource)
    _, _, _, region, _, name = resource.split("/")
    call.context.require_region(region)
    key = Key(region, name)
    find(call.context, key)
    return key


def _key(call: Call) -> Key:
    parts = call.params["name"].split("/")
    return Key(call.region or parts[3], parts[-1])


def _write(call: Call, key: Key, old: dict | None, method: str) -> dict:
    context, body = call.context, call.body
    run_checks.check_service(body)
    prefix = f"{key.stored}/"
    known = {name.removeprefix(prefix) for name in context.store.list(REVISION, prefix)}
    new = body["spec"]["template"].get("metadata", {}).get("name")
    run_checks.check_traffic(body, known | {new})
    service = {
        **knative.API,
        "kind": "Service",
        "metadata": knative.service_metadata(context, key, body["metadata"], old),
        "spec": {**body["spec"], "traffic": body["spec"].get("traffic") or [{"percent": 100, "latestRevision": True}]},
        "status": {**(old["status"] if old else {}), "conditions": [knative.condition("Ready", None)]},
    }
    changed = not old or old["spec"]["template"] != service["spec"]["template"]
    if changed:
        service["status"]["latestCreatedRevisionName"] = _new_name(service, known)
    if call.query.get("dryRun") == "all":
        return service
    if changed:
        _add_revision(context, key, service)
    context.store.put(SERVICE, key.stored, service)
    rollout.begin(context, key, method)
    return service


def _new_name(service: dict, known: set[str]) -> str:
    name = rollout.new_name(service)
    if name in known:
        raise errors.already_exists(f"Revision named '{name}' with different configuration already exists.")
    return name


def _add_revision(context: Context, key: Key, service: dict) -> None:
    name = service["status"]["latestCreatedRevisionName"]
    context.store.put(REVISION, f"{key.stored}/{name}", knative.revision_object(context, key, name, service))
