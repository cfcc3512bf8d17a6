"""Instances: what is written down of each, and the machine that stands behind it.

Whether an instance runs is never written down: the engine is asked, so that a machine that powered itself off, or whose
computer was restarted, is TERMINATED like in the cloud.
"""

from deploykit.rehearsal import machines
from deploykit.rehearsal.firewall import Rule
from deploykit.rehearsal.google.compute import catalog, firewalls, guest, operations, projects, resources
from deploykit.rehearsal.google.context import Context

KIND = "compute instance"
UNDER_WAY = "underWay"
"""Field of the record, never shown: what is being done with the instance, and by which operation."""


def path(zone: str, name: str) -> str:
    """Return an instance's path below the project."""
    return f"zones/{zone}/instances/{name}"


def get(context: Context, zone: str, name: str) -> dict:
    """Return an instance as it is written down.

    Raises:
        ApiError: there is none of this name.
    """
    catalog.zone(context, zone)
    found = context.store.get(KIND, f"{zone}/{name}")
    if found is None or _is_gone(context, found):
        raise resources.not_found(context, path(zone, name))
    return found


def listed(context: Context, zone: str = "") -> list[dict]:
    """Return the instances of a zone, or of all."""
    found = context.store.list(KIND, f"{zone}/" if zone else "").values()
    return [instance for instance in found if not _is_gone(context, instance)]


def shown(context: Context, instance: dict) -> dict:
    """Return an instance as clients see it: with its state and, while it runs, its addresses."""
    status = _status(context, instance)
    seen = {key: value for key, value in instance.items() if key != UNDER_WAY} | {"status": status}
    address = machines.address(machine_name(instance)) if status in ("RUNNING", "STOPPING") else ""
    if address:
        interface = {**instance["networkInterfaces"][0], "networkIP": address}
        interface["accessConfigs"] = [{**access, "natIP": address} for access in interface.get("accessConfigs", [])]
        seen["networkInterfaces"] = [interface]
    return seen


def machine_name(instance: dict) -> str:
    """Return what the machine behind an instance is called; its name is unique in its zone only."""
    return f"{resources.name_in(instance['zone'])}-{instance['name']}"


def boot(context: Context, instance: dict) -> None:
    """Create the machine behind a new instance and start it."""
    size = catalog.MACHINE_TYPES[resources.name_in(instance["machineType"])]
    machines.create(
        machines.Machine(
            machine_name(instance),
            "google",
            files=guest.files(metadata(context, instance)),
            links=guest.links(),
            hostname=instance["name"],
            hosts={guest.METADATA_HOST: guest.METADATA_ADDRESS, "metadata": guest.METADATA_ADDRESS},
            rules=_rules(context, instance),
            cpus=size.cpus,
            memory_mib=size.memory_mib,
        )
    )
    filter_all(context)  # the others' rules may name this machine's tags


def filter_all(context: Context) -> None:
    """Let every machine obey the firewall rules as they are now."""
    for instance in listed(context):
        if _exists(instance):
            machines.set_rules(machine_name(instance), _rules(context, instance))


def tell_metadata(context: Context, instance: dict) -> None:
    """Give a machine its metadata as they are now, and let its accounts follow."""
    if _exists(instance):
        files = guest.metadata_file(metadata(context, instance))
        machines.change_files(machine_name(instance), files, then=["systemctl", "start", guest.AGENT])


def metadata(context: Context, instance: dict) -> dict:
    """Return what the metadata server tells a machine of itself."""
    zone = f"projects/{context.number}/zones/{resources.name_in(instance['zone'])}"
    machine_type = f"projects/{context.number}/machineTypes/{resources.name_in(instance['machineType'])}"
    network = f"projects/{context.number}/networks/{resources.name_in(instance['networkInterfaces'][0]['network'])}"
    interface = {
        "ip": guest.OWN_ADDRESS,
        "network": network,
        "access-configs": {"0": {"external-ip": guest.OWN_ADDRESS}},
    }
    return {
        "instance": {
            "attributes": projects.items(instance["metadata"]),
            "hostname": f"{instance['name']}.{resources.name_in(instance['zone'])}.c.{context.project}.internal",
            "id": instance["id"],
            "machine-type": machine_type,
            "name": instance["name"],
            "network-interfaces": {"0": interface},
            "service-accounts": guest.accounts(instance["serviceAccounts"]),
            "zone": zone,
        },
        "project": {
            "attributes": projects.items(projects.metadata(context)),
            "numeric-project-id": context.number,
            "project-id": context.project,
        },
    }


def under_way(context: Context, instance: dict) -> str:
    """Return what is being done with an instance, such as "STOPPING", or ""."""
    doing = instance.get(UNDER_WAY)
    return doing["status"] if doing and operations.is_running(context, doing["operation"]) else ""


def _status(context: Context, instance: dict) -> str:
    running = "RUNNING" if machines.is_running(machine_name(instance)) else "TERMINATED"
    return under_way(context, instance) or running


def _is_gone(context: Context, instance: dict) -> bool:
    """Tell whether there is no machine, and none on its way: its creation was interrupted or failed."""
    return not under_way(context, instance) and not _exists(instance)


def _exists(instance: dict) -> bool:
    return machines.is_running(machine_name(instance)) is not None


def _rules(context: Context, instance: dict) -> list[Rule]:
    network = instance["networkInterfaces"][0]["network"]
    neighbours = [
        (other, address)
        for other in listed(context)
        if other["networkInterfaces"][0]["network"] == network
        and _exists(other)
        and (address := machines.address(machine_name(other)))
    ]
    return firewalls.rules(context.store.list(firewalls.KIND).values(), instance, neighbours)
