"""Listening to the Docker engine, also over its restarts."""

from collections.abc import Iterator
from unittest.mock import Mock

import pytest
from docker.errors import DockerException

from deploykit import engine, memory_limit
from deploykit.errors import KitError
from deploykit.rehearsal.google import watcher
from deploykit.rehearsal.google.instances import REVISION, SERVICE


class Stop(BaseException):
    """Ends the watcher, which goes on for ever."""


def event(container: str, action: str = "die") -> dict:
    about = {SERVICE: "s", REVISION: "r", "exitCode": "137"}
    return {"Action": action, "Actor": {"ID": container, "Attributes": about}}


def breaks_off(*events: dict, error: Exception | None = None) -> Iterator[dict]:
    """Give events and then what an engine that is killed leaves: an error, or nothing."""
    yield from events
    if error:
        raise error


@pytest.fixture
def happened(monkeypatch: pytest.MonkeyPatch) -> list:
    """Note what is told, and let the watcher pause no longer; "kernel" alone was killed for want of memory."""
    monkeypatch.setattr(watcher, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(memory_limit, "was_exceeded", lambda container_id, status: container_id == "kernel")
    return []


def listen(happened: list, monkeypatch: pytest.MonkeyPatch, *connections: object) -> None:
    """Listen to an engine with these connections, each an error or a stream of events."""
    outcomes = [
        found if isinstance(found, BaseException) else Mock(**{"events.return_value": found}) for found in connections
    ]
    monkeypatch.setattr(engine, "client", Mock(side_effect=[*outcomes, Stop]))
    with pytest.raises(Stop):
        watcher._listen(lambda *told: happened.append(told), lambda: happened.append("connected"))


def test_an_end_is_told_with_its_cause(happened: list, monkeypatch: pytest.MonkeyPatch) -> None:
    listen(happened, monkeypatch, breaks_off(event("one"), event("two", "oom"), event("kernel")))
    assert happened == ["connected", *(("s", "r", *end) for end in [("one", "137"), ("two", "oom"), ("kernel", "oom")])]


@pytest.mark.parametrize(
    "ends", [None, DockerException("gone"), ConnectionResetError("gone"), ValueError("half a line")]
)
def test_it_goes_on_after_the_engine_was_restarted(
    happened: list, monkeypatch: pytest.MonkeyPatch, ends: Exception | None
) -> None:
    silent = KitError("Docker is installed, but its engine does not run.")
    listen(happened, monkeypatch, breaks_off(event("one"), error=ends), silent, silent, breaks_off(event("two")))
    assert happened == ["connected", ("s", "r", "one", "137"), "connected", ("s", "r", "two", "137")]
