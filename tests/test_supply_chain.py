"""What is shipped: no secret, no known weakness, no model that is a program; the lock's hashes are test_lock.py's."""

import ast
import json
from pathlib import Path

import pytest

from deploykit.paths import ROOT
from deploykit.shell import run

STAND_INS = {
    "deploykit/aws.py": "Secret Keyword",  # the rehearsal's AWS takes any secret
    "deploykit/rehearsal/registry.py": "Secret Keyword",  # moto's token, and the name of a realm
    "notebooks/04_deploy/iris_flask_on_ec2.ipynb": "AWS Access Key",  # the example of AWS's own documentation
    "tests/rehearsal/google/test_server.py": "Secret Keyword",  # a password that must not fit
}
"""What looks like a secret and is none, by file."""

TOO_RANDOM = "requirements|definitions/|[.](jpg|svg|csv)$"
"""Files of hashes, of Google's own descriptions, and of pictures."""

RUN_WHEN_LOADED = {"pickle", "joblib", "dill", "cloudpickle", "marshal", "shelve"}
"""Modules whose files are programs: loading one runs it."""

SHIPPED = sorted([*(ROOT / "app_src").glob("*/*.py"), *(ROOT / "deploykit").rglob("*.py")])
SERVICES = sorted((ROOT / "app_src").glob("*/requirements.txt"))


def test_no_secret_is_committed() -> None:
    entropy = [word for kind in ("Hex", "Base64") for word in ("--disable-plugin", f"{kind}HighEntropyString")]
    found = run(["detect-secrets", "-c", "2", "scan", "--exclude-files", TOO_RANDOM, *entropy], quiet=True).json()
    secrets = {file: {one["type"] for one in those} for file, those in found["results"].items()}
    assert secrets.pop("deploykit/aws.py", None), "the scan finds what it is known to find"
    assert {file: kinds for file, kinds in secrets.items() if kinds != {STAND_INS.get(file)}} == {}


def test_no_known_weakness_is_in_the_code() -> None:
    # B310: the clients open the address that their user types, which is what they are for.
    found = run(
        "bandit --quiet -ll -ii --skip B310 --format json --recursive deploykit app_src", check=False, quiet=True
    )
    report = json.loads(found.stdout)
    assert report["metrics"]["_totals"]["loc"] > 5000 and report["errors"] == []
    assert [f"{one['filename']}:{one['line_number']} {one['issue_text']}" for one in report["results"]] == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_model_is_loaded_by_running_it(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name.partition(".")[0] for name in imported} & RUN_WHEN_LOADED


@pytest.mark.soak
@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.parent.name)
def test_no_library_of_a_service_has_a_known_vulnerability(path: Path, tmp_path: Path) -> None:
    audit = ["uv", "tool", "run", "pip-audit", "--requirement", str(path), "--require-hashes", "--disable-pip"]
    found = run([*audit, "--format=json", "--output", str(tmp_path / "found.json")], check=False, quiet=True)
    packages = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["dependencies"]
    if all("skip_reason" in one for one in packages):
        pytest.skip("the package index of this machine has no list of vulnerabilities")
    assert [one for one in packages if one.get("vulns")] == [] and found.returncode == 0
