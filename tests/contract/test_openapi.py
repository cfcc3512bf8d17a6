"""The published schema: valid, complete, and kept by the service under generated requests."""

import sys

import requests
from openapi_spec_validator import validate

from deploykit.shell import run
from tests.contract.cases import TIMEOUT_SECONDS

ROUTES = {"/", "/health/live", "/health/ready", "/version", "/openapi.json"}


def test_document_is_valid_and_names_every_route(url: str, service) -> None:
    document = requests.get(url + "/openapi.json", timeout=TIMEOUT_SECONDS).json()
    validate(document)
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) >= ROUTES | {service.path}
    assert {"400", "413", "415", "422", "503"} <= set(document["paths"][service.path]["post"]["responses"])


def test_generated_requests_find_no_fault(url: str, service, place: str, tmp_path) -> None:
    program = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"]
    examples = "100" if place == "process" else "10"  # what a request may be does not depend on where it goes
    options = ["--seed", "42", "--max-examples", examples, "--no-color", "--generation-database", "none"]
    options += [word for check in service.unchecked for word in ("--exclude-checks", check)]
    run([*program, *options, "--request-timeout", f"{TIMEOUT_SECONDS}"], cwd=tmp_path, timeout=600)
