"""Starting, finding and ending the AWS half of the rehearsal cloud."""

import os
import secrets
from pathlib import Path
from typing import Self

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
    "MOTO_DISABLE_GLOBAL_CORS": "true",
}
"""moto accepts any image, instance type and key unless told to look, and lets every web page read its answers."""


class Cloud(BaseModel):
    """AWS in rehearsal, as it was started.

    Attributes:
        process: its server; None while it starts.
        url: where the server speaks AWS's API.
        key: the access key id that the server asks for.
        registry: host and port of the image registry; every image's name begins with it.
        my_address: the address that machines see when this computer calls them.
        subnet: the range of the machines' addresses.
    """

    process: ledger.Process | None = None
    url: str
    key: str
    registry: str
    my_address: str
    subnet: str

    @classmethod
    def read(cls, file: Path) -> Self:
        """Return the cloud that a file tells of."""
        return cls.model_validate_json(file.read_bytes())

    def write(self, file: Path) -> None:
        """Write it down, for its server and for the aws command; nobody else may read it."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.parent.chmod(0o700)  # it may be there already; so nobody sees the file before it has its own mode
        write_atomically(file, self.model_dump_json(indent=1).encode())
        file.chmod(0o600)


def running() -> Cloud | None:
    """Return the cloud of this clone, or None when it does not run."""
    cloud = _read()
    return cloud if cloud and cloud.process and process.is_alive(cloud.process) else None


def launch() -> Cloud:
    """Start a new cloud, after removing what a server left that was killed: its machines are nobody's now.

    Raises:
        KitError: there is no Docker engine, the machine image could not be built, or the server did not come up.
    """
    clear()
    my_address, subnet, address = network.gateway(), network.subnet(), f"127.0.0.1:{registry.start()}"
    url, key = f"http://127.0.0.1:{free_port()}", secrets.token_hex()
    cloud = Cloud(url=url, key=key, registry=address, my_address=my_address, subnet=subnet)
    cloud.write(FILE)
    server = process.spawn(PROVIDER, [str(FILE)], _environment())
    cloud = cloud.model_copy(update={"process": server})
    cloud.write(FILE)
    try:
        process.wait_until_up(PROVIDER, server, lambda: _ask(cloud))
    except BaseException:
        end()
        raise
    return cloud


def end() -> None:
    """End the server, if it runs; safe to repeat."""
    cloud = _read()
    if cloud and cloud.process:
        process.end(PROVIDER, cloud.process)
    FILE.unlink(missing_ok=True)


def clear() -> None:
    """End the server and remove its containers and the images that were pushed to its registry."""
    cloud = _read()
    end()
    if cloud and not engine.missing():
        labels.remove_labelled(PROVIDER)
        labels.remove_tagged(cloud.registry)


def _read() -> Cloud | None:
    return Cloud.read(FILE) if FILE.exists() else None


def _ask(cloud: Cloud) -> None:
    signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={cloud.key}/"}
    local_http.get(f"{cloud.url}/moto-api/data.json", headers=signed, timeout=2).raise_for_status()


def _environment() -> dict[str, str]:
    """Return this process's variables without the learner's AWS settings, which moto would read as well."""
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**process.environment_without("AWS_"), **nowhere, **MOTO_SETTINGS}
