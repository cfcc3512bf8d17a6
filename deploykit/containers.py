"""Containers on this machine's engine: what the lessons need beside the visible ``docker`` commands."""

import re
from contextlib import suppress

import requests
from docker.errors import APIError, ImageNotFound, NotFound

from deploykit import base_image, command_errors, engine, memory_limit
from deploykit.errors import KitError
from deploykit.paths import CLONE_ID, LOGS
from deploykit.service import PAUSE_SECONDS, ServiceError, wait_until_ready

VENDOR = "org.opencontainers.image.vendor=notebook-to-cloud"
"""The label that the Dockerfile puts on every image of ours, finished or half-way."""

CLONE = "deploykit.clone"
"""The label that says which clone's lesson made an image or a container."""

OUR_BASE = f"{base_image.STAND_IN}={CLONE_ID}"
"""The label of a base image that this clone made."""

BUILT = re.compile(
    r"(?:(?<!Using cache\n) ---> (?:Running in )?|(?:writing image|exporting [a-z ]+) sha256:)([0-9a-f]{12})"
)
"""How the classic builder and BuildKit name what they make; what came from the cache may be another clone's."""


def wait_for(
    name: str, url: str, *, ready: str = "/health/ready", timeout: float = 30, pause: float = PAUSE_SECONDS
) -> None:
    """Wait until the service in a running container is ready, asking every ``pause`` seconds.

    Raises:
        ServiceError: the container ended, or was not ready in time; quotes the end of its log, and the cause if known.
        KitError: the engine ended meanwhile.
    """
    try:
        _wait(name, url + ready, timeout, pause)
    except requests.ConnectionError as error:
        raise engine.silent(error) from None


def is_running(name: str) -> bool:
    """Tell whether a container of this name runs."""
    try:
        return engine.client().containers.get(name).status == "running"
    except NotFound:
        return False


def exists(name: str) -> bool:
    """Tell whether there is a container of this name, running or not."""
    try:
        return bool(engine.client().containers.get(name))
    except NotFound:
        return False


def logs(name: str, tail: int = 20) -> str:
    """Return the last lines that a container wrote."""
    try:
        return engine.client().containers.get(name).logs(tail=tail).decode(errors="replace").rstrip()
    except NotFound:
        return f"(there is no container {name})"


def size(image: str) -> float:
    """Return how much an image weighs, the base included, in MB.

    Raises:
        KitError: there is no such image.
    """
    try:
        return engine.client().images.get(image).attrs["Size"] / 1e6
    except ImageNotFound:
        raise no_image(image) from None


def no_image(image: str) -> KitError:
    """Say that an image is missing, and how to build it."""
    service = image.partition(":")[0]
    return KitError(
        f"There is no image '{image}' on this machine.",
        f"Build it: docker build --build-arg SERVICE={service} --tag {image} .",
    )


def layers(image: str) -> list[tuple[str, float]]:
    """Return the image's layers, oldest first: the instruction that made each, and its size in MB."""
    history = engine.client().images.get(image).history()
    return [(_instruction(layer["CreatedBy"]), layer["Size"] / 1e6) for layer in reversed(history)]


def remove_images() -> None:
    """Remove what this clone's builds left: images, half-way ones too, and the containers of steps that failed.

    A base image that this clone made itself goes as well, unless another clone's images stand on it. Another clone on
    this machine may be building at this moment: what our logs do not name is not ours.
    """
    client, built = engine.client(), _built_here()
    for container in client.containers.list(all=True, filters={"label": VENDOR}, ignore_removed=True):
        if container.id[:12] in built:
            # The builder may be removing it at this moment.
            with suppress(APIError):
                container.remove(force=True)
    # The list of the API asks once; the library's own asks again for each image, which may have gone by then.
    found = [image["Id"] for image in client.api.images(all=True, filters={"label": VENDOR})]
    ours = [image for image in found if image.removeprefix("sha256:")[:12] in built]
    # By its name, because images that stand on our base inherit its label.
    bases = [base_image.NAME] if client.api.images(base_image.NAME, filters={"label": OUR_BASE}) else []
    for image in [*ours, *(base for base in bases if not _others_stand_on(base))]:
        # It may have gone with an image above, or be in use by a container that is not ours.
        with suppress(ImageNotFound, APIError):
            client.images.remove(image, force=True)


def _others_stand_on(base: str) -> bool:
    """Tell whether an image of another clone's lesson begins with the layers of this one."""
    layers = _layers_of(base)
    marked = engine.client().api.images(filters={"label": CLONE})
    others = [image["Id"] for image in marked if image["Labels"][CLONE] != CLONE_ID]
    return bool(layers) and any(_layers_of(other)[: len(layers)] == layers for other in others)


def _layers_of(image: str) -> list[str]:
    """Return the fingerprints of an image's layers; there are none if it has gone by now."""
    try:
        return engine.client().api.inspect_image(image)["RootFS"].get("Layers") or []
    except ImageNotFound:
        return []


def _built_here() -> set[str]:
    """Return what the builders named in our logs: the first 12 digits of images, and of the containers of steps."""
    logs = [log.read_text(encoding="utf-8") for log in LOGS.glob("*-docker-build*.log")]
    return {found for log in logs for found in BUILT.findall(log)}


def _wait(name: str, url: str, timeout: float, pause: float) -> None:
    try:
        wait_until_ready(url, timeout=timeout, alive=lambda: is_running(name), log=lambda: logs(name), pause=pause)
    except ServiceError as error:
        raise _explained(name, error) from None


def _explained(name: str, error: ServiceError) -> ServiceError:
    """Name the cause of a start that failed, where the engine knows it."""
    try:
        known = engine.client().containers.get(name).attrs
    except NotFound:
        return error
    limit = known["HostConfig"]["Memory"]  # 0: none
    if limit and memory_limit.was_exceeded(known["Id"], known["State"]["ExitCode"]):
        return ServiceError(
            f"The container '{name}' needed more memory than its limit of {limit >> 20} MB: "
            f"what went over it was killed. {error.message}",
            "Give it more with --memory; docker stats shows what a container uses.",
        )
    return ServiceError(error.message, command_errors.advice("docker", error.message) or error.hint)


def _instruction(created_by: str) -> str:
    """Shorten what the engine says of a layer to what the Dockerfile says."""
    text = created_by.removeprefix("/bin/sh -c ").removeprefix("#(nop) ").replace("|1 ", "").strip()
    text = text.removeprefix("RUN /bin/sh -c ").split(" # buildkit")[0].strip()
    return text or "base image"
