"""Starting, finding and ending the AWS half of the rehearsal cloud."""

import os
from pathlib import Path

from pydantic import BaseModel

from deploykit import engine, ledger, local_http
from deploykit.files import write_atomically
from deploykit.rehearsal import labels, network, process, registry
from deploykit.service import free_port

PROVIDER = "aws"
FILE = process.folder(PROVIDER) / "server.json"
MOTO_SETTINGS = {
    "MOTO_AMIS_PATH": str(Path(__file__).with_name("amis.json")),
    "MOTO_ENABLE_AMI_VALIDATION": "true",
    "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
    "MOTO_ENABLE_KEYPAIR_VALIDATION": "true",
}
"""moto accepts any image, instance type and key unless told to look."""


class Cloud(BaseModel):
    """AWS in rehearsal, as it was started.

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


def running() -> Cloud | None:
    """Return the cloud of this clone, or None when it does not run."""
    cloud = _read()
    return cloud if cloud and process.is_alive(cloud.process) else None


def launch() -> Cloud:
    """Start a new cloud, after removing what a server left that was killed: its machines are nobody's now.

    Raises:
        KitError: there is no Docker engine, the machine image could not be built, or the server did not come up.
    """
    clear()
    my_address, subnet, address = network.gateway(), network.subnet(), f"127.0.0.1:{registry.start()}"
    port = free_port()
    server = process.spawn(PROVIDER, [str(port), address], _environment())
    cloud = Cloud(
        process=server, url=f"http://127.0.0.1:{port}", registry=address, my_address=my_address, subnet=subnet
    )
    write_atomically(FILE, cloud.model_dump_json(indent=1).encode())
    try:
        process.wait_until_up(PROVIDER, server, lambda: _ask(cloud))
    except BaseException:
        end()
        raise
    return cloud


def end() -> None:
    """End the server, if it runs; safe to repeat."""
    cloud = _read()
    if cloud:
        process.end(PROVIDER, cloud.process)
        FILE.unlink()


def clear() -> None:
    """End the server and remove its containers and the images that were pushed to its registry."""
    cloud = _read()
    end()
    if cloud and not engine.missing():
        labels.remove_labelled(PROVIDER)
        labels.remove_tagged(cloud.registry)


def _read() -> Cloud | None:
    return Cloud.model_validate_json(FILE.read_bytes()) if FILE.exists() else None


def _ask(cloud: Cloud) -> None:
    local_http.get(f"{cloud.url}/moto-api/data.json", timeout=2).raise_for_status()


def _environment() -> dict[str, str]:
    """Return this process's variables without the learner's AWS settings, which moto would read as well."""
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**process.environment_without("AWS_"), **nowhere, **MOTO_SETTINGS}
