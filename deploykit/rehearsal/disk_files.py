"""The files that tell a machine who it is, written to its disk before it boots."""

import io
import json
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

from deploykit.base_image import CERTIFICATES

BOOT = "/usr/local/sbin/boot-machine"
FIREWALL = "/etc/machine/firewall"
SEED = "/var/lib/cloud/seed/nocloud"
UNITS = "/etc/systemd/system"
MASKED = [
    "apt-daily.timer", "apt-daily-upgrade.timer", "docker-registry.service", "e2scrub_reap.service",
    "sys-kernel-debug.mount", "sys-kernel-tracing.mount",
]  # fmt: skip
"""Units that would wait for the learner's apt, serve what nobody asked for, or show the host's kernel."""

BOOT_SCRIPT = """#!/bin/sh
# What a hypervisor does before the system starts. systemd writes to its control groups, which Docker mounts read-only.
for group in $(findmnt -rno TARGET -t cgroup,cgroup2); do mount -o remount,rw,bind "$group"; done
iptables-restore /etc/machine/firewall || exit 1
exec /sbin/init
"""
REGISTRY_SOCKET = """[Unit]
Description=The image registry, under the address that it has on the learner's computer
[Socket]
ListenStream=127.0.0.1:{port}
"""
REGISTRY_SERVICE = """[Unit]
Description=Forward to the image registry
[Service]
ExecStart=/lib/systemd/systemd-socket-proxyd {address}
"""


def cloud_init(name: str, *, user: str, user_data: bytes, public_keys: list[str]) -> dict[str, bytes]:
    """Return what cloud-init reads: the machine's name, its first user with their ssh keys, and the user data."""
    settings = {
        "datasource_list": ["NoCloud", "None"],
        "network": {"config": "disabled"},  # Docker has configured it
        "apt": {"preserve_sources_list": True},
        "locale": False,
        "ssh_genkeytypes": ["ed25519", "ecdsa"],
        "system_info": {"default_user": _administrator(user)},
    }
    meta_data = {"instance-id": name, "local-hostname": name, "public-keys": public_keys}
    return {
        "/etc/cloud/cloud.cfg.d/90_rehearsal.cfg": json.dumps(settings).encode(),
        f"{SEED}/meta-data": json.dumps(meta_data).encode(),
        f"{SEED}/user-data": user_data,
    }


def system(firewall: str) -> dict[str, bytes]:
    """Return the boot script, the first firewall, and this computer's certificate authorities (also a proxy's)."""
    files = {BOOT: BOOT_SCRIPT.encode(), FIREWALL: firewall.encode()}
    authorities = [os.environ.get("SSL_CERT_FILE"), os.environ.get("REQUESTS_CA_BUNDLE"), CERTIFICATES]
    found = next((Path(file) for file in authorities if file and Path(file).is_file()), None)
    return {**files, str(CERTIFICATES): found.read_bytes()} if found else files


def registry_forward(port: int, address: str) -> dict[str, bytes]:
    """Return the units by which 127.0.0.1:``port`` is the image registry inside the machine, too."""
    return {
        f"{UNITS}/image-registry.socket": REGISTRY_SOCKET.format(port=port).encode(),
        f"{UNITS}/image-registry.service": REGISTRY_SERVICE.format(address=address).encode(),
    }


def registry_link() -> dict[str, str]:
    """Return the link by which the forwarding starts at every boot."""
    return {f"{UNITS}/sockets.target.wants/image-registry.socket": f"{UNITS}/image-registry.socket"}


def masked() -> dict[str, str]:
    """Return the links that switch units off."""
    return {f"{UNITS}/{unit}": "/dev/null" for unit in MASKED}


def archive(files: Mapping[str, bytes], symlinks: Mapping[str, str] | None = None) -> bytes:
    """Pack files and links, by their absolute paths, for Docker to unpack in a container."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path.lstrip("/"))
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for path, target in (symlinks or {}).items():
            link = tarfile.TarInfo(path.lstrip("/"))
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
    return packed.getvalue()


def _administrator(user: str) -> dict:
    return {
        "name": user, "gecos": user, "shell": "/bin/bash", "lock_passwd": True, "groups": ["adm", "sudo"],
        "sudo": ["ALL=(ALL) NOPASSWD:ALL"],
    }  # fmt: skip
