"""The labels on everything that the rehearsal cloud creates in Docker; by them alone the cloud is taken down."""

from contextlib import suppress

from docker.errors import APIError, ImageNotFound, NotFound

from deploykit import engine
from deploykit.paths import CLONE_ID

CLONE = "deploykit"
PROVIDER = "deploykit.provider"
LABELS = {CLONE: CLONE_ID}
FILTER = {"label": f"{CLONE}={CLONE_ID}"}


def of(provider: str) -> dict[str, str]:
    """Return the labels of what belongs to one provider's half of the cloud, "aws" or "google"."""
    return {**LABELS, PROVIDER: provider}


def remove_labelled(provider: str = "") -> None:
    """Remove this clone's containers, volumes, networks and images, all or one provider's; safe to repeat."""
    docker = engine.client()
    wanted = {"label": [f"{CLONE}={CLONE_ID}", *([f"{PROVIDER}={provider}"] if provider else [])]}
    for container in docker.containers.list(all=True, filters=wanted, ignore_removed=True):
        _remove(container, v=True, force=True)
    for volume in docker.volumes.list(filters=wanted):
        _remove(volume, force=True)
    for network in docker.networks.list(filters=wanted):
        _remove(network)
    for image in docker.api.images(all=True, filters=wanted):
        with suppress(ImageNotFound):  # it went with another one
            docker.images.remove(image["Id"], force=True)


def remove_tagged(prefix: str) -> None:
    """Remove the tags that begin with ``prefix``: a registry (``host:port``), or a repository, that is gone now."""
    for tag in tags():
        if tag.startswith(f"{prefix}/"):
            engine.client().images.remove(tag)


def remove_images_of_project(host: str, project: str) -> None:
    """Remove the tags that images got in a project's repositories, such as ``eu-docker.pkg.dev/PROJECT/…``."""
    for tag in tags():
        registry, _, rest = tag.partition("/")
        if registry.endswith(host) and rest.startswith(f"{project}/"):
            engine.client().images.remove(tag, force=True)


def tags() -> list[str]:
    """Return the names of all images; ``images.list`` of the SDK fails when one goes while it looks."""
    return [tag for image in engine.client().api.images() for tag in image["RepoTags"] or []]


def _remove(resource, **options: bool) -> None:
    try:
        resource.remove(**options)
    except NotFound:
        pass  # somebody was quicker
    except APIError as error:
        if error.status_code != 409:  # the engine is removing it already
            raise
