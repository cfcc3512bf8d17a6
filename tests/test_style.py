"""The code follows one style; `ruff check --fix` and `ruff format` mend it, as pyproject.toml tells them."""

import pytest

from deploykit.shell import run


@pytest.mark.parametrize("command", ["ruff check .", "ruff format --check ."])
def test_the_code_is_in_style(command):
    run(command, quiet=True)
