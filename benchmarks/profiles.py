"""Where the Flask services spend a request that a constant answer does not: called without a server, and sampled."""

import sys
import tempfile
from pathlib import Path

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from benchmarks.contenders import Contender, constant, ours
from benchmarks.results import FOLDER, Machine
from benchmarks.runner import answer
from deploykit.files import write_atomically
from deploykit.shell import run

RESULTS = FOLDER / "profiles.json"
PROGRAM = Path(__file__).with_name("profile_call.py")
SERVICES = ("iris_flask", "heart_function")
"""Those whose model takes less time than the server around it."""

console = Console(stderr=True)


class Spent(BaseModel):
    """One call: its microseconds, and the share of each of the service's functions."""

    microseconds: float
    shares: dict[str, float]


class Profile(BaseModel):
    """One service beside the same application with a constant answer."""

    service: str
    ours: Spent
    constant: Spent


class Profiles(BaseModel):
    """One run."""

    machine: Machine
    services: list[Profile] = []


def measure(seconds: int) -> Profiles:
    """Profile every service for so many seconds, and again for its constant answer."""
    found = Profiles(machine=Machine())
    for service in SERVICES:
        console.print(f"{service}: where the time goes")
        known = ours(service)
        beside = constant(service, answer(known))
        found.services.append(Profile(service=service, ours=spent(known, seconds), constant=spent(beside, seconds)))
    write_atomically(RESULTS, found.model_dump_json(indent=1).encode() + b"\n")
    return found


def spent(contender: Contender, seconds: int) -> Spent:
    """Let a process of its own call the contender's application."""
    call = contender.call
    with tempfile.TemporaryDirectory() as folder:
        body = Path(folder) / "body"
        body.write_bytes(call.body)
        words = [sys.executable, PROGRAM, body, call.content_type, call.path, seconds]
        return Spent.model_validate_json(run(words, cwd=contender.cwd, env=contender.env, quiet=True).stdout)


def table(profile: Profile) -> Table:
    """Lay out where the time goes, the largest part first."""
    whole = profile.ours.microseconds
    title = f"{profile.service}: {whole:.0f} µs for a call, {profile.constant.microseconds:.0f} for a constant answer"
    rows = Table("where", title=title, title_justify="left", min_width=len(title))
    for heading in ("share", "µs"):
        rows.add_column(heading, justify="right")
    for name, share in profile.ours.shares.items():
        if share >= 0.01:
            rows.add_row(name, f"{share:.0%}", f"{share * whole:.0f}")
    return rows
