"""A revision: one version of a deployed container, with all that it needs to run."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Revision:
    """One version of a deployed container; it never changes.

    Attributes:
        name: unique within the service, such as "ner-app-00001-abc".
        image: its full name with a tag or a digest (the id of an image of the local engine).
        port: where the container has to listen; it gets it as the variable PORT.
        cpus: virtual processors; limited to those of this computer.
        memory_mib: what it may use; beyond that it is killed.
        concurrency: requests at once per instance, before another one is started.
        startup_seconds: how long it may take until it listens.
        timeout_seconds: how long a request may take.
        command, args: replace the image's entry point and command.
        ready_path: what has to answer 200 before the instance gets requests; "" when it is enough that it listens.
    """

    name: str
    image: str
    port: int = 8080
    env: Mapping[str, str] = field(default_factory=dict)
    cpus: float = 1.0
    memory_mib: int = 512
    concurrency: int = 80
    min_instances: int = 0
    max_instances: int = 3
    startup_seconds: float = 240.0
    timeout_seconds: float = 300.0
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    ready_path: str = ""
