"""Rounds become one number, ratios are taken within a round, and a target says whether it is reached."""

import pytest

from benchmarks import figures, readme, results
from benchmarks.contenders import MODEL, OURS, TUTORIAL
from benchmarks.other_servers import BENTOML, MLFLOW
from benchmarks.results import Load, Machine, Measured, Report, Round
from benchmarks.targets import BEST_OTHER, TARGETS, Target
from deploykit.errors import KitError


def measured(kind: str, rates: list[float], *, connections: int = 8, p99: float = 5.0) -> Measured:
    loads = [
        Load(connections=connections, requests=9, errors=0, requests_per_second=rate, p50=1, p95=2, p99=p99)
        for rate in rates
    ]
    return Measured(service="iris_flask", kind=kind, rounds=[Round(cold_start=0.5, loads=[load]) for load in loads])


@pytest.fixture
def report() -> Report:
    ours = measured(OURS, [100.0, 10.0, 90.0])
    tutorial = measured(TUTORIAL, [10.0, 1.0, 30.0], p99=20)
    others = [measured(MLFLOW, [5.0, 5, 5]), measured(BENTOML, [50.0, 5, 50])]
    alone = measured(MODEL, [200.0, 20, 180], connections=2)
    machine = Machine(cores=4)  # the model alone is compared in as many processes as a service has workers
    return Report(
        machine=machine, generator="wrk", seconds=1, rounds=3, measured=[ours, tutorial, *others, alone],
        load_after=[2.0, 1.0, 0.5],
    )  # fmt: skip


def test_the_median_of_the_rounds_counts(report: Report):
    assert figures.typical(report.of("iris_flask", OURS), figures.rate(8)) == 90
    assert figures.typical(report.of("iris_flask", OURS), figures.memory) is None


@pytest.mark.parametrize(
    ("what", "against", "limit", "reached", "holds"),
    [
        ("requests/s", TUTORIAL, 8, 10, True),  # 10, 10 and 3: the disturbed round disturbed both
        ("requests/s", TUTORIAL, 11, 10, False),
        ("p99", TUTORIAL, 1 / 3, 0.25, True),
        ("p99", TUTORIAL, 0.2, 0.25, False),
        ("requests/s", BEST_OTHER, 2, 2, True),
        ("requests/s", MODEL, 0.8, 0.5, False),
        ("cold start", TUTORIAL, 1, 1, True),
    ],
)
def test_a_ratio_is_held_against_its_limit(report, what, against, limit, reached, holds):
    target = Target("iris_flask", what, against, limit)
    assert target.reached(report) == reached
    assert target.holds(reached) is holds


def test_what_was_not_measured_has_no_ratio(report: Report):
    assert Target("yolo_flask", "p99", TUTORIAL, 1).reached(report) is None
    assert Target("iris_flask", "memory", TUTORIAL, 1).reached(report) is None
    assert len(TARGETS) >= 20


def test_the_readme_gets_ratios_and_their_conditions(report: Report, tmp_path):
    file = tmp_path / "README.md"
    file.write_text(f"before\n{readme.BEGIN}\nyesterday\n{readme.END}\nafter\n", encoding="utf-8")
    readme.write(report, file)
    text = file.read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("after\n") and "yesterday" not in text
    assert "| iris_flask | 10.0 × | 0.25 × |  | 1.00 × |  |  |  | 0.50 × | 2.00 × |" in text
    assert "3 rounds of 1 s" in text and "2.0 after" in text


def again(report: Report, **different) -> Report:
    """Begin another run, on the same machine under another load."""
    machine = report.machine.model_copy(update={"load_before": [9.0, 9.0, 9.0]})
    same = {"machine": machine, "generator": report.generator, "seconds": report.seconds, "rounds": report.rounds}
    return Report(**same | different)


def test_services_that_are_not_measured_again_keep_their_numbers(report: Report, tmp_path):
    results.save(report, tmp_path / "results.json")
    new = again(report)
    new.keep_others(["heart_function"], tmp_path / "results.json")
    assert new.measured == report.measured
    new.keep_others(["iris_flask"], tmp_path / "results.json")
    assert new.measured == []


@pytest.mark.parametrize(
    "different",
    [
        {"rounds": 5},
        {"seconds": 2},
        {"generator": "locust"},
        {"machine": Machine(cores=8)},
        {"machine": Machine(cores=4, libraries={"flask": "0.1"})},
    ],
    ids=lambda different: next(iter(different)),
)
def test_numbers_that_were_made_otherwise_are_not_kept(report: Report, tmp_path, different: dict):
    results.save(report, tmp_path / "results.json")
    new = again(report, **different)
    new.keep_others(["heart_function"], tmp_path / "results.json")
    assert new.measured == []


def test_ratios_of_failed_requests_do_not_reach_the_readme(report: Report, tmp_path):
    file = tmp_path / "README.md"
    file.write_text(f"{readme.BEGIN}\nyesterday\n{readme.END}\n", encoding="utf-8")
    report.measured[1].rounds[2].loads[0].errors = 7
    with pytest.raises(KitError, match="iris_flask, tutorial, 8 connections: 7 errors"):
        readme.write(report, file)
    assert "yesterday" in file.read_text(encoding="utf-8")


def test_a_readme_without_a_place_is_left_alone(report: Report, tmp_path):
    file = tmp_path / "README.md"
    file.write_text("nothing here", encoding="utf-8")
    with pytest.raises(KitError, match="has no place for the ratios"):
        readme.write(report, file)
    assert file.read_text(encoding="utf-8") == "nothing here"
