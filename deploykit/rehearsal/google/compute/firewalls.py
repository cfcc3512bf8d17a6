"""Firewall rules: as Compute Engine keeps them, and what they mean for one machine's packet filter."""

import ipaddress
from collections.abc import Iterable

from deploykit.rehearsal.firewall import Rule
from deploykit.rehearsal.google import errors
from deploykit.rehearsal.google.compute import networks, resources
from deploykit.rehearsal.google.context import Context

KIND = "compute firewall"
NEW = {"direction": "INGRESS", "priority": 1000, "disabled": False, "logConfig": {"enable": False}}
EVERYWHERE = ["0.0.0.0/0"]
PROTOCOLS = ("ah", "all", "esp", "icmp", "ipip", "sctp", "tcp", "udp")
NUMBERED = {"1": "icmp", "6": "tcp", "17": "udp", "50": "esp", "51": "ah", "94": "ipip", "132": "sctp"}
WITH_PORTS = ("tcp", "udp", "sctp")
FILTERED_AS = {"all": "-1", "ipip": "94"}
"""What the packet filter calls a protocol where Google has another name for it."""

NOT_REHEARSED = ("sourceServiceAccounts", "targetServiceAccounts", "destinationRanges")
COMES_ALONG = {
    "default-allow-icmp": (EVERYWHERE, [{"IPProtocol": "icmp"}]),
    "default-allow-internal": (
        [networks.INTERNAL_RANGE],
        [
            {"IPProtocol": "tcp", "ports": ["0-65535"]},
            {"IPProtocol": "udp", "ports": ["0-65535"]},
            {"IPProtocol": "icmp"},
        ],
    ),
    "default-allow-rdp": (EVERYWHERE, [{"IPProtocol": "tcp", "ports": ["3389"]}]),
    "default-allow-ssh": (EVERYWHERE, [{"IPProtocol": "tcp", "ports": ["22"]}]),
}
"""The rules of the network "default": everybody may try to log in."""


def path(name: str) -> str:
    """Return a rule's path below the project."""
    return f"global/firewalls/{name}"


def new(context: Context, wanted: dict) -> dict:
    """Return a rule with what Google fills in.

    Raises:
        ApiError: something about it is wrong.
    """
    rule = {**NEW, **wanted}
    network = resources.name_in(rule.get("network", networks.DEFAULT))
    networks.get(context, network)
    rule["network"] = resources.link(context, networks.path(network))
    if not rule.get("sourceRanges") and not rule.get("sourceTags"):
        rule["sourceRanges"] = EVERYWHERE
    return resources.resource(context, "firewall", path(rule["name"]), **checked(rule))


def comes_along(context: Context) -> list[dict]:
    """Return the rules that a new project has."""
    return [
        new(context, {"name": name, "priority": 65534, "sourceRanges": sources, "allowed": allowed})
        for name, (sources, allowed) in COMES_ALONG.items()
    ]


def checked(rule: dict) -> dict:
    """Return a rule with its protocols as Google writes them: "tcp" where "TCP" or "6" was sent.

    Raises:
        ApiError: something about the rule is wrong.
    """
    sent = {name: rule[name] for name in ("allowed", "denied") if rule.get(name)}
    rule = {**rule, **{name: [_with_plain_name(entry) for entry in entries] for name, entries in sent.items()}}
    check(rule)
    return rule


def check(rule: dict) -> None:
    """Refuse what Google refuses, and what the rehearsal would not obey.

    Raises:
        ApiError: something about the rule is wrong.
    """
    if rule["direction"] != "INGRESS":
        raise errors.not_rehearsed("A firewall rule with the direction EGRESS")
    for field in NOT_REHEARSED:
        if rule.get(field):
            raise errors.not_rehearsed(f"The field {field} of a firewall rule")
    if bool(rule.get("allowed")) == bool(rule.get("denied")):
        raise errors.invalid("Exactly one of 'allowed' and 'denied' must be specified.")
    if not 0 <= rule["priority"] <= 65535:
        raise resources.invalid("resource.priority", rule["priority"], "Must be between 0 and 65535, inclusive.")
    for place, source in enumerate(rule.get("sourceRanges", [])):
        if not _is_range(source):
            raise resources.invalid(f"resource.sourceRanges[{place}]", source, "Must be a valid CIDR address range.")
    for list_name in ("allowed", "denied"):
        for place, entry in enumerate(rule.get(list_name, [])):
            _check_protocol(f"resource.{list_name}[{place}]", entry)
            _check_ports(f"resource.{list_name}[{place}]", entry)


def rules(firewalls: Iterable[dict], instance: dict, neighbours: list[tuple[dict, str]]) -> list[Rule]:
    """Return what the firewall rules mean for one machine, in the order in which they decide.

    Args:
        neighbours: the machines that run in its network, with their addresses.
    """
    tags = set(instance.get("tags", {}).get("items", []))
    network = instance["networkInterfaces"][0]["network"]
    meant = [
        firewall
        for firewall in firewalls
        if firewall["network"] == network
        and not firewall["disabled"]
        and (not firewall.get("targetTags") or tags & set(firewall["targetTags"]))
    ]
    meant.sort(key=lambda firewall: (firewall["priority"], "allowed" in firewall))
    return [
        Rule(_protocol(entry), ports, source, allow="allowed" in firewall)
        for firewall in meant
        for source in _sources(firewall, neighbours)
        for entry in firewall.get("allowed") or firewall["denied"]
        for ports in _ports(entry)
    ]


def _sources(firewall: dict, neighbours: list[tuple[dict, str]]) -> list[str]:
    """Return where packets may come from; machines here have other internal addresses than in the cloud."""
    tags = set(firewall.get("sourceTags", []))
    tagged = {f"{address}/32" for other, address in neighbours if tags & set(other.get("tags", {}).get("items", []))}
    ranges = [source if "/" in source else f"{source}/32" for source in firewall.get("sourceRanges", [])]
    if networks.INTERNAL_RANGE in ranges:
        tagged |= {f"{address}/32" for _, address in neighbours}
    return [source for source in ranges if ":" not in source] + sorted(tagged)


def _protocol(entry: dict) -> str:
    return FILTERED_AS.get(entry["IPProtocol"], entry["IPProtocol"])


def _ports(entry: dict) -> list[tuple[int, int] | None]:
    ranges = [port.partition("-") for port in entry.get("ports", [])]
    return [(int(first), int(last or first)) for first, _, last in ranges] or [None]


def _with_plain_name(entry: dict) -> dict:
    protocol = entry.get("IPProtocol", "").lower()
    number = str(int(protocol)) if protocol.isdecimal() else protocol
    return {**entry, "IPProtocol": NUMBERED.get(number, number)}


def _check_protocol(field: str, entry: dict) -> None:
    protocol = entry["IPProtocol"]
    if protocol == "0":  # to the packet filter this would be every protocol
        why = "IPv6 Hop-by-Hop protocol is not supported in firewall rules."
        raise resources.invalid(f"{field}.IPProtocol", protocol, why)
    if protocol not in PROTOCOLS and not (protocol.isdecimal() and int(protocol) <= 255):
        names = ", ".join(f'"{name}"' for name in PROTOCOLS)
        why = f"Must be one of [{names}] or an IP protocol number between 0 and 255."
        raise resources.invalid(f"{field}.IPProtocol", protocol, why)


def _check_ports(field: str, entry: dict) -> None:
    for place, port in enumerate(entry.get("ports", [])):
        if entry["IPProtocol"] not in WITH_PORTS:
            why = "Ports may only be specified on rules whose protocol is one of [TCP, UDP, SCTP]."
            raise resources.invalid(f"{field}.ports[{place}]", port, why)
        first, _, last = port.partition("-")
        numbers = [int(number) if number.isdecimal() else -1 for number in (first, last or first)]
        if not 0 <= numbers[0] <= numbers[1] <= 65535:
            why = "Ports may only contain numeric values between 0 and 65535, or ranges of them."
            raise resources.invalid(f"{field}.ports[{place}]", port, why)


def _is_range(source: str) -> bool:
    try:
        ipaddress.ip_network(source)
    except ValueError:
        return False
    return True
