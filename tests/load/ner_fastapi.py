"""Load for the NER service: users who send a sentence, wait for the answer, and send the next one.

``locust --headless --processes 2 --locustfile tests/load/ner_fastapi.py --host URL`` writes a line for each request
into the folder $REQUESTS, each worker into a file of its own.
"""

import csv
import os

from locust import HttpUser, LoadTestShape, events, task

SENTENCE = "Apple is looking at buying U.K. startup for $1 billion"
STEPS = [(8, 2), (20, 8)]  # until this second, so many users


class Reader(HttpUser):
    @task
    def find_names(self) -> None:
        with self.client.post("/predict/", json={"text": SENTENCE}, catch_response=True) as answer:
            if answer.status_code == 200 and len(answer.json()["entities"]) != 3:
                answer.failure("not the three names")


class Steps(LoadTestShape):
    def tick(self) -> tuple[int, float] | None:
        now = self.get_run_time()
        return next(((users, 10.0) for until, users in STEPS if now < until), None)


@events.init.add_listener
def note_every_request(environment, **_) -> None:
    lines = [["start", "ms", "ok", "users"]]

    @environment.events.request.add_listener
    def note(start_time, response_time, exception, **_) -> None:
        lines.append([start_time, response_time, exception is None, environment.runner.user_count])

    @environment.events.quitting.add_listener
    def write(**_) -> None:
        if len(lines) > 1:  # the master sends none
            with open(f"{os.environ['REQUESTS']}/{os.getpid()}.csv", "w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(lines)
