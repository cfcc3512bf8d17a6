"""The chain runs notebooks in order, says what became of each, and tears down."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploykit import chain, kernels, ledger
from deploykit.catalog import Notebook
from deploykit.chain import Chain
from deploykit.errors import KitError
from deploykit.outcome import State
from tests.notebook_files import write_notebook

CELL_SECONDS = 6


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Chain, int]]:
    """Run a graph in which all that can happen happens once, and return the chain and its exit status."""
    folder = tmp_path_factory.mktemp("chain")
    sources = {
        "01/good": ["import os", "open('cwd.txt', 'w').write(os.getcwd())"],
        "02/bad": ["x = 1", "print(x)\nraise ValueError('boom')", "open('too_far.txt', 'w')"],
        "02/good": ["assert VALUE == [1, 2]", "import os; os.write(1, b'not ours')", "os.environ['HOME']"],
        "02/slow": ["import time; time.sleep(60)"],
        "02/dying": ["import os; os._exit(3)"],
    }
    for path, cells in sources.items():
        write_notebook(folder / f"{path}.ipynb", *cells, parameters="VALUE = None" if path == "02/good" else "")
    notebooks = [
        Notebook("01/good", folder=folder),
        Notebook("02/good", after=("01/good",), folder=folder),
        Notebook("02/bad", after=("01/good",), folder=folder),
        Notebook("02/dying", folder=folder),
        Notebook("02/slow", folder=folder),
        Notebook("03/waiting", after=("02/bad",), folder=folder),
        Notebook("03/needy", after=("02/good",), needs=("gcloud",), folder=folder),
        Notebook("04/after_needy", after=("03/needy",), folder=folder),
    ]
    for path in ("03/waiting", "03/needy", "04/after_needy"):
        write_notebook(folder / f"{path}.ipynb", "1")
    with pytest.MonkeyPatch.context() as patch:
        _isolate(patch, folder)
        ledger.add("leftover", "file", undo=f"rm {folder / '01' / 'cwd.txt'}.copy")
        (folder / "01").joinpath("cwd.txt.copy").touch()
        run = Chain(
            notebooks,
            chain.new_folder(folder / "runs"),
            parameters={"02/good": {"VALUE": [1, 2]}},
            jobs=2,
            cell_seconds=CELL_SECONDS,
        )
        yield run, run.run()


def _isolate(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Give the chain a ledger and a home of its own, and a machine without gcloud."""
    home = folder / "home"
    home.mkdir()
    patch.setattr(ledger, "FILE", folder / "ledger.json")
    patch.setattr(chain, "teardown", lambda: ledger.undo_all(where="local"))
    patch.setattr(chain.needs, "missing", lambda need: f"The program '{need}' is not installed.")
    patch.setenv("HOME", str(home))


@pytest.mark.parametrize(
    ("path", "state", "reason"),
    [
        ("01/good", State.PASSED, ""),
        ("02/good", State.PASSED, ""),
        ("02/bad", State.FAILED, ""),
        ("02/dying", State.FAILED, ""),
        ("02/slow", State.FAILED, ""),
        ("03/waiting", State.NOT_RUN, "It waited for 02/bad: failed."),
        ("03/needy", State.SKIPPED, "The program 'gcloud' is not installed."),
        ("04/after_needy", State.SKIPPED, "It waited for 03/needy: skipped."),
    ],
)
def test_each_notebook_ends_as_it_should(finished, path, state, reason):
    outcome = finished[0].outcomes[path]
    assert (outcome.state, outcome.reason) == (state, reason)


@pytest.mark.parametrize(
    ("path", "number", "error"),
    [
        ("02/bad", 3, "ValueError: boom"),
        ("02/dying", 2, "The kernel died"),
        ("02/slow", 2, f"it ran for more than {CELL_SECONDS} s"),
    ],
)
def test_failure_names_the_cell_and_the_error(finished, path, number, error):
    failure = finished[0].outcomes[path].failure
    assert (failure.number, failure.heading) == (number, f"Run {path[3:]}")
    assert error in failure.error


def test_cells_have_the_numbers_that_they_have_in_the_notebook(finished):
    outcome = finished[0].outcomes["02/bad"]
    assert [cell.number for cell in outcome.cells][:2] == [2, outcome.failure.number]


def test_failed_chain_has_the_exit_status_1(finished):
    assert finished[1] == 1


def test_kernels_run_in_the_notebooks_folder(finished):
    folder = finished[0].notebooks[0].folder / "01"
    assert (folder / "cwd.txt").read_text(encoding="utf-8") == str(folder)


def test_cells_after_the_failing_one_do_not_run(finished):
    assert not list(finished[0].folder.parents[1].rglob("too_far.txt"))


def test_ledger_is_undone(finished):
    assert not list(finished[0].folder.parents[1].rglob("cwd.txt.copy"))


def test_nothing_is_written_into_the_home_folder(finished):
    assert list((finished[0].folder.parents[1] / "home").iterdir()) == []


def test_a_passing_notebook_logs_nothing_but_what_it_wrote_past_jupyter(finished):
    log = (finished[0].folder / "02" / "good.log").read_text(encoding="utf-8")
    assert log in ("", "not ours")


def test_report_tells_it_all_and_asks_no_other_machine(finished):
    html = (finished[0].folder / "report.html").read_text(encoding="utf-8")
    wanted = [
        "2 passed, 3 failed, 2 skipped, 1 not run",
        "ValueError",
        "raise ValueError(",
        "It waited for 02/bad",
        "Run good",
    ]
    assert [text for text in wanted if text not in html] == []
    assert "http" not in html and "<script" not in html


def test_executed_notebooks_lie_in_the_latest_run(finished):
    executed = (finished[0].folder.parent / "latest" / "02").glob("*.ipynb")
    assert {file.stem for file in executed} == {"good", "bad", "dying", "slow"}


@pytest.fixture
def needy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], int]:
    """Return a call that runs a chain of one notebook that this machine cannot run."""
    _isolate(monkeypatch, tmp_path)
    write_notebook(tmp_path / "01" / "needy.ipynb")
    notebook = Notebook("01/needy", needs=("gcloud",), folder=tmp_path)
    return lambda strict: Chain([notebook], chain.new_folder(tmp_path / "runs"), strict=strict).run()


@pytest.mark.parametrize(("strict", "status"), [(False, 0), (True, 1)])
def test_strict_turns_a_skip_into_a_failure(needy, strict, status, capsys):
    assert needy(strict) == status
    said = capsys.readouterr().out
    assert ("1 failed" if strict else "1 skipped") in said and "passed" not in said


def test_what_teardown_cannot_remove_is_a_failure(needy, monkeypatch, capsys):
    monkeypatch.setattr(chain, "teardown", lambda: ["machine web: no answer"])
    assert needy(False) == 1
    assert "machine web: no answer" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong", [{"track": "moon"}, {"stage": "99"}, {"target": "moon"}, {"parameters": ["NO_SUCH=1"]}]
)
def test_what_the_kit_does_not_have_is_refused_before_anything_runs(wrong):
    with pytest.raises(KitError):
        chain.run_chain(**wrong)


@pytest.mark.parametrize(
    ("target", "seconds"), [("rehearsal", kernels.CELL_SECONDS), ("cloud", kernels.CLOUD_CELL_SECONDS)]
)
def test_a_cell_may_take_longer_in_the_cloud(target, seconds, tmp_path, monkeypatch):
    monkeypatch.setattr(chain, "new_folder", lambda runs: tmp_path)
    monkeypatch.setattr(Chain, "run", lambda self: self.cell_seconds)
    assert chain.run_chain(track="iris_flask", target=target) == seconds
