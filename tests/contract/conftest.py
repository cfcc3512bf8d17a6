"""The services under test: local processes unless --target-url names a deployment."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.contract.cases import Service
from tests.contract.local import running
from tests.contract.services import PAGES, SERVICES


@dataclass(frozen=True)
class Trained:
    """What the tests trained for a service: the training-side model, and the folder that is served."""

    model: Any
    directory: Path


class Targets:
    """Everything that is made once for a service: its model and its running process."""

    def __init__(self, folder: Path, urls: dict[str, str], stack: ExitStack):
        self.urls = dict(urls)
        self.deployed = set(urls)
        self._folder, self._stack = folder, stack
        self._trained: dict[str, Trained] = {}

    def trained(self, service: Service) -> Trained:
        """Train the service's model, once."""
        if service.name not in self._trained:
            directory = self._folder / service.name / "model"
            self._trained[service.name] = Trained(service.train(directory), directory)
        return self._trained[service.name]

    def url(self, service: Service) -> str:
        """Return where the service answers; start it when nobody did."""
        if service.name not in self.urls:
            log = self._folder / f"{service.name}.log"
            server = self._stack.enter_context(running(service.name, self.trained(service).directory, log))
            self.urls[service.name] = server.url
        return self.urls[service.name]


@pytest.fixture(scope="session")
def targets(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Targets]:
    """Keep the servers of the session, and end them with it."""
    urls = dict(pair.split("=", 1) for pair in pytestconfig.getoption("--target-url"))
    unknown = set(urls) - {service.name for service in [*SERVICES, *PAGES]}
    if unknown:
        raise pytest.UsageError(f"--target-url names services that the contract does not have: {sorted(unknown)}")
    with ExitStack() as stack:
        yield Targets(tmp_path_factory.mktemp("contract"), urls, stack)


@pytest.fixture(params=SERVICES, ids=lambda service: service.name)
def service(request: pytest.FixtureRequest) -> Service:
    """Give each row of the contract in turn."""
    return request.param


@pytest.fixture
def url(targets: Targets, service: Service) -> str:
    """Give the address of the service under test."""
    return targets.url(service).rstrip("/")


@pytest.fixture
def trained(targets: Targets, service: Service) -> Trained:
    """Give the model that the tests trained."""
    return targets.trained(service)


@pytest.fixture
def local_only(targets: Targets, service: Service) -> None:
    """Skip a test that needs the process itself when the service is deployed elsewhere."""
    if service.name in targets.deployed:
        pytest.skip("the process belongs to the deployment")
