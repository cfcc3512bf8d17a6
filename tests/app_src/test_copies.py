"""Services stand alone, so some files are copies of each other; a mend in one of them belongs into all."""

import pytest

from deploykit.paths import ROOT

COPIES = {
    "verify.py": ["iris_flask", "iris_streamlit", "yolo_flask"],
    "logs.py": ["iris_flask", "heart_function", "yolo_flask"],
    "errors.py": ["iris_flask", "yolo_flask"],
}


@pytest.mark.parametrize("name", COPIES)
def test_copies_are_alike(name):
    assert len({(ROOT / "app_src" / service / name).read_bytes() for service in COPIES[name]}) == 1
