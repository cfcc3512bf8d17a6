"""The rehearsal cloud: AWS on this computer, with real machines, a real image registry and no account.

The vendor's own ``aws`` command talks to a local server; an instance is a Debian container booted with systemd.
"""

from filelock import FileLock

from deploykit import engine, ledger
from deploykit.paths import STATE
from deploykit.rehearsal import labels, network, process, registry
from deploykit.rehearsal.process import Cloud

__all__ = ["Cloud", "running", "start", "stop"]


def start() -> Cloud:
    """Start the rehearsal cloud, if it does not run, and say where it answers.

    Raises:
        KitError: there is no Docker engine, the machine image could not be built, or the server did not come up.
    """
    with _lock():
        cloud = running()
        if cloud:
            return cloud
        _clear()  # what a server left that was killed: its machines are nobody's now
        return process.start(
            registry=f"127.0.0.1:{registry.start()}", my_address=network.gateway(), subnet=network.subnet()
        )


def running() -> Cloud | None:
    """Return the rehearsal cloud of this clone, or None when it does not run."""
    cloud = process.read()
    return cloud if cloud and process.is_alive(cloud.process) else None


def stop() -> None:
    """End the rehearsal cloud with all that is in it; safe to repeat, also after its server was killed."""
    with _lock():
        _clear()


def _clear() -> None:
    cloud = process.read()
    process.end()
    if not engine.missing():
        labels.remove_labelled()
        if cloud:
            labels.remove_pushed_images(cloud.registry)
    for entry in ledger.entries(where="rehearsal"):
        ledger.remove(entry.name)  # it went with the cloud


def _lock() -> FileLock:
    folder = STATE / "rehearsal"
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / "lock")
