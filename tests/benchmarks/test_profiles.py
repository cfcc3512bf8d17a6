"""Where a request's time goes, for one service: every part of it has a name; how large the parts are is not asked."""

import pytest
from rich.console import Console

from benchmarks import profiles
from deploykit.paths import ROOT
from tests.contract import heart_function


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> profiles.Profiles:
    """Profile the smallest service, with a model that was just trained."""
    folder = tmp_path_factory.mktemp("profiles")
    heart_function.train(folder / "heart")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("deploykit.artifacts.MODELS", folder)
        patch.setattr(profiles, "SERVICES", ["heart_function"])
        patch.setattr(profiles, "RESULTS", folder / "profiles.json")
        measured = profiles.measure(seconds=1)
    assert profiles.Profiles.model_validate_json((folder / "profiles.json").read_bytes()) == measured
    return measured


def test_the_service_spends_its_time_in_its_own_functions_and_in_flask(found: profiles.Profiles):
    [heart] = found.services
    names = {name.partition(".")[0] for name in heart.ours.shares} - {"Flask"}
    files = {file.stem for file in (ROOT / "app_src" / "heart_function").glob("*.py")}
    assert {"logs", "body", "main", "scoring"} <= names <= files
    assert sum(heart.ours.shares.values()) == pytest.approx(1)
    assert heart.ours.shares["Flask"] > 0.1
    assert heart.ours.microseconds > heart.constant.microseconds > 10


def test_a_constant_answer_is_nearly_all_flask(found: profiles.Profiles):
    [heart] = found.services
    assert heart.constant.shares["Flask"] > 0.7


def test_the_table_shows_what_is_worth_a_line(found: profiles.Profiles, capsys: pytest.CaptureFixture[str]):
    Console(width=100).print(profiles.table(found.services[0]))
    shown = capsys.readouterr().out
    assert "heart_function: " in shown and "for a constant answer" in shown
    assert "Flask" in shown and "logs.write" in shown
