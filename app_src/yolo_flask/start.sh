#!/bin/sh
# The one command that runs this service: in the notebook, the container, the virtual machine and the tests.
set -eu
cd "$(dirname "$0")"
# One native thread per worker: the workers share the cores already.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
# onnxruntime would report to its makers, and write into the home directory.
export ORT_DISABLE_TELEMETRY=1
# Each thread would get a heap of its own from glibc, and the heaps keep what was decoded in them.
export MALLOC_ARENA_MAX=2
# The workers' heartbeats need a file; the file system of a container may be read-only, its shared memory is not.
heartbeats=/dev/shm
[ -d "$heartbeats" ] || heartbeats=/tmp
# The threads wait for slow clients; the model takes one image at a time. At worst each of them waits with a body of
# 10 MB, which is 640 MB per worker.
exec python -m gunicorn --bind "${HOST:-127.0.0.1}:${PORT:-8080}" --workers "${WORKERS:-2}" --threads 64 \
    --worker-class worker.Worker --worker-tmp-dir "$heartbeats" --keep-alive 5 --graceful-timeout 5 \
    --no-control-socket --log-level critical app:app
