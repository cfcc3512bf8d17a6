"""What the learner's accounts lack is said with what to type."""

import json
import re

import pytest

from deploykit import account
from deploykit.errors import KitError
from deploykit.paths import NOTEBOOKS

ENABLING = re.compile(r"\$ gcloud services enable ([\w. ]+)")


def test_the_apis_are_those_that_the_lessons_enable():
    enabled = set()
    for file in NOTEBOOKS.glob("04_deploy/*.ipynb"):
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        texts = ["".join(output.get("text", "")) for cell in cells for output in cell.get("outputs", [])]
        enabled |= {api for text in texts for apis in ENABLING.findall(text) for api in apis.split()}
    assert enabled == set(account.all_apis())


@pytest.mark.needs("gcloud")
def test_without_a_login_the_question_after_the_apis_says_to_log_in(tmp_path, monkeypatch):
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    with pytest.raises(KitError, match="Google does not say which APIs my-project has enabled") as caught:
        account.disabled_apis("my-project", ("run.googleapis.com",))
    assert "gcloud auth login" in caught.value.hint
