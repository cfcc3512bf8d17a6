"""A machine's firewall: the security group's rules as a packet filter of the machine's own kernel."""

from dataclasses import dataclass

TABLE = """*mangle
:PREROUTING DROP [0:0]
-A PREROUTING ! -i eth0 -j ACCEPT
-A PREROUTING -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
{rules}COMMIT
"""
"""In front of everything, Docker's port forwarding included: a rule in INPUT would not see a container's port."""


@dataclass(frozen=True)
class Rule:
    """Let packets in, or keep them out; the first rule that fits decides.

    Attributes:
        protocol: "tcp", "udp", "icmp", another that ``iptables`` knows by name or number, or "-1" for every protocol.
        ports: first and last port, or None for all.
        source: the range of addresses they may come from, such as 203.0.113.1/32.
        allow: False keeps them out although a later rule would let them in.
    """

    protocol: str
    ports: tuple[int, int] | None
    source: str
    allow: bool = True


def table(rules: list[Rule]) -> str:
    """Return the rules for ``iptables-restore``; what no rule admits is dropped without an answer, as in the cloud."""
    lines = (f"-A PREROUTING -i eth0 {_match(rule)} -j {'ACCEPT' if rule.allow else 'DROP'}\n" for rule in rules)
    return TABLE.format(rules="".join(lines))


def _match(rule: Rule) -> str:
    match = f"-s {rule.source}"
    if rule.protocol != "-1":
        match += f" -p {rule.protocol}"
    if rule.ports and rule.protocol in ("tcp", "udp", "sctp"):
        match += f" --dport {rule.ports[0]}:{rule.ports[1]}"
    return match
