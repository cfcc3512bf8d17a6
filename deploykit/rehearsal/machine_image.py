"""The disk image of the rehearsal cloud's machines: Debian 12 with what a cloud's own Debian image has."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from docker.errors import APIError, ImageNotFound

from deploykit import base_image, engine
from deploykit.errors import KitError
from deploykit.paths import CACHE, CLONE_ID
from deploykit.rehearsal.labels import LABELS

NAME = f"deploykit-machine:{CLONE_ID}"
DEBIAN = "debian:12"
PACKAGES = [
    "ca-certificates", "cloud-init", "curl", "dbus", "docker-registry", "iproute2", "iptables", "openssh-server",
    "procps", "sudo", "systemd-sysv",
]  # fmt: skip
INSTALL = (
    "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "
    f"{' '.join(PACKAGES)} && apt-get clean && rm -rf /var/lib/apt/lists/* && "
    "rm -f /usr/sbin/policy-rc.d /etc/apt/apt.conf.d/docker-* /etc/dpkg/dpkg.cfg.d/docker-*"
)
"""The last line removes what keeps services from starting when they are installed: right in a container, not here."""


def ensure() -> str:
    """Have the image in the engine and return its name: built once (half a minute), then imported in 3 s.

    Raises:
        KitError: neither a registry nor a Debian mirror answers.
    """
    images = engine.client().images
    with base_image.turn("machine"):
        try:
            images.get(NAME)
        except ImageNotFound:
            repository, _, tag = NAME.partition(":")
            changes = [f"LABEL {key}={value}" for key, value in LABELS.items()]
            engine.client().api.import_image_from_file(str(_disk()), repository=repository, tag=tag, changes=changes)
    return NAME


def _disk() -> Path:
    """Return the root file system as a tarball; its name changes with the list of packages."""
    name = f"machine-{hashlib.sha256(INSTALL.encode()).hexdigest()[:8]}"
    file = CACHE / f"{name}.tar"
    if file.exists():
        return file
    print("Building the rehearsal cloud's Debian machine (once, about half a minute)")
    if not _has_debian():
        return base_image.tarball(name, PACKAGES)
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"part-{file.name}")
    try:
        with part.open("wb") as disk:
            for chunk in _installed(DEBIAN):
                disk.write(chunk)
        return part.rename(file)
    finally:
        part.unlink(missing_ok=True)


def _has_debian() -> bool:
    """Tell whether the engine has Debian's image or can pull it."""
    try:
        engine.client().images.pull(DEBIAN)
    except (APIError, ImageNotFound):
        return bool(engine.client().images.list(name=DEBIAN))
    return True


def _installed(image: str) -> Iterator[bytes]:
    """Install the packages on top of an image and give the file system that results."""
    container = engine.client().containers.create(image, ["sh", "-c", INSTALL], labels=LABELS)
    try:
        container.start()
        status = container.wait()["StatusCode"]
        if status:
            last = container.logs(tail=5).decode(errors="replace")
            raise KitError(
                f"Debian's packages could not be installed:\n{last}", "Is a Debian mirror reachable from containers?"
            )
        yield from container.export()
    finally:
        container.remove(force=True)
