"""A service as a container: its image built from the repository's Dockerfile, run as tightly as the lessons run it."""

import json
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from docker.models.containers import Container

from deploykit import base_image, containers, engine, ledger
from deploykit.paths import CLONE_ID, ROOT
from deploykit.service import free_port
from deploykit.shell import Result, run
from tests.contract.local import is_read_before_it_is_answered

LIMITS = {
    "read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges"], "pids_limit": 300,
    "mem_limit": "512m", "memswap_limit": "512m",
}  # fmt: skip
UNSEEN_SECONDS = 0.3
"""How long to wait for what happens in the virtual machine of Docker Desktop, where nobody can look."""

NOT_SHIPPED = shutil.ignore_patterns("model", "__pycache__")


@dataclass(frozen=True)
class Running:
    """A container that was started, and where its service answers."""

    url: str
    container: Container

    def inspect(self, section: str) -> Any:
        """Return what the engine knows now about the container's ``State``, ``Config``, …"""
        self.container.reload()
        return self.container.attrs[section]

    @property
    def own_url(self) -> str:
        """Return where the service answers without the engine's proxy, which reads faster than the service."""
        settings = self.inspect("NetworkSettings")
        [network], [port] = settings["Networks"].values(), settings["Ports"]
        return self.url if engine.is_desktop() else f"http://{network['IPAddress']}:{port.removesuffix('/tcp')}"

    def is_read_before_it_is_answered(self, connection: socket.socket) -> bool:
        """Wait until the service has read all that was sent to its own address; return False if it was faster."""
        if engine.is_desktop():
            time.sleep(UNSEEN_SECONDS)
            return True
        return is_read_before_it_is_answered(connection, self.inspect("State")["Pid"])


@dataclass(frozen=True)
class Image:
    """An image of a service: its tag, the folder that it was built from, and what the builder said."""

    service: str
    tag: str
    context: Path
    build: Result

    def run(self, *words: str, **options: Any) -> str:
        """Run a command in a new container and return what it printed."""
        command = {"entrypoint": words[0], "command": list(words[1:])}
        return engine.client().containers.run(self.tag, remove=True, **command, **options).decode().strip()


def build(
    service: str, model: Path, folder: Path, *, version: str = CLONE_ID, env: dict[str, str] | None = None
) -> Image:
    """Build a service's image with a model, from a new folder that gets a copy of what the Dockerfile needs."""
    base_image.ensure()
    folder.mkdir()
    shutil.copy2(ROOT / "Dockerfile", folder)
    shutil.copy2(ROOT / ".dockerignore", folder)
    shutil.copytree(ROOT / "app_src" / service, folder / "app_src" / service, ignore=NOT_SHIPPED)
    shutil.copytree(model, folder / "app_src" / service / "model")
    return rebuild(service, folder, version=version, env=env)


def rebuild(service: str, folder: Path, *, version: str = CLONE_ID, env: dict[str, str] | None = None) -> Image:
    """Build a service's image from a folder that :func:`build` has filled; the clean-up of images finds it."""
    manifest = json.loads((folder / "app_src" / service / "model" / "manifest.json").read_text(encoding="utf-8"))
    tag = f"contract-{service}:{version}"
    arguments = f"--build-arg SERVICE={service} --build-arg MODEL_VERSION={manifest['version']}"
    said = run(f"docker build {arguments} --tag {tag} .", cwd=folder, env=env, quiet=True)
    return Image(service, tag, folder, said)


@contextmanager
def starting(image: Image, *, port: int = 8080, **options: Any) -> Iterator[Running]:
    """Run a container whose service listens on ``port``, do not wait for it, and remove it."""
    name, published = f"contract-{uuid4().hex[:8]}", free_port()
    ledger.add(name, "container", undo=f"docker rm --force {name}")
    try:
        ports = {f"{port}/tcp": ("127.0.0.1", published)}
        container = engine.client().containers.run(image.tag, name=name, detach=True, ports=ports, **(LIMITS | options))
        yield Running(f"http://127.0.0.1:{published}", container)
    finally:
        ledger.undo(name, quiet=True)


@contextmanager
def running(image: Image, *, port: int = 8080, **options: Any) -> Iterator[Running]:
    """Run a container, wait until its service is ready, and remove it."""
    with starting(image, port=port, **options) as started:
        containers.wait_for(started.container.name, started.url)
        yield started
