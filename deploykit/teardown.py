"""Remove everything that the kit created and that is still there; safe to repeat."""

import requests
from docker.errors import DockerException

from deploykit import containers, engine, ledger, rehearsal
from deploykit.errors import KitError


def teardown(*, engine_too: bool = False) -> list[str]:
    """Undo the ledger, newest first, end the rehearsal cloud, and remove our images.

    Args:
        engine_too: stop the Docker engine as well, if the kit started it.

    Returns:
        one line for each resource that could not be removed; these stay in the ledger.
    """
    failures = ledger.undo_all(where="cloud")
    failures += _end_rehearsal()
    failures += ledger.undo_all(where="local", keep=engine.LEDGER_NAME)
    if not engine.missing():
        containers.remove_images()
    if engine_too and any(entry.name == engine.LEDGER_NAME for entry in ledger.entries()):
        ledger.undo(engine.LEDGER_NAME)
        engine.connection.cache_clear()
    return failures


def _end_rehearsal() -> list[str]:
    try:
        rehearsal.stop()
    except (KitError, DockerException, requests.RequestException) as error:
        return [f"the rehearsal cloud: {error}"]
    return []
