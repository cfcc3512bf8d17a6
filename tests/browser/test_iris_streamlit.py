"""The iris page in a real Chromium: inputs are changed, the button is pressed, the species is read."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from deploykit.browser import load
from tests.browser.iris_page import LABELS, answer, charts, measure, open_page, prediction, press
from tests.contract.iris_streamlit import train
from tests.contract.local import running

pytestmark = pytest.mark.needs("browser")
SETOSA = [5.1, 3.5, 1.4, 0.2]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train the model that the page serves."""
    directory = tmp_path_factory.mktemp("iris_streamlit") / "model"
    train(directory)
    return directory


@pytest.fixture(scope="module")
def url(model: Path) -> Iterator[str]:
    """Run the service for the tests of this file."""
    with running("iris_streamlit", model, model.parent / "log") as server:
        yield server.url


@pytest.fixture
def shown(page: Page, url: str) -> Page:
    """Open the page and wait until it is complete."""
    open_page(page, url)
    return page


def test_page_keeps_the_tutorials_words(shown: Page) -> None:
    expect(shown.get_by_role("heading", name="Iris Flower Prediction App")).to_be_visible()
    expect(shown.get_by_role("heading", name="Enter Flower Feature For Predictions")).to_be_visible()
    assert [shown.get_by_label(label, exact=True).input_value() for label in LABELS] == ["5.9", "3.0", "5.1", "1.8"]


def test_first_press_predicts_as_the_tutorials_does(shown: Page) -> None:
    press(shown)
    assert prediction(shown).inner_text() == "Predicted Flower:Iris-virginica"


@pytest.mark.parametrize(
    ("flower", "species"),
    [(SETOSA, "setosa"), ([5.7, 2.8, 4.1, 1.3], "versicolor"), ([6.6, 3.0, 5.6, 2.1], "virginica")],
)
def test_species_is_told_and_drawn(shown: Page, flower: list[float], species: str) -> None:
    assert answer(shown, flower) == f"Predicted Flower:Iris-{species}"
    expect(charts(shown)).to_have_count(2)


def test_nothing_is_predicted_before_the_button_is_pressed(shown: Page) -> None:
    measure(shown, SETOSA)
    expect(prediction(shown)).to_have_count(0)


@pytest.mark.parametrize("label", LABELS)
def test_value_out_of_range_is_refused_at_its_input(shown: Page, label: str) -> None:
    for value in ["-5", "0", "1e9", "99"]:
        shown.get_by_label(label, exact=True).fill(value)
        press(shown)
        expect(shown.get_by_text("Number is outside the allowed range")).to_have_count(1)
        expect(prediction(shown)).to_have_count(0)


@pytest.mark.parametrize("text", ["abc", "nan", "inf", ""])
def test_text_is_no_number_and_the_usual_value_comes_back(shown: Page, text: str) -> None:
    box = shown.get_by_label(LABELS[0], exact=True)
    box.clear()
    box.press_sequentially(text)
    press(shown)
    assert prediction(shown).inner_text() == "Predicted Flower:Iris-virginica"
    expect(box).to_have_value("5.9")


def test_visitors_do_not_see_each_others_flowers(shown: Page, url: str) -> None:
    answer(shown, SETOSA)
    other = shown.context.new_page()
    open_page(other, url)
    expect(other.get_by_label(LABELS[0], exact=True)).to_have_value("5.9")
    expect(prediction(other)).to_have_count(0)


def test_page_without_a_model_says_so_and_shows_no_traceback(page: Page, model: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(model, tmp_path / "model")
    (broken / "iris.onnx").unlink()
    with running("iris_streamlit", broken, tmp_path / "log") as server:
        load(page, server.url, until="text=the model is not ready")
        expect(page.get_by_text("Traceback")).to_have_count(0)
        expect(page.get_by_role("button", name="Get Prediction")).to_have_count(0)
        page.goto("about:blank")  # else it would miss its server
