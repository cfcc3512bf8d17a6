"""Containers on this machine's engine: what the lessons need beside the visible ``docker`` commands."""

from contextlib import suppress

from docker.errors import APIError, ImageNotFound, NotFound

from deploykit import engine
from deploykit.base_image import STAND_IN
from deploykit.service import wait_until_ready

VENDOR = "org.opencontainers.image.vendor=notebook-to-cloud"
"""The label that the Dockerfile puts on every image of ours, finished or half-way."""


def wait_for(name: str, url: str, *, ready: str = "/health/ready", timeout: float = 30) -> None:
    """Wait until the service in a running container is ready.

    Raises:
        ServiceError: the container ended, or was not ready in time; quotes the end of its log.
    """
    wait_until_ready(url + ready, timeout=timeout, alive=lambda: is_running(name), log=lambda: logs(name))


def is_running(name: str) -> bool:
    """Tell whether a container of this name runs."""
    try:
        return engine.client().containers.get(name).status == "running"
    except NotFound:
        return False


def logs(name: str, tail: int = 20) -> str:
    """Return the last lines that a container wrote."""
    try:
        return engine.client().containers.get(name).logs(tail=tail).decode(errors="replace").rstrip()
    except NotFound:
        return f"(there is no container {name})"


def layers(image: str) -> list[tuple[str, float]]:
    """Return the image's layers, oldest first: the instruction that made each, and its size in MB."""
    history = engine.client().images.get(image).history()
    return [(_instruction(layer["CreatedBy"]), layer["Size"] / 1e6) for layer in reversed(history)]


def remove_images() -> None:
    """Remove every image that our Dockerfile made, and the base images that stand in for a registry's."""
    for label in (VENDOR, f"{STAND_IN}=true"):
        for image in engine.client().images.list(all=True, filters={"label": label}):
            # It may have gone with an image above, or be in use by a container that is not ours.
            with suppress(ImageNotFound, APIError):
                engine.client().images.remove(image.id, force=True)


def _instruction(created_by: str) -> str:
    """Shorten what the engine says of a layer to what the Dockerfile says."""
    text = created_by.removeprefix("/bin/sh -c ").removeprefix("#(nop) ").replace("|1 ", "").strip()
    text = text.removeprefix("RUN /bin/sh -c ").split(" # buildkit")[0].strip()
    return text or "base image"
