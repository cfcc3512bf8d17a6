"""What the rehearsal cloud knows, kept on disk: a restarted server finds its resources again."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = "CREATE TABLE IF NOT EXISTS resources (kind TEXT, name TEXT, value TEXT, PRIMARY KEY (kind, name))"
WAIT_SECONDS = 10


class Store:
    """Resources by kind and name, each a JSON object; safe to use from several threads and processes."""

    def __init__(self, file: Path):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._connection = sqlite3.connect(file, timeout=WAIT_SECONDS, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute(SCHEMA)
        self._lock = threading.RLock()

    def get(self, kind: str, name: str) -> dict | None:
        """Return a resource, or None."""
        with self._lock:
            found = self._connection.execute(
                "SELECT value FROM resources WHERE kind = ? AND name = ?", (kind, name)
            ).fetchone()
        return json.loads(found[0]) if found else None

    def put(self, kind: str, name: str, value: dict) -> None:
        """Write a resource, new or not."""
        statement = (
            "INSERT INTO resources VALUES (?, ?, ?) ON CONFLICT (kind, name) DO UPDATE SET value = excluded.value"
        )
        with self._lock:
            self._connection.execute(statement, (kind, name, json.dumps(value)))

    def delete(self, kind: str, name: str) -> bool:
        """Remove a resource and tell whether there was one."""
        with self._lock:
            done = self._connection.execute("DELETE FROM resources WHERE kind = ? AND name = ?", (kind, name))
        return done.rowcount > 0

    def list(self, kind: str, prefix: str = "") -> dict[str, dict]:
        """Return the resources of a kind whose names begin with ``prefix``, by name, oldest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT name, value FROM resources WHERE kind = ? AND substr(name, 1, ?) = ? ORDER BY rowid",
                (kind, len(prefix), prefix),
            ).fetchall()
        return {name: json.loads(value) for name, value in rows}

    @contextmanager
    def change(self, kind: str, name: str) -> Iterator[dict]:
        """Give a resource to be changed and write it back; nobody else changes it meanwhile.

        Raises:
            KeyError: there is none.
        """
        with self.transaction():
            value = self.get(kind, name)
            if value is None:
                raise KeyError(f"{kind} {name}")
            yield value
            self.put(kind, name, value)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the store, for "look, then write": all of it happens or, on an exception, none of it."""
        with self._lock:
            if self._connection.in_transaction:  # an outer one of this thread decides
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
