"""Cloud Build and Artifact Registry in rehearsal, through the real gcloud: what is built, kept, refused and removed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tenacity
import yaml

from deploykit import engine, rehearsal
from deploykit.paths import ROOT
from deploykit.shell import CommandError, Result, run
from tests.rehearsal.conftest import text
from tests.rehearsal.google.conftest import kill_and_restart

pytestmark = [pytest.mark.needs("docker"), pytest.mark.needs("gcloud")]

STEP = "test=step-of-a-build"
BASE = f"FROM python:3.11-slim-bookworm\nLABEL {STEP}\n"
DOCKERFILES = {"good": 'CMD ["true"]', "bad": "RUN echo before && false", "slow": "RUN sleep 60"}
BUILDER = "gcr.io/cloud-builders/docker"


@pytest.fixture(scope="module")
def repository(google: rehearsal.google.Cloud) -> Iterator[str]:
    run("gcloud services enable cloudbuild.googleapis.com artifactregistry.googleapis.com", quiet=True)
    create = "gcloud artifacts repositories create kit --repository-format=docker --location=europe-west1"
    run(create, quiet=True)
    describe = "gcloud artifacts repositories describe kit --location=europe-west1 --format=value(registryUri)"
    yield text(describe)
    run("gcloud artifacts repositories delete kit --location=europe-west1", quiet=True)
    assert [image for image in images_of(google.project) if "/kit/" in image] == []


@pytest.fixture
def source(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    (tmp_path / "Dockerfile").write_text(BASE + DOCKERFILES[getattr(request, "param", "good")], encoding="utf-8")
    return tmp_path


def images_of(project: str) -> list[str]:
    tags = [tag for image in engine.client().api.images() for tag in image["RepoTags"] or []]
    return [tag for tag in tags if f"pkg.dev/{project}/" in tag]


def step_containers() -> list:
    """Return the containers in which the classic builder runs the steps of the tests' Dockerfiles."""
    return engine.client().containers.list(all=True, filters={"label": STEP}, ignore_removed=True)


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    again = tenacity.retry_if_result(lambda is_so: not is_so)
    tenacity.Retrying(stop=tenacity.stop_after_delay(20), wait=tenacity.wait_fixed(0.2), retry=again)(condition)


def classic(source: Path, *flags: str) -> Result:
    """Let Cloud Build run the source's Dockerfile with the classic builder, whose steps are containers."""
    step = {"name": BUILDER, "args": ["build", "--no-cache", "."], "env": ["DOCKER_BUILDKIT=0"]}
    return submit_config(source, {"steps": [step]}, *flags)


def submit(source: Path, *flags: str) -> Result:
    return run(["gcloud", "builds", "submit", str(source), *flags], quiet=True)


def submit_config(folder: Path, config: dict, *flags: str) -> Result:
    (folder / "build.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return submit(folder, f"--config={folder}/build.yaml", *flags)


def latest(field: str) -> str:
    return text(f"gcloud builds list --limit=1 --format=value({field})")


def test_an_image_is_built_and_put_into_the_repository(repository: str, source: Path):
    built = submit(source, f"--tag={repository}/hello:1")
    assert "Successfully tagged" in built.output and "DONE" in built.output and "SUCCESS" in built.stdout
    listed = run(f"gcloud artifacts docker images list {repository} --format=json", quiet=True).json()
    image = engine.client().images.get(f"{repository}/hello:1")
    assert [(found["package"], found["version"]) for found in listed] == [(f"{repository}/hello", image.id)]
    assert text(f"gcloud artifacts docker tags list {repository}/hello --format=value(tag)") == "1"


def test_a_build_is_remembered_with_its_log(repository: str, source: Path):
    submit(source, f"--tag={repository}/logged:1")
    kill_and_restart()
    assert latest("status") == "SUCCESS"
    assert "Successfully tagged" in text(f"gcloud builds log {latest('id')}")
    described = run(f"gcloud builds describe {latest('id')} --format=json", quiet=True).json()
    assert described["results"]["images"][0]["name"] == f"{repository}/logged:1"


@pytest.mark.parametrize("source", ["bad"], indirect=True)
def test_a_failing_step_is_quoted(repository: str, source: Path):
    with pytest.raises(CommandError) as error:
        submit(source, f"--tag={repository}/bad:1")
    assert "before\n" in error.value.result.output
    assert f'build step 0 "{BUILDER}" failed: step exited with non-zero status: 1' in error.value.result.output
    assert latest("status") == "FAILURE"


@pytest.mark.parametrize("source", ["bad"], indirect=True)
def test_a_failing_step_leaves_no_container(repository: str, source: Path):
    with pytest.raises(CommandError, match="returned a non-zero code: 1"):
        classic(source)
    assert step_containers() == []


@pytest.mark.parametrize("source", ["slow"], indirect=True)
@pytest.mark.parametrize("end", ["cancel", "kill the server"])
def test_a_build_that_is_given_up_leaves_no_container(repository: str, source: Path, end: str):
    classic(source, "--async")
    eventually(lambda: [one.status for one in step_containers()] == ["running"])
    if end == "cancel":
        run(f"gcloud builds cancel {latest('id')}", quiet=True)
    else:
        kill_and_restart()
    eventually(lambda: step_containers() == [])


def test_a_push_needs_a_repository(google: rehearsal.google.Cloud, repository: str, source: Path):
    image = f"europe-west1-docker.pkg.dev/{google.project}/nowhere/hello:1"
    with pytest.raises(CommandError, match='name unknown: Repository "nowhere" not found'):
        submit(source, f"--tag={image}")
    assert image not in images_of(google.project)


@pytest.mark.parametrize("source", ["slow"], indirect=True)
def test_a_build_can_be_cancelled(repository: str, source: Path):
    submit(source, f"--tag={repository}/slow:1", "--async")
    assert latest("status") in ("QUEUED", "WORKING")
    run(f"gcloud builds cancel {latest('id')}", quiet=True)
    assert latest("status") == "CANCELLED"
    assert text("gcloud builds list --ongoing") == ""


@pytest.mark.parametrize("source", ["slow"], indirect=True)
def test_a_build_that_takes_too_long_is_ended(repository: str, source: Path):
    with pytest.raises(CommandError, match="Your build timed out"):
        submit(source, f"--tag={repository}/slow:1", "--timeout=2s")


@pytest.mark.parametrize("source", ["slow"], indirect=True)
def test_a_build_that_the_server_did_not_survive_has_failed(repository: str, source: Path):
    submit(source, f"--tag={repository}/slow:1", "--async")
    kill_and_restart()
    assert latest("status") == "INTERNAL_ERROR"


def test_the_kits_own_configuration_builds_a_service(repository: str):
    image = f"{repository}/heart_function:1"
    flags = ("--config=cloudbuild.yaml", f"--substitutions=_SERVICE=heart_function,_IMAGE={image}")
    submit(Path("."), *flags)
    assert engine.client().images.get(image).labels["org.opencontainers.image.title"] == "heart_function"


def test_only_what_the_build_needs_is_uploaded():
    listed = text("gcloud meta list-files-for-upload").splitlines()
    assert {"Dockerfile", ".dockerignore", "app_src/heart_function/start.sh"} < set(listed)
    assert {name.split("/")[0] for name in listed} == {"Dockerfile", ".dockerignore", "app_src"}
    assert sum((ROOT / name).stat().st_size for name in listed if "/model/" not in name) < 2**20


@pytest.mark.parametrize(
    ("args", "done"),
    [
        (["push", "{repository}/hello:2"], "digest: sha256:"),
        (["push", "{repository}/unknown:2"], "does not exist locally"),
        (["build", "--network=cloudbuild", "-t", "{repository}/hello:3", "."], "Successfully tagged"),
        (["build", "."], "outside of the workspace"),
        (["build", "-f", "nowhere", "."], "no folder of the source"),
    ],
)
def test_docker_steps_do_what_docker_does(repository: str, source: Path, args: list[str], done: str):
    steps = [
        {"name": BUILDER, "id": "build it", "args": ["build", "-t", f"{repository}/hello:2", "."]},
        {"name": BUILDER, "args": [arg.format(repository=repository) for arg in args]},
    ]
    if done.startswith("outside"):
        steps[1]["dir"] = "../.."
    if done.startswith("no folder"):
        steps[1]["dir"] = "nowhere"
    try:
        output = submit_config(source, {"steps": steps}).output
    except CommandError as error:
        output = error.result.output
    assert 'Starting Step #0 - "build it"' in output and done in output
    assert "The rehearsal cloud failed" not in output


@pytest.mark.parametrize(
    ("config", "refusal"),
    [
        ({"steps": [{"name": "ubuntu", "args": ["ls"]}]}, "A build step with ubuntu"),
        ({"steps": [{"name": BUILDER, "entrypoint": "bash", "args": ["-c", "ls"]}]}, "A build step with"),
        ({"steps": [{"name": BUILDER, "args": ["run", "x"]}]}, "docker run in a build step"),
        ({"steps": [{"name": BUILDER, "script": "ls"}]}, "field script of a build step"),
        ({"steps": [{"name": BUILDER, "args": ["build", "$_X"]}]}, '"_X" is not matched in the substitution data'),
        ({"steps": [{"name": BUILDER, "args": ["build"]}], "images": ["A/B:1"]}, "could not parse reference"),
    ],
)
def test_what_cannot_be_built_is_refused_at_once(repository: str, source: Path, config: dict, refusal: str):
    with pytest.raises(CommandError, match=refusal):
        submit_config(source, config)


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        ("repositories create kit --location=europe-west1 --repository-format=docker", "repository already exists"),
        ("repositories create it --location=mars-east1 --repository-format=docker", "Location mars-east1 is not found"),
        ("repositories create it --location=europe-west1 --repository-format=maven", "format MAVEN is not rehearsed"),
        ("repositories describe nowhere --location=europe-west1", "Requested entity was not found"),
        ("repositories delete nowhere --location=europe-west1", "Requested entity was not found"),
    ],
)
def test_mistakes_with_repositories_are_refused(repository: str, command: str, refusal: str):
    with pytest.raises(CommandError, match=refusal):
        run(f"gcloud artifacts {command}", quiet=True)


def test_an_image_can_be_deleted(google: rehearsal.google.Cloud, repository: str, source: Path):
    submit(source, f"--tag={repository}/team/short:1")
    run(f"gcloud artifacts docker images delete {repository}/team/short:1 --delete-tags", quiet=True)
    assert f"{repository}/team/short:1" not in images_of(google.project)


def test_without_their_apis_both_refuse(google: rehearsal.google.Cloud, source: Path):
    run("gcloud services disable cloudbuild.googleapis.com artifactregistry.googleapis.com", quiet=True)
    for command in ("builds list", "artifacts repositories list --location=europe-west1"):
        with pytest.raises(CommandError, match="it is disabled. Enable it by visiting"):
            run(f"gcloud {command}", quiet=True)
    run("gcloud services enable cloudbuild.googleapis.com artifactregistry.googleapis.com", quiet=True)
