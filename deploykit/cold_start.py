"""Cold start: how long a service takes from ``docker run`` to its first answer."""

import time
import uuid

from deploykit import containers, engine, ledger, reserve
from deploykit.paths import CLONE_ID
from deploykit.service import free_port

POLL_SECONDS = 0.01
READY_SECONDS = 60


def measure(image: str, *, rounds: int = 3) -> list[float]:
    """Return the seconds that ``rounds`` new containers took, one after another, until /health/ready answered.

    Raises:
        KitError: there is no such image, or it is another clone's.
        ServiceError: a container ended, or was not ready in a minute.
    """
    reserve.require_ours(image)
    return [_once(image) for _ in range(rounds)]


def _once(image: str) -> float:
    name, port = f"cold-start-{CLONE_ID}-{uuid.uuid4().hex[:8]}", free_port()
    ledger.add(name, "container", undo=f"docker rm --force {name}")
    try:
        began = time.monotonic()
        container = engine.client().containers.create(
            image, name=name, ports={"8080/tcp": ("127.0.0.1", port)}, read_only=True, cap_drop=["ALL"]
        )
        container.start()
        containers.wait_for(name, f"http://127.0.0.1:{port}", timeout=READY_SECONDS, pause=POLL_SECONDS)
        return time.monotonic() - began
    finally:
        ledger.undo(name, quiet=True)
