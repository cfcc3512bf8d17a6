"""Artifact Registry: repositories of container images."""

import re

from docker.models.images import Image

from deploykit.rehearsal.google import errors, images, policies
from deploykit.rehearsal.google.api import Call, handles
from deploykit.rehearsal.google.clock import now
from deploykit.rehearsal.google.context import REGIONS, Context

API = "artifactregistry.googleapis.com"
TYPE = "type.googleapis.com/google.devtools.artifactregistry.v1."
METADATA = {"@type": f"{TYPE}OperationMetadata"}
EMPTY = {"@type": "type.googleapis.com/google.protobuf.Empty"}
KIND = images.KIND
LOCATIONS = (*REGIONS, "asia", "europe", "us")
REPOSITORY_ID = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@handles("artifactregistry.projects.locations.list")
def list_locations(call: Call) -> dict:
    """Return the places in which repositories can be."""
    project = _project(call, call.params["name"])
    return {"locations": [{"name": f"projects/{project}/locations/{name}", "locationId": name} for name in LOCATIONS]}


@handles("artifactregistry.projects.locations.repositories.create")
def create(call: Call) -> dict:
    """Create a repository."""
    parent, identifier = call.params["parent"], call.query.get("repositoryId", "")
    location = _location(call, parent)
    if not REPOSITORY_ID.fullmatch(identifier):
        raise errors.invalid(
            f'invalid repository id "{identifier}": must start with a letter, hold only lowercase letters, digits and '
            "hyphens, not end with a hyphen, and have at most 63 characters"
        )
    if call.body.get("format") != "DOCKER":
        raise errors.not_rehearsed(f"A repository of the format {call.body.get('format')}")
    name = f"{parent}/repositories/{identifier}"
    moment = now()
    repository = {
        **call.body, "name": name, "mode": "STANDARD_REPOSITORY", "createTime": moment, "updateTime": moment,
        "registryUri": f"{location}-docker.pkg.dev/{call.context.project}/{identifier}",
    }  # fmt: skip
    with call.context.store.transaction():
        if call.context.store.get(KIND, name):
            raise errors.already_exists("the repository already exists")
        call.context.store.put(KIND, name, repository)
    return call.context.operations.done(parent, {"@type": f"{TYPE}Repository", **repository}, metadata=METADATA)


@handles("artifactregistry.projects.locations.repositories.get")
def get(call: Call) -> dict:
    """Return a repository and how much it holds."""
    repository = require_repository(call, call.params["name"])
    size = sum(image.attrs["Size"] for _, image, _ in images.in_repository(repository["name"]))
    return {**repository, "sizeBytes": str(size)}


@handles("artifactregistry.projects.locations.repositories.list")
def list_repositories(call: Call) -> dict:
    """Return the repositories in one place."""
    _location(call, call.params["parent"])
    return {"repositories": list(call.context.store.list(KIND, f"{call.params['parent']}/repositories/").values())}


@handles("artifactregistry.projects.locations.repositories.delete")
def delete(call: Call) -> dict:
    """Delete a repository with its images."""
    name = require_repository(call, call.params["name"])["name"]
    for image, _, tags in images.in_repository(name):
        images.remove(image, tags)
    call.context.store.delete(KIND, name)
    policies.delete(call.context, name)
    return call.context.operations.done(name.rpartition("/repositories/")[0], EMPTY, metadata=METADATA)


@handles("artifactregistry.projects.locations.operations.get")
def get_operation(call: Call) -> dict:
    """Return an operation."""
    return call.context.operations.get(call.params["name"])


@handles("artifactregistry.projects.locations.repositories.getIamPolicy")
def get_policy(call: Call) -> dict:
    """Return who may do what with a repository."""
    return policies.get(call.context, require_repository(call, call.params["resource"])["name"])


@handles("artifactregistry.projects.locations.repositories.setIamPolicy")
def set_policy(call: Call) -> dict:
    """Say who may do what with a repository."""
    return policies.put(call.context, require_repository(call, call.params["resource"])["name"], call.body["policy"])


@handles("artifactregistry.projects.locations.repositories.dockerImages.list")
def list_images(call: Call) -> dict:
    """Return a repository's images."""
    name = require_repository(call, call.params["parent"])["name"]
    return {"dockerImages": [_image(name, *found) for found in images.in_repository(name)]}


def ensure_repository(context: Context, location: str, identifier: str) -> None:
    """Have a repository that one of Google's products makes for itself."""
    name = f"projects/{context.project}/locations/{location}/repositories/{identifier}"
    moment = now()
    repository = {
        "name": name, "format": "DOCKER", "mode": "STANDARD_REPOSITORY", "createTime": moment, "updateTime": moment,
        "registryUri": f"{location}-docker.pkg.dev/{context.project}/{identifier}",
    }  # fmt: skip
    with context.store.transaction():
        if context.store.get(KIND, name) is None:
            context.store.put(KIND, name, repository)


def require_repository(call: Call, name: str) -> dict:
    """Return a repository.

    Raises:
        ApiError: there is none, or it is out of reach.
    """
    _location(call, name)
    repository = call.context.store.get(KIND, name)
    if repository is None:
        raise errors.not_found("Requested entity was not found.")
    return repository


def upload_time(image: Image) -> str:
    """Return when an image got its name."""
    return image.attrs["Metadata"]["LastTagTime"].partition(".")[0] + "Z"


def _image(repository: str, name: str, image: Image, tags: list[str]) -> dict:
    uploaded = upload_time(image)
    short = name.split("/", 3)[3]
    return {
        "name": f"{repository}/dockerImages/{short}@{image.id}",
        "uri": f"{name}@{image.id}",
        "tags": tags,
        "imageSizeBytes": str(image.attrs["Size"]),
        "uploadTime": uploaded,
        "updateTime": uploaded,
        "buildTime": image.attrs["Created"],
        "mediaType": MANIFEST,
    }


def _project(call: Call, name: str) -> str:
    project = name.split("/")[1]
    call.context.require_project(project)
    call.context.require_api(API)
    return project


def _location(call: Call, parent: str) -> str:
    _project(call, parent)
    location = parent.split("/")[3]
    if location not in LOCATIONS:
        call.context.require_region(location)
    return location
