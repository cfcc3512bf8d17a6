"""Cloud Run by gcloud's own commands."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from deploykit import gcloud, local_http, rehearsal
from deploykit.rehearsal.google import instances
from deploykit.shell import CommandError, run
from tests.rehearsal.google import tiny
from tests.rehearsal.google.conftest import kill_and_restart

pytestmark = [pytest.mark.needs("docker"), pytest.mark.needs("gcloud")]
REGION = "europe-west1"
WHERE = f"--region={REGION}"
FAST = "--startup-probe=tcpSocket.port=8080,periodSeconds=1,failureThreshold=3"


@pytest.fixture(scope="module", autouse=True)
def enabled(google: rehearsal.google.Cloud) -> None:
    run("gcloud services enable run.googleapis.com", quiet=True)


@pytest.fixture(scope="module")
def image(google: rehearsal.google.Cloud) -> str:
    """Build the tests' own web server as an image of the project's repository."""
    return tiny.build(f"{REGION}-docker.pkg.dev/{google.project}/lessons/tiny:1")


@pytest.fixture
def service(image: str) -> Iterator[str]:
    """Deploy the image for everybody, and return the service's name."""
    deploy("tiny", image, "--allow-unauthenticated")
    yield "tiny"
    run(f"gcloud run services delete tiny {WHERE} --quiet", quiet=True, check=False)
    assert instances.find(f"run/{REGION}/tiny") == {}


def deploy(name: str, image: str, *flags: str) -> str:
    """Deploy and return what gcloud said."""
    return run(["gcloud", "run", "deploy", name, f"--image={image}", WHERE, FAST, *flags], quiet=True).output


def value(command: str, field: str) -> str:
    return run(f"gcloud run {command} {WHERE} --format=value({field})", quiet=True).text


def url(name: str) -> str:
    return value(f"services describe {name}", "status.url")


def refusal(*command: str) -> str:
    """Return why gcloud was refused."""
    with pytest.raises(CommandError) as refused:
        run(["gcloud", "run", *command, WHERE], quiet=True)
    return " ".join(refused.value.result.output.split())


def traffic(name: str) -> dict[str, int]:
    """Return how many of 100 requests each revision gets."""
    command = f"gcloud run services describe {name} {WHERE} --format=json(status.traffic)"
    found = run(command, quiet=True).json()["status"]["traffic"]
    return {part["revisionName"]: part["percent"] for part in found if "percent" in part}


def revisions(name: str) -> list[str]:
    """Return the names of a service's revisions, newest first."""
    return value(f"revisions list --service={name}", "metadata.name").split()


def test_a_deployed_service_answers_with_its_platforms_variables(service: str) -> None:
    assert local_http.get(url(service)).text == "hello"
    container = instances.find(f"run/{REGION}/{service}")[revisions(service)[0]][0]
    assert {"PORT=8080", "K_SERVICE=tiny", f"K_REVISION={revisions(service)[0]}"} <= set(
        container.attrs["Config"]["Env"]
    )


def test_it_is_described_and_listed(service: str, image: str) -> None:
    described = run(f"gcloud run services describe {service} {WHERE}", quiet=True).text
    assert "Service tiny in region europe-west1" in described and image in described and url(service) in described
    assert value("services list", "metadata.name") == service
    assert (revisions(service) != [], revisions("nobody")) == (True, [])
    everywhere = run("gcloud run services list --format=value(metadata.name,region)", quiet=True).text
    assert everywhere.split() == [service, REGION]
    assert "europe-west1" in run("gcloud run regions list --format=value(locationId)", quiet=True).text.split()


def test_flags_reach_the_containers(service: str) -> None:
    flags = "--cpu=0.5 --memory=256Mi --concurrency=1 --max-instances=2 --min-instances=1 --set-env-vars=ANSWER=changed"
    address = url(service)
    run(f"gcloud run services update {service} {flags} {WHERE} --timeout=7", quiet=True)
    assert local_http.get(address).text == "changed"
    newest, oldest = revisions(service)
    limits = instances.find(f"run/{REGION}/{service}")[newest][0].attrs["HostConfig"]
    assert (limits["Memory"], limits["NanoCpus"]) == (256 * 2**20, 5 * 10**8)
    assert traffic(service) == {newest: 100}
    assert url(service) == address
    assert value(f"revisions describe {newest}", "spec.containerConcurrency,spec.timeoutSeconds").split() == ["1", "7"]
    run(f"gcloud run revisions delete {oldest} {WHERE} --quiet", quiet=True)
    assert revisions(service) == [newest]


def test_a_source_with_a_dockerfile_is_built_and_deployed(google: rehearsal.google.Cloud, tmp_path: Path) -> None:
    run("gcloud services enable cloudbuild.googleapis.com artifactregistry.googleapis.com", quiet=True)
    for name, content in tiny.files().items():
        (tmp_path / name).write_bytes(content)
    source = f"gcloud run deploy tiny-source --source={tmp_path} {WHERE} --allow-unauthenticated --quiet"
    run(source, quiet=True)
    assert local_http.get(url("tiny-source")).text == "hello"
    run(source.replace("gcloud run", "gcloud beta run"), quiet=True)  # this one validates the service before the build
    assert len(revisions("tiny-source")) == 2
    run(f"gcloud run services delete tiny-source {WHERE} --quiet", quiet=True)
    run(f"gcloud artifacts repositories delete cloud-run-source-deploy --location={REGION} --quiet", quiet=True)
    run(f"gcloud storage rm --recursive --quiet gs://run-sources-{google.project}-{REGION}", quiet=True)


def test_a_canary_gets_a_share_and_is_rolled_back(service: str, image: str) -> None:
    address = url(service)
    deploy(service, image, "--no-traffic", "--set-env-vars=ANSWER=canary", "--revision-suffix=canary")
    canary, stable = revisions(service)
    assert canary == "tiny-canary"
    assert traffic(service) == {stable: 100}
    update = f"gcloud run services update-traffic {service} {WHERE}"
    run(f"{update} --to-revisions={canary}=50", quiet=True)
    assert traffic(service) == {canary: 50, stable: 50}
    assert {local_http.get(address).text for _ in range(30)} == {"hello", "canary"}
    assert "cannot be deleted" in refusal("revisions", "delete", canary, "--quiet")
    run(f"{update} --to-revisions={stable}=100", quiet=True)
    assert {local_http.get(address).text for _ in range(10)} == {"hello"}
    run(f"{update} --to-latest", quiet=True)
    assert local_http.get(address).text == "canary"


def addresses(name: str) -> dict[str, str]:
    """Return the addresses of a service's tags."""
    command = f"gcloud run services describe {name} {WHERE} --format=json(status.traffic)"
    found = run(command, quiet=True).json()["status"]["traffic"]
    return {part["tag"]: part["url"] for part in found if "tag" in part}


def test_a_tagged_revision_has_an_address_before_it_has_traffic(service: str, image: str) -> None:
    said = deploy(service, image, "--no-traffic", "--tag=canary", "--set-env-vars=ANSWER=new", "--revision-suffix=new")
    tagged = addresses(service)["canary"]
    assert tagged in said
    assert (local_http.get(tagged).text, local_http.get(url(service)).text) == ("new", "hello")
    assert "cannot be deleted" in refusal("revisions", "delete", "tiny-new", "--quiet")
    kill_and_restart()
    assert (local_http.get(tagged).text, local_http.get(url(service)).text) == ("new", "hello")
    update = f"gcloud run services update-traffic {service} {WHERE}"
    run(f"{update} --to-tags=canary=100", quiet=True)
    assert traffic(service)["tiny-new"] == 100
    assert local_http.get(url(service)).text == "new"
    run(f"{update} --remove-tags=canary", quiet=True)
    assert addresses(service) == {}
    with pytest.raises(requests.ConnectionError):
        local_http.get(tagged)


def test_a_private_service_wants_an_identity_token(image: str, service: str) -> None:
    run(
        f"gcloud run services remove-iam-policy-binding {service} {WHERE} --member=allUsers --role=roles/run.invoker",
        quiet=True,
    )
    assert "allUsers" not in run(f"gcloud run services get-iam-policy {service} {WHERE}", quiet=True).text
    assert local_http.get(url(service)).status_code == 403
    token = run("gcloud auth print-identity-token", quiet=True, secret=True).text
    assert local_http.get(url(service), headers={"Authorization": f"Bearer {token}"}).text == "hello"


def test_the_logs_have_requests_and_output(service: str) -> None:
    local_http.get(f"{url(service)}/missing")
    lines = run(f"gcloud run services logs read {service} {WHERE} --limit=20", quiet=True).text
    assert f"GET 404 {url(service)}/missing" in lines
    assert "loading" in lines
    chosen = "resource.type=cloud_run_revision AND httpRequest.status=404"
    found = run(["gcloud", "logging", "read", chosen, "--limit=1", "--format=json"], quiet=True).json()
    assert found[0]["resource"]["labels"]["service_name"] == service
    assert found[0]["labels"]["instanceId"] in instances.find(f"run/{REGION}/{service}")[revisions(service)[0]][0].id


def test_a_killed_server_finds_its_service_again(service: str, google: rehearsal.google.Cloud) -> None:
    address, before = url(service), instances.find(f"run/{REGION}/{service}")
    server = psutil.Process(rehearsal.google.running().process.pid)
    server.kill()
    server.wait(5)
    gcloud.connect("rehearsal")
    assert local_http.get(address).text == "hello"
    assert url(service) == address
    assert {name: [found.id for found in part] for name, part in instances.find(f"run/{REGION}/{service}").items()} == {
        name: [found.id for found in part] for name, part in before.items()
    }


def test_a_failed_revision_leaves_the_service_as_it_was(service: str, image: str) -> None:
    said = refusal("deploy", service, f"--image={image}", FAST, "--command=sleep", "--args=60")
    assert "failed to start and listen on the port defined provided by the PORT=8080" in said
    assert local_http.get(url(service)).text == "hello"


@pytest.mark.parametrize(
    ("flags", "wording"),
    [
        (["--image={image}-none"], "Image '{image}-none' not found."),
        (["--image=iris_flask:1"], "Image 'iris_flask:1' not found."),
        (["--image=localhost:5000/x"], "Expected an image path like [host/]repo-path"),
        (["--image={image}", "--cpu=4", "--memory=1Gi"], "For 4.0 CPU, memory must be between 2Gi and 16Gi inclusive."),
        (["--image={image}", "--cpu=3"], "Must be equal to one of [.08-1], 1, 2, 4, 6, 8"),
        (["--image={image}", "--cpu=0.5"], "Total cpu < 1 is not supported with concurrency > 1."),
        (["--image={image}", "--cpu=0.5", "--concurrency=2"], "Total cpu < 1 is not supported with concurrency > 1."),
        (["--image={image}", "--min-instances=3", "--max-instances=2"], "must not be greater than max-instances"),
        (["--image={image}", "--set-env-vars=PORT=80"], "The following reserved env names were provided: PORT"),
        (["--image={image}", "--timeout=3601"], "should be between 1 and 3600"),
        (["--image={image}", "--concurrency=1001"], "must be between 0 and 1000"),
        (["--image={image}", "--tag=Blue"], "Invalid traffic tag 'Blue'"),
    ],
)
def test_what_cloud_run_refuses_is_refused(image: str, flags: list[str], wording: str) -> None:
    said = refusal("deploy", "refused", *(flag.format(image=image) for flag in flags), FAST)
    assert wording.format(image=image) in said
    run(f"gcloud run services delete refused {WHERE} --quiet", quiet=True, check=False)


def test_names_and_regions_are_checked(image: str) -> None:
    assert "Resource name must use only" in refusal("deploy", "1-ner", f"--image={image}")
    with pytest.raises(CommandError) as refused:
        run(f"gcloud run deploy tiny --image={image} --region=mars-east1", quiet=True)
    assert "Location mars-east1 is not found" in refused.value.result.output


def test_unknown_things_are_not_found(service: str) -> None:
    assert "Revision 'tiny-00009-xyz' not found." in refusal(
        "services", "update-traffic", service, "--to-revisions=tiny-00009-xyz=100"
    )
    assert "Cannot find service [nobody]" in refusal("services", "describe", "nobody")
    assert "nobody" in refusal("services", "delete", "nobody", "--quiet")
    everybody = ("--member=allUsers", "--role=roles/run.invoker")
    said = refusal("services", "add-iam-policy-binding", "nobody", *everybody)
    assert f"Resource 'nobody' of kind 'SERVICE' in region '{REGION}'" in said


@pytest.mark.parametrize(
    ("fault", "wording"), [("slow_start", "within the allocated timeout"), ("image_missing", "' not found.")]
)
def test_faults_on_request(image: str, fault: str, wording: str) -> None:
    gcloud.inject(fault, method="run.namespaces.services.create")
    assert wording in refusal("deploy", "faulty", f"--image={image}", FAST)
    deploy("faulty", image)
    run(f"gcloud run services delete faulty {WHERE} --quiet", quiet=True)


def test_a_disabled_api_is_named(image: str) -> None:
    run("gcloud services disable run.googleapis.com", quiet=True)
    try:
        assert "API has not been used in project" in refusal("services", "list")
    finally:
        run("gcloud services enable run.googleapis.com", quiet=True)
