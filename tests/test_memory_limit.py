"""What is told of a container that was killed: by the kernel for want of memory, or because somebody asked for it."""

from collections.abc import Callable, Iterator
from unittest.mock import Mock

import pytest
from docker.models.containers import Container

from deploykit import base_image, engine, memory_limit
from deploykit.paths import CLONE_ID


@pytest.fixture
def sleeping() -> Iterator[Container]:
    """Run a container that does nothing for a minute."""
    base_image.ensure()
    name = f"test-memory-limit-{CLONE_ID}"
    started = engine.client().containers.run(base_image.NAME, ["sleep", "60"], name=name, detach=True)
    yield started
    started.remove(force=True)


@pytest.mark.parametrize(
    ("told", "status", "exceeded"),
    [
        pytest.param(["oom"], 0, True, id="a worker was killed, and the container lives on"),
        pytest.param(["oom"], 137, True, id="the first process was killed"),
        pytest.param([], 137, True, id="the engine missed that the first process was killed"),
        pytest.param(["kill"], 137, False, id="somebody killed it"),
        pytest.param([], 3, False, id="it ended by itself"),
    ],
)
def test_what_the_engine_tells_of_an_end(
    told: list[str], status: int, exceeded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [{"Action": action} for action in told]
    monkeypatch.setattr(engine, "client", lambda: Mock(**{"events.return_value": iter(events)}))
    assert memory_limit.was_exceeded("c", status) is exceeded


@pytest.mark.needs("docker")
@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda started: started.kill(), id="killed"),
        pytest.param(lambda started: started.stop(timeout=0), id="stopped"),
    ],
)
def test_a_container_that_somebody_killed_had_memory_enough(
    sleeping: Container, end: Callable[[Container], None]
) -> None:
    end(sleeping)
    assert sleeping.wait()["StatusCode"] == memory_limit.KILLED
    assert not memory_limit.was_exceeded(sleeping.id, memory_limit.KILLED)
