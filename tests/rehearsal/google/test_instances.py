"""What is read of a container."""

from unittest.mock import Mock

import pytest

from deploykit.rehearsal.google import instances
from deploykit.rehearsal.google.revision import Revision

REVISION = Revision("tiny-00001-abc", "tiny:1", port=8080)


def container(status: str = "running", *, ports: dict | None = None, **state: object) -> Mock:
    """Return a container as Docker Engine 29 describes it: without an address beside those of its networks."""
    settings = {"Networks": {"bridge": {"IPAddress": "172.17.0.2"}}, "Ports": ports or {}}
    return Mock(id="c", status=status, attrs={"NetworkSettings": settings, "State": state})


def test_an_instance_listens_at_its_address_on_its_network() -> None:
    found = instances.running(container(ports={"8080/tcp": None}), REVISION)
    assert (found.host, found.port) == ("172.17.0.2", 8080)


def test_where_containers_have_no_route_it_listens_at_its_published_port() -> None:
    published = {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32768"}]}
    found = instances.running(container(ports=published), REVISION)
    assert (found.host, found.port) == ("127.0.0.1", 32768)


@pytest.mark.parametrize(
    ("status", "state", "end"),
    [
        ("created", {"OOMKilled": False, "ExitCode": 0}, ""),
        ("running", {"OOMKilled": False, "ExitCode": 0}, ""),
        ("exited", {"OOMKilled": False, "ExitCode": 0}, "0"),
        ("exited", {"OOMKilled": False, "ExitCode": 137}, "137"),
        ("exited", {"OOMKilled": True, "ExitCode": 137}, "oom"),
    ],
)
def test_how_a_container_ended(status: str, state: dict, end: str) -> None:
    assert instances.end_of(container(status, **state)) == end
