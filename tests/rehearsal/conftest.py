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

PAGE = b"hello from the container\n"


@pytest.fixture(scope="session")
def ended_after() -> Iterator[None]:
    yield
    rehearsal.stop()


@pytest.fixture
def cloud(ended_after: None) -> rehearsal.aws.Cloud:
    """Return a rehearsal cloud that runs."""
    return rehearsal.start_aws()


@pytest.fixture
def aws_environment(cloud: rehearsal.aws.Cloud, monkeypatch: pytest.MonkeyPatch) -> rehearsal.aws.Cloud:
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


@pytest.fixture
def tiny_image(cloud: rehearsal.aws.Cloud) -> str:
    """Make an image of 2 MB that serves a page on port 8080, with no registry to start from, and return its name."""
    name = f"deploykit-tiny:{CLONE_ID}"
    if not engine.client().images.list(name=name):
        start = 'CMD ["/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]'
        changes = [start, f"LABEL deploykit={CLONE_ID}"]
        engine.client().api.import_image_from_data(_tiny_disk(), *name.split(":"), changes=changes)
    return name


def _tiny_disk() -> bytes:
    install = "apt-get update && apt-get install --yes busybox-static"
    installed = engine.client().containers.create(machine_image.ensure(), ["sh", "-c", install], labels=LABELS)
    installed.start()
    assert installed.wait()["StatusCode"] == 0
    disk = io.BytesIO(b"".join(installed.get_archive("/bin/busybox")[0]))
    installed.remove()
    with tarfile.open(fileobj=disk, mode="a") as tar:
        page = tarfile.TarInfo("www/index.html")
        page.size = len(PAGE)
        tar.addfile(page, io.BytesIO(PAGE))
    return disk.getvalue()
