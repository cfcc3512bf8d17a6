"""Compute Engine's instances: each is a machine that runs."""

from collections.abc import Callable

from deploykit.rehearsal import machines
from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.compute import catalog, filters, instances, operations, projects, requests, resources
from deploykit.rehearsal.google.errors import ApiError

CONSOLE_BYTES = 1024 * 1024
"""Google keeps the last MiB of a serial port."""


@handles("compute.instances.insert")
def insert(call: Call) -> dict:
    """Create an instance and start it."""
    context, zone, name = call.context, call.params["zone"], call.body["name"]
    projects.ready(context, call.params["project"])
    path = instances.path(zone, name)
    with context.store.transaction():
        instance = requests.instance(context, zone, call.body, path)
        if any(other["name"] == name for other in instances.listed(context, zone)):
            raise resources.already_exists(context, path)
        context.store.put(instances.KIND, f"{zone}/{name}", instance)
        return _begin(call, instance, "insert", "STAGING", lambda: _boot(call, instance))


@handles("compute.instances.get")
def get(call: Call) -> dict:
    """Return an instance."""
    return instances.shown(call.context, _instance(call))


@handles("compute.instances.list")
def list_in_zone(call: Call) -> dict:
    """Return the instances of a zone."""
    context, zone = call.context, call.params["zone"]
    projects.ready(context, call.params["project"])
    catalog.zone(context, zone)
    found = filters.chosen(call, [instances.shown(context, known) for known in instances.listed(context, zone)])
    path = f"zones/{zone}/instances"
    return {"kind": "compute#instanceList", "id": f"projects/{context.project}/{path}", "items": found,
            "selfLink": resources.link(context, path)}  # fmt: skip


@handles("compute.instances.aggregatedList")
def list_everywhere(call: Call) -> dict:
    """Return the instances of all zones."""
    context = call.context
    projects.ready(context, call.params["project"])
    zones = {}
    for instance in filters.chosen(call, [instances.shown(context, known) for known in instances.listed(context)]):
        zone = f"zones/{resources.name_in(instance['zone'])}"
        zones.setdefault(zone, {"instances": []})["instances"].append(instance)
    return {"kind": "compute#instanceAggregatedList", "id": f"projects/{context.project}/aggregated/instances",
            "items": zones, "selfLink": resources.link(context, "aggregated/instances")}  # fmt: skip


@handles("compute.instances.delete")
def delete(call: Call) -> dict:
    """Delete an instance with its disk."""
    instance = _instance(call)
    if instance["deletionProtection"]:
        raise ApiError(
            412,
            "FAILED_PRECONDITION",
            f"Invalid resource usage: 'Resource cannot be deleted if it's protected against deletion. {_path(call)}'.",
            reason="conditionNotMet",
        )

    def remove() -> None:
        machines.remove(instances.machine_name(instance))
        call.context.store.delete(instances.KIND, _key(call))
        instances.filter_all(call.context)

    return _begin(call, instance, "delete", "STOPPING", remove)


@handles("compute.instances.stop")
def stop(call: Call) -> dict:
    """Shut an instance down; its disk stays."""
    instance = _instance(call)
    return _begin(call, instance, "stop", "STOPPING", lambda: machines.stop(instances.machine_name(instance)))


@handles("compute.instances.start")
def start(call: Call) -> dict:
    """Switch an instance on."""
    instance = _instance(call)

    def boot() -> None:
        machines.start(instances.machine_name(instance))
        instances.filter_all(call.context)  # its address may be another one now

    return _begin(call, instance, "start", "STAGING", boot)


@handles("compute.instances.reset")
def reset(call: Call) -> dict:
    """Switch an instance off and on again, without telling it."""
    instance = _instance(call)
    if instances.shown(call.context, instance)["status"] != "RUNNING":
        raise _not_ready(call)
    return _begin(call, instance, "reset", "RUNNING", lambda: machines.reset(instances.machine_name(instance)))


@handles("compute.instances.setMetadata")
def set_metadata(call: Call) -> dict:
    """Replace an instance's metadata; its accounts follow."""
    return _change(call, "metadata", projects.changed, instances.tell_metadata, kind="setMetadata")


@handles("compute.instances.setTags")
def set_tags(call: Call) -> dict:
    """Replace an instance's tags; the firewall rules for them hold at once."""

    def changed(known: dict, wanted: dict) -> dict:
        if wanted.get("fingerprint", known["fingerprint"]) != known["fingerprint"]:
            raise resources.stale("tags")
        return requests.tags(wanted.get("items", []))

    return _change(call, "tags", changed, lambda context, _: instances.filter_all(context), kind="setTags")


@handles("compute.instances.setDeletionProtection")
def set_protection(call: Call) -> dict:
    """Let an instance be deleted, or not."""

    def changed(_known: bool, _wanted: dict) -> bool:
        return call.query.get("deletionProtection", "true").lower() == "true"  # gcloud writes True

    return _change(call, "deletionProtection", changed, lambda *_: None, kind="setDeletionProtection")


@handles("compute.instances.getSerialPortOutput")
def console(call: Call) -> dict:
    """Return what an instance wrote to its console, all of it or from a place on."""
    instance = _instance(call)
    written = machines.console(instances.machine_name(instance)).encode()
    begin = max(int(call.query.get("start", 0)), len(written) - CONSOLE_BYTES, 0)
    return {
        "kind": "compute#serialPortOutput",
        "selfLink": f"{instance['selfLink']}/serialPort",
        "contents": written[begin:].decode(errors="replace"),
        "start": str(begin),
        "next": str(max(begin, len(written))),
    }


def _boot(call: Call, instance: dict) -> None:
    try:
        instances.boot(call.context, instance)
    except BaseException:
        machines.remove(instances.machine_name(instance))
        raise


def _begin(call: Call, instance: dict, kind: str, status: str, work: Callable[[], object]) -> dict:
    """Begin to do something with an instance, after what is being done with it already."""
    context, scope = call.context, f"zones/{call.params['zone']}"
    before = instance.get(instances.UNDER_WAY)

    def in_turn() -> None:
        if before:
            operations.wait(context, scope, resources.name_in(before["operation"]))
        work()

    key = f"{call.params['zone']}/{instance['name']}"
    with context.store.transaction():  # the work may end with deleting the record: not before it is written
        operation = operations.start(context, scope, kind, instance, in_turn)
        doing = {instances.UNDER_WAY: {"status": status, "operation": operation["selfLink"]}}
        context.store.put(instances.KIND, key, instance | doing)
    return operation


def _change(call: Call, field: str, changed: Callable, tell: Callable, *, kind: str) -> dict:
    """Replace a part of an instance, and tell the machine."""
    context = call.context
    with context.store.transaction():
        instance = _instance(call)
        instance[field] = changed(instance[field], call.body)
        context.store.put(instances.KIND, _key(call), instance)
    scope = f"zones/{call.params['zone']}"
    return operations.start(context, scope, kind, instance, lambda: tell(context, instance))


def _instance(call: Call) -> dict:
    projects.ready(call.context, call.params["project"])
    return instances.get(call.context, call.params["zone"], _name(call))


def _name(call: Call) -> str:
    return call.params.get("instance") or call.params["resource"]  # setDeletionProtection calls it so


def _key(call: Call) -> str:
    return f"{call.params['zone']}/{_name(call)}"


def _path(call: Call) -> str:
    return instances.path(call.params["zone"], _name(call))


def _not_ready(call: Call) -> ApiError:
    return ApiError(
        400,
        "FAILED_PRECONDITION",
        f"The resource 'projects/{call.context.project}/{_path(call)}' is not ready",
        reason="resourceNotReady",
    )
