"""Starting and stopping the rehearsal cloud, and what happens when something goes wrong in between."""

import os
import signal
import socket

import psutil
import pytest

from deploykit import engine, ledger, rehearsal
from deploykit.errors import KitError
from deploykit.rehearsal import machines, process
from deploykit.rehearsal.machines import Machine
from tests.rehearsal.conftest import leftovers

pytestmark = pytest.mark.needs("docker")


def test_a_cloud_that_runs_is_used_again(cloud: rehearsal.aws.Cloud) -> None:
    assert rehearsal.start_aws() == cloud  # its process among the rest


def test_the_server_listens_on_this_computer_alone(cloud: rehearsal.aws.Cloud) -> None:
    listening = psutil.Process(cloud.process.pid).net_connections()
    assert {connection.laddr.ip for connection in listening if connection.status == "LISTEN"} == {"127.0.0.1"}


def test_stopping_leaves_nothing_also_after_the_server_was_killed(cloud: rehearsal.aws.Cloud) -> None:
    machines.create(Machine("left-over", "aws"))
    ledger.add("an instance", "instance", undo="aws ec2 terminate-instances", where="rehearsal")
    os.kill(cloud.process.pid, signal.SIGKILL)
    assert all(leftovers().values())
    rehearsal.stop()
    rehearsal.stop()
    assert not any(leftovers().values())
    assert not ledger.entries(where="rehearsal")
    assert process.ledger_name("aws") not in [entry.name for entry in ledger.entries()]
    assert rehearsal.aws.running() is None


def test_stopping_works_without_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "missing", lambda: "Docker is not installed.")
    rehearsal.stop()
    assert rehearsal.aws.running() is None


def test_a_server_that_cannot_start_says_why(ended_after: None, monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsal.stop()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr("deploykit.rehearsal.aws.cloud.free_port", lambda: taken.getsockname()[1])
        with pytest.raises(KitError, match="in use"):
            rehearsal.start_aws()
    rehearsal.stop()
