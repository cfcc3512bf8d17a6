"""gunicorn's threaded worker, with an end that keeps nobody waiting."""

import signal

from gunicorn.workers.gthread import ThreadWorker


class Worker(ThreadWorker):
    """A worker that ends at once while it loads, and refuses new clients while it finishes what it began."""

    def load_wsgi(self) -> None:
        """Load the app. gunicorn's handler would answer SIGTERM only after that."""
        serving = signal.signal(signal.SIGTERM, signal.SIG_DFL)
        super().load_wsgi()
        signal.signal(signal.SIGTERM, serving)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Close the door when stopping. gunicorn leaves it open, and whoever comes in waits for nothing."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                listener.close()
