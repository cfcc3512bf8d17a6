"""The base image of our services: pulled where a registry answers, else built from Debian's packages.

A classroom without internet, a company's network and CI behind a firewall often reach a Debian mirror but no registry
of images. There we build an image with the same name, system and Python version, and say so.
"""

import shutil
from pathlib import Path

from docker.errors import APIError, ImageNotFound
from filelock import FileLock

from deploykit import command_errors, engine, system
from deploykit.errors import KitError
from deploykit.paths import CACHE, CLONE_ID
from deploykit.shell import CommandError, run

NAME = "python:3.11-slim-bookworm"
PACKAGES = ["ca-certificates", "python3", "python3-venv"]
STAND_IN = "deploykit.stand-in"
"""Label of images that stand in for a registry's; its value says which clone made them, and removes them."""

UNREACHABLE = "No image registry answers, and the base image cannot be built here."
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
UNUSED_FILES = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*"]


def ensure() -> None:
    """Have the base image in the engine.

    Raises:
        KitError: no registry answers, and this machine cannot build the image from Debian's packages.
    """
    images = engine.client().images
    try:
        images.get(NAME)
        return
    except ImageNotFound:
        pass
    try:
        print(f"Pulling the base image {NAME}")
        images.pull(NAME)
    except (APIError, ImageNotFound):
        print("No image registry answers: the base image is made from Debian's packages instead (20 s, the first time)")
        import_tarball(tarball("python-3.11-slim-bookworm", PACKAGES, python_link=True), NAME)


def tarball(name: str, packages: list[str], *, python_link: bool = False) -> Path:
    """Return a root file system of Debian 12 with these packages, built by mmdebstrap and kept in the clone.

    The machine's own certificate authorities come along: behind a company's proxy pip and apt fail without them.
    """
    file = CACHE / f"{name}.tar"
    with turn(name):
        return file if file.exists() else _build(file, packages, python_link=python_link)


def import_tarball(file: Path, name: str) -> None:
    """Make an image of a root file system."""
    certificates = [f"ENV {variable}={CERTIFICATES}" for variable in ("SSL_CERT_FILE", "PIP_CERT")]
    repository, _, tag = name.partition(":")
    try:
        engine.client().api.import_image_from_file(
            str(file), repository=repository, tag=tag, changes=[f"LABEL {STAND_IN}={CLONE_ID}", *certificates]
        )
    except APIError as error:
        said = str(error.explanation)
        raise KitError(
            f"The Docker engine did not take {name}: {said}", command_errors.advice("docker", said)
        ) from None


def turn(name: str) -> FileLock:
    """Return the lock on something that is built once: who comes second waits for it, and finds it built."""
    CACHE.mkdir(parents=True, exist_ok=True)
    return FileLock(CACHE / f"{name}.lock")


def _build(file: Path, packages: list[str], *, python_link: bool) -> Path:
    if not system.may_install():
        raise KitError(UNREACHABLE, "Connect to the internet, or use Debian as root.")
    if not shutil.which("mmdebstrap"):
        system.install("mmdebstrap", why="building a base image without a registry")
    hooks = [f"--customize-hook=copy-in {CERTIFICATES} {CERTIFICATES.parent}"] if CERTIFICATES.exists() else []
    if python_link:
        hooks.append('--customize-hook=ln -s python3 "$1/usr/bin/python"')
    lean = [f"--dpkgopt=path-exclude={pattern}" for pattern in UNUSED_FILES]
    part = file.with_name(f"part-{file.name}")
    included = f"--include={','.join(packages)}"
    try:
        run(["mmdebstrap", "--variant=minbase", included, *lean, *hooks, "bookworm", str(part)], quiet=True)
    except CommandError as error:
        raise KitError(UNREACHABLE, error.hint) from None
    else:
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    return file
