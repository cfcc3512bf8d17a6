"""Container images of the project: the local engine keeps them, under the names that they have in Google's registry."""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from docker.errors import ImageNotFound
from docker.models.images import Image

from deploykit import engine
from deploykit.rehearsal.google import errors
from deploykit.rehearsal.google.context import Context

KIND = "repository"
REFERENCE = re.compile(
    r"(?P<location>[a-z0-9-]+)-docker\.pkg\.dev/(?P<project>[^/]+)/(?P<repository>[^/]+)/"
    r"(?P<image>[^@:]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
OLD_REFERENCE = re.compile(r"(?:[a-z]+\.)?gcr\.io/(?P<project>[^/]+)/.+")
"""A name of Container Registry, which has been an address of Artifact Registry since 2025."""


@dataclass(frozen=True)
class Reference:
    """An image in a repository of Artifact Registry."""

    location: str
    project: str
    repository: str
    image: str
    tag: str
    digest: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return what a name means, or None when it names another registry."""
        found = REFERENCE.fullmatch(text)
        if not found:
            return None
        parts = {name: value or "" for name, value in found.groupdict().items()}
        return cls(**{**parts, "tag": parts["tag"] or ("" if parts["digest"] else "latest")})

    @property
    def resource(self) -> str:
        """The repository's name in Google's APIs."""
        return f"projects/{self.project}/locations/{self.location}/repositories/{self.repository}"


def require_place(context: Context, name: str) -> None:
    """Refuse to push an image where no repository is.

    Raises:
        ApiError: the repository does not exist, or is not the project's.
    """
    reference, old = Reference.parse(name), OLD_REFERENCE.fullmatch(name)
    project = reference.project if reference else old["project"] if old else ""
    if not project:
        raise errors.permission_denied(f"denied: requested access to the resource is denied: {name}")
    if project != context.project:
        where = reference.resource if reference else f"projects/{project}"
        raise errors.permission_denied(
            f'denied: Permission "artifactregistry.repositories.uploadArtifacts" denied on resource "{where}" '
            "(or it may not exist)"
        )
    if reference and context.store.get(KIND, reference.resource) is None:
        raise errors.not_found(f'name unknown: Repository "{reference.repository}" not found')


def find(name: str) -> Image | None:
    """Return the engine's image of this name, or None; an image here has its id as its digest."""
    _, _, digest = name.partition("@")
    try:
        return engine.client().images.get(digest or name)
    except ImageNotFound:
        return None


def in_repository(resource: str) -> list[tuple[str, Image, list[str]]]:
    """Return a repository's images: the name without tag, the engine's image, and its tags under this name."""
    _, project, _, location, _, repository = resource.split("/")
    prefix = f"{location}-docker.pkg.dev/{project}/{repository}/"
    by_image: dict[tuple[str, str], list[str]] = {}
    for listed in engine.client().api.images():
        for name, _, tag in (full.rpartition(":") for full in listed["RepoTags"] or [] if full.startswith(prefix)):
            by_image.setdefault((name, listed["Id"]), []).append(tag)
    found = []
    for (name, identifier), tags in sorted(by_image.items()):
        with suppress(ImageNotFound):  # it went while we looked
            found.append((name, engine.client().images.get(identifier), sorted(tags)))
    return found


def remove(name: str, tags: list[str]) -> None:
    """Remove an image's tags; containers that run it go on."""
    for tag in tags:
        engine.client().images.remove(f"{name}:{tag}", force=True)


def discard(name: str) -> None:
    """Remove an image's name, if there is one."""
    with suppress(ImageNotFound):
        engine.client().images.remove(name, force=True)
