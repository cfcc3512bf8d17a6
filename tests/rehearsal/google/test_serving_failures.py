"""What is left when something fails in the middle of a change to a service: no container, and the state before."""

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from deploykit.errors import KitError
from deploykit.rehearsal.google import instances, serving
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.instances import Instance
from deploykit.rehearsal.google.serving import KIND, Revision
from deploykit.rehearsal.google.start_errors import StartFailed

SERVICE = "test/europe-west1/failing"
REVISION = Revision("failing-00001-abc", "failing:1", min_instances=1)
NAME = REVISION.name


class Containers:
    """Stands in for the containers of one service.

    Attributes:
        there: the containers that there are, with what :func:`instances.end_of` says of them.
        starts: how often one was asked for.
        trouble: called at each start.
    """

    def __init__(self) -> None:
        self.there: dict[str, str] = {}
        self.starts = 0
        self.trouble = lambda: None

    def start(self, service: str, revision: Revision, give_up: threading.Event) -> Instance:
        self.starts += 1
        self.trouble()
        name = f"container-{self.starts}"
        self.there[name] = ""
        return Instance(name, "127.0.0.1", 1, idle_since=time.monotonic())

    def remove(self, container_id: str) -> None:
        self.there.pop(container_id, None)

    def find(self, service: str) -> dict:
        return {NAME: [Mock(id=name, end=end) for name, end in self.there.items()]}


@pytest.fixture
def containers(monkeypatch: pytest.MonkeyPatch) -> Containers:
    found = Containers()
    for name in ("start", "remove", "find"):
        monkeypatch.setattr(instances, name, getattr(found, name))
    monkeypatch.setattr(instances, "with_digest", lambda revision: revision)
    monkeypatch.setattr(instances, "stop", lambda container_id: None)
    monkeypatch.setattr(instances, "output", lambda container_id: [])
    monkeypatch.setattr(instances, "end_of", lambda container: container.end)
    return found


@pytest.fixture
def context(tmp_path: Path, containers: Containers) -> Iterator[Context]:
    """Return a cloud of this test's own with an event loop, and delete its service."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    context = Context(tmp_path, "p", "1", token="t", loop=loop)
    yield context
    serving.delete(context, SERVICE)
    assert containers.there == {}
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


def believed(context: Context) -> list[str]:
    """Return the containers that the revision's pool believes in, after what the loop has to do already."""
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), context.loop).result(5)
    return [instance.id for instance in serving.application(SERVICE).pools[NAME].instances]


def test_an_instance_is_removed_when_it_cannot_be_written_down(
    context: Context, containers: Containers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(context.store, "change", Mock(side_effect=OSError("No space left on device")))
        with pytest.raises(OSError, match="No space left"):
            serving.deploy(context, SERVICE, REVISION)
    assert (containers.starts, containers.there) == (1, {})


@pytest.mark.parametrize("again", [False, True])
def test_an_instance_is_removed_when_its_service_was_deleted_meanwhile(
    context: Context, containers: Containers, again: bool
) -> None:
    def delete() -> None:
        serving.delete(context, SERVICE)
        if again:
            serving.allow(context, SERVICE, True)

    containers.trouble = delete
    with pytest.raises(KeyError):
        serving.deploy(context, SERVICE, REVISION)
    assert (containers.starts, containers.there) == (1, {})
    assert (context.store.get(KIND, SERVICE) or {"revisions": {}})["revisions"] == {}


def test_a_revision_that_is_deployed_twice_at_once_keeps_both_instances(
    context: Context, containers: Containers
) -> None:
    serving.deploy(context, SERVICE, REVISION)
    serving.deploy(context, SERVICE, REVISION)
    assert believed(context) == ["container-1", "container-2"]


@pytest.mark.parametrize("error", [StartFailed(REVISION, "why"), KitError("The engine does not run.")])
def test_a_revision_that_does_not_start_again_stays_stopped(
    context: Context, containers: Containers, error: Exception
) -> None:
    serving.deploy(context, SERVICE, REVISION)
    serving.set_traffic(context, SERVICE, {NAME: 100})
    serving.stop_revision(context, SERVICE, NAME)
    containers.trouble = Mock(side_effect=error)
    with pytest.raises(type(error)):
        serving.start_revision(context, SERVICE, NAME)
    front, starts = serving.application(SERVICE), containers.starts
    assert front.pools[NAME].stopped.is_set()
    assert context.store.get(KIND, SERVICE)["stopped"] == [NAME]
    context.loop.call_soon_threadsafe(front.tend)
    assert (believed(context), containers.starts) == ([], starts)
    containers.trouble = lambda: None
    serving.start_revision(context, SERVICE, NAME)
    assert context.store.get(KIND, SERVICE)["stopped"] == []


@pytest.mark.parametrize(("end", "what"), [("0", "exit(0)"), ("oom", "Memory limit"), (None, "exit(137)")])
def test_what_ended_while_nobody_listened_is_noticed(
    context: Context, containers: Containers, end: str | None, what: str
) -> None:
    serving.deploy(context, SERVICE, REVISION)
    serving.deploy(context, SERVICE, REVISION)
    assert believed(context) == ["container-1", "container-2"]
    if end is None:
        containers.remove("container-1")
    else:
        containers.there["container-1"] = end
    serving._tell_what_ended(lambda *told: context.loop.call_soon_threadsafe(serving._lose, *told))
    assert believed(context) == ["container-2"]
    texts = [entry["text"] for entry in serving.application(SERVICE).log._kept()]
    assert [text for text in texts if what in text]
