"""The contract's row for iris_flask."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import requests
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from tests.contract.cases import Accepted, Call, Refusal, Service, refused_json

PATH = "/predict"
FEATURES = ["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"]
CLASSES = ["setosa", "versicolor", "virginica"]
TUTORIAL = [5.9, 3.0, 5.1, 1.8]
SETOSA = dict(zip(FEATURES, [5.1, 3.5, 1.4, 0.2], strict=True))


def train(directory: Path) -> LogisticRegression:
    """Train a classifier and write iris.onnx and its manifest."""
    measurements, species = load_iris(return_X_y=True)
    model = LogisticRegression(max_iter=1000).fit(measurements, species)
    inputs = [("features", FloatTensorType([None, 4]))]
    onnx = to_onnx(model, initial_types=inputs, options={"zipmap": False}, target_opset=17).SerializeToString()
    digest = hashlib.sha256(onnx).hexdigest()
    manifest = {
        "name": "iris",
        "version": digest[:12],
        "files": {"iris.onnx": digest},
        "libraries": {name: version(name) for name in ("onnxruntime", "scikit-learn")},
        "features": [{"name": name, "unit": "cm"} for name in FEATURES],
        "classes": CLASSES,
        "example": {"input": TUTORIAL, "label": 2},
    }
    directory.mkdir(parents=True)
    (directory / "iris.onnx").write_bytes(onnx)
    (directory / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return model


def post(value: Any, *, content_type: str = "application/json") -> Call:
    """Encode a value; NaN and Infinity are written as Python writes them."""
    return Call(json.dumps(value).encode(), content_type)


def check_tutorial(response: requests.Response) -> None:
    """Expect the tutorial's answer: the label as HTML text, and nothing else."""
    assert response.headers["content-type"].split(";")[0] == "text/html"
    assert response.content == b"2"


def check_species(*expected: int) -> Any:
    """Expect these labels, in order, each with its class name and probabilities that add up to 1."""

    def check(response: requests.Response) -> None:
        answer = response.json()
        predictions = answer.get("predictions", [answer])
        assert [one["label"] for one in predictions] == list(expected)
        for one in predictions:
            assert one["class"] == CLASSES[one["label"]] == max(one["probabilities"], key=one["probabilities"].get)
            assert abs(sum(one["probabilities"].values()) - 1) < 1e-5

    return check


ACCEPTED = [
    Accepted("the tutorial's list", post(TUTORIAL), check_tutorial),
    Accepted("the tutorial's list in chunks", Call(json.dumps(TUTORIAL).encode(), chunked=True), check_tutorial),
    Accepted("a charset", post(TUTORIAL, content_type="application/json; charset=utf-8"), check_tutorial),
    Accepted("integers", post([6, 3, 5, 2]), check_tutorial),
    Accepted("blank space around", Call(b" \n" + json.dumps(TUTORIAL).encode() + b"\r\n\t"), check_tutorial),
    Accepted("named features", post(SETOSA), check_species(0)),
    Accepted("named features in another order", post(dict(reversed(SETOSA.items()))), check_species(0)),
    Accepted("a batch of both forms", post({"instances": [SETOSA, TUTORIAL, SETOSA]}), check_species(0, 2, 0)),
    Accepted("a batch of one", post({"instances": [TUTORIAL]}), check_species(2)),
    Accepted("the largest batch", post({"instances": [SETOSA] * 1000}), check_species(*[0] * 1000)),
    Accepted("the range's upper end", post([30, 30, 30, 30]), lambda response: None),
]


def refuse(name: str, value: Any, field: str) -> Refusal:
    """Expect 422 and the field's name."""
    return Refusal(name, post(value), (422,), field)


NOT_A_LENGTH = {
    "a string": "abc", "a numeric string": "5.1", "null": None, "a boolean": True, "NaN": float("nan"),
    "infinity": float("inf"), "minus infinity": -float("inf"), "1e300": 1e300, "a huge integer": 10**4000,
    "zero": 0, "a negative": -1, "over the range": 30.1, "a list": [1], "an object": {},
}  # fmt: skip
REFUSED = [
    *refused_json(json.dumps(TUTORIAL).encode(), limit_bytes=1_000_000),
    *(refuse(f"{name} in a list", [5.9, 3.0, value, 1.8], "[2]") for name, value in NOT_A_LENGTH.items()),
    *(
        refuse(f"{name} by name", {**SETOSA, "petal_width_cm": value}, "petal_width_cm")
        for name, value in NOT_A_LENGTH.items()
    ),
    *(
        refuse(
            f"{name} in a batch",
            {"instances": [TUTORIAL, {**SETOSA, FEATURES[3]: value}]},
            f"instances[1].{FEATURES[3]}",
        )
        for name, value in NOT_A_LENGTH.items()
    ),
    Refusal("1e400", Call(b"[5.9, 3.0, 5.1, 1e400]"), (422,), "[3]"),
    refuse("three numbers", [5.9, 3.0, 5.1], "[3]"),
    refuse("five numbers", [5.9, 3.0, 5.1, 1.8, 1.0], "body"),
    refuse("a list of lists", [TUTORIAL, TUTORIAL], "[0]"),
    refuse("three dimensions", [[TUTORIAL]], "[0]"),
    refuse("a missing key", {"sepal_length_cm": 5.1, "sepal_width_cm": 3.5, "petal_length_cm": 1.4}, "petal_width_cm"),
    refuse("an unknown key", {**SETOSA, "colour": 1}, "colour"),
    refuse("an unknown key like a place", {**SETOSA, "colour[0]": 1}, "colour[0]"),
    refuse("another spelling", {"SepalLength": 5.1}, "sepal_length_cm"),
    refuse("an empty batch", {"instances": []}, "instances"),
    refuse("too many instances", {"instances": [TUTORIAL] * 1001}, "instances"),
    refuse("instances that are no list", {"instances": SETOSA}, "instances"),
    refuse("a batch of null", {"instances": [None]}, "instances[0]"),
    refuse("a batch in a batch", {"instances": [{"instances": [TUTORIAL]}]}, "instances[0]"),
    refuse("a list in a batch that is too short", {"instances": [TUTORIAL, [1]]}, "instances[1][1]"),
    refuse("an unknown key beside the batch", {"instances": [TUTORIAL], "signature": ""}, "signature"),
]


def parity(url: str, model: LogisticRegression) -> None:
    """Compare the probabilities of 2000 random flowers, in two batches, with scikit-learn's."""
    flowers = np.random.default_rng(42).uniform(0.1, 30, size=(2000, 4)).round(2)
    for batch in np.split(flowers, 2):
        predictions = post({"instances": batch.tolist()}).send(url + PATH).json()["predictions"]
        served = [list(one["probabilities"].values()) for one in predictions]
        np.testing.assert_allclose(served, model.predict_proba(batch), atol=1e-5)
        assert [one["label"] for one in predictions] == model.predict(batch).tolist()


SERVICE = Service("iris_flask", PATH, train, ACCEPTED, parity, REFUSED)
