"""A model whose file changes under a running service: what is loaded goes on, what was changed is never served."""

import time
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from deploykit.paths import ROOT
from tests.contract.cases import Service
from tests.contract.local import Server, running, wait_until_all_serve
from tests.contract.test_process import truncate
from tests.faults.load import Load, replace, under_load

BACK_SECONDS = 60
CRASH_LOOP_SECONDS = 6
"""granian gives up when a worker that it has just started anew dies within 5.5 seconds: the platform then starts it."""


@pytest.fixture
def model(trained, tmp_path: Path) -> Path:
    """Copy the model that the tests trained."""
    return copytree(trained.directory, tmp_path / "model")


@pytest.fixture
def server(service: Service, model: Path, tmp_path: Path) -> Iterator[Server]:
    """Start a service with a model that the test may spoil."""
    with running(service.name, model, tmp_path / "log") as started:
        yield started


def swap(path: Path) -> None:
    """Put another file of the same length in the place of this one."""
    other = path.with_name("other")
    other.write_bytes(bytes(path.stat().st_size))
    other.replace(path)


def loads_once(service: Service) -> bool:
    """Tell whether a new worker inherits the model, so that a changed file does not matter before the next start."""
    return (ROOT / "app_src" / service.name / "gunicorn.conf.py").exists()


def wait_for(status: int, load: Load) -> None:
    """Wait until a request is answered with this status."""
    deadline = time.monotonic() + BACK_SECONDS
    while load.ask().status != status:
        assert time.monotonic() < deadline, f"nobody answered with {status}"


def test_a_model_that_changes_under_a_running_service_is_never_served(
    server: Server, service: Service, model: Path
) -> None:
    weights = max((file for file in model.rglob("*") if file.is_file()), key=lambda file: file.stat().st_size)
    good = weights.read_bytes()
    first, _ = wait_until_all_serve(server)
    with under_load(server.url, service, clients=3) as load:
        for spoil in (truncate, swap, Path.unlink):
            spoil(weights)
            time.sleep(0.3)
        assert load.successes() and not load.failures(), "what is loaded needs its file no more"

        new = replace(first, server)
        if not loads_once(service):
            wait_for(503, load)
            wait_for(200, load)  # the other worker, which still has the old model

            weights.write_bytes(good)
            time.sleep(CRASH_LOOP_SECONDS)
            replace(new, server)
        wait_until_all_serve(server)
        mended = time.monotonic()
        load.go_on(since=mended)
    assert load.successes(since=mended) and not load.failures(since=mended)
    assert not [outcome for outcome in load.failures() if "AssertionError" in outcome.error], "a wrong answer"
