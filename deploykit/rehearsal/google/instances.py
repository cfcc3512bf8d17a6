"""Instances: the containers that run a revision, on the learner's own Docker engine."""

import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import httpx
from docker.errors import APIError, DockerException, NotFound
from docker.models.containers import Container

from deploykit import engine, memory_limit
from deploykit.paths import CLONE_ID
from deploykit.rehearsal import labels, network
from deploykit.rehearsal.google import start_errors
from deploykit.rehearsal.google.revision import Revision
from deploykit.rehearsal.google.start_errors import StartFailed

SERVICE = "deploykit.service"
REVISION = "deploykit.revision"
PROBE_SECONDS = 0.1
STOP_SECONDS = 10
"""How long an instance may take to end after SIGTERM, on Cloud Run as here."""

KILLED = str(memory_limit.KILLED)
"""The exit status of a container that was killed, as one was of which nothing is left."""


@dataclass(eq=False)
class Instance:
    """One running container of a revision.

    Attributes:
        id: the container's id.
        host, port: where it listens.
        in_flight: requests that it answers now.
        idle_since: when it answered its last request (``time.monotonic()``).
    """

    id: str
    host: str
    port: int
    in_flight: int = 0
    idle_since: float = 0.0

    @property
    def name(self) -> str:
        """What logs call it."""
        return short(self.id)


def short(container_id: str) -> str:
    """Return what logs call an instance."""
    return container_id[:16]


def start(service: str, revision: Revision, give_up: threading.Event) -> Instance:
    """Create a container and wait until it listens, or until ``give_up`` is set.

    Raises:
        StartFailed: the image is missing or for another processor, or the container does not listen in time.
    """
    try:
        container = _create(service, revision)
    except NotFound:
        raise start_errors.image_not_found(revision) from None
    with _removed_unless_it_listens(container):
        try:
            container.start()
        except APIError as error:
            raise start_errors.not_listening(revision, f"Application failed to start: {error.explanation}") from None
        return _wait(container, revision, give_up)


def find(service: str) -> dict[str, list[Container]]:
    """Return a service's containers by the names of their revisions."""
    wanted = {"label": [f"deploykit={CLONE_ID}", f"{SERVICE}={service}"]}
    found: dict[str, list[Container]] = {}
    for container in engine.client().containers.list(all=True, filters=wanted, ignore_removed=True):
        found.setdefault(container.labels[REVISION], []).append(container)
    return found


def services() -> set[str]:
    """Return the services that have containers."""
    wanted = {"label": [f"deploykit={CLONE_ID}", SERVICE]}
    return {
        container.labels[SERVICE]
        for container in engine.client().containers.list(all=True, filters=wanted, ignore_removed=True)
    }


def with_digest(revision: Revision) -> Revision:
    """Return a revision that names its image by what is in it now, which a later build with the same tag leaves alone.

    Raises:
        StartFailed: there is no such image, or it was built for another processor.
    """
    docker = engine.client()
    name, _, digest = revision.image.partition("@")
    try:
        image = docker.images.get(digest or name)
    except APIError:
        raise start_errors.image_not_found(revision) from None
    if image.attrs["Architecture"] != docker.version()["Arch"]:
        raise start_errors.other_processor(revision)
    return replace(revision, image=f"{name}@{image.id}")


def stop(container_id: str) -> None:
    """End a container as Cloud Run does: SIGTERM, and SIGKILL ten seconds later; one that is gone is fine."""
    with suppress(NotFound):
        engine.client().containers.get(container_id).stop(timeout=STOP_SECONDS)


def remove(container_id: str) -> None:
    """Remove a container; one that is gone already is fine."""
    with suppress(NotFound, APIError):
        engine.client().containers.get(container_id).remove(v=True, force=True)


def output(container_id: str) -> list[tuple[str, str]]:
    """Return what a container wrote: the time of each line, and the line."""
    try:
        raw = engine.client().containers.get(container_id).logs(timestamps=True)
    except DockerException:
        return []
    lines = raw.decode(errors="replace").replace("\r", "").splitlines()
    return [(stamp, text) for stamp, _, text in (line.partition(" ") for line in lines)]


def _create(service: str, revision: Revision) -> Container:
    docker = engine.client()
    published = {} if network.has_routes() else {f"{revision.port}/tcp": ("127.0.0.1", None)}
    return docker.containers.create(
        revision.image.partition("@")[2],
        list(revision.args) or None,
        entrypoint=list(revision.command) or None,
        name=f"deploykit-{CLONE_ID}-{revision.name}-{secrets.token_hex(3)}",
        environment={**revision.env, "PORT": str(revision.port)},
        nano_cpus=int(min(revision.cpus, docker.info()["NCPU"]) * 10**9),
        mem_limit=f"{revision.memory_mib}m",
        memswap_limit=f"{revision.memory_mib}m",  # no swap, as in the cloud
        healthcheck={"test": ["NONE"]},  # the platform probes by itself, and ignores the image's own check
        ports=published,
        labels={**labels.of("google"), SERVICE: service, REVISION: revision.name},
    )


@contextmanager
def _removed_unless_it_listens(container: Container) -> Iterator[None]:
    try:
        yield
    except StartFailed as error:
        error.output = output(container.id)
        remove(container.id)
        raise
    except BaseException:
        remove(container.id)
        raise


def _wait(container: Container, revision: Revision, give_up: threading.Event) -> Instance:
    deadline = time.monotonic() + revision.startup_seconds
    instance = None
    while True:
        container.reload()
        if container.status != "running":
            raise _ended(container, revision)
        instance = instance or running(container, revision)
        if _is_ready(instance, revision.ready_path) and _still_runs(container):
            return instance
        if time.monotonic() > deadline or give_up.is_set():
            raise start_errors.not_listening(revision)
        time.sleep(0.02)


def _ended(container: Container, revision: Revision) -> StartFailed:
    status = container.attrs["State"]["ExitCode"]
    if memory_limit.was_exceeded(container.id, status):
        return start_errors.out_of_memory(revision)
    return start_errors.not_listening(revision, f"Container called exit({status}).")


def running(container: Container, revision: Revision) -> Instance:
    """Return a container that runs as an instance."""
    settings = container.attrs["NetworkSettings"]
    published = (settings["Ports"].get(f"{revision.port}/tcp") or [None])[0]
    own = next(iter(settings["Networks"].values()))["IPAddress"]
    host, port = ("127.0.0.1", int(published["HostPort"])) if published else (own, revision.port)
    return Instance(container.id, host, port, idle_since=time.monotonic())


def end_of(container: Container) -> str:
    """Return how a container ended, as the engine's events tell it: its exit status, or "oom"; "" while it has not."""
    state = container.attrs["State"]
    if container.status not in ("exited", "dead"):
        return ""
    return "oom" if state["OOMKilled"] else str(state["ExitCode"])


def _still_runs(container: Container) -> bool:
    """Tell whether it was this container that answered: the address of one that ended may be another one's already."""
    container.reload()
    return container.status == "running"


def _is_ready(instance: Instance, path: str) -> bool:
    if path:
        with suppress(httpx.HTTPError):
            url = f"http://{instance.host}:{instance.port}{path}"
            return httpx.get(url, timeout=4, trust_env=False).status_code == 200
        return False
    return _listens(instance)


def _listens(instance: Instance) -> bool:
    """Tell whether the container itself accepts connections.

    Docker accepts those to a published port always, and ends them at once when nobody listens inside.
    """
    try:
        with socket.create_connection((instance.host, instance.port), timeout=1) as connection:
            connection.settimeout(PROBE_SECONDS)
            return connection.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False
