"""Machines: booted, reachable by their firewall's rules alone, and gone without a trace."""

import socket
from collections.abc import Iterator

import pytest
import tenacity

from deploykit import rehearsal
from deploykit.errors import KitError
from deploykit.rehearsal import disk_files, machines
from deploykit.rehearsal.firewall import Rule
from deploykit.rehearsal.machines import Machine
from tests.rehearsal.conftest import container, leftovers

pytestmark = pytest.mark.needs("docker")

NAME = "under-test"
SERVE_8080_ON_80 = b"""#!/bin/bash
echo the user data of $(hostname) runs as $(whoami)
systemd-run python3 -m http.server 8080
# Port 80 is forwarded to 8080 before INPUT sees it, which is how Docker publishes a container's port.
iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080
"""


@pytest.fixture
def machine(cloud: rehearsal.aws.Cloud) -> Iterator[str]:
    """Boot a machine that serves port 8080 on port 80, closed to all, and return its address."""
    files = disk_files.cloud_init(NAME, user="admin", user_data=SERVE_8080_ON_80, public_keys=[])
    yield machines.create(Machine(NAME, "aws", files, cpus=99, memory_mib=256))
    machines.remove(NAME)


def test_user_data_runs_as_root_and_its_output_is_on_the_console(machine: str) -> None:
    assert _wait_for_console(f"the user data of {NAME} runs as root")


def test_a_rule_opens_its_port_alone_also_when_it_is_forwarded(machine: str, cloud: rehearsal.aws.Cloud) -> None:
    machines.set_rules(NAME, [Rule("tcp", (80, 80), f"{cloud.my_address}/32")])
    _wait_until_open(machine, 80)
    assert not _is_open(machine, 8080)
    machines.set_rules(NAME, [Rule("tcp", (8080, 8080), "0.0.0.0/0")])
    assert _is_open(machine, 8080)
    assert not _is_open(machine, 80)


def test_a_rule_for_another_address_lets_nobody_else_in(machine: str) -> None:
    machines.set_rules(NAME, [Rule("tcp", (80, 8080), "198.18.0.1/32")])
    _wait_for_console("Cloud-init target")
    assert not _is_open(machine, 80)


def test_a_stopped_machine_keeps_its_disk_and_its_rules(machine: str) -> None:
    _wait_for_console("Cloud-init target")
    found = container(NAME)
    found.exec_run(["touch", "/root/kept"])
    machines.set_rules(NAME, [Rule("tcp", (22, 22), "0.0.0.0/0")])
    machines.stop(NAME)
    assert container(NAME).status == "exited"
    _wait_until_open(machines.start(NAME), 22)
    assert found.exec_run(["ls", "/root/kept"]).exit_code == 0


def test_memory_and_processors_are_limited_to_what_there_is(machine: str) -> None:
    limits = container(NAME).attrs["HostConfig"]
    assert limits["Memory"] == 256 * 2**20
    assert 0 < limits["NanoCpus"] < 99 * 10**9


def test_a_machine_tells_whether_it_runs_and_where(machine: str) -> None:
    assert (machines.is_running(NAME), machines.address(NAME)) == (True, machine)
    machines.stop(NAME)
    assert (machines.is_running(NAME), machines.address(NAME)) == (False, "")
    assert machines.is_running("no-such-machine") is None


def test_files_that_change_are_read_at_once(machine: str) -> None:
    machines.change_files(NAME, {"/etc/motd": b"hello\n"}, then=["cp", "/etc/motd", "/root/read"])
    assert container(NAME).exec_run(["cat", "/root/read"]).output == b"hello\n"
    with pytest.raises(KitError, match="refused"):
        machines.change_files(NAME, {"/etc/motd": b""}, then=["false"])


def test_removing_a_machine_takes_its_disk_with_it_and_is_safe_to_repeat(machine: str) -> None:
    machines.remove(NAME)
    machines.remove(NAME)
    assert not [found for found in leftovers()["volumes"] if NAME in found.name]


def _is_open(address: str, port: int) -> bool:
    """Tell whether a port answers; a closed one must stay silent, not refuse."""
    try:
        socket.create_connection((address, port), timeout=1).close()
    except TimeoutError:
        return False
    return True


@tenacity.retry(stop=tenacity.stop_after_delay(20), wait=tenacity.wait_fixed(0.2), reraise=True)
def _wait_until_open(address: str, port: int) -> None:
    socket.create_connection((address, port), timeout=1).close()


@tenacity.retry(
    stop=tenacity.stop_after_delay(20),
    wait=tenacity.wait_fixed(0.2),
    retry=tenacity.retry_if_result(lambda found: not found),
    retry_error_callback=lambda state: False,
)
def _wait_for_console(words: str) -> bool:
    return words in machines.console(NAME)
