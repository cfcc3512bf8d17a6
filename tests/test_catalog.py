"""The table of notebooks agrees with the files, and gives an order in which they can run."""

import pytest

from deploykit import catalog, needs
from deploykit.catalog import CATALOG, Notebook
from deploykit.errors import KitError
from deploykit.paths import NOTEBOOKS
from tests.notebook_files import write_notebook


def test_table_and_folder_hold_the_same_notebooks():
    files = {file for file in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in file.parts}
    assert {notebook.file for notebook in CATALOG} == files


def test_what_a_notebook_stands_on_is_in_the_table_and_comes_first():
    order = [notebook.path for notebook in catalog.in_order(reversed(CATALOG))]
    assert all(order.index(earlier) < order.index(notebook.path) for notebook in CATALOG for earlier in notebook.after)


def test_a_notebook_needs_all_that_its_predecessors_need():
    by_path = {notebook.path: notebook for notebook in CATALOG}
    for notebook in CATALOG:
        inherited = {need for earlier in notebook.after for need in by_path[earlier].needs}
        assert inherited <= set(notebook.needs), notebook.path


@pytest.mark.parametrize("need", sorted({need for notebook in CATALOG for need in notebook.needs}))
def test_every_need_can_be_looked_for(need):
    assert isinstance(needs.missing(need), str)


CHAIN = (
    Notebook("02_serve/b", tracks=("one",), after=("01_train/a",)),
    Notebook("01_train/a", tracks=("one", "two")),
    Notebook("02_serve/c", tracks=("two",), after=("01_train/a",)),
)


@pytest.mark.parametrize(
    ("track", "stage", "expected"),
    [
        ("", "", ["01_train/a", "02_serve/b", "02_serve/c"]),
        ("two", "", ["01_train/a", "02_serve/c"]),
        ("", "02", ["02_serve/b", "02_serve/c"]),
        ("one", "02_serve", ["02_serve/b"]),
    ],
)
def test_selection_by_track_and_stage(track, stage, expected):
    found = catalog.select(track=track, stage=stage, notebooks=CHAIN)
    assert [notebook.path for notebook in found] == expected


@pytest.mark.parametrize("wrong", [{"track": "three"}, {"stage": "2"}, {"stage": "03"}])
def test_unknown_name_is_refused_with_the_known_ones(wrong):
    with pytest.raises(KitError, match="There are: "):
        catalog.select(notebooks=CHAIN, **wrong)


def test_track_without_a_notebook_in_the_stage_is_refused():
    only_training = (*CHAIN, Notebook("01_train/d", tracks=("three",)))
    with pytest.raises(KitError, match="Track three has no notebook in stage 02"):
        catalog.select(track="three", stage="02", notebooks=only_training)


def test_what_is_not_selected_is_not_waited_for():
    assert catalog.graph(catalog.select(stage="02", notebooks=CHAIN)) == {"02_serve/b": [], "02_serve/c": []}


def test_title_is_the_notebooks_heading(tmp_path):
    write_notebook(tmp_path / "01_train" / "a.ipynb")
    assert Notebook("01_train/a", folder=tmp_path).title == "Run a"
