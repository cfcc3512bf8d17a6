"""The code follows one style, which ruff knows (pyproject.toml); run `ruff check --fix` and `ruff format` to mend it."""

import pytest

from deploykit.shell import run


@pytest.mark.parametrize("command", ["ruff check .", "ruff format --check ."])
def test_the_code_is_in_style(command):
    run(command, quiet=True)
