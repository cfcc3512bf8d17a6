"""The load where wrk is missing: Locust's fast user sends the same POST again and again, and writes what it saw."""

import json
import os
from pathlib import Path

import numpy as np
from locust import FastHttpUser, events, task

BODY = Path(os.environ["BODY"]).read_bytes()
HEADERS = {"Content-Type": os.environ["CONTENT_TYPE"]}
PATIENCE_SECONDS = 60.0


class Client(FastHttpUser):
    """A client that asks again as soon as it has its answer."""

    network_timeout = connection_timeout = PATIENCE_SECONDS

    @task
    def ask(self) -> None:
        """Send the request."""
        self.client.post(os.environ["ENDPOINT"], data=BODY, headers=HEADERS)


@events.init.add_listener
def note_every_request(environment, **_) -> None:
    """Keep each answer's time, and write the summary at the end."""
    times, failures, ends = [], [], []

    @environment.events.request.add_listener
    def note(start_time, response_time, exception, **_) -> None:
        (failures if exception else times).append(response_time)
        ends.extend([start_time, start_time + response_time / 1000])

    @environment.events.quitting.add_listener
    def write(**_) -> None:
        seconds = max(ends) - min(ends) if ends else 1
        p50, p95, p99 = np.percentile(times or [0], [50, 95, 99])
        seen = {"requests": len(times), "errors": len(failures), "requests_per_second": len(times) / seconds}
        Path(os.environ["SEEN"]).write_text(json.dumps(seen | {"p50": p50, "p95": p95, "p99": p99}), encoding="utf-8")
