#!/bin/sh
# The one command that runs this service: in the notebook, the container, the virtual machine and the tests.
set -eu
cd "$(dirname "$0")"
# One native thread per worker: the workers share the cores already.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
# gunicorn replaces workers that die; each worker is uvicorn. Its heartbeat needs a place to write, which a container may lack.
exec gunicorn --worker-class worker.Worker --workers "${WORKERS:-2}" \
    --bind "${HOST:-127.0.0.1}:${PORT:-8080}" --worker-tmp-dir "$(ls -d /dev/shm 2>/dev/null || echo /tmp)" \
    --graceful-timeout 10 --log-level critical --no-control-socket app:app
