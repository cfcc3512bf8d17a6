"""The tutorials' versions answer the tutorials' own requests as the kit's services do: only so they can be compared."""

import dataclasses
import json
from pathlib import Path

import joblib
import pytest

from benchmarks import contenders, lives
from benchmarks.calls import CALLS
from tests.contract import heart_function, iris_flask, ner_fastapi, yolo_flask
from tests.contract.local import running


def by_label(answer: bytes) -> list:
    """Leave out what rounding changes: two libraries run the same network."""
    return [(thing["label"], thing["color"], round(thing["confidence"], 2)) for thing in json.loads(answer)]


ROWS = {
    "iris_flask": (iris_flask, bytes),
    "heart_function": (heart_function, lambda answer: json.loads(answer)["diagnosis"]),
    "ner_fastapi": (ner_fastapi, json.loads),
    "yolo_flask": (yolo_flask, by_label),
}


@pytest.mark.parametrize("service", ROWS)
def test_both_answer_alike(service: str, tmp_path: Path):
    row, read = ROWS[service]
    model = row.train(tmp_path / "model")
    call = example(service, row)
    with running(service, tmp_path / "model", tmp_path / "log") as ours:
        expected = lives.ask(ours.url, call)
    with lives.start(with_model(contenders.tutorial(service), model, tmp_path)) as tutorial:
        assert read(lives.ask(tutorial.url, call)) == read(expected)


def example(service: str, row) -> object:
    """Return the request of the benchmark; the photograph comes from the contract, since no model may be there yet."""
    call = CALLS[service]
    return dataclasses.replace(call, file=row.IMAGES / "coffee.jpg") if call.file else call


def with_model(contender: contenders.Contender, model: object, folder: Path) -> contenders.Contender:
    """Let the tutorial's version load the scikit-learn model that was just trained, where it takes one."""
    if contender.service != "iris_flask":
        return contender
    joblib.dump(model, folder / "iris.joblib")
    return dataclasses.replace(contender, env={"MODEL": str(folder / "iris.joblib")})
