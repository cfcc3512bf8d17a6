"""The model without a service: as many processes as a service has workers, each predicting as fast as it can.

NER predicts one text at a time here, while the service predicts texts that wait together.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.contenders import WORKERS, Contender
from benchmarks.results import Load, Round

PROGRAM = Path(__file__).with_name("in_process.py")
# As in start.sh: the processes share the processors already.
VARIABLES = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "1"}


def measure(contender: Contender, *, seconds: int) -> Round:
    """Let a service's model predict for so many seconds in one process, then in as many as the service has workers."""
    return Round(loads=[together(contender, count, seconds) for count in (1, WORKERS)])


def together(contender: Contender, count: int, seconds: int) -> Load:
    """Let ``count`` processes predict at the same time; their rates add up, and the slowest gives the times."""
    with tempfile.TemporaryDirectory() as folder:
        body = Path(folder) / "body"
        body.write_bytes(contender.call.body)
        command = [sys.executable, str(PROGRAM), contender.service, str(body), str(seconds)]
        processes = [_start(command, contender.env) for _ in range(count)]
        try:
            for process in processes:
                process.stdout.readline()
            for process in processes:
                process.stdin.write("go\n")
                process.stdin.flush()
            seen = [Load(connections=1, **json.loads(process.stdout.readline())) for process in processes]
        finally:
            for process in processes:
                process.kill()
                process.communicate()
    slowest = max(seen, key=lambda one: one.p99)
    rate = sum(one.requests_per_second for one in seen)
    return slowest.model_copy(
        update={"requests": sum(one.requests for one in seen), "requests_per_second": rate, "connections": count}
    )


def _start(command: list[str], model: dict[str, str]) -> subprocess.Popen:
    return subprocess.Popen(
        command, env={**os.environ, **VARIABLES, **model}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
