"""ECR: every repository that moto records lies in a registry that runs."""

from functools import partial
from typing import Any

from moto.ecr.models import ECRBackend, Image, Repository

from deploykit.rehearsal import registry
from deploykit.rehearsal.aws import hooks


def install(address: str) -> None:
    """Put the registry at ``address`` (host:port) behind moto's repositories."""
    hooks.after(Repository, "__init__", partial(_set_uri, address))
    for reader in ("list_images", "describe_images", "delete_repository"):
        hooks.before(ECRBackend, reader, _read_images)
    hooks.after(ECRBackend, "delete_repository", _delete_images)


def _set_uri(address: str, repository: Repository, *_args: Any, **_kwargs: Any) -> None:
    repository.uri = f"{address}/{repository.name}"


def _read_images(backend: ECRBackend, repository_name: str, *_args: Any, **_kwargs: Any) -> None:
    """Copy what was pushed to the registry into moto's records, one image for each digest."""
    if repository_name not in backend.repositories:
        return  # moto says so
    images: dict[str, Image] = {}
    for tag, manifest in registry.manifests(repository_name).items():
        digest, media_type = manifest.headers["Docker-Content-Digest"], manifest.headers["Content-Type"]
        if digest in images:
            images[digest].image_tags.append(tag)
        else:
            images[digest] = Image(backend.account_id, tag, manifest.text, repository_name, media_type, digest)
    backend.repositories[repository_name].images = list(images.values())


def _delete_images(_backend: ECRBackend, repository_name: str, *_args: Any, **_kwargs: Any) -> None:
    registry.delete(repository_name)
