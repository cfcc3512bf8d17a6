"""The instances of one revision: which one answers a request, when one is added, and when one is removed."""

import asyncio
import logging
import math
import threading
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.concurrency import run_in_threadpool

from deploykit.rehearsal.google import instances
from deploykit.rehearsal.google.instances import Instance
from deploykit.rehearsal.google.revision import Revision
from deploykit.rehearsal.google.service_logs import ServiceLog
from deploykit.rehearsal.google.start_errors import StartFailed, memory_exceeded

log = logging.getLogger("rehearsal")
OUT_OF_MEMORY = "oom"
IDLE_SECONDS = 15
"""An instance without requests is removed after so long; Cloud Run keeps one up to 15 minutes."""

QUEUE_SECONDS = 10
"""A request waits so long for a place when no instance can be added; Cloud Run does so too."""

AUTOSCALING = (
    "Starting new instance. Reason: AUTOSCALING - Instance started due to traffic being routed to the revision (for "
    "example, new connection or insufficient capacity)."
)
MIN_INSTANCES = "Starting new instance. Reason: MIN_INSTANCE_COUNT - Instance started to meet the minimum."


class Full(Exception):
    """Every instance that may run has all the requests that it takes."""


class Pool:
    """The instances of one revision; but for its making, it belongs to the server's event loop.

    Attributes:
        floor: how many instances stay without requests.
        stopped: set when none may run.
    """

    def __init__(self, service: str, revision: Revision, log: ServiceLog):
        self.service, self.revision, self.log = service, revision, log
        self.instances: list[Instance] = []
        self.floor = 0
        self.stopped = threading.Event()
        self._starting: set[asyncio.Task] = set()
        self._ending: set[asyncio.Task] = set()
        self._lost: dict[str, str] = {}
        self._queue: deque[asyncio.Future[Instance]] = deque()

    @asynccontextmanager
    async def instance(self) -> AsyncIterator[Instance]:
        """Give a place at an instance; wait for one, and add an instance, when there is none.

        Raises:
            Full: there was none in time.
            StartFailed: the instance that was added did not start.
        """
        taken = await self._take()
        try:
            yield taken
        finally:
            taken.in_flight -= 1
            taken.idle_since = time.monotonic()
            self._serve_queue()

    def add(self, instance: Instance) -> None:
        """Let an instance answer requests."""
        self.instances.append(instance)
        if instance.id in self._lost:  # it listened, and ended before we got here
            self.lose(instance.id, self._lost[instance.id])
        self._serve_queue()

    def lose(self, container_id: str, what: str) -> None:
        """Note that a container ended: by itself (``what`` is its exit status, or "oom"), or because it had to."""
        self._lost[container_id] = what
        for instance in [found for found in self.instances if found.id == container_id]:
            self.instances.remove(instance)
            text = memory_exceeded(self.revision) if what == OUT_OF_MEMORY else f"Container called exit({what})."
            self.log.write(self.revision.name, severity="ERROR", instance=instance.name, text=text, system=True)
            self._end(instance)

    def tend(self) -> None:
        """Remove instances that are idle and not needed, and start those that have to be there; called every second."""
        oldest = time.monotonic() - IDLE_SECONDS
        idle = [found for found in self.instances if not found.in_flight and found.idle_since < oldest]
        for instance in idle[: max(0, len(self.instances) - self.floor)]:
            self.instances.remove(instance)
            self._end(instance)
        self._grow_to(self.floor, MIN_INSTANCES)

    async def close(self) -> None:
        """End all instances, also those that are starting."""
        self.stopped.set()
        ended, self.instances = self.instances, []
        removals = [run_in_threadpool(self._remove, instance) for instance in ended]
        outcomes = await asyncio.gather(*removals, *self._starting, *self._ending, return_exceptions=True)
        for error in [outcome for outcome in outcomes if isinstance(outcome, Exception)]:
            log.error("An instance of %s could not be ended", self.revision.name, exc_info=error)

    async def _take(self) -> Instance:
        free = None if self._queue else self._free()
        if free:
            free.in_flight += 1
            return free
        place = asyncio.get_running_loop().create_future()
        self._queue.append(place)
        in_flight = sum(found.in_flight for found in self.instances)
        try:
            self._grow_to(math.ceil((in_flight + len(self._queue)) / self.revision.concurrency), AUTOSCALING)
            # Its container is created before the time that it has to start begins to count.
            starting = self.revision.startup_seconds if self._starting else 0
            return await asyncio.wait_for(place, starting + QUEUE_SECONDS)
        except TimeoutError:
            raise Full from None
        finally:
            if place in self._queue:
                self._queue.remove(place)

    def _free(self) -> Instance | None:
        """Return the instance with the fewest requests that takes one more."""
        least = min(self.instances, key=lambda found: found.in_flight, default=None)
        return least if least and least.in_flight < self.revision.concurrency else None

    def _serve_queue(self) -> None:
        while self._queue and (free := self._free()):
            place = self._queue.popleft()
            if not place.done():
                free.in_flight += 1
                place.set_result(free)

    def _grow_to(self, wanted: int, reason: str) -> None:
        wanted = 0 if self.stopped.is_set() else min(wanted, self.revision.max_instances)
        for _ in range(wanted - len(self.instances) - len(self._starting)):
            self.log.write(self.revision.name, text=reason, system=True)
            task = asyncio.get_running_loop().create_task(self._start())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _start(self) -> None:
        try:
            instance = await run_in_threadpool(instances.start, self.service, self.revision, self.stopped)
        except StartFailed as error:
            self._refuse_queue(error)
            self.log.failed_start(self.revision.name, error)
        except Exception as error:
            log.exception("An instance of %s could not be started", self.revision.name)
            why = f"The rehearsal cloud failed to start an instance: {error!r}"
            self._refuse_queue(StartFailed(self.revision, why))
            self.log.write(self.revision.name, severity="ERROR", text=why, system=True)
        else:
            self.add(instance)
            if self.stopped.is_set() and instance in self.instances:
                self.instances.remove(instance)
                self._end(instance)

    def _refuse_queue(self, error: StartFailed) -> None:
        while self._queue and not self.instances:
            place = self._queue.popleft()
            if not place.done():
                place.set_exception(error)

    def _end(self, instance: Instance) -> None:
        task = asyncio.get_running_loop().create_task(run_in_threadpool(self._remove, instance))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def _remove(self, instance: Instance) -> None:
        try:
            instances.stop(instance.id)
            self.log.keep_output(self.revision.name, instance.name, instances.output(instance.id))
        finally:
            instances.remove(instance.id)
