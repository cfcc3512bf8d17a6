"""Names and tags on an engine that several may share: whose they are is looked at before they are taken."""

from docker.errors import ImageNotFound, NotFound

from deploykit import containers, engine, ledger
from deploykit.containers import CLONE
from deploykit.errors import KitError
from deploykit.paths import CLONE_ID

OURS = f"{CLONE}={CLONE_ID}"
"""The label of the images and containers that this clone's lessons make."""


def container(name: str, image: str) -> str:
    """Write a container into the ledger before ``docker run`` creates it from an image.

    One that an earlier run of ours left under this name is removed.

    Returns:
        the options for ``docker run`` that name it, and mark it as ours; in the ledger it is "<name> container".

    Raises:
        KitError: somebody else's container has the name, or the image is not there or another clone's.
    """
    require_ours(image)
    _make_way(name)
    find = f"docker ps --all --quiet --filter name=^/{name}$ --filter label={OURS}"
    ledger.add(f"{name} container", "container", find=find, undo=f"docker rm --force {name}")
    return f"--name {name} --label {OURS}"


def image(tag: str) -> str:
    """Write an image that only this lesson needs into the ledger before ``docker build`` makes it.

    Returns:
        the options for ``docker build`` that tag it, and mark it as ours.

    Raises:
        KitError: another clone has an image of this name.
    """
    if _owner(tag) not in (None, "", CLONE_ID):
        raise KitError(
            f"An image called '{tag}' is there already, made by another clone of the kit.",
            f"Wait until that lesson is cleaned up; if nobody works there any more, type: docker rmi {tag}",
        )
    find = f"docker images --quiet --filter reference={tag} --filter label={OURS}"
    ledger.add(tag, "image", find=find, undo=f"docker rmi --force {tag}")
    return f"--tag {tag} --label {OURS}"


def require_ours(tag: str) -> None:
    """Make sure that an image was not built by another clone, which would have taken the tag over.

    One that says nothing of a clone was built by hand, and is fine.

    Raises:
        KitError: there is no such image, or it is another clone's.
    """
    owner = _owner(tag)
    if owner is None:
        raise containers.no_image(tag)
    if owner not in ("", CLONE_ID):
        raise KitError(
            f"The image '{tag}' is not this clone's: another one on this engine has built its own under that name.",
            "Run the cell with docker build again. To be left alone, change IMAGE and CONTAINER among the parameters.",
        )


def _owner(tag: str) -> str | None:
    """Return the clone that an image names, an empty string if it names none, or None if there is no such image."""
    try:
        return engine.client().images.get(tag).labels.get(CLONE, "")
    except ImageNotFound:
        return None


def _make_way(name: str) -> None:
    try:
        found = engine.client().containers.get(name)
    except NotFound:
        return
    if found.labels.get(CLONE) != CLONE_ID:
        raise KitError(
            f"A container called '{name}' is there already, and it is not this clone's.",
            f"If it is yours, type: docker rm --force {name}. If not, choose another name in the parameters cell.",
        )
    found.remove(force=True)
