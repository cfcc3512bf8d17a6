"""Kernels get an environment that keeps their files in the clone and their outputs alike."""

from pathlib import Path

import pytest

from deploykit import kernels
from deploykit.paths import CACHE, STATE


@pytest.mark.parametrize(
    "name", ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR"]
)
def test_what_jupyter_writes_stays_in_the_clone(name):
    folder = Path(kernels.environment()[name])
    assert folder.is_relative_to(STATE) or folder.is_relative_to(CACHE)


def test_configuration_is_there_when_the_environment_is():
    folder = Path(kernels.environment()["IPYTHONDIR"])
    assert "ERROR" in (folder / "profile_default" / "ipython_kernel_config.py").read_text(encoding="utf-8")
