"""Run notebooks on a Dask cluster: each in a worker process of :mod:`deploykit.worker`, on whichever machine is free.

The machines share this clone through their file system, at the same path, and have its environment: what one notebook
writes, the next one reads. https://distributed.dask.org says how clusters are started, and how TLS keeps strangers
out: whoever reaches a scheduler without it can run code on its workers.
"""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from distributed import Client, KilledWorker, get_worker
from distributed.utils import TimeoutError as NoAnswer

from deploykit.errors import KitError
from deploykit.paths import ROOT, STATE
from deploykit.worker import Job, Workers

CONNECT_SECONDS = 10

_running: dict[str, Workers] = {}
"""On a machine of the cluster: the worker processes of each chain."""


class Cluster:
    """Stands in for :class:`deploykit.worker.Workers`, with the machines of a Dask cluster behind it."""

    def __init__(self, address: str):
        """Reach the cluster.

        Args:
            address: the scheduler's, such as "tcp://10.0.0.7:8786".

        Raises:
            KitError: nothing answers there, the cluster has no workers, or they do not see this folder.
        """
        self.stopped = False
        self._chain = uuid.uuid4().hex
        self._listeners: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._client = _connect(address)
        try:
            self._refuse_without_workers(address)
            self._refuse_strangers()
        except BaseException:
            self._client.close()
            raise
        self._client.subscribe_topic(self._chain, self._hear)

    @property
    def slots(self) -> int:
        """How many notebooks can run at once."""
        return sum(self._client.nthreads().values())

    def run(self, job: Job, on_event: Callable[[dict[str, Any]], None]) -> int:
        """Run a notebook on the cluster, hand on what it says, and return its exit status (0: all cells passed)."""
        if self.stopped:
            raise KeyboardInterrupt
        self._listeners[str(job.output)] = on_event
        future = self._client.submit(run_here, job.model_dump_json(), self._chain, pure=False)
        try:
            status, told = future.result()
        except KilledWorker:
            return _say_lost(on_event)
        on_event(told)  # what was said on the way may still be on its way
        return status

    def stop(self) -> None:
        """End all of this chain's notebooks, and let no new one begin."""
        self.stopped = True
        self._client.run(stop_here, self._chain)

    def close(self) -> None:
        """Leave the cluster; it goes on without us."""
        self._client.close()

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        _, message = event
        self._listeners[message["job"]](message["event"])

    def _refuse_without_workers(self, address: str) -> None:
        if not self.slots:
            raise KitError(
                f"The cluster at {address} has no workers.",
                f"Type on each machine, in this folder: .venv/bin/dask worker {address}",
            )

    def _refuse_strangers(self) -> None:
        marker = STATE / f"cluster-{self._chain}"
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
        try:
            sees = self._client.run(Path.exists, marker)
        finally:
            marker.unlink()
        if blind := sorted(worker for worker, seen in sees.items() if not seen):
            raise KitError(
                f"These workers do not see this folder: {', '.join(blind)}.",
                f"Share {ROOT.name} between the machines, at the same path, and start the workers in it.",
            )


def run_here(job: str, chain: str) -> tuple[int, dict[str, Any]]:
    """Run a job on a machine of the cluster; return its exit status and, taken together, what it said."""
    parsed, told = Job.model_validate_json(job), {}

    def listen(event: dict[str, Any]) -> None:
        told.update(event)
        get_worker().log_event(chain, {"job": str(parsed.output), "event": event})

    return _running.setdefault(chain, Workers()).run(parsed, listen), told


def stop_here(chain: str) -> None:
    """End the jobs of a chain on a machine of the cluster."""
    _running.setdefault(chain, Workers()).stop()


def _connect(address: str) -> Client:
    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, NoAnswer) as error:
        raise KitError(
            f"No Dask scheduler answers at {address}: {error}",
            "Type on one machine: .venv/bin/dask scheduler, and use the address that it prints.",
        ) from None


def _say_lost(on_event: Callable[[dict[str, Any]], None]) -> int:
    failure = {"number": 0, "heading": "", "source": "", "traceback": ""}
    on_event({"failure": {**failure, "error": "The machines on which it ran were lost, one after the other."}})
    return 1
