"""Listens to the Docker engine, to learn when a container of a service ends by itself or wants more than its memory."""

import threading
import time
from collections.abc import Callable

import requests
from docker.errors import DockerException

from deploykit import engine
from deploykit.paths import CLONE_ID
from deploykit.rehearsal.google.instances import REVISION, SERVICE

Told = Callable[[str, str, str, str], None]


def start(tell: Told) -> None:
    """Call ``tell(service, revision, container_id, what)`` for every end; ``what`` is the exit status, or "oom"."""
    threading.Thread(target=_listen, args=(tell,), name="docker-events", daemon=True).start()


def _listen(tell: Told) -> None:
    wanted = {"label": [f"deploykit={CLONE_ID}", SERVICE], "type": "container", "event": ["oom", "die"]}
    while True:
        try:
            for event in engine.client().events(decode=True, filters=wanted):
                about = event["Actor"]["Attributes"]
                what = "oom" if event["Action"] == "oom" else about["exitCode"]
                tell(about[SERVICE], about[REVISION], event["Actor"]["ID"], what)
        except (DockerException, requests.RequestException):
            time.sleep(1)  # the engine was silent for long, or restarts
