"""One short run for one service, from the start of its servers to the tables; how fast they are is not asked."""

import socket
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import cli, load, other_servers, plots, results, runner, tables
from benchmarks.contenders import CEILING, MODEL, OURS, TUTORIAL, WORKERS
from benchmarks.lives import CONNECTIONS
from benchmarks.results import Report
from deploykit import ledger
from deploykit.errors import KitError
from deploykit.paths import ROOT
from tests.contract import heart_function

PLAN = runner.Plan(["heart_function"], seconds=1, rounds=1, visits=1)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Measure the smallest service, with a model that was just trained."""
    folder = tmp_path_factory.mktemp("benchmarks")
    heart_function.train(folder / "heart")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("deploykit.artifacts.MODELS", folder)
        patch.setattr(runner, "save", lambda report: results.save(report, folder / "results.json"))
        measured = runner.run(PLAN, Report(generator=load.generator(), seconds=1, rounds=1))
    assert results.load(folder / "results.json") == measured
    return measured


def test_everybody_is_measured_and_nobody_is_left_running(report: Report):
    assert [one.kind for one in report.measured] == [OURS, TUTORIAL, CEILING, MODEL]
    loads = [load for one in report.measured for life in one.rounds for load in life.loads]
    assert len(loads) == 3 * len(CONNECTIONS) + len({1, WORKERS})
    assert all(load.requests > 0 and load.errors == 0 for load in loads)
    servers = [one.rounds[0] for one in report.measured if one.kind != MODEL]
    assert all(life.cold_start > 0.1 and life.memory > 20 for life in servers)
    assert not [entry.name for entry in ledger.entries() if entry.name.startswith("heart_function, ")]


def test_the_report_names_no_machine_and_no_path(report: Report):
    text = report.model_dump_json()
    assert socket.gethostname() not in text and str(Path.home()) not in text and str(ROOT) not in text


def test_the_tables_hold_what_was_measured(report: Report, capsys):
    console = Console(width=100)
    console.print(tables.table(report, "heart_function"), tables.targets(report))
    shown = capsys.readouterr().out
    assert all(word in shown for word in (OURS, TUTORIAL, CEILING, MODEL, "cold start", "reached"))


def test_pictures_are_drawn_for_light_and_dark_pages(report: Report, tmp_path):
    light, dark = plots.draw(report, tmp_path)
    assert light.read_bytes() != dark.read_bytes()
    assert light.read_bytes().startswith(b"\x89PNG") and dark.read_bytes().startswith(b"\x89PNG")


def test_a_model_that_is_missing_is_named(own_models):
    with pytest.raises(KitError, match="There is no model 'iris' yet"):
        runner.measure("iris_flask", PLAN, [])


def test_an_unknown_service_is_named():
    with pytest.raises(KitError, match="There is no service called 'iris'"):
        cli.chosen("iris_flask, iris")


def test_a_server_that_cannot_be_installed_is_left_out(monkeypatch, tmp_path):
    def refuse(*_: object, **__: object):
        raise KitError("This command failed: uv pip sync\nno network")

    monkeypatch.setattr(other_servers, "STATE", tmp_path / "state")
    monkeypatch.setattr(other_servers, "run", refuse)
    there, missing = other_servers.installed()
    assert there == [] and len(missing) == 3
    assert missing[0].startswith("MLflow is left out, because it cannot be installed: This command failed")


@pytest.mark.parametrize("server", other_servers.SERVERS)
def test_the_pins_of_other_servers_carry_hashes_and_name_no_registry(server: str):
    pins = (other_servers.HERE / f"{server.lower()}.txt").read_text(encoding="utf-8")
    entries = pins.split("\n")
    assert "://" not in pins and any(line.startswith(f"{server.lower()}==") for line in entries)
    starts = [place for place, line in enumerate(entries) if line[:1].isalnum()]
    assert all("--hash=sha256:" in entries[place + 1] for place in starts)
