"""The rehearsal cloud's server process, which outlives the notebook that started it."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import requests
import tenacity
from pydantic import BaseModel

from deploykit import ledger, local_http
from deploykit.errors import KitError
from deploykit.files import write_atomically
from deploykit.paths import LOGS, ROOT, STATE
from deploykit.service import free_port, last_lines

FILE = STATE / "rehearsal" / "server.json"
LOG = LOGS / "rehearsal-aws.log"
NAME = "rehearsal cloud"
STARTING_SECONDS = 20
MOTO_SETTINGS = {
    "MOTO_AMIS_PATH": str(Path(__file__).with_name("amis.json")),
    "MOTO_ENABLE_AMI_VALIDATION": "true",
    "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
    "MOTO_ENABLE_KEYPAIR_VALIDATION": "true",
}
"""moto accepts any image, instance type and key unless told to look."""


class Cloud(BaseModel):
    """A rehearsal cloud that was started.

    Attributes:
        process: its server.
        url: where the server speaks AWS's API.
        registry: host and port of the image registry; every image's name begins with it.
        my_address: the address that machines see when this computer calls them.
        subnet: the range of the machines' addresses.
    """

    process: ledger.Process
    url: str
    registry: str
    my_address: str
    subnet: str


def read() -> Cloud | None:
    """Return the cloud that was started last, whether it still runs or not."""
    return Cloud.model_validate_json(FILE.read_bytes()) if FILE.exists() else None


def is_alive(process: ledger.Process) -> bool:
    """Tell whether a process runs, and is not a later one with the same number."""
    try:
        found = psutil.Process(process.pid)
        return abs(found.create_time() - process.started) < 1 and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def start(*, registry: str, my_address: str, subnet: str) -> Cloud:
    """Start the server and wait until it answers.

    Raises:
        KitError: it did not come up; the message quotes the end of its log.
    """
    port = free_port()
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("wb") as log:
        command = [sys.executable, "-m", "deploykit.rehearsal.aws_server", str(port), registry]
        # A session of its own: a kernel that is restarted must not take the cloud with it.
        child = subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=log, stderr=log, start_new_session=True)
    ledger.add_process(NAME, child.pid, shared=True)
    process = ledger.Process(pid=child.pid, started=psutil.Process(child.pid).create_time())
    cloud = Cloud(
        process=process, url=f"http://127.0.0.1:{port}", registry=registry, my_address=my_address, subnet=subnet
    )
    write_atomically(FILE, cloud.model_dump_json(indent=1).encode())
    try:
        _wait(cloud)
    except BaseException:
        end()
        raise
    return cloud


def end() -> None:
    """End the server, if it runs; safe to repeat."""
    cloud = read()
    if cloud:
        ledger.end_process(cloud.process)
        FILE.unlink()
    ledger.remove(NAME)


def _environment() -> dict[str, str]:
    """Return this process's variables without the learner's AWS settings, which moto would read as well."""
    without = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**without, **nowhere, **MOTO_SETTINGS}


@tenacity.retry(
    stop=tenacity.stop_after_delay(STARTING_SECONDS),
    wait=tenacity.wait_fixed(0.1),
    retry=tenacity.retry_if_exception_type(requests.RequestException),
    retry_error_callback=lambda state: _fail(),
)
def _wait(cloud: Cloud) -> None:
    if not is_alive(cloud.process):
        _fail()
    local_http.get(f"{cloud.url}/moto-api/data.json", timeout=2).raise_for_status()


def _fail() -> None:
    raise KitError(f"The rehearsal cloud did not start:\n{last_lines(LOG, 10)}", f"Its log is {LOG.relative_to(ROOT)}")
