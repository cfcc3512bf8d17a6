"""Containers on this machine's engine: what the lessons need beside the visible ``docker`` commands."""

import re
from contextlib import suppress

from docker.errors import APIError, ImageNotFound, NotFound

from deploykit import engine
from deploykit.base_image import STAND_IN
from deploykit.paths import CLONE_ID, LOGS
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
    """Remove the images that this clone's builds left, half-way ones too, and a base image that it made itself.

    Another clone on this machine may be building at this moment: what its log does not name is not ours.
    """
    images = engine.client().images
    built = _built_here()
    ours = [image for image in images.list(all=True, filters={"label": VENDOR}) if image.short_id[-12:] in built]
    for image in [*ours, *images.list(filters={"label": f"{STAND_IN}={CLONE_ID}"})]:
        # It may have gone with an image above, or be in use by a container that is not ours.
        with suppress(ImageNotFound, APIError):
            images.remove(image.id, force=True)


def _built_here() -> set[str]:
    """Return the images that the classic builder named in our logs; BuildKit leaves none but the finished one."""
    logs = [log.read_text(encoding="utf-8") for log in LOGS.glob("*-docker-build-*.log")]
    return {found for log in logs for found in re.findall(r"(?:--->|Successfully built) ([0-9a-f]{12})\b", log)}


def _instruction(created_by: str) -> str:
    """Shorten what the engine says of a layer to what the Dockerfile says."""
    text = created_by.removeprefix("/bin/sh -c ").removeprefix("#(nop) ").replace("|1 ", "").strip()
    text = text.removeprefix("RUN /bin/sh -c ").split(" # buildkit")[0].strip()
    return text or "base image"
