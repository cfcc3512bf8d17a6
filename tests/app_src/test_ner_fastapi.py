"""Requests that wait are predicted together; each must get its own answer, whoever it waited with.

And what nobody foresaw is in the log, which must not tell what was sent.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

import pytest
import requests

from deploykit import service
from deploykit.paths import ROOT
from deploykit.shell import run
from tests.contract.local import Server, running
from tests.contract.ner_fastapi import train

CITIES = ["Paris", "London", "Berlin", "Madrid", "Rome", "Vienna", "Lisbon", "Dublin"] * 4

DEFECT = """

@app.get("/defect")
async def defect(sent: str) -> int:
    return int(sent)
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train the model, and return its folder."""
    folder = tmp_path_factory.mktemp("ner_fastapi") / "model"
    train(folder)
    return folder


@pytest.fixture(scope="module")
def server(model: Path) -> Iterator[Server]:
    """Run the service in one process, so that all requests wait for the same model."""
    with running("ner_fastapi", model, model.parent / "log", WORKERS="1") as started:
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


def test_readiness_does_not_wait_behind_the_clients_texts(server: Server):
    texts = {"texts": ["She moved to Paris. " * 450] * 2}
    with ThreadPoolExecutor(6) as clients:
        busy = [clients.submit(ask, server, "/predict/batch", texts) for _ in range(6)]
        wait(busy, return_when=FIRST_COMPLETED)
        assert requests.get(f"{server.url}/health/ready", timeout=30).status_code == 200
        assert sum(one.done() for one in busy) < 4


def test_unforeseen_failure_is_in_the_log_without_what_was_sent(model: Path, tmp_path: Path, own_ledger: Path):
    code = tmp_path / "code"
    shutil.copytree(ROOT / "app_src" / "ner_fastapi", code, ignore=shutil.ignore_patterns("model"))
    (code / "app.py").write_text((code / "app.py").read_text(encoding="utf-8") + DEFECT, encoding="utf-8")
    with service.start(["sh", "start.sh"], cwd=code, env={"MODEL_DIR": str(model), "WORKERS": "1"}) as broken:
        answer = requests.get(f"{broken.url}/defect", params={"sent": "a secret"}, timeout=5)
        log = broken.output()
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    [told] = [line for line in map(json.loads, log.splitlines()) if line.get("event") == "unforeseen"]
    assert told["severity"] == "ERROR" and "return int(sent)" in told["message"] and "ValueError" in told["message"]
    assert "secret" not in log


def test_the_service_does_without_the_command_line_of_spacy(model: Path):
    code = "import sys, model; print(model.model is not None, {'weasel', 'typer'} & set(sys.modules))"
    folder = ROOT / "app_src/ner_fastapi"
    told = run([sys.executable, "-c", code], cwd=folder, env={"MODEL_DIR": str(model)}, quiet=True)
    assert told.text == "True set()"
