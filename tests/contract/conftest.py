"""The services under test: local processes and containers, unless --target-url names a deployment."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.contract import container, local
from tests.contract.cases import Service
from tests.contract.services import PAGES, SERVICES


@dataclass(frozen=True)
class Trained:
    """What the tests trained for a service: the training-side model, and the folder that is served."""

    model: Any
    directory: Path


class Targets:
    """Everything that is made once for a service: its model, its running process, its image and its container."""

    def __init__(self, folder: Path, urls: dict[str, str], stack: ExitStack):
        self.deployed = dict(urls)
        self._folder, self._stack = folder, stack
        self._trained: dict[str, Trained] = {}
        self._processes: dict[str, local.Server] = {}
        self._images: dict[str, container.Image] = {}
        self._containers: dict[str, container.Running] = {}

    def trained(self, service: Service) -> Trained:
        """Train the service's model, once."""
        if service.name not in self._trained:
            directory = self._folder / service.name / "model"
            self._trained[service.name] = Trained(service.train(directory), directory)
        return self._trained[service.name]

    def process(self, service: Service) -> local.Server:
        """Start the service as a process of this machine, once."""
        if service.name not in self._processes:
            log = self._folder / f"{service.name}.log"
            server = local.running(service.name, self.trained(service).directory, log)
            self._processes[service.name] = self._stack.enter_context(server)
        return self._processes[service.name]

    def image(self, service: Service) -> container.Image:
        """Build the service's image, once."""
        if service.name not in self._images:
            folder = self._folder / f"{service.name}-context"
            self._images[service.name] = container.build(service.name, self.trained(service).directory, folder)
        return self._images[service.name]

    def container(self, service: Service) -> container.Running:
        """Run the service's container, once."""
        if service.name not in self._containers:
            started = container.running(self.image(service))
            self._containers[service.name] = self._stack.enter_context(started)
        return self._containers[service.name]

    def url(self, service: Service, place: str) -> str:
        """Return where the service answers; start it when nobody did."""
        if service.name in self.deployed:
            return self.deployed[service.name].rstrip("/")
        return self.process(service).url if place == "process" else self.container(service).url


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``--target-url``, keep what can be asked of a deployment: not how its process and its image are made."""
    if deployed := _deployed(config):
        here = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
        left_out = [item for item in here if not _is_about(item, deployed)]
        items[:] = [item for item in items if item not in set(left_out)]
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="package")
def targets(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Targets]:
    """Keep what serves, and end it after the last test of the contract."""
    with ExitStack() as stack:
        yield Targets(tmp_path_factory.mktemp("contract"), _deployed(pytestconfig), stack)


@pytest.fixture(params=SERVICES, ids=lambda service: service.name)
def service(request: pytest.FixtureRequest) -> Service:
    """Give each row of the contract in turn."""
    return request.param


@pytest.fixture(params=["process", pytest.param("container", marks=pytest.mark.needs("docker"))])
def place(request: pytest.FixtureRequest, targets: Targets, service: Service) -> str:
    """Give each place where the service runs in turn: "process" and "container" here, or "deployment"."""
    return "deployment" if service.name in targets.deployed else request.param


@pytest.fixture
def url(targets: Targets, service: Service, place: str) -> str:
    """Give the address of the service under test."""
    return targets.url(service, place)


@pytest.fixture
def trained(targets: Targets, service: Service) -> Trained:
    """Give the model that the tests trained."""
    return targets.trained(service)


@pytest.fixture
def image(targets: Targets, service: Service) -> container.Image:
    """Give the service's image."""
    return targets.image(service)


@pytest.fixture
def server(service: Service, trained, tmp_path: Path) -> Iterator[local.Server]:
    """Start a server that the test may hurt."""
    with local.running(service.name, trained.directory, tmp_path / "log") as started:
        yield started


def _deployed(config: pytest.Config) -> dict[str, str]:
    """Return the addresses of the deployments under test, by the names of their services."""
    urls = dict(pair.split("=", 1) for pair in config.getoption("--target-url"))
    unknown = set(urls) - {service.name for service in [*SERVICES, *PAGES]}
    if unknown:
        raise pytest.UsageError(f"--target-url names services that the contract does not have: {sorted(unknown)}")
    return urls


def _is_about(item: pytest.Item, deployed: dict[str, str]) -> bool:
    if "url" not in item.fixturenames:
        return False
    return item.callspec.params["service"].name in deployed and item.callspec.params["place"] == "process"
