"""What Google's firewall rules mean for one machine's packet filter."""

import pytest

from deploykit.rehearsal.firewall import Rule
from deploykit.rehearsal.google.compute import firewalls
from deploykit.rehearsal.google.errors import ApiError

SSH = {"IPProtocol": "tcp", "ports": ["22"]}
EVERYWHERE = "0.0.0.0/0"
NO_PORTS = "Ports may only be specified on rules whose protocol is one of [TCP, UDP, SCTP]."


def rule(**fields: object) -> dict:
    """Return a rule of the network "n", by default for port 22 from everywhere."""
    known = {"network": "n", "priority": 1000, "disabled": False, "sourceRanges": [EVERYWHERE]}
    return {**known, **({} if "denied" in fields else {"allowed": [SSH]}), **fields}


def machine(*tags: str, network: str = "n") -> dict:
    return {"tags": {"items": list(tags)}, "networkInterfaces": [{"network": network}]}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [Rule("tcp", (22, 22), EVERYWHERE)]),
        ({"allowed": [{"IPProtocol": "tcp", "ports": ["8000-8010"]}]}, [Rule("tcp", (8000, 8010), EVERYWHERE)]),
        ({"allowed": [{"IPProtocol": "icmp"}]}, [Rule("icmp", None, EVERYWHERE)]),
        ({"allowed": [{"IPProtocol": "all"}]}, [Rule("-1", None, EVERYWHERE)]),
        ({"allowed": [{"IPProtocol": "ipip"}]}, [Rule("94", None, EVERYWHERE)]),
        ({"allowed": [{"IPProtocol": "sctp", "ports": ["80"]}]}, [Rule("sctp", (80, 80), EVERYWHERE)]),
        ({"denied": [SSH]}, [Rule("tcp", (22, 22), EVERYWHERE, allow=False)]),
        ({"sourceRanges": ["203.0.113.1"]}, [Rule("tcp", (22, 22), "203.0.113.1/32")]),
        ({"sourceRanges": ["2001:db8::/32"]}, []),
        ({"disabled": True}, []),
        ({"network": "another"}, []),
        ({"targetTags": ["a", "c"]}, [Rule("tcp", (22, 22), EVERYWHERE)]),
        ({"targetTags": ["c"]}, []),
        ({"sourceRanges": [], "sourceTags": ["web"]}, [Rule("tcp", (22, 22), "203.0.113.5/32")]),
        (
            {"sourceRanges": ["10.128.0.0/9"]},
            [Rule("tcp", (22, 22), source) for source in ("10.128.0.0/9", "203.0.113.5/32", "203.0.113.6/32")],
        ),
    ],
)
def test_a_rule_becomes_what_it_says_for_the_machine(fields: dict, expected: list[Rule]) -> None:
    neighbours = [(machine("web"), "203.0.113.5"), (machine(), "203.0.113.6")]
    assert firewalls.rules([rule(**fields)], machine("a", "b"), neighbours) == expected


def test_the_lowest_priority_number_decides_and_denial_before_admission() -> None:
    found = [rule(priority=900), rule(priority=10, denied=[SSH]), rule(priority=900, denied=[SSH]), rule(priority=1)]
    order = [(allowed.allow) for allowed in firewalls.rules(found, machine(), [])]
    assert order == [True, False, False, True]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sourceRanges": ["203.0.113.1/24"]}, "sourceRanges[0]': '203.0.113.1/24'"),
        ({"sourceRanges": [EVERYWHERE, "here"]}, "sourceRanges[1]': 'here'"),
        ({"allowed": [{"IPProtocol": "tcp", "ports": ["22", "90-80"]}]}, "allowed[0].ports[1]': '90-80'"),
        ({"allowed": [SSH, {"IPProtocol": "icmp", "ports": ["8"]}]}, f"allowed[1].ports[0]': '8'. {NO_PORTS}"),
        ({"denied": [{"IPProtocol": "all", "ports": ["80"]}]}, f"denied[0].ports[0]': '80'. {NO_PORTS}"),
        ({"allowed": [{"IPProtocol": "47", "ports": ["80"]}]}, NO_PORTS),
        ({"allowed": [SSH], "denied": [SSH]}, "Exactly one of"),
        ({"priority": 70000}, "resource.priority"),
        ({"direction": "EGRESS"}, "not rehearsed"),
        ({"targetServiceAccounts": ["a@b"]}, "not rehearsed"),
    ],
)
def test_what_would_not_be_obeyed_is_refused(fields: dict, message: str) -> None:
    with pytest.raises(ApiError) as refused:
        firewalls.check({"direction": "INGRESS", **rule(**fields)})
    assert message in refused.value.message


@pytest.mark.parametrize("list_name", ["allowed", "denied"])
@pytest.mark.parametrize(
    ("sent", "protocol"),
    [
        ("tcp", "tcp"), ("TCP", "tcp"), ("6", "tcp"), ("006", "tcp"), ("17", "udp"), ("Sctp", "sctp"), ("132", "sctp"),
        ("1", "icmp"), ("50", "esp"), ("AH", "ah"), ("94", "ipip"), ("All", "all"), ("47", "47"), ("255", "255"),
    ],
)  # fmt: skip
def test_a_protocol_gets_its_plain_name(list_name: str, sent: str, protocol: str) -> None:
    ports = {"ports": ["80"]} if protocol in firewalls.WITH_PORTS else {}
    wanted = {"direction": "INGRESS", **rule(allowed=[]), list_name: [{"IPProtocol": sent, **ports}]}
    assert firewalls.checked(wanted)[list_name] == [{"IPProtocol": protocol, **ports}]
    assert wanted[list_name][0]["IPProtocol"] == sent


@pytest.mark.parametrize("protocol", ["http", "256", "-1", "", "tcp "])
def test_an_unknown_protocol_is_refused_in_googles_words(protocol: str) -> None:
    with pytest.raises(ApiError) as refused:
        firewalls.checked({"direction": "INGRESS", **rule(allowed=[{"IPProtocol": protocol}])})
    assert refused.value.message == (
        f"Invalid value for field 'resource.allowed[0].IPProtocol': '{protocol}'. Must be one of "
        '["ah", "all", "esp", "icmp", "ipip", "sctp", "tcp", "udp"] or an IP protocol number between 0 and 255.'
    )


def test_the_protocol_that_a_packet_filter_takes_for_all_is_refused() -> None:
    with pytest.raises(ApiError, match="'0'. IPv6 Hop-by-Hop protocol is not supported"):
        firewalls.checked({"direction": "INGRESS", **rule(allowed=[{"IPProtocol": "0"}])})
