"""What to type when something is missing, on each of the systems that the kit runs on."""

import platform
import sys
from typing import NamedTuple

SYSTEMS = ("Debian, Ubuntu", "macOS", "Windows, inside WSL")


class Remedy(NamedTuple):
    """What to type on each of ``SYSTEMS``."""

    debian: str
    macos: str
    wsl: str


def _everywhere(command: str) -> Remedy:
    return Remedy(command, command, command)


ANOTHER_CLI = "curl https://sdk.cloud.google.com | bash && exec -l $SHELL"
UPDATED_CLI = (
    "gcloud components update; if apt installed it: sudo apt-get update && sudo apt-get install google-cloud-cli"
)

REMEDIES = {
    "environment": _everywhere("rm -rf .venv && python3 -m deploykit doctor"),
    "disk": Remedy(
        "docker system df, then: docker builder prune",
        "docker system df, then: docker builder prune; Docker Desktop's disk grows in its Settings, Resources",
        "docker system df, then: docker builder prune",
    ),
    "port": Remedy(
        "sudo ss --listening --tcp --numeric --processes",
        "sudo lsof -nP -iTCP -sTCP:LISTEN",
        "sudo ss --listening --tcp --numeric --processes; in PowerShell: Get-NetTCPConnection -State Listen",
    ),
    "install docker": Remedy(
        "sudo apt-get install docker.io && sudo usermod -aG docker $USER, then log in again",
        "brew install colima docker && colima start --memory 4 (or install Docker Desktop)",
        "sudo apt-get install docker.io && sudo usermod -aG docker $USER (or Docker Desktop, with its WSL integration)",
    ),
    "update docker": Remedy(
        "sudo apt-get update && sudo apt-get install docker.io",
        "brew upgrade colima docker && colima restart (or update Docker Desktop)",
        "sudo apt-get update && sudo apt-get install docker.io (or update Docker Desktop)",
    ),
    "start docker": Remedy(
        "sudo systemctl start docker",
        "colima start (or open Docker Desktop and wait until it says running)",
        "sudo service docker start (or open Docker Desktop and wait until it says running)",
    ),
    "permit docker": _everywhere("sudo usermod -aG docker $USER, then log in again"),
    "docker memory": Remedy(
        "free --human; end what you do not need, or take a machine with more memory",
        "colima stop && colima start --memory 4 (Docker Desktop: Settings, Resources)",
        r"write [wsl2] and memory=4GB into %UserProfile%\.wslconfig, then in PowerShell: wsl --shutdown",
    ),
    "base image": _everywhere("python3 -m deploykit engine"),
    "gcloud": _everywhere(ANOTHER_CLI),
    "update gcloud": Remedy(UPDATED_CLI, "gcloud components update", UPDATED_CLI),
    "aws": _everywhere("rm -rf .venv && python3 -m deploykit doctor"),
    "ssh": Remedy(
        "sudo apt-get install openssh-client",
        "xcode-select --install (macOS brings it: is /usr/bin in your PATH?)",
        "sudo apt-get install openssh-client",
    ),
    "browser": Remedy(
        "sudo apt-get install chromium (Ubuntu: sudo snap install chromium)",
        "brew install --cask google-chrome",
        "sudo apt-get install chromium (Ubuntu: sudo snap install chromium)",
    ),
}
"""What is to be done, by a short name of it."""


def here(name: str) -> str:
    """Return what to type on this computer; on a Linux of another family it is close to Debian's."""
    return REMEDIES[name][this_system()]


def this_system() -> int:
    """Return which of ``SYSTEMS`` this is."""
    if sys.platform == "darwin":
        return 1
    return 2 if sys.platform == "win32" or "microsoft" in platform.release().lower() else 0
