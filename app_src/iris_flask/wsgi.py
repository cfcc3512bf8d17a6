"""What the server imports: the app, and how to stop while it is still being loaded."""

import signal

# A worker inherits from granian a handler that ignores SIGTERM until it serves. While it loads, it may just end.
signal.signal(signal.SIGTERM, signal.SIG_DFL)

from app import app  # noqa: E402, F401
