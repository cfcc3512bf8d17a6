"""Artifact Registry: packages, versions and tags, in whose terms gcloud deletes an image."""

from docker.models.images import Image

from deploykit.rehearsal.google import errors, images
from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.services.artifactregistry import (
    EMPTY,
    MANIFEST,
    METADATA,
    require_repository,
    upload_time,
)

PACKAGES = "artifactregistry.projects.locations.repositories.packages"


@handles(f"{PACKAGES}.tags.get")
def get_tag(call: Call) -> dict:
    """Return a tag and the version that it names."""
    package, _, tag = call.params["name"].partition("/tags/")
    for image, tags in _versions(call, package):
        if tag in tags:
            return _tag(package, image, tag)
    raise errors.not_found("Requested entity was not found.")


@handles(f"{PACKAGES}.tags.list")
def list_tags(call: Call) -> dict:
    """Return an image's tags, all or one version's."""
    package = call.params["parent"]
    version = call.query.get("filter", "").removeprefix('version="').removesuffix('"').rpartition("/")[2]
    found = [
        _tag(package, image, tag)
        for image, tags in _versions(call, package)
        for tag in tags
        if not version or version == image.id
    ]
    return {"tags": found}


@handles(f"{PACKAGES}.tags.delete")
def delete_tag(call: Call) -> dict:
    """Delete a tag; the last one of a version takes the version with it here."""
    package, _, tag = call.params["name"].partition("/tags/")
    get_tag(call)
    images.remove(_name(package), [tag])
    return {}


@handles(f"{PACKAGES}.versions.list")
def list_versions(call: Call) -> dict:
    """Return an image's versions."""
    package = call.params["parent"]
    return {"versions": [_version(package, image, tags) for image, tags in _versions(call, package)]}


@handles(f"{PACKAGES}.versions.delete")
def delete_version(call: Call) -> dict:
    """Delete a version with its tags; it may be gone already, when its last tag was deleted before."""
    package, _, version = call.params["name"].partition("/versions/")
    for image, tags in _versions(call, package, may_be_empty=True):
        if image.id == version:
            images.remove(_name(package), tags)
    return _done(call, package)


@handles(f"{PACKAGES}.delete")
def delete_package(call: Call) -> dict:
    """Delete an image with all its versions."""
    package = call.params["name"]
    for _, tags in _versions(call, package):
        images.remove(_name(package), tags)
    return _done(call, package)


def _versions(call: Call, package: str, *, may_be_empty: bool = False) -> list[tuple[Image, list[str]]]:
    repository = require_repository(call, package.partition("/packages/")[0])["name"]
    name = _name(package)
    found = [(image, tags) for full, image, tags in images.in_repository(repository) if full == name]
    if not found and not may_be_empty:
        raise errors.not_found("Requested entity was not found.")
    return found


def _name(package: str) -> str:
    """Return the image's name in the registry; gcloud writes "/" in an image's name as "%2F"."""
    _, project, _, location, _, repository, _, image = package.split("/", 7)
    return f"{location}-docker.pkg.dev/{project}/{repository}/{image.replace('%2F', '/')}"


def _tag(package: str, image: Image, tag: str) -> dict:
    return {"name": f"{package}/tags/{tag}", "version": f"{package}/versions/{image.id}"}


def _version(package: str, image: Image, tags: list[str]) -> dict:
    uploaded = upload_time(image)
    return {
        "name": f"{package}/versions/{image.id}",
        "createTime": uploaded,
        "updateTime": uploaded,
        "relatedTags": [_tag(package, image, tag) for tag in tags],
        "metadata": {"imageSizeBytes": str(image.attrs["Size"]), "mediaType": MANIFEST},
    }


def _done(call: Call, package: str) -> dict:
    return call.context.operations.done(package.partition("/repositories/")[0], EMPTY, metadata=METADATA)
