"""What the server imports: the function inside the application that functions-framework builds around it."""

import signal

# A worker inherits from granian a handler that ignores SIGTERM until the worker serves. While it loads, it may just end.
signal.signal(signal.SIGTERM, signal.SIG_DFL)

from functions_framework import create_app  # noqa: E402

app = create_app("predict_handler", "main.py")
