"""How gunicorn starts: one process loads the model, and the workers that it becomes share its memory."""

import os
import signal
import sys
from typing import Any

ENDING = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}

preload_app = True

# While it loads, gunicorn does not listen to signals yet, and process 1 of a container is not ended by one it ignores.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def pre_fork(_server: Any, _worker: Any) -> None:
    """Hold signals back: until a worker listens to its own, it would take them for its parent's, and forget them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)


def post_worker_init(_worker: Any) -> None:
    """Take what was held back: the worker listens now."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


# gunicorn has no hook for the parent after the fork.
os.register_at_fork(after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING))
