"""Compute Engine's networks. Machines of different networks do not reach each other."""

from deploykit.rehearsal.google import errors
from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.compute import filters, firewalls, instances, networks, operations, projects, resources


@handles("compute.networks.insert")
def insert(call: Call) -> dict:
    """Create a network whose subnets Google makes."""
    context, wanted = call.context, call.body
    projects.ready(context, call.params["project"])
    if not wanted.get("autoCreateSubnetworks"):
        raise errors.not_rehearsed("A network with subnets of its own (--subnet-mode=custom)")
    with context.store.transaction():
        if context.store.get(networks.KIND, wanted["name"]):
            raise resources.already_exists(context, networks.path(wanted["name"]))
        network = networks.new(context, **wanted)
        context.store.put(networks.KIND, network["name"], network)
    return operations.start(context, "global", "insert", network, lambda: None)


@handles("compute.networks.get")
def get(call: Call) -> dict:
    """Return a network."""
    projects.ready(call.context, call.params["project"])
    return networks.get(call.context, call.params["network"])


@handles("compute.networks.list")
def list_networks(call: Call) -> dict:
    """Return all networks."""
    projects.ready(call.context, call.params["project"])
    found = filters.chosen(call, list(call.context.store.list(networks.KIND).values()))
    return {"kind": "compute#networkList", "id": f"projects/{call.context.project}/global/networks", "items": found}


@handles("compute.networks.delete")
def delete(call: Call) -> dict:
    """Delete a network that nothing uses."""
    context, name = call.context, call.params["network"]
    projects.ready(context, call.params["project"])
    with context.store.transaction():
        network = networks.get(context, name)
        users = [firewalls.path(rule["name"]) for rule in context.store.list(firewalls.KIND).values()
                 if rule["network"] == network["selfLink"]]  # fmt: skip
        users += [instances.path(resources.name_in(instance["zone"]), instance["name"])
                  for instance in instances.listed(context)
                  if instance["networkInterfaces"][0]["network"] == network["selfLink"]]  # fmt: skip
        if users:
            raise resources.in_use(context, networks.path(name), by=users[0])
        context.store.delete(networks.KIND, name)
    return operations.start(context, "global", "delete", network, lambda: None)
