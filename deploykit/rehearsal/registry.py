"""The image registry: Debian's docker-registry in a container, with the same log-in as in the cloud."""

import bcrypt
import requests
import tenacity
from docker.errors import NotFound
from docker.models.containers import Container

from deploykit import engine, local_http
from deploykit.paths import CLONE_ID
from deploykit.rehearsal import disk_files, labels, machine_image, network

NAME = f"deploykit-{CLONE_ID}-registry"
PORT = 5000
USER = "AWS"
PASSWORD = "123456789012-auth-token"
"""What moto's ``ecr get-login-password`` answers; worth nothing outside this computer."""

PASSWORDS = "/etc/docker/registry/htpasswd"
REPOSITORIES = "/var/lib/docker-registry/docker/registry/v2/repositories"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"
STARTING_SECONDS = 20


def start() -> int:
    """Start the registry, if it does not run, and return its port on 127.0.0.1."""
    try:
        container = _container()
    except NotFound:
        container = _create()
    container.start()
    port, _ = addresses()
    _wait(port)
    return port


def addresses() -> tuple[int, str]:
    """Return the registry's port on 127.0.0.1, and its address (host:port) on the machines' network."""
    settings = _container().attrs["NetworkSettings"]
    host = settings["Networks"][network.NAME]["IPAddress"]
    return int(settings["Ports"][f"{PORT}/tcp"][0]["HostPort"]), f"{host}:{PORT}"


def manifests(repository: str) -> dict[str, requests.Response]:
    """Return the manifest of every tag in a repository."""
    tags = _get(f"{repository}/tags/list").json().get("tags") or []
    return {tag: _get(f"{repository}/manifests/{tag}") for tag in tags}


def delete(repository: str) -> None:
    """Delete a repository's images."""
    _container().exec_run(["rm", "-rf", f"{REPOSITORIES}/{repository}"])


def _create() -> Container:
    container = engine.client().containers.create(
        machine_image.ensure(),
        ["docker-registry", "serve", "/etc/docker/registry/config.yml"],
        name=NAME,
        labels=labels.of("aws"),
        network=network.ensure().name,
        ports={PORT: ("127.0.0.1", None)},
        environment={
            "REGISTRY_AUTH": "htpasswd",
            "REGISTRY_AUTH_HTPASSWD_REALM": "rehearsal",
            "REGISTRY_AUTH_HTPASSWD_PATH": PASSWORDS,
            "OTEL_TRACES_EXPORTER": "none",
        },
    )
    line = f"{USER}:{bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(rounds=4)).decode()}\n"
    container.put_archive("/", disk_files.archive({PASSWORDS: line.encode()}))
    return container


@tenacity.retry(stop=tenacity.stop_after_delay(STARTING_SECONDS), wait=tenacity.wait_fixed(0.1), reraise=True)
def _wait(port: int) -> None:
    local_http.get(f"http://127.0.0.1:{port}/v2/", timeout=2)


def _get(path: str) -> requests.Response:
    port, _ = addresses()
    url = f"http://127.0.0.1:{port}/v2/{path}"
    return local_http.get(url, auth=(USER, PASSWORD), headers={"Accept": MANIFEST}, timeout=10)


def _container() -> Container:
    return engine.client().containers.get(NAME)
