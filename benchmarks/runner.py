"""One run: in every round each contender lives once, so that what disturbs the machine disturbs all of them."""

from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console

from benchmarks import ceiling, lives, other_servers, pages
from benchmarks.calls import PAGE
from benchmarks.contenders import MODEL, Contender, constant, ours, tutorial
from benchmarks.results import Measured, Report, Round, load_average, save
from deploykit import containers, engine
from deploykit.errors import KitError

console = Console(stderr=True)


@dataclass(frozen=True)
class Plan:
    """How long to measure, and what."""

    services: list[str]
    seconds: int
    rounds: int
    visits: int
    others: bool = False


def run(plan: Plan, report: Report) -> Report:
    """Measure everything that the plan names.

    Raises:
        KitError: a model is missing, or a server does not start.
    """
    servers, report.skipped = other_servers.installed() if plan.others else ([], [])
    for line in report.skipped:
        console.print(line)
    for service in plan.services:
        report.measured += measure(service, plan, servers)
        if weight := image_size(service):
            report.images[service] = weight
        report.load_after = load_average()
        save(report)  # what is measured stays measured, whatever happens to the next service
    return report


def measure(service: str, plan: Plan, servers: list[str]) -> list[Measured]:
    """Measure one service and all that it is compared with, in turn."""
    found = {kind: (Measured(service=service, kind=kind), live) for kind, live in cast(service, plan, servers).items()}
    for number in range(plan.rounds):
        for kind, (measured, live) in found.items():
            console.print(f"{service}, round {number + 1} of {plan.rounds}: {kind}")
            measured.rounds.append(live())
    return [measured for measured, _ in found.values()]


def cast(service: str, plan: Plan, servers: list[str]) -> dict[str, Callable[[], Round]]:
    """Return who takes part, and how each of them lives once."""
    known = [ours(service), tutorial(service)]
    if service == PAGE:
        known.append(constant(service, b""))  # its answer is in the page
        return {one.kind: lambda one=one: pages.live(one, visits=plan.visits) for one in known}
    known += [constant(service, answer(known[0])), *other_servers.contenders(service, servers)]
    alone = {MODEL: lambda: ceiling.measure(known[0], seconds=plan.seconds)}
    return {one.kind: lambda one=one: lives.live(one, seconds=plan.seconds) for one in known} | alone


def answer(contender: Contender) -> bytes:
    """Return what a service answers; this also brings its files into memory before anything is measured."""
    with lives.start(contender) as running:
        return lives.ask(running.url, contender.call)


def image_size(service: str) -> float | None:
    """Return the size of the image of stage 03 in MB, if there is one."""
    if engine.missing():
        return None
    try:
        return containers.size(f"{service}:1")
    except KitError:
        return None
