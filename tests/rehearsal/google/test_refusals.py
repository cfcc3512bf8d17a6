"""What the cloud refuses, in Google's words and at once, and that it creates nothing then; faults on request."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from deploykit import engine, gcloud, rehearsal
from deploykit.rehearsal.google.errors import ApiError
from deploykit.rehearsal.google.faults import Faults
from deploykit.rehearsal.google.store import Store
from deploykit.rehearsal.labels import FILTER
from deploykit.shell import Result, run
from tests.rehearsal.google import tiny

pytestmark = [pytest.mark.needs("docker"), pytest.mark.needs("gcloud")]
REGION = "europe-west1"
APIS = ("appengine", "artifactregistry", "cloudbuild", "cloudfunctions", "compute", "run")
AT_ONCE_SECONDS = 25
"""gcloud repeats what it takes for a passing failure of Google's for 35 seconds; alone it needs one or two."""

NOTES = ("operation", "fault", "build", "policy")
"""Kinds of records that tell what was tried, and are no resources."""


@pytest.fixture(scope="module", autouse=True)
def cloud(google: rehearsal.google.Cloud) -> rehearsal.google.Cloud:
    """Return a new cloud with all APIs, a repository and an image."""
    rehearsal.stop()
    gcloud.connect("rehearsal")
    run(["gcloud", "services", "enable", *(f"{api}.googleapis.com" for api in APIS)], quiet=True)
    create = f"gcloud artifacts repositories create lessons --repository-format=docker --location={REGION}"
    run(create, quiet=True)
    run("gcloud compute networks list", quiet=True)  # the default network comes into being when it is first asked for
    return gcloud.running()


@pytest.fixture(scope="module")
def image(cloud: rehearsal.google.Cloud) -> str:
    """Build an image in the repository and return its name."""
    return tiny.build(f"{REGION}-docker.pkg.dev/{cloud.project}/lessons/tiny:1")


@pytest.fixture(scope="module")
def service(image: str) -> str:
    """Deploy a service to Cloud Run and return its name."""
    run(f"gcloud run deploy tiny --image={image} --region={REGION} --allow-unauthenticated", quiet=True)
    return "tiny"


@pytest.fixture(scope="module")
def application(cloud: rehearsal.google.Cloud) -> None:
    """Create the application of App Engine."""
    run("gcloud app create --region=europe-west", quiet=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with something to deploy: an app.yaml, a Dockerfile and a function."""
    (tmp_path / "app.yaml").write_text("runtime: custom\nenv: flex\n")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "main.py").write_text("def hello(request):\n    return 'hello'\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "steps.yaml").write_text("steps:\n- name: gcr.io/cloud-builders/npm\n  args: [install]\n")
    return tmp_path


def inventory() -> set[tuple[str, str]]:
    """Return what there is: the store's resources, and the containers."""
    with closing(sqlite3.connect(rehearsal.google.FOLDER / "state.db")) as store:
        found = set(store.execute("SELECT kind, name FROM resources"))
    containers = engine.client().containers.list(all=True, filters=FILTER)
    return {row for row in found if row[0] not in NOTES} | {("container", one.id) for one in containers}


def at_once(command: str) -> Result:
    """Run a command that is to be refused and return what it said; it may not be repeated for half a minute."""
    started = time.monotonic()
    result = run(command, quiet=True, check=False)
    assert time.monotonic() - started < AT_ONCE_SECONDS
    assert result.returncode == 1, result.output
    return result


def flat(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


DEPLOY = f"gcloud run deploy other --region={REGION} --image={{image}}"
TRAFFIC = f"gcloud run services update-traffic tiny --region={REGION} --to-revisions"
REPOSITORY = "gcloud artifacts repositories create {name} --repository-format=docker --location={region}"
FUNCTION = (
    "gcloud functions deploy f --gen2 --region={region} --trigger-http --source={{folder}} --runtime={runtime} "
    "--entry-point=hello"
)
INSTANCE = "gcloud compute instances create {name} --zone={zone}"
FIREWALL = "gcloud compute firewall-rules create {name} --allow=tcp:80"
REFUSALS = {
    "memory too small for the processors": (
        f"{DEPLOY} --cpu=4 --memory=1Gi", "For 4.0 CPU, memory must be between 2Gi and 16Gi inclusive.",
    ),
    "name of a service malformed": (
        f"gcloud run deploy 1st --region={REGION} --image={{image}}", "Resource name must use only lowercase",
    ),
    "region of a service unknown": (
        "gcloud run deploy other --region=mars-east1 --image={image}", "Location mars-east1 is not found",
    ),
    "registry unknown": (
        f"gcloud run deploy other --region={REGION} --image=example.com/x", "Expected an image path like",
    ),
    "variable reserved": (f"{DEPLOY} --set-env-vars=PORT=80", "The following reserved env names were provided: PORT"),
    "service missing": (f"gcloud run services describe nobody --region={REGION}", "Cannot find service [nobody]"),
    "revision not found": (f"{TRAFFIC}=tiny-00009-xyz=100", "Revision 'tiny-00009-xyz' not found."),
    "traffic not summing to 100": (f"{TRAFFIC}=tiny-a=60,tiny-b=50", "100"),
    "name of a repository taken": (REPOSITORY.format(name="lessons", region=REGION), "the repository already exists"),
    "name of a repository malformed": (REPOSITORY.format(name="1st", region=REGION), "Names may only contain"),
    "region of a repository unknown": (REPOSITORY.format(name="x", region="mars-east1"), "mars-east1"),
    "repository missing": (f"gcloud artifacts repositories describe x --location={REGION}", "Requested entity was not"),
    "build for a missing repository": (
        f"gcloud builds submit {{folder}} --tag={REGION}-docker.pkg.dev/{{project}}/nowhere/x:1",
        'Repository "nowhere" not found',
    ),
    "build with a foreign step": (
        "gcloud builds submit {folder} --config={folder}/steps.yaml", "A build step with gcr.io/cloud-builders/npm",
    ),
    "bucket malformed": ("gcloud storage buckets create gs://Bad_Name", "Invalid bucket name"),
    "API unknown": ("gcloud services enable nothing.googleapis.com", "nothing.googleapis.com"),
    "project of somebody else": ("gcloud projects describe somebody-elses", "permission"),
    "region of an application unknown": ("gcloud app create --region=mars", "Invalid location 'mars'."),
    "application missing": ("gcloud app deploy {folder}/app.yaml", "does not contain an App Engine application"),
    "runtime of a function unknown": (
        FUNCTION.format(region=REGION, runtime="python27"), "python27 is not a supported runtime",
    ),
    "file of the entry point missing": (
        FUNCTION.format(region=REGION, runtime="python311").replace("{folder}", "{folder}/empty"),
        "does not have file [main.py] which is required for [python311]",
    ),
    "region of a function unknown": (
        FUNCTION.format(region="mars-north1", runtime="python311"), "Location mars-north1 is not found",
    ),
    "function missing": (f"gcloud functions describe nobody --region={REGION}", "functions/nobody' was not found"),
    "zone unknown": (INSTANCE.format(name="x", zone="mars-a"), "Unknown zone."),
    "name of an instance malformed": (INSTANCE.format(name="X_1", zone="us-central1-a"), "Must be a match of regex"),
    "source of a firewall rule malformed": (
        FIREWALL.format(name="x") + " --source-ranges=300.1.1.1/32", "Must be a valid CIDR address range.",
    ),
    "name of a firewall rule taken": (FIREWALL.format(name="default-allow-ssh"), "already exists"),
}  # fmt: skip


@pytest.mark.parametrize(("command", "wording"), REFUSALS.values(), ids=REFUSALS)
def test_it_is_refused_in_googles_words_and_nothing_is_created(
    cloud: rehearsal.google.Cloud, image: str, service: str, folder: Path, command: str, wording: str
) -> None:
    before = inventory()
    said = at_once(command.format(image=image, folder=folder, project=cloud.project)).output
    assert wording in flat(said)
    created = {row for row in inventory() - before if row[0] not in ("bucket", "object")}  # the upload came before
    assert created == set()


def test_a_function_without_its_entry_point_is_not_served(cloud: rehearsal.google.Cloud, folder: Path) -> None:
    (folder / "requirements.txt").touch()
    before = {row for row in inventory() if row[0] == "container"}
    command = FUNCTION.format(region=REGION, runtime="python311").format(folder=folder)
    refused = run(f"{command} --entry-point=nope --no-allow-unauthenticated", quiet=True, check=False)
    assert refused.returncode == 1
    said = flat(refused.output)
    assert "MissingTargetException: File main.py is expected to contain a function named 'nope'." in said
    state = f"gcloud functions describe f --region={REGION} --format=value(state,url)"
    assert run(state, quiet=True).text == "FAILED"
    assert {row for row in inventory() if row[0] == "container"} <= before
    run(f"gcloud functions delete f --region={REGION} --quiet", quiet=True)


@pytest.mark.parametrize(
    ("api", "command"),
    [
        ("run", f"gcloud run services list --region={REGION}"),
        ("artifactregistry", f"gcloud artifacts repositories list --location={REGION}"),
        ("cloudbuild", "gcloud builds list"),
        ("cloudfunctions", f"gcloud functions describe x --gen2 --region={REGION}"),
        ("compute", "gcloud compute instances list"),
        ("appengine", "gcloud app describe"),
    ],
)
def test_an_api_that_is_not_enabled_says_how_to_enable_it(api: str, command: str) -> None:
    run(f"gcloud services disable {api}.googleapis.com --force", quiet=True)
    try:
        assert f"{api}.googleapis.com API has not been used in project" in flat(at_once(command).output)
    finally:
        run(f"gcloud services enable {api}.googleapis.com", quiet=True)


CREATIONS = {
    "run.namespaces.services.create": DEPLOY,
    "artifactregistry.projects.locations.repositories.create": REPOSITORY.format(name="faulty", region=REGION),
    "compute.firewalls.insert": FIREWALL.format(name="faulty"),
}
FAULTS = {
    "quota": "Quota exceeded for quota metric",
    "permission": "denied on resource",
    "api_disabled": "API has not been used in project",
}
FAULTY = [(fault, method) for fault in FAULTS for method in CREATIONS]
FAULTY.remove(("api_disabled", "run.namespaces.services.create"))  # gcloud enables the API, tries again, and succeeds


@pytest.mark.parametrize(("fault", "method"), FAULTY)
def test_a_fault_on_request_is_answered_at_once(image: str, fault: str, method: str) -> None:
    before = inventory()
    gcloud.inject(fault, method=method)
    assert FAULTS[fault] in flat(at_once(CREATIONS[method].format(image=image)).output)
    assert inventory() == before


CREATE_VERSION = "appengine.apps.services.versions.create"
VERSION = "gcloud app deploy {folder}/app.yaml --version=v1 --image-url={image}"


@pytest.mark.parametrize(
    ("fault", "method", "command", "wording"),
    [
        ("image_missing", "run.namespaces.services.create", DEPLOY, "not found."),
        ("slow_start", "run.namespaces.services.create", DEPLOY, "failed to start and listen on the port"),
        ("image_missing", CREATE_VERSION, VERSION, "not found."),
        ("slow_start", CREATE_VERSION, VERSION, "failed to become healthy in the allotted time"),
    ],
)
def test_a_container_that_does_not_come_up_on_request_leaves_no_container(
    application: None, image: str, folder: Path, fault: str, method: str, command: str, wording: str
) -> None:
    before = {row for row in inventory() if row[0] == "container"}
    gcloud.inject(fault, method=method)
    assert wording in flat(at_once(command.format(image=image, folder=folder)).output)
    assert {row for row in inventory() if row[0] == "container"} == before
    run(f"gcloud run services delete other --region={REGION} --quiet", quiet=True, check=False)


def test_a_fault_strikes_as_often_as_was_asked(tmp_path: Path) -> None:
    faults = Faults(Store(tmp_path / "state.db"), project="p", number="1")
    faults.inject("quota", method="a.b.get", times=2)
    for _ in range(2):
        with pytest.raises(ApiError, match="Quota exceeded"):
            faults.strike("a.b.get")
    faults.strike("a.b.get")
    with pytest.raises(ValueError, match="no fault called 'flood'"):
        faults.inject("flood", method="a.b.get")
