"""The machine that the tests share, asked with gcloud."""

import socket
from collections.abc import Callable

import tenacity

from deploykit.shell import run
from tests.rehearsal.conftest import text

ZONE = "--zone=us-central1-a"


def field(name: str, instance: str = "one") -> str:
    """Return a field of an instance."""
    return text(f"gcloud compute instances describe {instance} {ZONE} --format=value({name})")


def address(instance: str = "one") -> str:
    return field("networkInterfaces[0].accessConfigs[0].natIP", instance)


def inside(command: str, user: str = "learner") -> str:
    """Return what a command in the machine printed."""
    return text(["gcloud", "compute", "ssh", f"{user}@one", ZONE, f"--command={command}"])


def console() -> str:
    return run(f"gcloud compute instances get-serial-port-output one {ZONE}", quiet=True).stdout


@tenacity.retry(stop=tenacity.stop_after_delay(40), wait=tenacity.wait_fixed(0.5), reraise=True)
def eventually(holds: Callable[[], bool]) -> None:
    assert holds()


def is_open(port: int, instance: str = "one") -> bool:
    """Tell whether a port answers; a closed one must stay silent, not refuse."""
    try:
        socket.create_connection((address(instance), port), timeout=1).close()
    except TimeoutError:
        return False
    return True
