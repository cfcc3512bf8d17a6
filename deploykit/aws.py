"""Turn the ``aws`` command to the rehearsal cloud or to the learner's account; every later command is the same."""

import json
import os
from pathlib import Path

from deploykit import account, engine, needs, rehearsal
from deploykit.errors import KitError
from deploykit.my_address import seen_by
from deploykit.paths import STATE
from deploykit.variables import Variables, no_proxy

FOLDER = STATE / "rehearsal"
REGION = "us-east-1"
_variables = Variables()


def connect(target: str) -> None:
    """Let the commands of this process speak to the ``"rehearsal"`` cloud or to the real ``"cloud"``.

    Raises:
        KitError: a program is missing, the rehearsal cloud cannot start, or nobody is logged in to AWS.
    """
    for program in ("aws", "ssh", "docker"):
        needs.require(program)
    if target == "rehearsal":
        rehearsal.start_aws()
        _variables.use(environment(target))
        return
    disconnect()
    account.aws_user()


def disconnect() -> None:
    """Let the commands of this process read the learner's own settings again."""
    _variables.give_back()


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
        "AWS_ACCESS_KEY_ID": cloud.key,
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "AWS_SESSION_TOKEN": "",
        "AWS_PROFILE": "default",
        "AWS_DEFAULT_REGION": os.environ.get("AWS_DEFAULT_REGION", REGION),
        "AWS_CONFIG_FILE": str(_private_file("aws/config", "[default]\n")),
        "AWS_SHARED_CREDENTIALS_FILE": str(_private_file("aws/credentials", "")),
        "AWS_EC2_METADATA_DISABLED": "true",
        **no_proxy("127.0.0.1", cloud.subnet),
        **_docker(),
    }


def my_address(target: str) -> str:
    """Return the address from which the cloud sees this computer, for a firewall rule that lets nobody else in.

    Raises:
        KitError: the rehearsal cloud does not run, or the internet does not answer.
    """
    return seen_by(target)


def _rehearsal() -> rehearsal.aws.Cloud:
    cloud = rehearsal.aws.running()
    if cloud is None:
        raise KitError("The rehearsal cloud does not run.", 'Start it: aws.connect("rehearsal")')
    return cloud


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
