"""Fixtures of the rehearsal cloud's tests; they use this clone's own cloud, and end it."""

import io
import tarfile
from collections.abc import Iterator

import pytest
from docker.models.containers import Container

from deploykit import aws, engine, rehearsal
from deploykit.paths import CLONE_ID
from deploykit.rehearsal import machine_image
from deploykit.rehearsal.labels import FILTER, LABELS
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


@pytest.fixture(scope="session")
def tiny_image(_ended: None) -> Iterator[str]:
    """Make an image of 2 MB that serves a page on port 8080, with no registry to start from, and return its name."""
    install = "(apt-get update && apt-get install --yes busybox-static) >/dev/null 2>&1 && cat /bin/busybox"
    busybox = engine.client().containers.run(machine_image.ensure(), ["sh", "-c", install], remove=True, labels=LABELS)
    disk = io.BytesIO()
    with tarfile.open(fileobj=disk, mode="w") as tar:
        for path, content in {"busybox": busybox, "www/index.html": b"hello from the container\n"}.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(content), 0o755
            tar.addfile(member, io.BytesIO(content))
    start = 'CMD ["/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]'
    label = f"LABEL deploykit={LABELS['deploykit']}"
    engine.client().api.import_image_from_data(disk.getvalue(), "deploykit-tiny", CLONE_ID, changes=[start, label])
    yield f"deploykit-tiny:{CLONE_ID}"
