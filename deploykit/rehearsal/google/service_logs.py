"""What deployed services log: their requests, what their containers write, and what the platform says of both."""

import json
from pathlib import Path
from urllib.parse import quote

from deploykit.rehearsal.google import instances
from deploykit.rehearsal.google.clock import now
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.start_errors import StartFailed


class ServiceLog:
    """The log of one service: a file with one JSON object on each line, and the output of containers that still run."""

    def __init__(self, context: Context, service: str):
        self._service = service
        self._file = _file(context, service)
        self._file.parent.mkdir(parents=True, exist_ok=True)

    def write(self, revision: str, **entry: object) -> None:
        """Add an entry; its fields are those of :func:`read`."""
        self._append([{"timestamp": now(), "severity": "INFO", "revision": revision, **entry}])

    def failed_start(self, revision: str, error: StartFailed) -> None:
        """Add what is known of an instance that did not start."""
        self.keep_output(revision, "", error.output)
        if error.event:
            self.write(revision, severity="ERROR", text=error.event, system=True)

    def keep_output(self, revision: str, instance: str, lines: list[tuple[str, str]]) -> None:
        """Add what a container wrote, before it is removed."""
        self._append(_entries(revision, instance, lines))

    def read(self, *, limit: int, since: str = "") -> list[dict]:
        """Return the newest entries first.

        Returns:
            objects with "timestamp", "severity", "revision", "instance", and either "text" (with "system": True where
            the platform speaks) or "request", an HttpRequest as Cloud Logging defines it.
        """
        lines = [line for line in self._kept() + self._of_containers() if line["timestamp"] >= since]
        unique = {(line["timestamp"], line.get("instance"), line.get("text")): line for line in lines}
        return sorted(unique.values(), key=lambda entry: entry["timestamp"], reverse=True)[:limit]

    def delete(self) -> None:
        """Forget all of it."""
        self._file.unlink(missing_ok=True)

    def _kept(self) -> list[dict]:
        if not self._file.exists():
            return []
        return [json.loads(line) for line in self._file.read_text(encoding="utf-8").splitlines()]

    def _of_containers(self) -> list[dict]:
        return [
            entry
            for revision, containers in instances.find(self._service).items()
            for container in containers
            for entry in _entries(revision, instances.short(container.id), instances.output(container.id))
        ]

    def _append(self, entries: list[dict]) -> None:
        # One write in append mode: several threads and this process's successor may write as well.
        with self._file.open("ab", buffering=0) as out:
            out.write(b"".join(json.dumps(entry).encode() + b"\n" for entry in entries))


def _file(context: Context, service: str) -> Path:
    return context.folder / "logs" / f"{quote(service, safe='')}.jsonl"


def _entries(revision: str, instance: str, lines: list[tuple[str, str]]) -> list[dict]:
    common = {"severity": "DEFAULT", "revision": revision, "instance": instance}
    return [{"timestamp": stamp, **common, "text": text} for stamp, text in lines]
