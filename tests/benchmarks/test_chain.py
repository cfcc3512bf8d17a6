"""What running notebooks costs is measured with a real notebook, in every way; how much it is, is not asked."""

from statistics import median

import nbformat
import pytest
from rich.console import Console

from benchmarks import chain
from deploykit.catalog import Notebook


@pytest.fixture
def notebook(tmp_path, monkeypatch) -> Notebook:
    """Take one small notebook for the whole stage, and leave the kit's own chain out."""
    cells = [nbformat.v4.new_code_cell("import time\ntime.sleep(0.2)"), nbformat.v4.new_code_cell("display(1 + 1)")]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    (tmp_path / "01_train").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), tmp_path / "01_train" / "nap.ipynb")
    nap = Notebook("01_train/nap", folder=tmp_path)
    monkeypatch.setattr(chain.catalog, "select", lambda stage: [nap])
    monkeypatch.setattr(chain, "JOBS", ())
    monkeypatch.setattr(chain, "RESULTS", tmp_path / "chain.json")
    return nap


def test_a_notebook_is_timed_in_every_way(notebook: Notebook, capsys):
    cost = chain.run(rounds=1)
    seconds = {way: median(values) for way, values in cost.notebooks[notebook.path].items()}
    assert list(seconds) == ["script", "papermill", "this kit"]
    assert all(value > 0.2 for value in seconds.values())
    assert chain.Cost.model_validate_json(chain.RESULTS.read_bytes()) == cost
    Console(width=100).print(chain.table(cost))
    assert "01_train/nap" in capsys.readouterr().out


@pytest.mark.parametrize("way", ["script", "papermill", "this kit"])
def test_a_notebook_that_fails_is_not_timed(notebook: Notebook, way: str):
    broken = nbformat.read(notebook.file, as_version=4)
    broken.cells[0].source = "raise SystemExit(3)" if way == "script" else "1 / 0"
    nbformat.write(broken, notebook.file)
    with pytest.raises((chain.subprocess.CalledProcessError, AssertionError)):
        chain.WAYS[way](notebook.file)
