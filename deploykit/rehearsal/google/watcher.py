"""Listens to the Docker engine, to learn when a container of a service ends by itself or wants more than its memory."""

import logging
import threading
import time
from collections.abc import Callable

import requests
from docker.errors import DockerException

from deploykit import engine, memory_limit
from deploykit.errors import KitError
from deploykit.paths import CLONE_ID
from deploykit.rehearsal.google.instances import REVISION, SERVICE

log = logging.getLogger("rehearsal")
Told = Callable[[str, str, str, str], None]
PAUSE_SECONDS = 1.0


def start(tell: Told, connected: Callable[[], None]) -> None:
    """Call ``tell(service, revision, container_id, what)`` for every end; ``what`` is the exit status, or "oom".

    Args:
        connected: called whenever the engine is listened to from now on; what ended before, nobody was told.
    """
    threading.Thread(target=_listen, args=(tell, connected), name="docker-events", daemon=True).start()


def _listen(tell: Told, connected: Callable[[], None]) -> None:
    while True:
        try:
            _listen_once(tell, connected)
        except (DockerException, KitError, requests.RequestException):
            pass  # the engine was silent for long, or restarts
        except Exception:
            log.exception("What the Docker engine told could not be used")
        time.sleep(PAUSE_SECONDS)


def _listen_once(tell: Told, connected: Callable[[], None]) -> None:
    """Listen until the engine breaks off, which a restart of it looks like as well as an error."""
    wanted = {"label": [f"deploykit={CLONE_ID}", SERVICE], "type": "container", "event": ["oom", "die"]}
    events = engine.client().events(decode=True, filters=wanted)
    connected()
    for event in events:
        about = event["Actor"]["Attributes"]
        tell(about[SERVICE], about[REVISION], event["Actor"]["ID"], _cause(event))


def _cause(event: dict) -> str:
    """Return what a container's end came from: "oom", or its exit status."""
    if event["Action"] == "oom":
        return "oom"
    status = event["Actor"]["Attributes"]["exitCode"]
    killed = int(status) == memory_limit.KILLED
    return "oom" if killed and memory_limit.was_exceeded(event["Actor"]["ID"], int(status)) else status
