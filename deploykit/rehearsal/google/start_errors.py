"""Why an instance did not start, in Google's words."""

from deploykit.rehearsal.google.errors import ApiError
from deploykit.rehearsal.google.revision import Revision

MEMORY_LIMITS = "https://cloud.google.com/run/docs/configuring/memory-limits"
TROUBLESHOOTING = "https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start"


class StartFailed(ApiError):
    """An instance that did not start.

    Attributes:
        event: what the platform writes to the service's log, or "".
        output: what the container had written: the time of each line, and the line.
    """

    def __init__(self, revision: Revision, why: str, *, event: str = ""):
        super().__init__(
            400, "FAILED_PRECONDITION", f"Revision '{revision.name}' is not ready and cannot serve traffic. {why}"
        )
        self.event = event
        self.output: list[tuple[str, str]] = []


def image_not_found(revision: Revision) -> StartFailed:
    """Say that there is no such image."""
    return StartFailed(revision, f"Image '{revision.image}' not found.")


def other_processor(revision: Revision) -> StartFailed:
    """Say that the image was built for a processor that the platform does not have."""
    return StartFailed(
        revision,
        f"Cloud Run does not support image '{revision.image}': Container manifest type "
        "'application/vnd.docker.distribution.manifest.v2+json' must support amd64/linux.",
    )


def not_listening(revision: Revision, event: str = "") -> StartFailed:
    """Say that the container ended, or did not listen where it has to within its time."""
    return StartFailed(
        revision,
        "The user-provided container failed to start and listen on the port defined provided by the "
        f"PORT={revision.port} environment variable within the allocated timeout. This can happen when the container "
        "port is misconfigured or if the timeout is too short. The health check timeout can be extended. Logs for this "
        "revision might contain more information.\n\nFor more troubleshooting guidance, see "
        f"{TROUBLESHOOTING}",
        event=event or f"Default STARTUP TCP probe failed 1 time consecutively for container on port {revision.port}.",
    )


def out_of_memory(revision: Revision) -> StartFailed:
    """Say that the container was killed for want of memory."""
    event = memory_exceeded(revision)
    return StartFailed(revision, event, event=event)


def memory_exceeded(revision: Revision) -> str:
    """Return what the log says of an instance that was killed for want of memory."""
    return (
        f"Memory limit of {revision.memory_mib} MiB exceeded with {revision.memory_mib} MiB used. "
        f"Consider increasing the memory limit, see {MEMORY_LIMITS}"
    )
