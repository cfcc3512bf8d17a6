"""Turn the ``gcloud`` command to the rehearsal cloud or to the learner's account; every later command is the same."""

import os
from collections.abc import Callable
from configparser import ConfigParser
from io import StringIO

import tenacity

from deploykit import account, needs, rehearsal
from deploykit.errors import KitError
from deploykit.files import write_atomically
from deploykit.gcloud_launcher import path_with_launcher
from deploykit.my_address import seen_by
from deploykit.rehearsal import network
from deploykit.rehearsal.google.faults import Faults
from deploykit.rehearsal.google.store import Store
from deploykit.shell import run
from deploykit.variables import Variables, no_proxy

FOLDER = rehearsal.google.FOLDER / "gcloud"
NAME = "rehearsal"
IN_REHEARSAL_IDLE_SECONDS = 18  # deploykit.rehearsal.google.pool ends an idle instance after 15
IN_CLOUD_IDLE_SECONDS = 1000
LOG_SECONDS = 120
_variables = Variables()


def connect(target: str, *, apis: tuple[str, ...] = ()) -> str:
    """Let the gcloud commands of this process speak to the ``"rehearsal"`` or to the real ``"cloud"``.

    Args:
        apis: what the lesson is going to use, such as "run.googleapis.com"; the cloud says which are not enabled yet.

    Returns:
        the project's id.

    Raises:
        KitError: gcloud is missing, the rehearsal cloud cannot start, nobody is logged in, no project is chosen, or the
            project has no billing account.
    """
    needs.require("gcloud")
    disconnect()
    if target == "rehearsal":
        cloud = rehearsal.start_google()
        _variables.use(environment(target))
        _log_in(cloud)
        return cloud.project
    project = _checked_project()
    _variables.use({"CLOUDSDK_CORE_PROJECT": project})  # the ledger remembers it, and undoes in this project
    _show_missing(project, apis)
    return project


def disconnect() -> None:
    """Let the gcloud commands of this process read the learner's own settings again."""
    _variables.give_back()


def environment(target: str) -> dict[str, str | None]:
    """Return the variables that turn gcloud to the target (None: unset), without starting anything.

    In rehearsal gcloud reads a configuration of its own, whose proxy lets nothing out of this computer; the
    learner's own configuration, credentials and ssh keys are not touched.

    Raises:
        KitError: the rehearsal cloud does not run.
    """
    if target != "rehearsal":
        return {}
    cloud = running()
    settings = FOLDER / "configurations" / f"config_{NAME}"
    write_atomically(settings, _settings(cloud).encode())
    settings.chmod(0o600)
    others = dict.fromkeys(name for name in os.environ if name.startswith(("CLOUDSDK_", "GOOGLE_")))
    return {
        **others,
        "CLOUDSDK_CONFIG": str(FOLDER),
        "CLOUDSDK_ACTIVE_CONFIG_NAME": NAME,
        "PATH": path_with_launcher(FOLDER),
        **no_proxy("127.0.0.1", network.subnet()),
    }


def my_address(target: str) -> str:
    """Return the address from which the cloud sees this computer, for a firewall rule that lets nobody else in.

    Raises:
        KitError: the internet does not answer.
    """
    return seen_by(target)


def idle_seconds(target: str) -> int:
    """Return how long nobody may call a service until its last instance has gone for certain.

    In the cloud that is over a quarter of an hour.
    """
    return IN_REHEARSAL_IDLE_SECONDS if target == "rehearsal" else IN_CLOUD_IDLE_SECONDS


def wait_for_log(command: str | list[str], enough: Callable[[str], bool]) -> None:
    """Repeat a command that reads a log until it shows enough: in the cloud, lines arrive some seconds late.

    Raises:
        KitError: it did not within two minutes.
    """

    @tenacity.retry(
        retry=tenacity.retry_if_result(lambda shown: not enough(shown)),
        wait=tenacity.wait_fixed(3),
        stop=tenacity.stop_after_delay(LOG_SECONDS),
    )
    def read() -> str:
        return run(command, quiet=True).text

    try:
        read()
    except tenacity.RetryError:
        raise KitError("The log does not show it yet.", "Run the cell again in a minute.") from None


def running() -> rehearsal.google.Cloud:
    """Return Google Cloud in rehearsal.

    Raises:
        KitError: it does not run.
    """
    cloud = rehearsal.google.running()
    if cloud is None:
        raise KitError("The rehearsal cloud does not run.", 'Start it: gcloud.connect("rehearsal")')
    return cloud


def inject(fault: str, *, method: str, times: int = 1) -> None:
    """Let the next requests of a method fail in rehearsal; :mod:`deploykit.rehearsal.google.faults` says how."""
    cloud = running()
    faults = Faults(Store(rehearsal.google.FOLDER / "state.db"), project=cloud.project, number=cloud.number)
    faults.inject(fault, method=method, times=times)


def _settings(cloud: rehearsal.google.Cloud) -> str:
    """Return the private configuration: a proxy with a password, one certificate authority, no chatter, no prompts."""
    settings = ConfigParser(interpolation=None)
    settings["core"] = {
        "project": cloud.project,
        "account": cloud.account,
        "custom_ca_certs_file": str(cloud.ca_file),
        "disable_prompts": "true",
        "disable_usage_reporting": "true",
        "check_gce_metadata": "false",
    }
    settings["proxy"] = {
        "type": "http",
        "address": "127.0.0.1",
        "port": str(cloud.proxy_port),
        "username": cloud.user,
        "password": cloud.password,
    }
    settings["component_manager"] = {"disable_update_check": "true"}
    settings["survey"] = {"disable_prompts": "true"}
    text = StringIO()
    settings.write(text)
    return text.getvalue()


def _log_in(cloud: rehearsal.google.Cloud) -> None:
    """Log the rehearsal's account in, once for each key."""
    done = FOLDER / "logged_in_with"
    key = cloud.account_file.read_bytes()
    if not done.exists() or done.read_bytes() != key:
        run(["gcloud", "auth", "activate-service-account", f"--key-file={cloud.account_file}", "--quiet"], quiet=True)
        write_atomically(done, key)


def _checked_project() -> str:
    """Return the project of the learner's own configuration, after checking what a deployment needs."""
    account.google_user()
    project = account.google_project()
    account.require_billing(project)
    return project


def _show_missing(project: str, apis: tuple[str, ...]) -> None:
    missing = account.disabled_apis(project, apis) if apis else []
    if missing:
        print(f"Not enabled in this project yet; type: gcloud services enable {' '.join(missing)}")
