"""pytest checks the kit's notebooks in their order, from any folder, and skips what the machine cannot run."""

import shutil
import sys

import pytest

from deploykit import suite
from deploykit.paths import ROOT
from tests.notebook_files import write_notebook

WITHOUT_SSH = {"PATH": "/nowhere"}


@pytest.fixture
def chain(copy):
    """Put three notebooks of the table into the copy, the second of which reads what the first writes."""
    notebooks = copy.root / "notebooks"
    write = (
        "import os, pathlib\npathlib.Path('../made').write_text('by the first')\nprint('TQDM_DISABLE' in os.environ)"
    )
    read = "import pathlib\nprint(pathlib.Path('../made').read_text())"
    write_notebook(notebooks / "01_train" / "iris.ipynb", write, stored=["True\n"])
    write_notebook(notebooks / "02_serve" / "iris_flask.ipynb", read, stored=["by the first\n"])
    write_notebook(notebooks / "04_deploy" / "iris_flask_on_ec2.ipynb", "1 / 0", stored=[""])
    return copy


def test_order_skips_and_foreign_notebooks(chain, tmp_path):
    run_copy = chain.root / "runs" / "latest" / "01_train"
    shutil.copytree(chain.root / "notebooks" / "01_train", run_copy)
    folders = [
        chain.root / "runs",
        *(chain.root / "notebooks" / stage for stage in ("04_deploy", "02_serve", "01_train")),
    ]
    said = chain.pytest(*folders, env={**WITHOUT_SSH, "DEPLOYKIT_STRICT": ""}, cwd=tmp_path)
    assert "2 passed, 1 skipped" in said
    assert "'ssh' is not installed" in said


def test_strict_turns_a_skip_into_a_failure(chain):
    said = chain.pytest("notebooks/04_deploy", env={**WITHOUT_SSH, "DEPLOYKIT_STRICT": "1"})
    assert "1 error" in said and "'ssh' is not installed" in said


def test_two_processes_share_the_tests_and_one_takes_the_notebooks(chain):
    """The second notebook reads what the first wrote, so one process took both."""
    shutil.rmtree(chain.root / "notebooks" / "04_deploy")
    for name in ("one", "two"):
        file = chain.root / "tests" / f"test_{name}.py"
        file.write_text("from deploykit.paths import STATE\ndef test(): print('state', STATE)\n", encoding="utf-8")
    said = chain.pytest(*suite.OPTIONS)
    assert "4 passed" in said
    assert f"state {chain.root / suite.SECOND.relative_to(ROOT)}\n" in said


@pytest.mark.parametrize(("options", "removed"), [([], True), (suite.OPTIONS, False)], ids=["one process", "two"])
def test_a_process_removes_what_notebooks_left_if_it_is_alone(copy, options, removed):
    source = "from deploykit import ledger\nledger.add('leftover', 'file', undo='touch removed')"
    write_notebook(copy.root / "notebooks" / "01_train" / "iris.ipynb", source, stored=[""])
    assert "1 passed" in copy.pytest(*options)
    assert (copy.root / "removed").exists() == removed


def test_processes_that_share_a_state_are_refused(copy):
    assert "would race each other" in copy.pytest("-n", "2")


def test_notebook_runs_in_this_environment_whatever_kernel_it_names(copy):
    source = "import os, sys\nassert sys.prefix == os.environ['WANTED']"
    file = write_notebook(copy.root / "notebooks" / "01_train" / "iris.ipynb", source, stored=[""])
    file.write_text(file.read_text(encoding="utf-8").replace('"python3"', '"my-env"'), encoding="utf-8")
    assert "1 passed" in copy.pytest(env={"WANTED": sys.prefix})
