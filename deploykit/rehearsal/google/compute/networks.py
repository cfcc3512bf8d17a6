"""Networks: every project begins with one called "default", and with rules that come along with it."""

from deploykit.rehearsal.google.compute import resources
from deploykit.rehearsal.google.context import Context

KIND = "compute network"
DEFAULT = "default"
INTERNAL_RANGE = "10.128.0.0/9"
"""Where Google's auto mode networks have their addresses."""


def get(context: Context, name: str) -> dict:
    """Return a network.

    Raises:
        ApiError: there is none of this name.
    """
    found = context.store.get(KIND, name)
    if found is None:
        raise resources.not_found(context, path(name))
    return found


def new(context: Context, name: str, **fields: object) -> dict:
    """Return a network whose subnets Google makes, one in each region."""
    shown = {"name": name, "autoCreateSubnetworks": True, "routingConfig": {"routingMode": "REGIONAL"}, "mtu": 1460}
    return resources.resource(context, "network", path(name), **shown | fields)


def path(name: str) -> str:
    """Return a network's path below the project."""
    return f"global/networks/{name}"
