"""The contract's row for iris_streamlit: a page, so a browser reads its predictions."""

import json
from pathlib import Path

from playwright.sync_api import Page
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from deploykit.browser import visit
from tests.browser import iris_page
from tests.contract import iris_flask
from tests.contract.cases import Service


def train(directory: Path) -> LogisticRegression:
    """Train the classifier of iris_flask; its manifest also gives the ranges that the page accepts."""
    model = iris_flask.train(directory)
    measurements = load_iris().data
    manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    for feature, low, high in zip(manifest["features"], measurements.min(0), measurements.max(0), strict=True):
        feature |= {"minimum": low, "maximum": high}
    (directory / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return model


def parity(url: str, model: LogisticRegression) -> None:
    """Enter every fifth flower of the data into the page, and compare what it tells with scikit-learn's answer."""
    flowers = load_iris().data[::5]

    def read_answers(page: Page) -> list[str]:
        iris_page.open_page(page, url)
        return [iris_page.answer(page, flower) for flower in flowers.tolist()]

    names = [iris_flask.CLASSES[label] for label in model.predict(flowers)]
    assert visit(read_answers) == [f"Predicted Flower:Iris-{name}" for name in names]


SERVICE = Service("iris_streamlit", "/", train, accepted=[], parity=parity)
