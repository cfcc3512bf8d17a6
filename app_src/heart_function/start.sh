#!/bin/sh
# The one command that runs this service: in the notebook, the container and the tests.
set -eu
cd "$(dirname "$0")"
# A thread waits for each client that sends its body slowly; it is made when it is needed.
exec granian --interface wsgi --http 1 --no-ws \
    --host "${HOST:-127.0.0.1}" --port "${PORT:-8080}" --workers "${WORKERS:-2}" \
    --blocking-threads 512 --log-level error --respawn-failed-workers --respawn-interval 1 --workers-kill-timeout 5 \
    wsgi:app
