"""Cloud Functions in rehearsal, through the real gcloud: deploy, call, logs, refusals, delete."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deploykit import rehearsal
from deploykit.rehearsal.google import instances
from deploykit.shell import CommandError, Result, run
from tests.rehearsal.conftest import text
from tests.rehearsal.google.conftest import kill_and_restart

pytestmark = [pytest.mark.needs("docker"), pytest.mark.needs("gcloud")]

APIS = ("artifactregistry", "cloudbuild", "cloudfunctions", "run")
REGION = "--region=europe-west1"
CODE = """import json
import os

def hello(request):
    print(json.dumps({"severity": "WARNING", "message": "called by " + request.method}))
    return f"hello {(request.get_json(silent=True) or {}).get('name')} {os.environ.get('MOOD', '')}".strip()
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("function"), CODE)


@pytest.fixture(scope="module")
def url(google: rehearsal.google.Cloud, source: Path) -> Iterator[str]:
    """Deploy a function that everybody may call, and return its address."""
    run(["gcloud", "services", "enable", *(f"{api}.googleapis.com" for api in APIS)], quiet=True)
    deploy("Hello_Fn", source, "--allow-unauthenticated")
    yield described("url")
    run(f"gcloud functions delete Hello_Fn {REGION}", quiet=True)
    assert "run/europe-west1/hello-fn" not in instances.services()
    assert text("gcloud run services list --format=value(metadata.name)") == ""


def write(folder: Path, code: str, requirements: str = "") -> Path:
    (folder / "main.py").write_text(code, encoding="utf-8")
    (folder / "requirements.txt").write_text(requirements, encoding="utf-8")
    return folder


def deploy(name: str, source: Path, *flags: str) -> Result:
    usual = ("--gen2", REGION, "--runtime=python311", "--entry-point=hello", "--trigger-http", f"--source={source}")
    return run(["gcloud", "functions", "deploy", name, *usual, *flags], quiet=True)


def described(field: str) -> str:
    return text(f"gcloud functions describe Hello_Fn {REGION} --format=value({field})")


def test_it_answers(url: str):
    assert requests.post(url, json={"name": "you"}, timeout=30).text == "hello you"
    assert described("state,environment").split() == ["ACTIVE", "GEN_2"]
    assert described("serviceConfig.availableMemory,serviceConfig.availableCpu").split() == ["256M", "0.1666"]


def test_it_is_listed_as_a_function_and_as_a_service_of_cloud_run(url: str):
    assert text("gcloud functions list --format=value(name.basename())") == "Hello_Fn"
    assert text("gcloud run services list --format=value(metadata.name,status.url)").split() == ["hello-fn", url]


def test_gcloud_calls_it_with_an_identity_token(url: str):
    called = run(["gcloud", "functions", "call", "Hello_Fn", REGION, "--data", '{"name": "gcloud"}'], quiet=True)
    assert "hello gcloud" in called.output


def test_its_log_can_be_read(url: str):
    requests.post(url, json={}, timeout=30)
    read = f"gcloud functions logs read Hello_Fn {REGION} --limit=50 --format=json"
    assert ("WARNING", "called by POST") in [(entry["level"], entry["log"]) for entry in json.loads(text(read))]


def test_its_build_is_one_of_cloud_builds(url: str):
    build = described("buildConfig.build").rpartition("/")[2]
    assert text(f"gcloud builds describe {build} {REGION} --format=value(status)") == "SUCCESS"
    assert "functions-framework" in text(f"gcloud builds log {build} {REGION}")


def test_it_may_be_closed_to_strangers(url: str):
    binding = f"invoker-policy-binding Hello_Fn {REGION} --member=allUsers"
    run(f"gcloud functions remove-{binding}", quiet=True)
    assert requests.post(url, json={}, timeout=30).status_code == 403
    token = {"Authorization": f"Bearer {text('gcloud auth print-identity-token')}"}
    assert requests.post(url, json={}, headers=token, timeout=30).ok
    run(f"gcloud functions add-{binding}", quiet=True)
    assert requests.post(url, json={}, timeout=30).ok


def test_a_restarted_server_knows_it(url: str):
    kill_and_restart()
    assert described("url,state").split() == [url, "ACTIVE"]
    assert requests.post(url, json={"name": "again"}, timeout=30).text == "hello again"


def test_a_new_version_keeps_the_address(url: str, source: Path):
    deploy("Hello_Fn", source, "--set-env-vars=MOOD=glad", "--memory=512Mi")
    assert requests.post(url, json={"name": "you"}, timeout=30).text == "hello you glad"
    assert described("url,serviceConfig.availableMemory").split() == [url, "512Mi"]


def test_settings_can_be_raised_and_taken_back(url: str, source: Path):
    fields = "serviceConfig.availableMemory,serviceConfig.availableCpu,serviceConfig.maxInstanceCount,labels.team"
    deploy("Hello_Fn", source, "--memory=1Gi", "--max-instances=2", "--update-labels=team=a")
    assert described(fields).split() == ["1Gi", "0.5833", "2", "a"]
    deploy("Hello_Fn", source, "--clear-max-instances", "--remove-labels=team")
    assert described(fields).split() == ["1Gi", "0.5833", "100"]


def test_a_missing_entry_point_quotes_the_framework_and_leaves_the_old_version(url: str, source: Path):
    with pytest.raises(CommandError) as error:
        deploy("Hello_Fn", source, "--entry-point=nope")
    output = error.value.result.output
    assert "Container Healthcheck failed" in output
    assert "MissingTargetException: File main.py is expected to contain a function named 'nope'" in output
    assert described("state") == "FAILED"
    assert requests.post(url, json={"name": "you"}, timeout=30).ok
    deploy("Hello_Fn", source)


@pytest.mark.parametrize(
    ("code", "requirements", "refusal"),
    [
        ("def hello(request:\n", "", "SyntaxError"),
        (CODE, "no-such-package-of-the-kit==1\n", "No matching distribution found"),
        ("import pandas\n" + CODE, "", "No module named 'pandas'"),
    ],
    ids=["syntax", "requirement", "import"],
)
def test_code_that_cannot_run_is_quoted(url: str, tmp_path: Path, code: str, requirements: str, refusal: str):
    with pytest.raises(CommandError, match=refusal):
        deploy("broken", write(tmp_path, code, requirements), "--no-allow-unauthenticated")
    assert text("gcloud functions list --filter=state=FAILED --format=value(name.basename())") == "broken"
    run(f"gcloud functions delete broken {REGION}", quiet=True)


@pytest.mark.parametrize(
    ("name", "flags", "refusal"),
    [
        ("old", ["--runtime=python37"], "python37 is not a supported runtime"),
        ("new", ["--runtime=python313"], "The runtime python313 .* is not rehearsed"),
        ("1st", [], "Function name must contain only"),
        ("far", ["--region=mars-north1"], "Location mars-north1 is not found"),
        ("first", ["--no-gen2"], "1st generation .* is not rehearsed"),
        ("busy", ["--concurrency=5", "--no-allow-unauthenticated"], "Total cpu < 1 is not supported with concurrency"),
        ("wide", ["--cpu=1", "--memory=16Gi", "--no-allow-unauthenticated"], "memory"),
    ],
)
def test_mistakes_are_refused(url: str, source: Path, name: str, flags: list[str], refusal: str):
    with pytest.raises(CommandError) as error:
        deploy(name, source, *flags)
    assert re.search(refusal, error.value.result.output)
    if name in ("busy", "wide"):
        run(f"gcloud functions delete {name} {REGION}", quiet=True)


@pytest.mark.parametrize("command", ["describe", "delete", "call"])
def test_an_unknown_function_is_not_found(url: str, command: str):
    with pytest.raises(CommandError, match="nobody. was not found"):
        run(f"gcloud functions {command} nobody {REGION}", quiet=True)


def test_it_needs_its_api(url: str):
    run("gcloud services disable cloudfunctions.googleapis.com", quiet=True)
    with pytest.raises(CommandError, match="Cloud Functions API|cloudfunctions.googleapis.com API has not been used"):
        run(f"gcloud functions describe Hello_Fn {REGION}", quiet=True)
    run("gcloud services enable cloudfunctions.googleapis.com", quiet=True)
