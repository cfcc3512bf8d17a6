"""A build step that runs ``docker`` on the local engine; other builders' images cannot be had without a registry."""

import os
import shlex
import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploykit.rehearsal import labels
from deploykit.rehearsal.google import errors, images
from deploykit.rehearsal.google.context import Context
from deploykit.shell import find_program

BUILDER = "gcr.io/cloud-builders/docker"
COMMANDS = ("build", "push", "tag")
FIELDS = {"args", "dir", "entrypoint", "env", "id", "name", "waitFor"}
"""What of a step is understood; ``waitFor`` changes nothing, because steps run one after the other here."""

CLOUD_NETWORK = "cloudbuild"
"""A network of Google's build machines; gcloud asks for it by name."""


@dataclass
class Job:
    """A build that runs: the command it is at, and why it has to end early, if it has."""

    deadline: float
    process: subprocess.Popen | None = None
    ended_as: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def end(self, status: str) -> None:
        """Let the build end as "CANCELLED" or "TIMEOUT"."""
        with self.lock:
            self.ended_as = self.ended_as or status
            if self.process:
                self.process.terminate()


def check(step: dict) -> None:
    """Refuse a step that cannot be rehearsed.

    Raises:
        ApiError: it cannot.
    """
    builder = step.get("name", "").partition("@")[0].removesuffix(":latest")
    if builder != BUILDER or step.get("entrypoint", "docker") != "docker":
        raise errors.not_rehearsed(f"A build step with {step.get('name')} (only {BUILDER} is)")
    if unknown := sorted(set(step) - FIELDS):
        raise errors.not_rehearsed(f"The field {unknown[0]} of a build step")
    command = (step.get("args") or [""])[0]
    if command not in COMMANDS:
        raise errors.not_rehearsed(f"docker {command} in a build step (only {', '.join(COMMANDS)} are)")


def run(context: Context, step: dict, workspace: Path, *, job: Job, say: Callable[[str], None]) -> int:
    """Run a step and return its exit status; what it prints goes to ``say``."""
    folder = (workspace / step.get("dir", "")).resolve()
    if problem := _problem_with(folder, workspace.resolve()):
        say(f"build step dir {step['dir']!r} {problem}")
        return 1
    if step["args"][0] == "push":
        return _push(context, step["args"], say)
    environment = {**os.environ, **dict(variable.split("=", 1) for variable in step.get("env", []))}
    path = environment["PATH"]
    command = [*_ended_with_us(path), find_program("docker", path), *_arguments(step["args"])]
    with job.lock:
        if job.ended_as:
            return 1
        job.process = subprocess.Popen(
            command, cwd=folder, env=environment, text=True, encoding="utf-8", errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    for line in job.process.stdout:
        say(line.rstrip())
    return job.process.wait()


def push(context: Context, name: str, say: Callable[[str], None]) -> str:
    """Do what pushing an image does here, where the engine keeps it already, and return its digest.

    Raises:
        ApiError: there is no such image, or no repository for it.
    """
    say(f"The push refers to repository [{name.partition(':')[0]}]")
    image = images.find(name)
    if image is None:
        raise errors.not_found(f"An image does not exist locally with the tag: {name.partition(':')[0]}")
    images.require_place(context, name)
    tag = name.rpartition(":")[2] if ":" in name else "latest"
    say(f"{tag}: digest: {image.id} size: {image.attrs['Size']}")
    return image.id


def _problem_with(folder: Path, workspace: Path) -> str:
    if not folder.is_relative_to(workspace):
        return "is outside of the workspace"
    return "" if folder.is_dir() else "is no folder of the source"


def _push(context: Context, arguments: list[str], say: Callable[[str], None]) -> int:
    names = [argument for argument in arguments[1:] if not argument.startswith("-")]
    if len(names) != 1:
        say(f'"docker push" requires exactly 1 argument: docker {shlex.join(arguments)}')
        return 1
    try:
        push(context, names[0], say)
    except errors.ApiError as error:
        say(error.message)
        return 1
    return 0


def _ended_with_us(path: str) -> list[str]:
    """Return a prefix that lets a command end when this server dies: the engine then gives the build up, too.

    It is util-linux's; on other systems than Linux a build goes on to its end.
    """
    setpriv = shutil.which("setpriv", path=path)
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []


def _arguments(given: list[str]) -> list[str]:
    """Label what is built, leave no container of a step that fails, and leave out the network that only Google has."""
    if given[0] != "build":
        return given
    ours = [word for name, value in labels.of("google").items() for word in ("--label", f"{name}={value}")]
    kept, skip = [], False
    for word, following in zip(given[1:], [*given[2:], ""], strict=True):
        pair = word == "--network" and following == CLOUD_NETWORK
        if not (skip or pair or word == f"--network={CLOUD_NETWORK}"):
            kept.append(word)
        skip = pair
    return ["build", "--force-rm", *ours, *kept]
