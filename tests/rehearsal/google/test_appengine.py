"""App Engine with the real gcloud: what every command of the lesson prints, does, and refuses."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
import tenacity
import websockets
import yaml

from deploykit import base_image, gcloud, rehearsal
from deploykit.rehearsal import process
from deploykit.rehearsal.google import instances
from deploykit.shell import Result, run
from tests.rehearsal.google.conftest import kill_and_restart

pytestmark = [pytest.mark.needs("docker"), pytest.mark.needs("gcloud")]
SERVER = Path(__file__).with_name("version_server.py")
APIS = "appengine.googleapis.com artifactregistry.googleapis.com cloudbuild.googleapis.com"
DOCKERFILE = f'FROM {base_image.NAME}\nCOPY server.py /\nCMD ["python", "/server.py"]\n'
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def cloud(google: rehearsal.google.Cloud) -> Iterator[rehearsal.google.Cloud]:
    """Return a new cloud, without an application; one cannot be deleted."""
    rehearsal.stop()
    gcloud.connect("rehearsal")
    yield gcloud.running()
    assert "Traceback" not in process.log_file("google").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def write(tmp_path_factory: pytest.TempPathFactory) -> Write:
    """Return a function that writes an app.yaml and returns its path."""
    folder = tmp_path_factory.mktemp("app")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    shutil.copy(SERVER, folder / "server.py")

    def write(**settings: object) -> Path:
        common = {"runtime": "custom", "env": "flex", "manual_scaling": {"instances": 1}}
        variables = {"env_variables": {"GREETING": "hello"}}
        file = folder / "app.yaml"
        file.write_text(yaml.safe_dump({**common, **variables, **settings}))
        return file

    return write


@pytest.fixture(scope="module")
def app(cloud: rehearsal.google.Cloud) -> rehearsal.google.Cloud:
    """Return a cloud with an application."""
    base_image.ensure()
    command(f"services enable {APIS}")
    command("app create --region=europe-west")
    return cloud


@pytest.fixture(scope="module")
def image(app: rehearsal.google.Cloud, write: Write) -> str:
    """Build and deploy version v1 from a Dockerfile, and return its image for further versions."""
    command(f"app deploy {write()} --version=v1")
    return command("app versions describe v1 --service=default --format=value(deployment.container.image)").text


@pytest.fixture(scope="module")
def two_versions(image: str, write: Write) -> str:
    """Deploy version v2, which gets no traffic, and return the service's address."""
    deploy(write(env_variables={"GREETING": "hi"}), "v2", image, "--no-promote")
    return f"http://{host()}"


def command(arguments: str, *, check: bool = True) -> Result:
    """Run a gcloud command."""
    return run(f"gcloud {arguments}", quiet=True, check=check, timeout=60)


def refused(arguments: str, text: str) -> None:
    """Expect a gcloud command to fail with exit status 1 and this text."""
    result = command(arguments, check=False)
    assert (result.returncode, text in result.output) == (1, True), result.output


def deploy(file: Path, version: str, image: str, options: str = "") -> None:
    """Deploy a version from an image that is there."""
    command(f"app deploy {file} --version={version} --image-url={image} {options}")


def versions() -> dict[str, tuple[str, str]]:
    """Return the default service's versions, each with its part of the traffic and whether it runs."""
    found = command("app versions list --service=default --format=value(id,traffic_split,version.servingStatus)").text
    return {words[0]: (words[1], words[2]) for words in map(str.split, found.splitlines())}


def version_url(version: str, service: str = "default") -> str:
    return command(f"app versions describe {version} --service={service} --format=value(versionUrl)").text


def host() -> str:
    return command("app describe --format=value(defaultHostname)").text


def page(url: str, **options: object) -> str:
    return requests.get(url, timeout=20, **options).text


def answering(url: str, times: int) -> Counter[str]:
    """Ask a number of times and count which version answered."""
    return Counter(page(url).split()[1] for _ in range(times))


def test_nothing_goes_without_the_api(cloud: rehearsal.google.Cloud) -> None:
    refused("app describe", "appengine.googleapis.com API has not been used in project")


@pytest.mark.parametrize("arguments", ["app describe", "app deploy {file}", "app browse --no-launch-browser"])
def test_nothing_goes_without_an_application(cloud: rehearsal.google.Cloud, write: Write, arguments: str) -> None:
    command("services enable appengine.googleapis.com")
    refused(arguments.format(file=write()), "does not contain an App Engine application")


def test_an_unknown_region_is_refused_and_creates_nothing(cloud: rehearsal.google.Cloud) -> None:
    command("services enable appengine.googleapis.com")
    assert "europe-west" in command("app regions list --format=value(region)").text.split()
    refused("app create --region=europe-west1", "Invalid location 'europe-west1'.")
    refused("app describe", "does not contain an App Engine application")


def test_an_application_stays_where_it_was_created(app: rehearsal.google.Cloud) -> None:
    refused("app create --region=us-central", "already contains an App Engine application")
    assert command("app describe --format=value(locationId,servingStatus)").text.split() == ["europe-west", "SERVING"]


def test_the_first_service_is_the_default_one(app: rehearsal.google.Cloud, write: Write) -> None:
    refused(
        f"app deploy {write(service='api')} --version=v1 --image-url=eu.gcr.io/{app.project}/api",
        "The first service (module) you upload to a new application must be the 'default' service (module).",
    )
    assert command("app services list --format=value(id)").text == ""


def test_a_dockerfile_is_built_and_served(image: str) -> None:
    assert image.partition("@")[0].startswith(f"eu.gcr.io/{rehearsal.google.running().project}/appengine/default.v1")
    assert versions()["v1"] == ("1.00", "SERVING")
    assert page(version_url("v1")) == "default v1 hello"
    assert command("app instances list --format=value(service,version,instance.vmStatus)").text.split() == [
        "default", "v1", "RUNNING",
    ]  # fmt: skip


def test_the_printed_address_speaks_http_https_and_websockets(app: rehearsal.google.Cloud, image: str) -> None:
    url = command("app browse --no-launch-browser").text
    assert url == f"https://{host()}"
    assert page(url, verify=str(app.ca_file)) == page(f"http://{host()}") == "default v1 hello"
    with pytest.raises(requests.exceptions.SSLError):
        page(url)

    async def echo() -> str:
        async with websockets.connect(f"ws://{host()}/echo", proxy=None) as connection:
            await connection.send("hello")
            return await connection.recv()

    assert asyncio.run(echo()) == "hello"


def test_the_log_tells_requests_and_output_of_a_version(image: str) -> None:
    page(f"{version_url('v1')}/some/page")
    read = "app logs read --service=default --version=v1 --limit=20"
    assert f'default[v1]  "GET {version_url("v1")}/some/page" 200' in command(f"{read} --logs=nginx.request").text
    assert "default[v1]  ready to answer" in command(f"{read} --logs=stdout").text
    assert command("app logs read --service=default --version=nobody").text == ""


def test_a_new_version_waits_for_traffic_until_it_gets_it(two_versions: str) -> None:
    assert (versions()["v1"][0], versions()["v2"][0]) == ("1.00", "0.00")
    assert (page(two_versions), page(version_url("v2"))) == ("default v1 hello", "default v2 hi")
    refused("app versions delete v1", "is currently serving 100.00% of traffic")
    command("app services set-traffic default --splits=v2=1")
    assert answering(two_versions, 10) == {"v2": 10}


@pytest.mark.parametrize(("split_by", "answered"), [("random", {"v1", "v2"}), ("cookie", {"v1", "v2"}), ("ip", {"v1"})])
def test_traffic_is_split_by_chance_by_cookie_or_by_address(
    two_versions: str, split_by: str, answered: set[str]
) -> None:
    command(f"app services set-traffic default --splits=v1=0.9,v2=0.1 --split-by={split_by}")
    assert set(answering(two_versions, 100)) == answered
    visitor = requests.Session()
    again = {visitor.get(two_versions, timeout=20).text for _ in range(50)}
    assert len(again) == (2 if split_by == "random" else 1)
    command("app services set-traffic default --splits=v1=1")


def test_a_promoted_version_stops_the_former_one(two_versions: str, image: str, write: Write) -> None:
    deploy(write(), "v3", image)
    assert (versions()["v1"], versions()["v3"]) == (("0.00", "STOPPED"), ("1.00", "SERVING"))
    assert requests.get(version_url("v1"), timeout=20).status_code == 503
    refused("app services set-traffic default --splits=v1=1", "Version 'v1' of Service 'default' is stopped")
    command("app versions start v1")
    assert page(version_url("v1")) == "default v1 hello"
    command("app services set-traffic default --splits=v1=1")


def test_a_version_is_stopped_started_and_deleted(two_versions: str) -> None:
    command("app versions stop v1 --service=default")
    assert versions()["v1"][1] == "STOPPED"
    assert requests.get(two_versions, timeout=20).status_code == 503
    assert command("app instances list --format=value(id) --filter=version=v1").text == ""
    command("app versions start v1")
    assert page(two_versions) == "default v1 hello"
    command("app versions delete v3")
    assert "v3" not in versions() and instances.find("appengine/default/v3") == {}


def test_the_default_service_stays(image: str) -> None:
    text = "The default service (module) may not be deleted"
    refused("app services delete default", text)
    refused(f"app versions delete {' '.join(versions())}", text)
    assert "v1" in versions()


def test_another_service_has_versions_of_its_own_and_can_be_deleted(image: str, write: Write) -> None:
    deploy(write(service="api"), "v1", image)
    assert page(version_url("v1", "api")) == "api v1 hello"
    command("app services delete api")
    assert command("app services list --format=value(id)").text == "default"
    assert instances.find("appengine/api/v1") == {}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("app services set-traffic default --splits=v9=1", "Could not find Version 'v9' of Service 'default'."),
        ("app services set-traffic default --splits=v1=0", "Cannot set traffic split to zero."),
        ("app services delete nobody", "The following service was not found: [nobody]"),
        ("app versions describe v9 --service=default", "Could not find Version 'v9' of Service 'default'."),
        ("app deploy {file} --version=v9 --image-url=eu.gcr.io/{project}/none:1", "none:1' not found."),
        ("app deploy {file} --version=v9 --image-url=docker.io/library/nginx", "docker.io/library/nginx"),
    ],
)
def test_what_is_not_there_is_refused(image: str, write: Write, arguments: str, text: str) -> None:
    refused(arguments.format(file=write(), project=rehearsal.google.running().project), text)
    assert "v9" not in versions()


def test_the_log_of_a_version_that_did_not_start_stays(image: str, write: Write) -> None:
    settings = {"env_variables": {"GREETING": "hello", "CRASH": "1"}}
    refused(f"app deploy {write(**settings)} --version=v8 --image-url={image}", "APP_CONTAINER_CRASHED")
    assert "v8" not in versions()
    assert "default[v8]  no model, no service" in command("app logs read --service=default --version=v8").text


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"env_variables": {"GREETING": "hello", "CRASH": "1"}}, "no model, no service"),
        (
            {"readiness_check": {"path": "/never", "app_start_timeout_sec": 2}},
            "failed to become healthy in the allotted",
        ),
    ],
)
def test_a_version_that_does_not_start_leaves_the_running_one_alone(
    image: str, write: Write, settings: dict, text: str
) -> None:
    refused(f"app deploy {write(**settings)} --version=v9 --image-url={image}", text)
    assert "v9" not in versions() and instances.find("appengine/default/v9") == {}
    assert page(version_url("v1")) == "default v1 hello"


def test_an_instance_that_is_not_alive_is_replaced(image: str, write: Write) -> None:
    check = {"path": "/live", "check_interval_sec": 1, "failure_threshold": 1, "initial_delay_sec": 0}
    deploy(write(liveness_check=check), "v5", image, "--no-promote")
    [[before]] = instances.find("appengine/default/v5").values()
    page(f"{version_url('v5')}/break")
    for attempt in tenacity.Retrying(stop=tenacity.stop_after_delay(30), wait=tenacity.wait_fixed(0.5), reraise=True):
        with attempt:
            [[after]] = instances.find("appengine/default/v5").values()
            assert after.id != before.id and requests.get(f"{version_url('v5')}/live", timeout=20).ok
    command("app versions delete v5")


def test_a_restarted_server_knows_the_application(two_versions: str) -> None:
    command("app services set-traffic default --splits=v2=1")
    before = (host(), version_url("v1"), versions())
    kill_and_restart()
    assert (host(), version_url("v1"), versions()) == before
    assert (page(two_versions), page(before[1])) == ("default v2 hi", "default v1 hello")
