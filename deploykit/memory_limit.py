"""Memory limits of containers: tell whether the kernel killed what went over one."""

import time

from deploykit import engine

KILLED = 137
"""The exit status of a container whose first process got SIGKILL: 128 + 9."""


def was_exceeded(container_id: str, status: int) -> bool:
    """Tell whether the kernel killed a process of a container, which itself may live on without it.

    The engine tells of it in an event, and now and then misses it when the container ends at once (with Docker 20.10
    on a busy computer 2 times of 40). A SIGKILL that nobody asked the engine for came from the kernel as well.

    Args:
        status: the container's exit status, 0 while it runs.
    """
    about = {"container": container_id, "event": ["oom", "kill"]}
    found = engine.client().events(since=0, until=int(time.time()) + 1, decode=True, filters=about)
    told = {event["Action"] for event in found}
    return "oom" in told or (status == KILLED and "kill" not in told)
