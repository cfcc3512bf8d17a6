"""The rehearsal cloud's internet: one Docker bridge, on which every machine has an address of its own."""

import ipaddress
import sys

from docker.errors import APIError, NotFound
from docker.models.networks import Network, NetworkCollection
from docker.types import IPAMConfig, IPAMPool
from filelock import FileLock

from deploykit import engine
from deploykit.errors import KitError
from deploykit.paths import CLONE_ID, STATE
from deploykit.rehearsal.labels import LABELS

NAME = f"deploykit-{CLONE_ID}"
DOCUMENTATION_NETWORKS = ["203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24"]
"""Reserved for examples by RFC 5737: no host on the internet has such an address."""

PUBLISHED_PORTS = [22, 80, 443, 8080]
"""What of a machine can be reached where its own address cannot."""


def ensure() -> Network:
    """Return this clone's network; create it on the first range of 14 addresses that no other network uses."""
    networks = engine.client().networks
    with _turn():
        try:
            return networks.get(NAME)
        except NotFound:
            return _create(networks)


def gateway() -> str:
    """Return the address that this computer has on the network: what a machine sees as the learner's address."""
    return ensure().attrs["IPAM"]["Config"][0]["Gateway"]


def subnet() -> str:
    """Return the network's range, such as 203.0.113.0/28."""
    return ensure().attrs["IPAM"]["Config"][0]["Subnet"]


def has_routes() -> bool:
    """Tell whether containers' addresses can be reached from here: not where the engine runs in a virtual machine."""
    return sys.platform == "linux" and not engine.is_desktop()


def _subnets() -> list[ipaddress.IPv4Network]:
    return [part for whole in DOCUMENTATION_NETWORKS for part in ipaddress.IPv4Network(whole).subnets(new_prefix=28)]


def _turn() -> FileLock:
    """Return the lock between looking for the network and creating it."""
    folder = STATE / "rehearsal"
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / "network.lock")


def _create(networks: NetworkCollection) -> Network:
    for subnet in _subnets():
        try:
            pool = IPAMPool(subnet=str(subnet), gateway=str(subnet[1]))
            return networks.create(NAME, driver="bridge", labels=LABELS, ipam=IPAMConfig(pool_configs=[pool]))
        except APIError as error:
            if "overlap" not in str(error).lower():
                raise
    raise KitError("Docker has no free network left for the rehearsal cloud.", "List them: docker network ls")
