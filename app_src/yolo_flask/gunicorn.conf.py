"""How gunicorn starts: one process loads the model, and the workers that it becomes share its memory."""

import signal
import sys

preload_app = True

# While it loads, gunicorn does not listen to signals yet, and process 1 of a container is not ended by one it ignores.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
