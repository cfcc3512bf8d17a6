"""Turn the ``aws`` command to the rehearsal cloud or to the learner's account; every later command is the same."""

import json
import os
from pathlib import Path

import requests

from deploykit import engine, rehearsal
from deploykit.errors import KitError
from deploykit.paths import STATE
from deploykit.shell import CommandError, environment_for_commands, find_program, run

FOLDER = STATE / "rehearsal"
REGION = "us-east-1"
ADDRESS_SERVICE = "https://checkip.amazonaws.com"
_before: dict[str, str | None] = {}
"""The variables of this process that :func:`connect` has replaced, to give them back."""


def connect(target: str) -> None:
    """Let the commands of this process speak to the ``"rehearsal"`` cloud or to the real ``"cloud"``.

    Raises:
        KitError: a program is missing, the rehearsal cloud cannot start, or nobody is logged in to AWS.
    """
    for program in ("aws", "ssh", "docker"):
        find_program(program, environment_for_commands()["PATH"])
    if target == "rehearsal":
        rehearsal.start()
        _use(environment(target))
        return
    _give_back()
    try:
        run("aws sts get-caller-identity", quiet=True)
    except CommandError as error:
        raise KitError(f"AWS does not let you in: {error.result.output.strip()}", "Type: aws configure") from None


def environment(target: str) -> dict[str, str]:
    """Return the variables that turn ``aws`` and ``docker`` to the target, without starting anything.

    Raises:
        KitError: the rehearsal cloud does not run.
    """
    if target != "rehearsal":
        return {}
    cloud = _rehearsal()
    return {
        "AWS_ENDPOINT_URL": cloud.url,
        "AWS_ACCESS_KEY_ID": "rehearsal",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "AWS_SESSION_TOKEN": "",
        "AWS_PROFILE": "default",
        "AWS_DEFAULT_REGION": os.environ.get("AWS_DEFAULT_REGION", REGION),
        "AWS_CONFIG_FILE": str(_private_file("aws/config", "[default]\n")),
        "AWS_SHARED_CREDENTIALS_FILE": str(_private_file("aws/credentials", "")),
        "AWS_EC2_METADATA_DISABLED": "true",
        **_no_proxy("127.0.0.1", cloud.subnet),
        **_docker(),
    }


def my_address(target: str) -> str:
    """Return the address from which the cloud sees this computer, for a firewall rule that lets nobody else in.

    Raises:
        KitError: the rehearsal cloud does not run, or the internet does not answer.
    """
    if target == "rehearsal":
        return _rehearsal().my_address
    try:
        answer = requests.get(ADDRESS_SERVICE, timeout=10)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise KitError(
            f"{ADDRESS_SERVICE} does not answer: {type(error).__name__}.", "Is the internet reachable?"
        ) from None
    return answer.text.strip()


def _rehearsal() -> rehearsal.Cloud:
    cloud = rehearsal.running()
    if cloud is None:
        raise KitError("The rehearsal cloud does not run.", 'Start it: aws.connect("rehearsal")')
    return cloud


def _use(variables: dict[str, str]) -> None:
    for name, value in variables.items():
        _before.setdefault(name, os.environ.get(name))
        os.environ[name] = value


def _give_back() -> None:
    for name, value in _before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    _before.clear()


def _no_proxy(*addresses: str) -> dict[str, str]:
    """Let a company's proxy alone with addresses of this computer; programs differ in which spelling they read."""
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    return dict.fromkeys(("no_proxy", "NO_PROXY"), ",".join(filter(None, [known, *addresses])))


def _docker() -> dict[str, str]:
    """Keep ``docker login`` out of the learner's own settings, and still find the engine and buildx."""
    plugins = {"cliPluginsExtraDirs": [str(Path.home() / ".docker" / "cli-plugins")]}
    settings = _private_file("docker/config.json", json.dumps(plugins))
    host = engine.current_host()
    return {"DOCKER_CONFIG": str(settings.parent), **({"DOCKER_HOST": host} if host else {})}


def _private_file(name: str, content: str) -> Path:
    """Return a file of the rehearsal cloud's own; what a program has written to it meanwhile stays."""
    file = FOLDER / name
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text(content, encoding="utf-8")
    return file
