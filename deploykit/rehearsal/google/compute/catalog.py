"""What Compute Engine offers, as far as the rehearsal knows it: zones, machine types, images."""

import zlib
from dataclasses import dataclass

from deploykit.rehearsal.google.compute import resources
from deploykit.rehearsal.google.context import REGIONS, Context

ZONE_LETTERS = {"europe-west1": "bcd", "europe-west4": "abc", "us-central1": "abcf", "us-east1": "bcd"}
ZONES = tuple(f"{region}-{letter}" for region in REGIONS for letter in ZONE_LETTERS[region])
IMAGE_PROJECT = "debian-cloud"
FAMILIES = {"debian-12": "debian-12-bookworm-v20251014"}
"""The newest image of each family; every machine here is a Debian 12."""

DISK_GB = "10"


@dataclass(frozen=True)
class MachineType:
    """A size of machine, as Google describes it.

    Attributes:
        cpus: virtual processors that it may use at a time.
        memory_mib: memory in MiB.
        described: what the lists say.
        shared: it has a right to a part of its processors only.
    """

    cpus: int
    memory_mib: int
    described: str
    shared: bool = True


def _standard(family: str, cpus: tuple[int, ...], mib_per_cpu: int) -> dict[str, MachineType]:
    return {
        f"{family}-standard-{number}": MachineType(
            number, number * mib_per_cpu, f"{number} vCPUs, {number * mib_per_cpu / 1024:g} GB RAM", shared=False
        )
        for number in cpus
    }


MACHINE_TYPES = {
    "e2-micro": MachineType(2, 1024, "Efficient Instance, 2 vCPU (1/8 shared physical core) and 1 GB RAM"),
    "e2-small": MachineType(2, 2048, "Efficient Instance, 2 vCPU (1/4 shared physical core) and 2 GB RAM"),
    "e2-medium": MachineType(2, 4096, "Efficient Instance, 2 vCPU (1/2 shared physical core) and 4 GB RAM"),
    **_standard("e2", (2, 4, 8, 16), 4096),
    **_standard("n1", (1, 2, 4, 8), 3840),
    **_standard("n2", (2, 4, 8, 16), 4096),
}
"""Here a machine gets no more processors than this computer has; its memory is limited to what is written."""


def zone(context: Context, name: str) -> dict:
    """Return a zone.

    Raises:
        ApiError: there is none of this name.
    """
    if name not in ZONES:
        raise resources.not_found(context, f"zones/{name}")
    region = resources.link(context, f"regions/{name.rpartition('-')[0]}")
    return _fixed(context, "zone", f"zones/{name}", name=name, description=name, status="UP", region=region)


def region(context: Context, name: str) -> dict:
    """Return a region.

    Raises:
        ApiError: there is none of this name.
    """
    if name not in REGIONS:
        raise resources.not_found(context, f"regions/{name}")
    zones = [resources.link(context, f"zones/{zone}") for zone in ZONES if zone.startswith(f"{name}-")]
    return _fixed(context, "region", f"regions/{name}", name=name, description=name, status="UP", zones=zones)


def machine_type(context: Context, zone_name: str, name: str) -> dict:
    """Return a machine type of a zone.

    Raises:
        ApiError: there is none of this name.
    """
    zone(context, zone_name)
    path = f"zones/{zone_name}/machineTypes/{name}"
    found = MACHINE_TYPES.get(name)
    if found is None:
        raise resources.not_found(context, path)
    return _fixed(
        context, "machineType", path, name=name, zone=zone_name, description=found.described,
        guestCpus=found.cpus, memoryMb=found.memory_mib, isSharedCpu=found.shared, architecture="X86_64",
        maximumPersistentDisks=16,
    )  # fmt: skip


def image(family: str) -> dict:
    """Return the newest image of a family.

    Raises:
        KeyError: there is no such family.
    """
    name = FAMILIES[family]
    path = f"projects/{IMAGE_PROJECT}/global/images/{name}"
    return {
        "kind": "compute#image",
        "id": "1000000000000000012",
        "name": name,
        "family": family,
        "status": "READY",
        "architecture": "X86_64",
        "diskSizeGb": DISK_GB,
        "selfLink": f"{resources.BASE}/{path}",
        "creationTimestamp": "2025-10-14T00:00:00.000-07:00",
    }


def _fixed(context: Context, kind: str, path: str, **fields: object) -> dict:
    """Return a resource that is Google's own: it was there before the project."""
    always = {"id": str(zlib.crc32(path.encode())), "creationTimestamp": "2014-01-01T00:00:00.000-08:00"}
    return resources.resource(context, kind, path, **fields) | always
