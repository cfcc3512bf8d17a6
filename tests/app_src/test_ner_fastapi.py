"""Requests that wait are predicted together; each must get its own answer, whoever it waited with."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.contract.local import Server, running
from tests.contract.ner_fastapi import train

CITIES = ["Paris", "London", "Berlin", "Madrid", "Rome", "Vienna", "Lisbon", "Dublin"] * 4


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the service in one process, so that all requests wait for the same model."""
    folder = tmp_path_factory.mktemp("ner_fastapi")
    train(folder / "model")
    with running("ner_fastapi", folder / "model", folder / "log", WORKERS="1") as started:
        yield started


def ask(server: Server, path: str, body: dict) -> dict:
    answer = requests.post(f"{server.url}{path}", json=body, timeout=30)
    assert answer.status_code == 200
    return answer.json()


def test_clients_at_the_same_time_get_their_own_answers(server: Server):
    texts = [f"{'So it is. ' * (number % 5)}She moved to {city} in May." for number, city in enumerate(CITIES)]
    alone = [ask(server, "/predict/", {"text": text}) for text in texts]
    with ThreadPoolExecutor(len(texts)) as clients:
        together = list(clients.map(lambda text: ask(server, "/predict/", {"text": text}), texts))
    assert together == alone
    assert all(city in [entity["text"] for entity in one["entities"]] for city, one in zip(CITIES, alone, strict=True))


def test_long_texts_and_batches_among_short_ones_get_their_own_answers(server: Server):
    bodies = [{"texts": [f"She moved to {city}."] * count} for count, city in enumerate(CITIES[:8], start=1)]
    bodies += [{"texts": [f"She moved to {city}. " * 100]} for city in CITIES[:4]]
    with ThreadPoolExecutor(len(bodies)) as clients:
        answers = list(clients.map(lambda body: ask(server, "/predict/batch", body), bodies))
    assert [[one["text"] for one in answer["predictions"]] for answer in answers] == [body["texts"] for body in bodies]
