"""What is made at its first use is made once, also when two ask for it at the same moment."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import Mock

import pytest
from docker.errors import ImageNotFound, NotFound

from deploykit import base_image, engine, system
from deploykit.errors import KitError
from deploykit.rehearsal import machine_image, network

SECONDS = 0.2


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module, folder in ((base_image, "CACHE"), (machine_image, "CACHE"), (network, "STATE")):
        monkeypatch.setattr(module, folder, tmp_path)
    monkeypatch.setattr(machine_image, "_has_debian", lambda: True)
    return tmp_path


class Things:
    """Stands in for the engine's images or networks, of which there is none at first.

    Attributes:
        made: those that were made.
    """

    def __init__(self, missing: type[NotFound]):
        self._missing = missing
        self.made: list[str] = []

    def get(self, name: str) -> str:
        if not self.made:
            raise self._missing(name)
        return self.made[0]

    def make(self, name: str, **_options: object) -> str:
        time.sleep(SECONDS)
        self.made.append(name)
        return name


def both(function: Callable[[], object]) -> list:
    """Call a function in two threads at the same moment."""
    together = threading.Barrier(2)

    def call(_number: int) -> object:
        together.wait(5)
        return function()

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(call, range(2)))


def parts(state: Path) -> list[Path]:
    return list(state.rglob("part-*"))


def test_the_machines_image_is_built_and_imported_once(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images, built = Things(ImageNotFound), []

    def installed(image: str) -> Iterator[bytes]:
        built.append(image)
        yield b"half a "
        time.sleep(SECONDS)
        yield b"disk"

    client = Mock(images=images, **{"api.import_image_from_file.side_effect": images.make})
    monkeypatch.setattr(engine, "client", lambda: client)
    monkeypatch.setattr(machine_image, "_installed", installed)
    assert both(machine_image.ensure) == [machine_image.NAME] * 2
    assert (len(built), len(images.made)) == (1, 1)
    assert Path(images.made[0]).read_bytes() == b"half a disk"


def test_a_machine_that_cannot_be_built_leaves_no_part(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def installed(image: str) -> Iterator[bytes]:
        yield b"half a disk"
        raise KitError("Debian's packages could not be installed")

    monkeypatch.setattr(machine_image, "_installed", installed)
    with pytest.raises(KitError):
        machine_image._disk()
    assert (parts(state), list(state.rglob("*.tar"))) == ([], [])


def test_a_root_file_system_is_built_once(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = []

    def run(command: list[str], **_options: object) -> None:
        built.append(command)
        time.sleep(SECONDS)
        Path(command[-1]).write_bytes(b"disk")

    monkeypatch.setattr(base_image, "run", run)
    monkeypatch.setattr(system, "may_install", lambda: True)
    monkeypatch.setattr(base_image.shutil, "which", lambda program: program)
    files = both(lambda: base_image.tarball("debian", []))
    assert [file.read_bytes() for file in files] == [b"disk"] * 2
    assert (len(built), parts(state)) == (1, [])


def test_the_network_is_created_once(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    networks = Things(NotFound)
    client = Mock(networks=Mock(get=networks.get, create=networks.make))
    monkeypatch.setattr(engine, "client", lambda: client)
    assert both(network.ensure) == [network.NAME] * 2
    assert networks.made == [network.NAME]
