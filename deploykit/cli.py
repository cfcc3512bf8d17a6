"""The command line: ``python -m deploykit …``; each command is one call."""

import os
import subprocess
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploykit import (
    base_image,
    browser,
    catalog,
    chain,
    doctor_report,
    engine,
    images,
    kernels,
    lock,
    refresh,
    signals,
    suite,
    system,
)
from deploykit.errors import KitError
from deploykit.paths import NOTEBOOKS, ROOT
from deploykit.teardown import teardown as remove_everything

app = typer.Typer(
    help="From notebook to cloud.", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
)
console = Console()

START_PAGE = NOTEBOOKS / "00_start_here.ipynb"


class Target(StrEnum):
    """Where the lessons deploy to."""

    REHEARSAL = "rehearsal"
    CLOUD = "cloud"


EVERYTHING = {need for notebook in catalog.CATALOG for need in notebook.needs}


@app.command()
def run(
    track: Annotated[str, typer.Option(help="One track, such as iris_flask.")] = "",
    stage: Annotated[str, typer.Option(help="One stage, such as 02_serve or 02.")] = "",
    target: Annotated[str, typer.Option(help="rehearsal (this machine) or cloud (your account).")] = "rehearsal",
    jobs: Annotated[int, typer.Option(help="Notebooks that may run side by side.")] = 1,
    strict: Annotated[
        bool, typer.Option(envvar="DEPLOYKIT_STRICT", help="Count a skipped notebook as a failure.")
    ] = False,
    parameter: Annotated[
        list[str], typer.Option("--parameter", "-p", help="NAME=VALUE for the notebooks that know it.")
    ] = [],
    cluster: Annotated[
        str, typer.Option(help="Train and serve on this Dask cluster, such as tcp://10.0.0.7:8786.")
    ] = "",
) -> None:
    """Run the notebooks from training to teardown."""
    selection = {"track": track, "stage": stage, "cluster": cluster}
    _prepare({need for notebook in chain.select(**selection) for need in notebook.needs})
    raise typer.Exit(chain.run_chain(**selection, target=target, jobs=jobs, strict=strict, parameters=parameter))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(
    context: typer.Context,
    strict: Annotated[bool, typer.Option(envvar="DEPLOYKIT_STRICT", help="Count a skip as a failure.")] = False,
) -> None:
    """Run all tests, the notebooks' outputs among them, in two processes; further arguments go to pytest, in one."""
    _test(context.args or suite.OPTIONS, strict=strict)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def soak(context: typer.Context) -> None:
    """Run the tests that take long: hostile requests by the ten thousand; further arguments go to pytest."""
    _test(["-m", "soak", "tests", *context.args])


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context) -> None:
    """Open JupyterLab at the start page; further arguments go to it."""
    options = [
        f"--ServerApp.root_dir={ROOT}",  # so that app_src/ is to be seen beside the notebooks
        f"--LabApp.default_url=/lab/tree/{START_PAGE.relative_to(ROOT).as_posix()}",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # as in a container; without it JupyterLab refuses to start
    command = [sys.executable, "-m", "jupyter", "lab", *options, *context.args]
    raise typer.Exit(_run_program(command, kernels.environment()))


@app.command("doctor")
def examine(
    target: Annotated[Target, typer.Option(help="cloud: look at your accounts, too.")] = Target.REHEARSAL,
    everywhere: Annotated[
        bool, typer.Option(help="Say what to type on every system, for all that may be missing.")
    ] = False,
) -> None:
    """Say what this machine has, what is missing or too old, and what to type."""
    if everywhere:
        doctor_report.show_remedies()
        return
    raise typer.Exit(0 if doctor_report.show(target) else 1)


@app.command()
def teardown() -> None:
    """Remove everything that the kit created and that is still there."""
    raise typer.Exit(_report(suite.remove_second() + remove_everything(engine_too=True)))


@app.command("engine")
def prepare_engine() -> None:
    """Have a Docker engine and the base image: use, install, start, pull or build them as this machine allows."""
    _prepare({"docker"})
    raise typer.Exit(1 if engine.missing() else 0)


@app.command("images")
def measure_images(
    rounds: Annotated[int, typer.Option(min=1, help="How often each container is started.")] = 5,
) -> None:
    """Build the five images of stage 03; show how much they weigh and how fast they start."""
    engine.ensure()
    base_image.ensure()
    tags = [images.build(service, model) for service, model in images.models().items()]
    measured = [images.measure(tag, rounds=rounds) for tag in tags]
    images.save(measured)
    console.print(images.table(measured))
    console.print(f"Cold start: from docker run to the first 200 of /health/ready, median of {rounds}.")


@app.command("refresh")
def refresh_notebooks(notebooks: Annotated[list[Path], typer.Argument(help="All when none is named.")] = []) -> None:
    """Run notebooks on a clean kernel and store their outputs."""
    _prepare(EVERYTHING)
    try:
        refresh.refresh(notebooks)
    finally:
        _report(remove_everything())


@app.command("lock")
def lock_packages(upgrade: Annotated[bool, typer.Option(help="Take the newest versions that fit.")] = False) -> None:
    """Write requirements.lock from pyproject.toml, and every service's requirements.txt from the lock."""
    lock.regenerate(upgrade=upgrade)
    for service in sorted(folder.name for folder in (ROOT / "app_src").iterdir() if folder.is_dir()):
        lock.cut(service)


def _prepare(needs: Iterable[str]) -> None:
    """Have what is needed beside Python, as far as this machine allows; what stays missing is told."""
    steps = {
        "docker": (engine.ensure, base_image.ensure),
        "browser": (browser.ensure_browser,),
        "ssh": (lambda: system.ensure_program("ssh", package="openssh-client", why="logging in to a machine"),),
    }
    missing = {}
    for step in (step for need, known in steps.items() if need in needs for step in known):
        try:
            step()
        except KitError as error:
            missing[str(error)] = error  # two steps may miss the same thing
    for error in missing:
        console.print(f"Going on without it: {error}", markup=False)


def _test(arguments: list[str], *, strict: bool = False) -> None:
    """Run pytest, remove what it left, and exit with its status."""
    _prepare(EVERYTHING)
    variables = kernels.environment() | ({"DEPLOYKIT_STRICT": "1"} if strict else {})
    try:
        status = _run_program([sys.executable, "-m", "pytest", *arguments], variables)
    finally:
        left = _report(suite.remove_second() + remove_everything())
    raise typer.Exit(status or left)


def _run_program(command: list[str], variables: dict[str, str]) -> int:
    """Run a program to its end and return its exit status; whoever ends us ends it, too."""
    environment = {**os.environ, **variables}
    process = None
    with signals.raised_as_interrupt():
        try:
            with signals.deferred():
                process = subprocess.Popen(command, cwd=ROOT, env=environment)
            return process.wait()
        except KeyboardInterrupt:
            if process is None:
                raise
            process.terminate()
            return process.wait()


def _report(failures: list[str]) -> int:
    """Say what could not be removed, and return the exit status that goes with it."""
    if failures:
        console.print("Still there, because removing it failed:", *failures, sep="\n", markup=False)
        console.print("→ Type: python -m deploykit teardown", markup=False)
    return 1 if failures else 0
