"""A build's log: an object of Cloud Storage that grows while the build runs, and that gcloud follows."""

import threading
from typing import Self

from deploykit.rehearsal.google import objects
from deploykit.rehearsal.google.context import Context


def bucket_of(context: Context) -> str:
    """Return the bucket that holds the logs of builds which name none."""
    return f"{context.number}.cloudbuild-logs.googleusercontent.com"


class BuildLog:
    """Writes a log, line by line."""

    def __init__(self, context: Context, build: dict):
        self._context = context
        # App Engine gives the bucket without "gs://".
        self._bucket, _, folder = build["logsBucket"].removeprefix("gs://").partition("/")
        self._name = f"{folder}/log-{build['id']}.txt".removeprefix("/")
        self._lock = threading.Lock()
        self.path = objects.path(context, self._bucket, self._name)

    def __enter__(self) -> Self:
        """Begin the log."""
        objects.put(self._context, self._bucket, self._name, b"", content_type="text/plain")
        self._file = self.path.open("ab", buffering=0)
        return self

    def __exit__(self, *exception: object) -> None:
        """End the log."""
        self._file.close()
        objects.refresh(self._context, self._bucket, self._name, content_type="text/plain")

    def write(self, line: str = "") -> None:
        """Add a line."""
        with self._lock:
            self._file.write(line.encode(errors="replace") + b"\n")
