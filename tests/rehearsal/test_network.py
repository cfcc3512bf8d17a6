"""The network that the machines share."""

import ipaddress

import pytest

from deploykit import engine, rehearsal
from deploykit.rehearsal import network

pytestmark = pytest.mark.needs("docker")


def test_addresses_are_of_the_ranges_for_documentation(cloud: rehearsal.aws.Cloud) -> None:
    ranges = [ipaddress.ip_network(whole) for whole in network.DOCUMENTATION_NETWORKS]
    assert any(ipaddress.ip_network(cloud.subnet).subnet_of(whole) for whole in ranges)
    assert ipaddress.ip_address(cloud.my_address) in ipaddress.ip_network(cloud.subnet)


def test_a_second_clone_gets_another_range(cloud: rehearsal.aws.Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "NAME", f"{network.NAME}-second")
    try:
        assert network.subnet() != cloud.subnet
    finally:
        engine.client().networks.get(network.NAME).remove()
