"""The command line: ``python -m benchmarks``."""

from typing import Annotated

import typer
from rich.console import Console

from benchmarks import chain, load, plots, profiles, readme, results, runner, tables
from benchmarks.calls import CALLS, PAGE
from deploykit.errors import KitError
from deploykit.paths import ROOT

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console()
KNOWN = [*CALLS, PAGE]


@app.command()
def main(
    services: Annotated[str, typer.Option(help="Which, with commas between; the others keep their numbers.")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="One short round: about a minute.")] = False,
    others: Annotated[bool, typer.Option("--others", help="Also MLflow, BentoML and LitServe.")] = False,
    seconds: Annotated[int, typer.Option(min=1, help="How long each load lasts.")] = 4,
    rounds: Annotated[int, typer.Option(min=1, help="How often each contender is started and loaded.")] = 5,
    only_chain: Annotated[
        bool, typer.Option("--chain", help="Measure instead what running notebooks costs: script, papermill, this kit.")
    ] = False,
    only_profile: Annotated[
        bool, typer.Option("--profile", help="Measure instead where the Flask services spend a request.")
    ] = False,
    write_readme: Annotated[
        bool, typer.Option("--readme", help="Write the last run's ratios into README.md; measure nothing.")
    ] = False,
) -> None:
    """Measure the services against their ceilings, the tutorials' versions and other servers."""
    if write_readme:
        readme.write(results.load())
        return
    if only_chain:
        show_chain(chain.run(rounds=1 if quick else rounds))
        return
    if only_profile:
        show_profiles(profiles.measure(seconds=1 if quick else seconds))
        return
    plan = runner.Plan(
        services=chosen(services),
        seconds=1 if quick else seconds,
        rounds=1 if quick else rounds,
        visits=3 if quick else 10,
        others=others,
    )
    report = results.Report(generator=load.generator(), seconds=plan.seconds, rounds=plan.rounds)
    report.keep_others(plan.services)
    show(runner.run(plan, report))


def show_chain(cost: chain.Cost) -> None:
    """Print what the chain costs."""
    console.print(chain.table(cost))
    console.print(f"Written: {chain.RESULTS.relative_to(ROOT)}")


def show_profiles(found: profiles.Profiles) -> None:
    """Print where the time goes."""
    for profile in found.services:
        console.print(profiles.table(profile))
    console.print(f"Written: {profiles.RESULTS.relative_to(ROOT)}")


def chosen(services: str) -> list[str]:
    """Return the services that were named, or all.

    Raises:
        KitError: there is no such service.
    """
    names = [name.strip() for name in services.split(",") if name.strip()] or KNOWN
    if unknown := [name for name in names if name not in KNOWN]:
        raise KitError(f"There is no service called '{unknown[0]}'.", f"There are: {', '.join(KNOWN)}")
    return names


def show(report: results.Report) -> None:
    """Print the tables and draw the pictures."""
    for service in report.services():
        console.print(tables.table(report, service))
    console.print(tables.targets(report))
    console.print(readme.conditions(report), soft_wrap=True)
    for file in [results.RESULTS, *plots.draw(report)]:
        console.print(f"Written: {file.relative_to(ROOT)}")
