"""How pytest and nbval check the notebooks: in their order, one at a time, each compared with its stored outputs.

``python -m deploykit test`` lets two pytest processes share the work. Each has a ``DEPLOYKIT_STATE`` of its own, and so
is to the other what another clone of the kit would be; what must stay together is in one group.

``pytest --nbval notebooks/…`` works from any folder with what is set here. A notebook whose needs this machine does not
meet is skipped, or with ``DEPLOYKIT_STRICT=1`` failed.
"""

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from deploykit import catalog, kernels, needs, suite
from deploykit.paths import NOTEBOOKS
from deploykit.teardown import teardown

SANITIZER = Path(__file__).parent / "tests" / "nbval.cfg"
TOGETHER = (
    "notebooks/", "tests/browser/", "tests/contract/", "tests/faults/", "tests/hostile/",
    "tests/rehearsal/google/compute/",
)  # fmt: skip
"""Folders that one process takes whole: notebooks stand on each other, and fixtures serve all files of a folder."""

CELL_SECONDS = 300.0
NBVAL_CELL_SECONDS = 2000.0
"""nbval's own default, which lets a dead kernel hang for half an hour."""

_order = {notebook.file: place for place, notebook in enumerate(catalog.in_order(catalog.CATALOG))}
_needs = {notebook.file: notebook.needs for notebook in catalog.CATALOG}
_missing = cache(needs.missing)


class Groups(LoadScopeScheduling):
    """How two processes share the tests: file by file, but for some folders."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)


def pytest_configure(config: pytest.Config) -> None:
    """Set what nbval would otherwise have to be told on every call."""
    option = config.option
    if not getattr(option, "nbval", False):  # also where the plugin was left out
        return
    if getattr(option, "dist", "no") != "no" and option.tx != suite.PROCESSES:
        raise pytest.UsageError("Tests of one state would race each other. Type: python -m deploykit test")
    os.environ.update(kernels.environment())
    option.nbval_sanitize_with = option.nbval_sanitize_with or str(SANITIZER)
    option.nbval_current_env = not option.nbval_kernel_name
    if option.nbval_cell_timeout == NBVAL_CELL_SECONDS:
        option.nbval_cell_timeout = CELL_SECONDS


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out notebooks that are not the kit's own, such as the executed copies of a run."""
    foreign = collection_path.suffix == ".ipynb" and not collection_path.is_relative_to(NOTEBOOKS)
    return True if foreign else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put each notebook after those that it stands on, and each exercise's solution after the exercise.

    The sort is stable, so cells keep their order. Of two processes one begins with the notebooks, the longest group.
    """
    tests = len(_order) if hasattr(config, "workerinput") else -1
    items.sort(key=lambda item: _order.get(item.path, tests))
    if getattr(config.option, "nbval", False):
        from tests.notebooks.solutions import with_solutions  # here, because it needs the plugin

        items[:] = with_solutions(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Hand the tests out in groups."""
    return Groups(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip or fail a test or a notebook's cell, before its kernel starts, when this machine lacks what it needs."""
    wanted = [*_needs.get(item.path, ()), *(mark.args[0] for mark in item.iter_markers("needs"))]
    reasons = [reason for need in wanted if (reason := _missing(need))]
    if reasons:
        decide = pytest.fail if os.environ.get("DEPLOYKIT_STRICT") else pytest.skip
        decide(" ".join(reasons))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove what the notebooks left, after their kernels have ended; what cannot be removed is a failure.

    Not while another process may be building on our base image: ``python -m deploykit test`` waits for both.
    """
    if hasattr(session.config, "workerinput") or not any(item.path in _order for item in getattr(session, "items", [])):
        return
    left = teardown()
    for line in left:
        print(f"\nStill there, because removing it failed: {line}")
    if left:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
