"""Fixtures for Google Cloud in rehearsal; they use this clone's own cloud, and end it."""

from collections.abc import Iterator

import psutil
import pytest

from deploykit import gcloud, rehearsal
from deploykit.rehearsal import process


@pytest.fixture(scope="module")
def google(ended_after: None) -> Iterator[rehearsal.google.Cloud]:
    """Turn this process's gcloud commands to a rehearsal cloud for one module's tests."""
    yield from connected()


def connected() -> Iterator[rehearsal.google.Cloud]:
    """Give a rehearsal cloud that runs, and then see that its answers fitted Google's definitions."""
    gcloud.connect("rehearsal")
    yield gcloud.running()
    gcloud.disconnect()
    assert unfitting_answers() == []


def unfitting_answers() -> list[str]:
    """Return which answers of the server that runs, or ran last, do not fit Google's definitions."""
    log = process.log_file("google").read_text(encoding="utf-8")
    return [line for line in log.splitlines() if "ANSWER does not fit" in line]


def kill_and_restart() -> None:
    """Let the server die on the spot, and start another one."""
    assert unfitting_answers() == []  # the next server begins a new log
    server = psutil.Process(gcloud.running().process.pid)
    server.kill()
    server.wait(5)
    gcloud.connect("rehearsal")
