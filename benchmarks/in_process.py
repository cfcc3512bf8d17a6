"""The ceiling of a model: how often it predicts when nobody serves it: ``… SERVICE BODY SECONDS``.

It prints "ready" when the model is loaded, waits for a line on standard input, and prints its numbers as JSON.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np


def prediction(service: str, body: bytes) -> Callable[[], object]:
    """Return a call of the service's own model, with what its first request becomes once it is read and checked."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "app_src" / service))
    from model import ready_model

    model = ready_model()
    if service == "yolo_flask":
        return partial(model.detect, body)
    if service == "ner_fastapi":
        return partial(model.find, [json.loads(body)["text"]])
    if service == "heart_function":
        from schemas import Patient

        return partial(model.predict, Patient.model_validate_json(body).model_dump())
    return partial(model.predict, [json.loads(body)])


def main(service: str, body: str, seconds: str) -> None:
    """Load, wait for the others, and predict for so long."""
    predict = prediction(service, Path(body).read_bytes())
    predict()
    print("ready", flush=True)
    input()
    times = []
    began = now = time.perf_counter()
    while now < began + float(seconds):
        predict()
        before, now = now, time.perf_counter()
        times.append((now - before) * 1000)
    p50, p95, p99 = np.percentile(times, [50, 95, 99])
    rate = len(times) / (now - began)
    seen = {"requests": len(times), "errors": 0, "requests_per_second": rate, "p50": p50, "p95": p95, "p99": p99}
    print(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:])
