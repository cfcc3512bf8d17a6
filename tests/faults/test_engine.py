"""A Docker engine that ends in the middle of a lesson, and comes back: the learner knows why, and nothing is leaked."""

import io
import os
import re
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import psutil
import pytest
import requests
from docker.errors import DockerException

from deploykit import docker_errors
from deploykit.paths import CLONE_ID
from deploykit.shell import run
from tests.learner import Learner

pytestmark = [
    pytest.mark.needs("docker"),
    pytest.mark.skipif(getattr(os, "geteuid", int)() != 0, reason="only root can start an engine"),
    pytest.mark.skipif(
        not (shutil.which("dockerd") and shutil.which("unshare")), reason="no engine can be started apart from others"
    ),
]

NAME, IMAGE = "lesson", "sleeper:1"
START_SECONDS = 60
NO_ENGINE = f"Docker is installed, but its engine does not run. {docker_errors.NOT_RUNNING}"
NO_CONTAINER = "The service ended at once. The end of its log:"
"""What a lesson says when it asks the engine between the container's end and the engine's own."""

LESSON = f"""
def start():
    named = reserve.container("{NAME}", "{IMAGE}")
    run("docker run --detach --network none --stop-timeout 1 " + named + " {IMAGE}", quiet=True)

def wait():
    print("waiting", flush=True)
    containers.wait_for("{NAME}", "http://127.0.0.1:9", timeout=120)
"""


class Engine:
    """An engine of the test's own, apart from the one that everybody uses."""

    def __init__(self, folder: Path):
        self.folder, self.host = folder, f"unix://{folder}/socket"
        self.start()

    def start(self) -> None:
        """Start it, on the data of the last time, and wait until it answers."""
        places = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
        options = [f"--{option}={self.folder / place}" for option, place in places.items()]
        apart = [f"--containerd-namespace={CLONE_ID}", f"--containerd-plugins-namespace={CLONE_ID}-plugins"]
        # In a network of its own: without a bridge, an engine begins by deleting everybody's docker0.
        no_network = ["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"]
        with (self.folder / "log").open("ab") as log:
            self.process = psutil.Popen(
                ["unshare", "--net", "dockerd", f"--host={self.host}", *options, *apart, *no_network],
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.2)

    def answers(self) -> bool:
        """Tell whether it can be asked."""
        try:
            return docker.DockerClient(base_url=self.host).ping()
        except (DockerException, requests.RequestException):
            return False

    def stop(self) -> None:
        """End it as a system does that installs a newer one: its containers end first."""
        self.process.terminate()
        self.process.wait(START_SECONDS)

    def crash(self) -> None:
        """End it at once, with the program that it starts to look after containers; the containers live on."""
        family = [self.process, *self.process.children()]
        for process in family:
            process.kill()
        psutil.wait_procs(family)


@pytest.fixture
def own_engine() -> Iterator[Engine]:
    """Start an engine that has one image. Its folder has a short name, for sockets may not have long ones."""
    folder = Path(tempfile.mkdtemp(prefix="engine-"))
    engine = Engine(folder)
    client = docker.DockerClient(base_url=engine.host)
    client.api.import_image_from_data(sleeper(), *IMAGE.split(":"), changes=['CMD ["/bin/sleep", "600"]'])
    yield engine
    engine.stop()
    for mounted in reversed([mount.mountpoint for mount in psutil.disk_partitions(all=True)]):
        if mounted.startswith(f"{folder}/"):
            run(["umount", mounted], quiet=True)
    shutil.rmtree(folder)


def sleeper() -> bytes:
    """Pack a program that only sleeps, and the libraries that it needs."""
    program = "/bin/sleep"
    needed = re.findall(r"(/\S+) \(0x", run(["ldd", program], quiet=True).text)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", dereference=True) as tar:
        for file in [program, *needed]:
            tar.add(os.path.realpath(file), arcname=file)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("end", "reasons"), [(Engine.crash, [NO_ENGINE]), (Engine.stop, [NO_ENGINE, NO_CONTAINER])], ids=["crash", "stop"]
)
def test_an_engine_that_restarts_under_a_lesson_is_named_and_nothing_is_leaked(
    own_engine: Engine, tmp_path: Path, end: Callable[[Engine], None], reasons: list[str]
):
    learner = Learner(tmp_path / "clone", LESSON, DOCKER_HOST=own_engine.host)
    with learner.begins("start(); refused(wait)") as lesson:
        assert lesson.stdout.readline() == "waiting\n"
        end(own_engine)
        said, complaints = lesson.communicate()
    assert any(reason in said for reason in reasons), said + complaints

    said = learner.does("print(*teardown()); refused(start); print([entry.name for entry in ledger.entries()])")
    assert said.startswith(f"container {NAME} container: ") and docker_errors.NOT_RUNNING in said
    assert said.endswith(f"['{NAME} container']")

    own_engine.start()
    assert learner.does("print(teardown(), ledger.entries())") == "[] []"
    assert docker.DockerClient(base_url=own_engine.host).containers.list(all=True) == []
