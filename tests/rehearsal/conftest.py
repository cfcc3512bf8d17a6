"""Fixtures of the rehearsal cloud's tests; they use this clone's own cloud, and end it."""

from collections.abc import Iterator

import pytest
from docker.models.containers import Container

from deploykit import aws, engine, rehearsal
from deploykit.rehearsal.labels import FILTER
from deploykit.shell import run


@pytest.fixture(scope="session")
def _ended() -> Iterator[None]:
    reason = engine.missing()
    if reason:
        pytest.skip(reason)
    yield
    rehearsal.stop()


@pytest.fixture
def cloud(_ended: None) -> rehearsal.Cloud:
    """Return a rehearsal cloud that runs."""
    return rehearsal.start()


@pytest.fixture
def aws_environment(cloud: rehearsal.Cloud, monkeypatch: pytest.MonkeyPatch) -> rehearsal.Cloud:
    """Turn this process's aws and docker commands to the rehearsal cloud."""
    for name, value in aws.environment("rehearsal").items():
        monkeypatch.setenv(name, value)
    return cloud


def text(command: str | list[str], **options: str) -> str:
    """Return what a command printed."""
    return run(command, quiet=True, **options).text


def leftovers() -> dict[str, list]:
    """Return what the engine holds with this clone's label."""
    docker = engine.client()
    return {
        "containers": docker.containers.list(all=True, filters=FILTER),
        "volumes": docker.volumes.list(filters=FILTER),
        "networks": docker.networks.list(filters=FILTER),
        "images": docker.images.list(all=True, filters=FILTER),
    }


def container(name: str) -> Container:
    """Return the container behind a machine."""
    return next(found for found in leftovers()["containers"] if found.name.endswith(name))
