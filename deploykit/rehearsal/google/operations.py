"""Long-running operations: what a request starts, and gcloud then asks after until it is done."""

import logging
import threading
import uuid
from collections.abc import Callable

from deploykit.errors import KitError
from deploykit.rehearsal.google import errors
from deploykit.rehearsal.google.errors import ApiError
from deploykit.rehearsal.google.store import Store

log = logging.getLogger("rehearsal")
KIND = "operation"
INTERRUPTED = {"code": 14, "message": "The rehearsal cloud was restarted meanwhile. Run the command again."}


class Progress:
    """Lets the work behind an operation say how far it is."""

    def __init__(self, store: Store, name: str):
        self._store, self._name = store, name

    def update(self, **metadata: object) -> None:
        """Change fields of the operation's metadata."""
        with self._store.change(KIND, self._name) as operation:
            operation["metadata"].update(metadata)


class Operations:
    """The operations of one cloud, in the shape of google.longrunning.Operation."""

    def __init__(self, store: Store):
        self._store = store

    def start(
        self, parent: str, work: Callable[[Progress], dict], *, metadata: dict | None = None, name: str = ""
    ) -> dict:
        """Begin work in a thread and return the operation, which is not done yet.

        Args:
            parent: what its name begins with, such as "projects/p/locations/r"; "" for "operations/…".
            work: returns the response (with its ``@type``), or raises ApiError or KitError: the operation then fails.
            name: the whole name, where an API wants one of its own.
        """
        name = name or f"{f'{parent}/' if parent else ''}operations/{uuid.uuid4()}"
        operation = {"name": name, "metadata": metadata or {}, "done": False}
        self._store.put(KIND, name, operation)
        threading.Thread(target=self._work, args=(name, work), name=name, daemon=True).start()
        return operation

    def done(self, parent: str, response: dict, *, metadata: dict | None = None) -> dict:
        """Return an operation that is done already."""
        name = f"{f'{parent}/' if parent else ''}operations/{uuid.uuid4()}"
        operation = {"name": name, "metadata": metadata or {}, "done": True, "response": response}
        self._store.put(KIND, name, operation)
        return operation

    def get(self, name: str) -> dict:
        """Return an operation.

        Raises:
            ApiError: there is none of this name.
        """
        operation = self._store.get(KIND, name)
        if operation is None:
            raise errors.not_found(f"operation '{name}' not found")
        return operation

    def list(self, parent: str) -> list[dict]:
        """Return the operations whose names begin with ``parent``, oldest first."""
        return [*self._store.list(KIND, f"{parent}/operations/").values()]

    def end_interrupted(self) -> None:
        """Let what a former server did not finish count as failed."""
        for name, operation in self._store.list(KIND).items():
            if not operation["done"]:
                self._store.put(KIND, name, {**operation, "done": True, "error": INTERRUPTED})

    def _work(self, name: str, work: Callable[[Progress], dict]) -> None:
        try:
            result = {"response": work(Progress(self._store, name))}
        except ApiError as error:
            result = {"error": error.operation_error()}
        except KitError as error:
            result = {"error": {"code": 13, "message": error.message}}
        except Exception as error:
            log.exception("The operation %s failed", name)
            result = {"error": {"code": 13, "message": f"The rehearsal cloud failed: {error!r}"}}
        with self._store.change(KIND, name) as operation:
            operation.update(result, done=True)
