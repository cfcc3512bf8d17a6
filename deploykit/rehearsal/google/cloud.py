"""Starting, finding and ending the Google half of the rehearsal cloud."""

import secrets
import shutil
from pathlib import Path
from typing import Self

import requests
from pydantic import BaseModel

from deploykit import engine, ledger
from deploykit.files import write_atomically
from deploykit.paths import CLONE_ID
from deploykit.rehearsal import labels, process
from deploykit.rehearsal.google import accounts, tls
from deploykit.service import free_port, is_free

PROVIDER = "google"
FOLDER = process.folder(PROVIDER)
SETTINGS = "settings.json"
PROJECT = f"rehearsal-{CLONE_ID}"
NUMBER = "123456789012"


class Cloud(BaseModel):
    """Google Cloud in rehearsal, as it was started.

    Attributes:
        process: its server; None while it starts.
        project, number: the id and the number of its one project.
        proxy_port: where gcloud has to send what it wants of Google.
        api_port: where the proxy leads it.
        user, password: what the proxy asks for.
        token: what the APIs ask for.
    """

    process: ledger.Process | None = None
    project: str = PROJECT
    number: str = NUMBER
    proxy_port: int
    api_port: int
    user: str = "rehearsal"
    password: str
    token: str

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return the cloud whose files lie in a folder."""
        return cls.model_validate_json((folder / SETTINGS).read_bytes())

    def write(self, folder: Path) -> None:
        """Write it down, for its server and for gcloud; nobody else may read it."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(folder / SETTINGS, self.model_dump_json(indent=1).encode())

    @property
    def account(self) -> str:
        """The service account as which gcloud logs in."""
        return f"learner@{self.project}.iam.gserviceaccount.com"

    @property
    def account_file(self) -> Path:
        """The account's key, as Google hands it out."""
        return FOLDER / "account.json"

    @property
    def ca_file(self) -> Path:
        """The certificate authority that gcloud has to trust."""
        return FOLDER / "ca.pem"


def running() -> Cloud | None:
    """Return the cloud of this clone, or None when it does not run."""
    cloud = _read()
    return cloud if cloud and cloud.process and process.is_alive(cloud.process) else None


def launch() -> Cloud:
    """Start a server; one that was killed left its resources in the store, and the new one knows them.

    Raises:
        KitError: there is no Docker engine, or the server did not come up.
    """
    engine.client()
    _end_server()
    tls.ensure(FOLDER)
    cloud = _settings()
    cloud.write(FOLDER)
    if not cloud.account_file.exists():
        accounts.create_key(cloud.account_file, project=cloud.project, email=cloud.account)
    server = process.spawn(PROVIDER, [str(FOLDER)], process.environment_without("CLOUDSDK_", "GOOGLE_"))
    cloud = cloud.model_copy(update={"process": server})
    cloud.write(FOLDER)
    try:
        process.wait_until_up(PROVIDER, server, lambda: _ask(cloud))
    except BaseException:
        _end_server()
        raise
    return cloud


def clear() -> None:
    """End the server and remove all that it deployed; safe to repeat."""
    _end_server()
    if not engine.missing():
        labels.remove_labelled(PROVIDER)
        for host in ("docker.pkg.dev", "gcr.io"):
            labels.remove_images_of_project(host, PROJECT)
    shutil.rmtree(FOLDER, ignore_errors=True)


def _settings() -> Cloud:
    """Return the settings of the server before this one, which gcloud still knows, or new ones."""
    before = _read()
    password, token = (before.password, before.token) if before else (secrets.token_urlsafe(), secrets.token_urlsafe())
    if before and is_free(before.proxy_port) and is_free(before.api_port):
        return before.model_copy(update={"process": None})
    return Cloud(proxy_port=free_port(), api_port=free_port(), password=password, token=token)


def _end_server() -> None:
    cloud = _read()
    if cloud and cloud.process:
        process.end(PROVIDER, cloud.process)


def _read() -> Cloud | None:
    return Cloud.read(FOLDER) if (FOLDER / SETTINGS).exists() else None


def _ask(cloud: Cloud) -> None:
    """Ask the server through the proxy, as gcloud does."""
    with requests.Session() as session:
        session.trust_env = False
        proxy = f"http://{cloud.user}:{cloud.password}@127.0.0.1:{cloud.proxy_port}"
        session.get(
            f"https://cloudresourcemanager.googleapis.com/v1/projects/{cloud.project}",
            headers={"Authorization": f"Bearer {cloud.token}"}, proxies={"https": proxy}, verify=str(cloud.ca_file),
            timeout=5,
        ).raise_for_status()  # fmt: skip
