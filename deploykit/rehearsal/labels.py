"""The label on everything that the rehearsal cloud creates in Docker; by it alone the cloud is taken down."""

from docker.errors import APIError, NotFound

from deploykit import engine
from deploykit.paths import CLONE_ID

LABELS = {"deploykit": CLONE_ID}
FILTER = {"label": f"deploykit={CLONE_ID}"}


def remove_labelled() -> None:
    """Remove every container, volume, network and image of this clone's rehearsal cloud; safe to repeat."""
    docker = engine.client()
    for container in docker.containers.list(all=True, filters=FILTER):
        _remove(container, v=True, force=True)
    for volume in docker.volumes.list(filters=FILTER):
        _remove(volume, force=True)
    for network in docker.networks.list(filters=FILTER):
        _remove(network)
    for image in docker.images.list(all=True, filters=FILTER):
        _remove(image, force=True)


def remove_pushed_images(registry: str) -> None:
    """Remove the tags under which images were pushed to a registry (``host:port``) that is gone now."""
    docker = engine.client()
    for image in docker.images.list():
        for tag in image.tags:
            if tag.startswith(f"{registry}/"):
                docker.images.remove(tag)


def _remove(resource, **options: bool) -> None:
    try:
        resource.remove(**options)
    except NotFound:
        pass  # somebody was quicker
    except APIError as error:
        if error.status_code != 409:  # the engine is removing it already
            raise
