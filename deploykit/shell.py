"""Run a command as a learner would type it, and keep what it said."""

import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from deploykit import command_errors, docker_errors, signals
from deploykit.errors import KitError
from deploykit.paths import LOGS, ROOT

ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
PLAIN_OUTPUT = {"NO_COLOR": "1", "TERM": "dumb", "AWS_PAGER": "", "PYTHONUNBUFFERED": "1", "BUILDKIT_PROGRESS": "plain"}
_counter = itertools.count(1)


class CommandError(KitError):
    """A command that ended with another exit status than 0; ``result`` holds what it printed."""

    def __init__(self, message: str, hint: str, result: "Result"):
        super().__init__(message, hint)
        self.result = result


@dataclass(frozen=True)
class Result:
    """What a command left: its exit status, its standard output, everything it printed, and the log file."""

    command: str
    returncode: int
    stdout: str
    output: str
    log: Path

    @property
    def text(self) -> str:
        """The standard output without the blank space around it: the value of a ``--query`` or ``--format``."""
        return self.stdout.strip()

    def json(self) -> Any:
        """Parse the standard output as JSON."""
        return json.loads(self.stdout)

    def _ipython_display_(self) -> None:
        """Show nothing when a cell ends with ``run(…)``: its output has been shown already."""


def run(
    command: str | list[str],
    *,
    tail: int | None = 10,
    check: bool = True,
    env: Mapping[str, str] | None = None,
    cwd: Path | str = ROOT,
    stdin: str = "",
    timeout: float | None = None,
    quiet: bool = False,
    secret: bool = False,
) -> Result:
    """Run a command without a shell: show it, log what it prints, show the last lines.

    Args:
        command: one line as typed in a terminal (quotes work, pipes and globs do not), or a list of words.
        tail: how many of the last lines to show; 0 shows only the command, None shows everything.
        check: raise :class:`CommandError` when the exit status is not 0.
        env: variables added to those of this process.
        stdin: text handed to the command's standard input.
        timeout: seconds after which the command is ended and reported as failed.
        quiet: show nothing at all (plumbing that is not part of the lesson).
        secret: neither show nor log what the command prints.

    Raises:
        KitError: the program is not installed.
        CommandError: the command failed; the message quotes its last lines and names its log.
    """
    words = shlex.split(command) if isinstance(command, str) else [str(word) for word in command]
    line = command.strip() if isinstance(command, str) else shlex.join(words)
    if not quiet:
        print(f"$ {line}")
    environment = environment_for_commands(env)
    program = find_program(words[0], environment["PATH"], cwd)
    log = _new_log(words)
    result = _execute([program, *words[1:]], line, log, environment, cwd, stdin, timeout, secret)
    if check and result.returncode:
        raise _failure(result, secret)
    if not quiet and not secret:
        _show(result.output, tail)
    return result


def environment_for_commands(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's variables, with plain output asked for and the kit's own programs found first."""
    environment = {**os.environ, **PLAIN_OUTPUT, **(extra or {})}
    programs, path = str(Path(sys.executable).parent), environment.get("PATH", "")
    if programs not in path.split(os.pathsep):  # an active environment is there already, behind the rehearsal's gcloud
        environment["PATH"] = os.pathsep.join([programs, path])
    return environment


def find_program(name: str, path: str, cwd: Path | str = ROOT) -> str:
    """Return the full path of a program, or say how to get it."""
    local = Path(cwd) / name
    found = str(local) if "/" in name and local.is_file() else shutil.which(name, path=path)
    if found:
        return found
    raise KitError(f"The program '{name}' is not installed.", "Type: python -m deploykit doctor")


def _new_log(words: list[str]) -> Path:
    LOGS.mkdir(parents=True, exist_ok=True)
    slug = re.sub(r"[^a-z0-9]+", "-", " ".join([Path(words[0]).name, *words[1:3]]).lower()).strip("-")[:40]
    return LOGS / f"{os.getpid()}-{next(_counter):03d}-{slug}.log"


def _execute(words, line, log, environment, cwd, stdin, timeout, secret) -> Result:
    both: list[str] = []
    stdout: list[str] = []
    process = None
    with log.open("wb", buffering=0) as file:
        try:
            with signals.deferred():
                process = subprocess.Popen(
                    words, cwd=cwd, env=environment, text=True, encoding="utf-8", errors="replace",
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                )  # fmt: skip
                sink = None if secret else file
                readers = [_reader(process.stdout, sink, both, stdout), _reader(process.stderr, sink, both)]
            _feed(process, stdin)
            returncode = process.wait(timeout)
        except subprocess.TimeoutExpired:
            returncode = _end(process, both, f"ended after {timeout:g} s without finishing")
        except BaseException:
            if process:
                _end(process, both, "interrupted")
            raise
        for reader in readers:
            reader.join(timeout=5)
    return Result(line, returncode, "".join(stdout), "".join(both), log)


def _reader(stream: IO[str], sink: IO[bytes] | None, *kept: list[str]) -> threading.Thread:
    """Start to read what a command prints."""
    thread = threading.Thread(target=_copy, args=(stream, sink, *kept), daemon=True)
    thread.start()
    return thread


def _copy(stream: IO[str], sink: IO[bytes] | None, *kept: list[str]) -> None:
    for raw in stream:
        text = ANSI.sub("", raw)
        for lines in kept:
            lines.append(text)
        # On a full disk the log ends early. Whoever stopped reading would let the command wait for us for ever.
        with suppress(OSError):
            if sink:
                sink.write(text.encode())


def _feed(process: subprocess.Popen, stdin: str) -> None:
    try:
        process.stdin.write(stdin)
        process.stdin.close()
    except BrokenPipeError:
        pass  # the program ended before it read everything; its exit status tells


def _end(process: subprocess.Popen, lines: list[str], why: str) -> int:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
    lines.append(f"({why})\n")
    return process.wait() or 1


def _show(output: str, tail: int | None) -> None:
    lines = output.rstrip().splitlines()
    shown = lines if tail is None else lines[-tail:] if tail else []
    if len(shown) < len(lines) and shown:
        print(f"… {len(lines) - len(shown)} lines before these")
    if shown:
        print("\n".join(shown))


def _failure(result: Result, secret: bool) -> CommandError:
    message, hint = f"This command failed with exit status {result.returncode}: {result.command}", ""
    if secret:
        message += "\n(its output is secret)"
    else:
        step, hint = _explain(result)
        message += f"\nIt stopped at: {step}" if step else ""
        message += "\n" + "\n".join(result.output.rstrip().splitlines()[-20:])
    return CommandError(message, f"{hint}\nAll it printed is in {_relative(result.log)}".strip(), result)


def _explain(result: Result) -> tuple[str, str]:
    """Return the step at which a ``docker`` command failed, and what to do, as far as they are known."""
    program = Path(shlex.split(result.command)[0]).name
    step = docker_errors.failed_step(result.output) if program == "docker" else ""
    return step, command_errors.advice(program, result.output)


def _relative(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
