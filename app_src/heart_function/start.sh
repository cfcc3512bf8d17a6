#!/bin/sh
# The one command that runs this service: in the notebook, the container and the tests; Google Cloud runs the same framework.
set -eu
cd "$(dirname "$0")"
# The framework's own default listens on every interface.
export HOST="${HOST:-127.0.0.1}" PORT="${PORT:-8080}" WORKERS="${WORKERS:-1}" THREADS="${THREADS:-32}"
exec functions-framework --target=predict_handler --source=main.py
