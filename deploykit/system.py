"""The operating system: what may be installed on it, and how."""

import os
import shutil
import sys

from deploykit.errors import KitError
from deploykit.shell import run


def may_install() -> bool:
    """Tell whether the kit may install system packages: Debian or Ubuntu, as root, and not forbidden."""
    allowed = not os.environ.get("DEPLOYKIT_NO_SYSTEM")
    return allowed and shutil.which("apt-get") is not None and getattr(os, "geteuid", lambda: 1)() == 0


def install(*packages: str, why: str) -> None:
    """Install Debian packages and say so.

    Raises:
        KitError: this is no Debian or Ubuntu, we are not root, or ``DEPLOYKIT_NO_SYSTEM`` is set.
    """
    if not may_install():
        raise KitError(f"{why} needs {' and '.join(packages)}.", install_hint(*packages))
    print(f"Installing {', '.join(packages)} from the system's packages: {why} (DEPLOYKIT_NO_SYSTEM=1 forbids this)")
    quiet_apt = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get update", env=quiet_apt, quiet=True)
    run(["apt-get", "install", "--yes", "--no-install-recommends", *packages], env=quiet_apt, quiet=True)


def install_hint(*packages: str) -> str:
    """Return what to type on this system to get packages, by their Debian names."""
    if sys.platform == "linux" and shutil.which("apt-get"):
        return f"Type: sudo apt-get install {' '.join(packages)}"
    return f"Install {' and '.join(packages)} with your system's package manager."


def ensure_program(name: str, *, package: str, why: str) -> None:
    """Install a Debian package when its program is missing.

    Raises:
        KitError: it is missing and may not be installed.
    """
    if not shutil.which(name):
        install(package, why=why)
