#!/bin/sh
# The one command that runs this service: in the notebook, the container, the virtual machine and the tests.
set -eu
cd "$(dirname "$0")"
# One native thread per worker: the workers share the cores already.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
# onnxruntime would send the model's name and hashes to its maker, and leave an identifier in the home directory.
export ORT_DISABLE_TELEMETRY=1
# A thread waits for each client that sends its body slowly; it is made when it is needed.
exec granian --interface wsgi --http 1 --no-ws \
    --host "${HOST:-127.0.0.1}" --port "${PORT:-8080}" --workers "${WORKERS:-2}" \
    --blocking-threads 512 --log-level error --respawn-failed-workers --respawn-interval 1 --workers-kill-timeout 5 \
    wsgi:app
