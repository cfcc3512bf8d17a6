"""JupyterLab's kernels note which checks passed in which notebook; other kernels note nothing."""

import pytest

from deploykit import catalog, journal
from deploykit.notebook import check

IRIS, HEART = (next(one for one in catalog.CATALOG if one.path == f"01_train/{name}") for name in ("iris", "heart"))


@pytest.fixture(autouse=True)
def own_journal(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "FOLDER", tmp_path / "journal")


def be_the_kernel_of(notebook: catalog.Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(notebook.file))


def test_checks_that_pass_are_noted_once_for_their_notebook(monkeypatch):
    be_the_kernel_of(IRIS, monkeypatch)
    for what in ("one", "two", "one"):
        check(what, True, "")
    assert (journal.checks(IRIS), journal.checks(HEART)) == (["one", "two"], [])


def test_a_notebook_that_is_run_anew_begins_with_nothing(monkeypatch):
    be_the_kernel_of(IRIS, monkeypatch)
    journal.note("one")
    be_the_kernel_of(HEART, monkeypatch)
    journal.begin()
    assert journal.checks(IRIS) == ["one"]
    be_the_kernel_of(IRIS, monkeypatch)
    journal.begin()
    assert journal.checks(IRIS) == []


@pytest.mark.parametrize("session", [None, "", "/somewhere/else.ipynb", "not a path at all"])
def test_other_kernels_note_nothing(session, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    if session is not None:
        monkeypatch.setenv("JPY_SESSION_NAME", session)
    journal.begin()
    journal.note("one")
    assert not journal.FOLDER.exists()
