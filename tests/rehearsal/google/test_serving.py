"""Containers behind a public address: starting, scaling, splitting, refusing, surviving a restart of the server."""

import asyncio
import hashlib
import io
import json
import tarfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import requests
import tenacity

from deploykit import base_image, engine, local_http
from deploykit.paths import CLONE_ID
from deploykit.rehearsal import disk_files
from deploykit.rehearsal.google import accounts, instances, pool, serving
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.errors import ApiError
from deploykit.rehearsal.google.serving import Revision

pytestmark = pytest.mark.needs("docker")
SERVICE = "test/europe-west1/tiny"
PROGRAM = Path(__file__).with_name("tiny_server.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Run an event loop in a thread, as the server's."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)


@pytest.fixture
def context(tmp_path: Path, loop: asyncio.AbstractEventLoop) -> Iterator[Context]:
    """Return a cloud of this test's own, and delete its service."""
    context = Context(tmp_path, "p", "1", token="t", loop=loop)
    serving.resume(context)
    yield context
    serving.delete(context, SERVICE)
    assert instances.find(SERVICE) == {}


@pytest.fixture
def revision() -> Revision:
    """Return a revision that runs the tests' own web server."""
    base_image.ensure()
    return Revision("tiny-00001-abc", base_image.NAME, command=("python", "-c", PROGRAM), env={"ANSWER": "one"})


@pytest.fixture
def foreign_image() -> Iterator[str]:
    """Load an image whose manifest names a processor that this computer does not have."""
    name = f"deploykit-foreign:{CLONE_ID}"
    with io.BytesIO() as empty, tarfile.open(fileobj=empty, mode="w") as layer:
        layer.close()
        content = empty.getvalue()
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    config = {"architecture": "s390x", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [digest]}}
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    files = {"config.json": json.dumps(config).encode(), "manifest.json": json.dumps(manifest).encode()}
    engine.client().images.load(disk_files.archive({**files, "layer.tar": content}))
    yield name
    engine.client().images.remove(name)


def deployed(context: Context, revision: Revision) -> str:
    """Deploy a revision for everybody, lead all traffic to it, and return the address."""
    serving.deploy(context, SERVICE, revision)
    serving.set_traffic(context, SERVICE, {revision.name: 100})
    serving.allow(context, SERVICE, True)
    return serving.url(context, SERVICE)


def eventually(condition: Callable[[], bool], *, seconds: float = 10) -> None:
    """Wait until a condition holds."""
    again = tenacity.retry_if_result(lambda is_so: not is_so)
    tenacity.Retrying(stop=tenacity.stop_after_delay(seconds), wait=tenacity.wait_fixed(0.1), retry=again)(condition)


def containers() -> list:
    return [container for found in instances.find(SERVICE).values() for container in found]


def texts(context: Context) -> str:
    return "\n".join(entry.get("text", "") for entry in serving.logs(context, SERVICE, limit=100))


def at_once(url: str, times: int) -> Counter:
    """Send requests at the same moment and count the statuses."""
    with ThreadPoolExecutor(times) as threads:
        return Counter(answer.status_code for answer in threads.map(local_http.get, [url] * times))


def test_a_deployed_container_answers_at_its_address(context: Context, revision: Revision) -> None:
    before = serving.url(context, SERVICE)
    assert local_http.get(before).status_code == 404
    assert deployed(context, revision) == before
    assert local_http.get(before).text == "one"
    assert serving.is_public_port(int(before.rpartition(":")[2]))


def test_limits_are_those_of_the_revision(context: Context, revision: Revision) -> None:
    deployed(context, replace(revision, memory_mib=64, cpus=0.5))
    limits = containers()[0].attrs["HostConfig"]
    assert (limits["Memory"], limits["MemorySwap"], limits["NanoCpus"]) == (64 * 2**20, 64 * 2**20, 5 * 10**8)


@pytest.mark.parametrize(
    ("change", "message", "logged"),
    [
        ({"image": "nobody/has-this:1"}, "Image 'nobody/has-this:1' not found.", ""),
        ({"command": ("sh", "-c", "echo broken; exit 3")}, "PORT=8080", "Container called exit(3)."),
        ({"command": ("sleep", "60"), "startup_seconds": 2}, "failed to start and listen", "probe failed"),
        ({"command": ("/no-such-program",)}, "failed to start and listen", "no such file or directory"),
        ({"command": ("tail", "/dev/zero"), "memory_mib": 16}, "Memory limit of 16 MiB", "Memory limit"),
        ({"ready_path": "/missing", "startup_seconds": 2}, "failed to start and listen", "probe failed"),
    ],
)
def test_what_does_not_start_is_told_in_googles_words(
    context: Context, revision: Revision, change: dict, message: str, logged: str
) -> None:
    with pytest.raises(ApiError) as refused:
        serving.deploy(context, SERVICE, replace(revision, **change))
    assert refused.value.message.startswith("Revision 'tiny-00001-abc' is not ready and cannot serve traffic. ")
    assert message in refused.value.message
    assert logged in texts(context)
    assert containers() == []


def test_what_a_container_wrote_before_it_failed_is_in_the_log(context: Context, revision: Revision) -> None:
    with pytest.raises(ApiError):
        serving.deploy(context, SERVICE, replace(revision, command=("sh", "-c", "echo why; exit 1")))
    assert "why" in texts(context)


def test_an_image_for_another_processor_is_refused(context: Context, revision: Revision, foreign_image: str) -> None:
    with pytest.raises(ApiError, match="must support amd64/linux"):
        serving.deploy(context, SERVICE, replace(revision, image=foreign_image))


def test_instances_are_added_under_load_up_to_the_maximum(context: Context, revision: Revision) -> None:
    url = deployed(context, replace(revision, concurrency=1, max_instances=2))
    assert at_once(f"{url}/slow", 6) == {200: 6}
    assert len(containers()) == 2
    assert "Reason: AUTOSCALING" in texts(context)


def test_what_no_instance_takes_in_time_is_refused(
    context: Context, revision: Revision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "QUEUE_SECONDS", 0.2)
    slow = {**revision.env, "SLOW_SECONDS": "3"}  # however late a client gets its turn, the first one is not done
    url = deployed(context, replace(revision, concurrency=1, max_instances=1, env=slow))
    assert at_once(f"{url}/slow", 3) == {200: 1, 429: 2}


def test_idle_instances_go_and_the_next_request_starts_one(
    context: Context, revision: Revision, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = deployed(context, revision)
    with monkeypatch.context() as patched:
        patched.setattr(pool, "IDLE_SECONDS", 0.5)
        eventually(lambda: containers() == [])
    assert local_http.get(url).status_code == 200
    started = containers()
    assert local_http.get(url).status_code == 200
    assert len(started) == 1 and containers() == started


def test_the_minimum_of_instances_stays(context: Context, revision: Revision, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "IDLE_SECONDS", 0.1)
    deployed(context, replace(revision, min_instances=2))
    eventually(lambda: len(containers()) == 2)
    time.sleep(2)
    assert len(containers()) == 2


def test_traffic_is_split_and_led_back(context: Context, revision: Revision) -> None:
    url = deployed(context, revision)
    second = replace(revision, name="tiny-00002-def", env={"ANSWER": "two"})
    serving.deploy(context, SERVICE, second)
    slow = f"{url}/slow"
    assert local_http.get(slow).text == "one"
    serving.set_traffic(context, SERVICE, {revision.name: 50, second.name: 50})
    with ThreadPoolExecutor(20) as threads:
        answers = Counter(answer.text for answer in threads.map(local_http.get, [slow] * 40))
    assert set(answers) == {"one", "two"} and min(answers.values()) > 5  # fewer has odds of one in a million
    serving.set_traffic(context, SERVICE, {revision.name: 100})
    assert {local_http.get(slow).text for _ in range(5)} == {"one"}
    serving.remove_revision(context, SERVICE, second.name)
    assert list(instances.find(SERVICE)) == [revision.name]


def test_a_tag_leads_to_its_revision_whatever_the_shares(context: Context, revision: Revision) -> None:
    url = deployed(context, revision)
    second = replace(revision, name="tiny-00002-def", env={"ANSWER": "two"})
    serving.deploy(context, SERVICE, second)
    tagged = serving.set_tags(context, SERVICE, {"canary": second.name, "stable": revision.name})
    assert {tag: local_http.get(address).text for tag, address in tagged.items()} == {"canary": "two", "stable": "one"}
    assert local_http.get(url).text == "one"
    moved = serving.set_tags(context, SERVICE, {"canary": revision.name})
    assert moved == {"canary": tagged["canary"]}
    assert local_http.get(moved["canary"]).text == "one"
    with pytest.raises(requests.ConnectionError):
        local_http.get(tagged["stable"])


def test_a_tag_lets_in_whom_its_service_lets_in(context: Context, revision: Revision) -> None:
    deployed(context, revision)
    tagged = serving.set_tags(context, SERVICE, {"canary": revision.name})
    serving.allow(context, SERVICE, False)
    assert local_http.get(tagged["canary"]).status_code == 403


def test_strangers_are_refused_unless_everybody_is_allowed(context: Context, revision: Revision) -> None:
    url = deployed(context, revision)
    accounts.create_key(context.account_file, project="p", email="me@p")
    serving.allow(context, SERVICE, False)
    refused = requests.get(f"{url}/<b>", timeout=5)
    assert refused.status_code == 403
    assert "does not have permission to get URL <code>/&lt;b&gt;</code>" in refused.text
    token = accounts.identity_token(context.account_file, email="me@p", audience=url)
    assert local_http.get(url, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert local_http.get(url, headers={"Authorization": f"Bearer {token}x"}).status_code == 403
    assert "The request was not authenticated." in texts(context)


def test_the_log_has_requests_and_output(context: Context, revision: Revision) -> None:
    url = deployed(context, revision)
    local_http.get(f"{url}/missing?a=b")
    found = serving.logs(context, SERVICE, limit=100)
    newest = next(entry for entry in found if "request" in entry)  # Docker stamps what the container writes a bit late
    assert newest["request"] | {"latency": "", "userAgent": ""} == {
        "requestMethod": "GET", "requestUrl": f"{url}/missing?a=b", "status": 404, "latency": "", "userAgent": "",
        "responseSize": newest["request"]["responseSize"], "remoteIp": "127.0.0.1", "protocol": "HTTP/1.1",
    }  # fmt: skip
    assert newest["severity"] == "WARNING" and newest["instance"] in containers()[0].id
    assert "loading" in [entry.get("text") for entry in found]
    assert len(serving.logs(context, SERVICE, limit=1)) == 1
    assert serving.logs(context, SERVICE, limit=9, since="2999-01-01T00:00:00Z") == []


@pytest.mark.parametrize("path", ["/healthz", "/eventlog"])
def test_reserved_paths_do_not_reach_the_container(context: Context, revision: Revision, path: str) -> None:
    answer = local_http.get(deployed(context, revision) + path)
    assert answer.status_code == 404
    assert "<h1>Error: Page not found</h1>" in answer.text


def test_bodies_beyond_32_mib_are_refused(context: Context, revision: Revision) -> None:
    answer = requests.post(deployed(context, revision), data=b"x" * (32 * 2**20 + 1), timeout=20)
    assert answer.status_code == 413


def test_a_request_beyond_its_time_is_ended(context: Context, revision: Revision) -> None:
    url = deployed(context, replace(revision, timeout_seconds=0.2))
    assert local_http.get(f"{url}/slow").status_code == 504
    assert "maximum request timeout" in texts(context)


def test_an_instance_that_ends_is_replaced(context: Context, revision: Revision) -> None:
    url = deployed(context, revision)
    first = containers()[0]
    first.kill()
    eventually(lambda: "Container called exit(137)." in texts(context))
    assert local_http.get(url).status_code == 200
    assert containers()[0].id != first.id


def test_a_container_that_wants_too_much_memory_is_ended(context: Context, revision: Revision) -> None:
    url = deployed(context, replace(revision, memory_mib=64))
    assert local_http.get(f"{url}/eat").status_code == 503
    eventually(lambda: "Memory limit of 64 MiB exceeded" in texts(context))


def test_a_revision_can_be_stopped_and_started(context: Context, revision: Revision) -> None:
    url = deployed(context, revision)
    serving.stop_revision(context, SERVICE, revision.name)
    assert local_http.get(url).status_code == 503
    assert containers() == []
    serving.start_revision(context, SERVICE, revision.name)
    assert local_http.get(url).status_code == 200


def test_a_moved_tag_does_not_change_a_revision(
    context: Context, revision: Revision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "IDLE_SECONDS", 0.1)
    moved = engine.client().images.get(revision.image)
    moved.tag("deploykit-moving", "1")
    try:
        url = deployed(context, replace(revision, image="deploykit-moving:1"))
    finally:
        engine.client().images.remove("deploykit-moving:1")
    eventually(lambda: containers() == [])
    assert local_http.get(url).status_code == 200


def test_deleting_frees_the_address(context: Context, revision: Revision) -> None:
    url = deployed(context, revision)
    tagged = serving.set_tags(context, SERVICE, {"canary": revision.name})
    serving.delete(context, SERVICE)
    for address in (url, tagged["canary"]):
        with pytest.raises(requests.ConnectionError):
            local_http.get(address)
    assert not serving.is_public_port(int(url.rpartition(":")[2]))
