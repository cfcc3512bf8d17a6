"""The contract's row for heart_function."""

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import requests
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline

from deploykit.paths import ROOT
from tests.contract.cases import Accepted, Call, Refusal, Service, refused_json

PATH = "/"
CODE = ROOT / "app_src" / "heart_function"
DATA = ROOT / "data" / "heart.csv"
# The tutorial's payload.json: the first patient of the data, in the tutorial's codes.
TUTORIAL = {
    "age": 63, "sex": 1, "cp": 3, "trestbps": 145, "chol": 233, "fbs": 1, "restecg": 0,
    "thalach": 150, "exang": 0, "oldpeak": 2.3, "slope": 0, "ca": 0, "thal": 1,
}  # fmt: skip
WORDS = TUTORIAL | {
    "sex": "male", "cp": "typical angina", "fbs": "yes", "restecg": "left ventricular hypertrophy",
    "exang": "no", "slope": "downsloping", "thal": "fixed defect",
}  # fmt: skip
ILL = WORDS | {"cp": "asymptomatic", "exang": "yes", "oldpeak": 4.2, "slope": "flat", "ca": 3, "thal": "reversible defect"}


def train(directory: Path) -> Pipeline:
    """Train with the program that a learner uses, and the same pipeline again for comparison."""
    command = [sys.executable, str(CODE / "train.py"), "--output", str(directory.parent), "--tag", "_contract"]
    environment = {**os.environ, "MODEL_DIR": str(directory)}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    patients = pd.read_csv(DATA)
    seen, _ = train_test_split(patients, test_size=0.2, random_state=42, stratify=patients.target)
    return untrained().fit(seen, seen.target)


def untrained() -> Pipeline:
    """Build the training side's pipeline from its own file, without leaving its modules behind."""
    sys.path.insert(0, str(CODE))
    try:
        return runpy.run_path(str(CODE / "pipeline.py"))["build"]()
    finally:
        sys.path.remove(str(CODE))
        sys.modules.pop("features", None)


def post(value: Any, *, content_type: str = "application/json") -> Call:
    """Encode a value; NaN and Infinity are written as Python writes them."""
    return Call(json.dumps(value).encode(), content_type)


def check_diagnosis(*expected: str) -> Callable[[requests.Response], None]:
    """Expect these diagnoses, in order, each with a probability that agrees and three drivers, the loudest first."""

    def check(response: requests.Response) -> None:
        answer = response.json()
        predictions = answer["predictions"] if "predictions" in answer else [answer]
        assert [one["diagnosis"] for one in predictions] == list(expected)
        for one in predictions:
            assert (one["probability"] >= 0.5) == (one["diagnosis"] == "heart-disease")
            sizes = [abs(driver["effect"]) for driver in one["drivers"]]
            assert len(sizes) == 3 and sizes == sorted(sizes, reverse=True)

    return check


# The tutorial called this patient ill: its labels were inverted. The data say that no vessel was narrowed.
ACCEPTED = [
    Accepted("the tutorial's payload", post(TUTORIAL), check_diagnosis("clear")),
    Accepted("the payload in chunks", Call(json.dumps(TUTORIAL).encode(), chunked=True), check_diagnosis("clear")),
    Accepted("a charset", post(TUTORIAL, content_type="application/json; charset=utf-8"), check_diagnosis("clear")),
    Accepted("blank space around", Call(b" \n" + json.dumps(TUTORIAL).encode() + b"\r\n\t"), check_diagnosis("clear")),
    Accepted("words", post(WORDS), check_diagnosis("clear")),
    Accepted("keys in another order", post(dict(reversed(WORDS.items()))), check_diagnosis("clear")),
    Accepted("a patient who is ill", post(ILL), check_diagnosis("heart-disease")),
    Accepted("unknown vessels and scan", post(WORDS | {"ca": None, "thal": None}), check_diagnosis("clear")),
    Accepted("a batch", post({"instances": [ILL, TUTORIAL, ILL]}), check_diagnosis("heart-disease", "clear", "heart-disease")),
    Accepted("a batch of one", post({"instances": [ILL]}), check_diagnosis("heart-disease")),
    Accepted("the largest batch", post({"instances": [TUTORIAL] * 1000}), check_diagnosis(*["clear"] * 1000)),
    Accepted("the ranges' ends", post(WORDS | {"age": 110, "chol": 1000, "oldpeak": 0}), lambda response: None),
]


def refuse(name: str, value: Any, field: str) -> Refusal:
    """Expect 422 and the field's name."""
    return Refusal(name, post(value), (422,), field)


NO_NUMBER = {
    "a string": "old", "a numeric string": "63", "null": None, "a boolean": True, "NaN": float("nan"),
    "infinity": float("inf"), "1e300": 1e300, "a huge integer": 10**4000, "a negative": -1, "a list": [1], "an object": {},
}  # fmt: skip
NO_CHOICE = {
    "an unknown code": 99, "an unknown word": "reversible", "a numeric string": "1", "null": None, "a boolean": True,
    "NaN": float("nan"), "a fraction": 0.5, "a huge integer": 10**4000, "a list": ["male"], "an object": {},
}  # fmt: skip
REFUSED = [
    *refused_json(json.dumps(TUTORIAL).encode(), limit_bytes=1_000_000),
    *(refuse(f"{name} as age", WORDS | {"age": value}, "age") for name, value in NO_NUMBER.items()),
    *(refuse(f"{name} as sex", WORDS | {"sex": value}, "sex") for name, value in NO_CHOICE.items()),
    *(refuse(f"no {name}", {key: WORDS[key] for key in WORDS if key != name}, name) for name in WORDS),
    refuse("all null", dict.fromkeys(WORDS), "age"),
    refuse("cholesterol of 1e12", WORDS | {"chol": 1e12}, "chol"),
    refuse("four vessels, the old code for unknown", WORDS | {"ca": 4}, "ca"),
    refuse("half a vessel", WORDS | {"ca": 1.5}, "ca"),
    refuse("thal 0, the old code for unknown", WORDS | {"thal": 0}, "thal"),
    refuse("an unknown key", WORDS | {"target": 1}, "target"),
    refuse("another spelling", {**WORDS, "Age": 63}, "Age"),
    Refusal("1e400", Call(json.dumps(WORDS).replace("63", "1e400").encode()), (422,), "age"),
    Refusal("a list of patients", post([WORDS, WORDS]), (422,), "body"),
    refuse("an empty batch", {"instances": []}, "instances"),
    refuse("too many instances", {"instances": [TUTORIAL] * 1001}, "instances"),
    refuse("instances that are no list", {"instances": WORDS}, "instances"),
    refuse("a batch of null", {"instances": [None]}, "instances[0]"),
    refuse("a batch in a batch", {"instances": [{"instances": [WORDS]}]}, "instances[0].age"),
    refuse("a bad patient in a batch", {"instances": [WORDS, WORDS | {"chol": "high"}]}, "instances[1].chol"),
    refuse("an unknown key beside the batch", {"instances": [WORDS], "signature": ""}, "signature"),
]


def parity(url: str, model: Pipeline) -> None:
    """Compare the probabilities of all patients of the data, gaps included, with scikit-learn's."""
    patients = pd.read_csv(DATA).drop(columns="target")
    instances = json.loads(patients.to_json(orient="records"))
    predictions = post({"instances": instances}).send(url + PATH).json()["predictions"]
    served = [one["probability"] for one in predictions]
    np.testing.assert_allclose(served, model.predict_proba(patients)[:, 1], rtol=0, atol=1e-12)


# A table of floats needs no library that could have another version.
SERVICE = Service("heart_function", PATH, train, ACCEPTED, parity, REFUSED, harmless=("another library version",))
