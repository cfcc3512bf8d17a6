"""What a request for a new instance asks for, checked as Google checks it and completed as Google completes it."""

import re

from deploykit.rehearsal.google import errors
from deploykit.rehearsal.google.compute import catalog, networks, projects, resources
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.services import iam

IMAGE = re.compile(r".*projects/(?P<project>[^/]+)/.*(?:images/family|imageFamilyViews|images)/(?P<name>[^/]+)")


def instance(context: Context, zone: str, wanted: dict, path: str) -> dict:
    """Return the new instance of a request.

    Raises:
        ApiError: something that it refers to does not exist, or is not rehearsed.
    """
    if zone not in catalog.ZONES:
        raise resources.invalid("zone", zone, "Unknown zone.")
    machine_type = wanted.get("machineType", "")
    if resources.name_in(machine_type) not in catalog.MACHINE_TYPES:
        raise resources.invalid("resource.machineType", machine_type, "The referenced resource does not exist.")
    fields = {
        **wanted,
        "zone": resources.link(context, f"zones/{zone}"),
        "machineType": resources.link(context, f"zones/{zone}/machineTypes/{resources.name_in(machine_type)}"),
        "disks": [_disk(context, zone, wanted)],
        "networkInterfaces": [_interface(context, zone, wanted)],
        "metadata": projects.checked(wanted.get("metadata", {}).get("items", [])),
        "serviceAccounts": [_account(context, account) for account in wanted.get("serviceAccounts", [])],
        "tags": tags(wanted.get("tags", {}).get("items", [])),
        "cpuPlatform": "Intel Broadwell",
        "labelFingerprint": resources.fingerprint({}),
        "startRestricted": False,
        "deletionProtection": wanted.get("deletionProtection", False),
        "lastStartTimestamp": resources.now(),
    }
    return resources.resource(context, "instance", path, **fields)


def tags(items: list[str]) -> dict:
    """Return an instance's tags, by which firewall rules find it."""
    return {"items": items, "fingerprint": resources.fingerprint(items)}


def _account(context: Context, account: dict) -> dict:
    return account if account.get("email") != "default" else {**account, "email": iam.default_account(context)}


def _disk(context: Context, zone: str, wanted: dict) -> dict:
    disks = wanted.get("disks", [])
    if len(disks) != 1:
        raise errors.not_rehearsed("An instance with other than one disk")
    source = disks[0].get("initializeParams", {}).get("sourceImage", "")
    found = IMAGE.fullmatch(source)
    if found and found["project"] != catalog.IMAGE_PROJECT:
        raise errors.not_rehearsed(f"An image of the project {found['project']}")
    if not found or found["name"] not in {*catalog.FAMILIES, *catalog.FAMILIES.values()}:
        field = "resource.disks[0].initializeParams.sourceImage"
        raise resources.invalid(field, source, "The referenced image resource cannot be found.")
    size = disks[0]["initializeParams"].get("diskSizeGb", catalog.DISK_GB)
    return {
        "kind": "compute#attachedDisk", "type": "PERSISTENT", "mode": "READ_WRITE", "boot": True, "index": 0,
        "autoDelete": disks[0].get("autoDelete", True), "deviceName": "persistent-disk-0", "diskSizeGb": size,
        "interface": "SCSI", "architecture": "X86_64",
        "source": resources.link(context, f"zones/{zone}/disks/{wanted['name']}"),
    }  # fmt: skip


def _interface(context: Context, zone: str, wanted: dict) -> dict:
    interface = (wanted.get("networkInterfaces") or [{}])[0]
    network = interface.get("network", networks.DEFAULT)
    name = resources.name_in(network)
    if context.store.get(networks.KIND, name) is None:
        field = "resource.networkInterfaces[0].network"
        raise resources.invalid(field, network, "The referenced network resource cannot be found.")
    access = {
        "kind": "compute#accessConfig",
        "type": "ONE_TO_ONE_NAT",
        "name": "external-nat",
        "networkTier": "PREMIUM",
    }
    subnetwork = f"regions/{zone.rpartition('-')[0]}/subnetworks/{name}"
    return {
        "kind": "compute#networkInterface",
        "name": "nic0",
        "network": resources.link(context, networks.path(name)),
        "subnetwork": resources.link(context, subnetwork),
        "stackType": "IPV4_ONLY",
        "accessConfigs": [access | config for config in interface.get("accessConfigs", [])],
        "fingerprint": resources.fingerprint(network),
    }
