"""What the server imports: the app, and how to stop while it is still being loaded."""

import signal

# gunicorn's handler asks a worker to end once it serves. While it loads, it may just end.
serving = signal.signal(signal.SIGTERM, signal.SIG_DFL)

from app import app  # noqa: E402, F401

signal.signal(signal.SIGTERM, serving)
