"""Parameters reach the notebooks that know them, and no others."""

import pytest

from deploykit.catalog import Notebook
from deploykit.errors import KitError
from deploykit.parameters import distribute, parse
from tests.notebook_files import write_notebook


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("0.5", 0.5),
        ("true", True),
        ("word", "word"),
        ("a=b", "a=b"),
        ("[1, 2]", [1, 2]),
        ('{"a": null}', {"a": None}),
    ],
)
def test_values_are_yaml(text, value):
    assert parse([f"NAME={text}"]) == {"NAME": value}


@pytest.mark.parametrize("assignment", ["NAME", "=3", "two words=3", "NAME=[1"])
def test_what_is_no_assignment_is_refused(assignment):
    with pytest.raises(KitError, match="NAME=VALUE"):
        parse([assignment])


@pytest.fixture
def notebooks(tmp_path):
    """Return two notebooks: one that knows TARGET and SIZE, and one that knows nothing."""
    write_notebook(tmp_path / "04" / "deploy.ipynb", parameters='TARGET = "rehearsal"\nSIZE = 1')
    write_notebook(tmp_path / "01" / "train.ipynb")
    return [Notebook("04/deploy", folder=tmp_path), Notebook("01/train", folder=tmp_path)]


def test_each_notebook_gets_what_it_knows(notebooks):
    expected = {"04/deploy": {"TARGET": "cloud", "SIZE": 2}, "01/train": {}}
    assert distribute({"SIZE": 2}, notebooks, target="cloud") == expected


def test_parameter_that_no_notebook_knows_is_refused(notebooks):
    with pytest.raises(KitError, match="None .* has the parameter SIDE(.|\n)*SIZE, TARGET"):
        distribute({"SIDE": 2}, notebooks, target="rehearsal")


def test_unknown_target_is_refused(notebooks):
    with pytest.raises(KitError, match="no target called 'moon'"):
        distribute({}, notebooks, target="moon")


def test_notebook_that_is_not_there_is_named(tmp_path):
    with pytest.raises(KitError, match="05/gone is not there"):
        distribute({}, [Notebook("05/gone", folder=tmp_path)], target="rehearsal")
