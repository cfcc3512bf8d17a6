"""What a security group's rules become."""

import pytest

from deploykit.rehearsal.firewall import Rule, table


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule("tcp", (80, 80), "203.0.113.1/32"), "-s 203.0.113.1/32 -p tcp --dport 80:80"),
        (Rule("tcp", (8000, 8100), "0.0.0.0/0"), "-s 0.0.0.0/0 -p tcp --dport 8000:8100"),
        (Rule("udp", (53, 53), "198.51.100.0/24"), "-s 198.51.100.0/24 -p udp --dport 53:53"),
        (Rule("sctp", (80, 80), "0.0.0.0/0"), "-s 0.0.0.0/0 -p sctp --dport 80:80"),
        (Rule("94", None, "0.0.0.0/0"), "-s 0.0.0.0/0 -p 94"),
        (Rule("icmp", (-1, -1), "0.0.0.0/0"), "-s 0.0.0.0/0 -p icmp"),
        (Rule("-1", None, "203.0.113.0/28"), "-s 203.0.113.0/28"),
    ],
)
def test_a_rule_lets_in_its_protocol_ports_and_source(rule: Rule, expected: str) -> None:
    assert f"-A PREROUTING -i eth0 {expected} -j ACCEPT\n" in table([rule])


def test_the_first_rule_that_fits_decides() -> None:
    rules = [Rule("tcp", (22, 22), "203.0.113.9/32", allow=False), Rule("tcp", (22, 22), "0.0.0.0/0")]
    decisions = [line.rpartition(" ")[2] for line in table(rules).splitlines() if "--dport 22:22" in line]
    assert decisions == ["DROP", "ACCEPT"]


def test_without_rules_only_answers_to_own_calls_come_in() -> None:
    accepted = [line for line in table([]).splitlines() if "ACCEPT" in line]
    assert ":PREROUTING DROP" in table([])
    assert accepted == [
        "-A PREROUTING ! -i eth0 -j ACCEPT",
        "-A PREROUTING -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    ]
