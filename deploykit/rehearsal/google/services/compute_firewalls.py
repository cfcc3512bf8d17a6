"""Compute Engine's firewall rules; a change reaches every machine before its operation is done."""

from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.compute import filters, firewalls, instances, operations, projects, resources


@handles("compute.firewalls.insert")
def insert(call: Call) -> dict:
    """Create a rule."""
    context = call.context
    projects.ready(context, call.params["project"])
    with context.store.transaction():
        name = call.body["name"]
        if context.store.get(firewalls.KIND, name):
            raise resources.already_exists(context, firewalls.path(name))
        rule = firewalls.new(context, call.body)
        context.store.put(firewalls.KIND, name, rule)
    return _obeyed(call, "insert", rule)


@handles("compute.firewalls.get")
def get(call: Call) -> dict:
    """Return a rule."""
    projects.ready(call.context, call.params["project"])
    return _get(call)


@handles("compute.firewalls.list")
def list_firewalls(call: Call) -> dict:
    """Return all rules."""
    projects.ready(call.context, call.params["project"])
    found = filters.chosen(call, list(call.context.store.list(firewalls.KIND).values()))
    return {"kind": "compute#firewallList", "id": f"projects/{call.context.project}/global/firewalls", "items": found}


@handles("compute.firewalls.patch", "compute.firewalls.update")
def update(call: Call) -> dict:
    """Change a rule."""
    context = call.context
    projects.ready(context, call.params["project"])
    with context.store.transaction():
        rule = firewalls.checked({**_get(call), **call.body})
        context.store.put(firewalls.KIND, rule["name"], rule)
    return _obeyed(call, "patch", rule)


@handles("compute.firewalls.delete")
def delete(call: Call) -> dict:
    """Delete a rule."""
    projects.ready(call.context, call.params["project"])
    rule = _get(call)
    call.context.store.delete(firewalls.KIND, rule["name"])
    return _obeyed(call, "delete", rule)


def _get(call: Call) -> dict:
    name = call.params["firewall"]
    found = call.context.store.get(firewalls.KIND, name)
    if found is None:
        raise resources.not_found(call.context, firewalls.path(name))
    return found


def _obeyed(call: Call, kind: str, rule: dict) -> dict:
    return operations.start(call.context, "global", kind, rule, lambda: instances.filter_all(call.context))
