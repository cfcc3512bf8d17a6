#!/bin/sh
# The one command that runs this service: in the notebook, the container, the virtual machine and the tests.
set -eu
cd "$(dirname "$0")"
# One native thread: the visitors share the cores already.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
# onnxruntime would send the model's name and hashes to its maker, and leave an identifier in the home directory.
export ORT_DISABLE_TELEMETRY=1
# One process: a visitor's session lives in its memory. Open pages get 5 seconds to finish when the service is stopped.
exec uvicorn app:app --host "${HOST:-127.0.0.1}" --port "${PORT:-8080}" --workers 1 \
    --ws websockets-sansio --ws-max-size 1000000 --timeout-graceful-shutdown 5 --log-level warning --no-access-log
