"""What is written down before it is created can be undone by another process, in reverse, more than once."""

import subprocess
import sys
import threading

import psutil
import pytest

from deploykit import ledger
from deploykit.errors import KitError

pytestmark = pytest.mark.usefixtures("own_ledger")


def touch(path) -> str:
    return f'{sys.executable} -c \'open("{path}", "a").write("undone\\n")\''


def test_undo_runs_the_commands_and_strikes_the_line_out(tmp_path):
    ledger.add("key", "key pair", undo=[touch(tmp_path / "one"), touch(tmp_path / "two")])
    ledger.undo("key", quiet=True)
    assert (tmp_path / "one").exists() and (tmp_path / "two").exists()
    assert ledger.entries() == []


def test_identifiers_that_are_not_known_beforehand_are_looked_up(tmp_path):
    mark = tmp_path / "i-123"
    ledger.add("machine", "instance", find="echo i-123", undo=touch(tmp_path / "{found}"))
    ledger.undo("machine", quiet=True)
    assert mark.exists()


def test_nothing_is_undone_when_nothing_is_found():
    ledger.add("machine", "instance", find="true", undo="false")
    ledger.undo("machine", quiet=True)
    assert ledger.entries() == []


def test_undo_all_goes_backwards_and_keeps_what_it_was_told_to_keep(tmp_path):
    order = tmp_path / "order"
    for name in ("first", "second", "engine"):
        ledger.add(name, "thing", undo=f'{sys.executable} -c \'open("{order}", "a").write("{name} ")\'')
    assert ledger.undo_all(where="local", keep="engine") == []
    assert order.read_text() == "second first "
    assert [entry.name for entry in ledger.entries()] == ["engine"]


def test_what_could_not_be_undone_stays_and_is_reported():
    ledger.add("stubborn", "container", undo=f"{sys.executable} -c 'raise SystemExit(1)'")
    ledger.add("easy", "container", undo="true")
    assert [line.split(":")[0] for line in ledger.undo_all(where="local")] == ["container stubborn"]
    assert [entry.name for entry in ledger.entries()] == ["stubborn"]


def test_a_process_is_ended_with_its_children():
    sleep = "import time; time.sleep(60)"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{sleep}']); {sleep}"
    process = subprocess.Popen([sys.executable, "-c", code])
    ledger.add_process("service", process.pid)
    while not (children := psutil.Process(process.pid).children()):
        pass
    ledger.undo("service", quiet=True)
    assert not psutil.pid_exists(process.pid)
    assert not children[0].is_running() or children[0].status() == psutil.STATUS_ZOMBIE


def test_a_reused_process_number_is_left_alone():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    ledger.end_process(ledger.Process(pid=process.pid, started=1.0))
    assert process.poll() is None
    process.kill()
    process.wait()


def test_a_process_that_is_gone_is_no_failure():
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    ledger.add_process("short", process.pid)
    process.wait()
    assert ledger.undo_all(where="local") == []


def test_mine_names_only_what_this_process_wrote_down(own_ledger):
    ledger.add("here", "thing")
    imports = "from pathlib import Path; from deploykit import ledger"
    code = f"{imports}; ledger.FILE = Path({str(own_ledger)!r}); ledger.add('there', 'thing')"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert ledger.mine() == ["here"]
    assert [entry.name for entry in ledger.entries()] == ["here", "there"]


def test_writers_do_not_lose_each_others_lines():
    def write(number: int) -> None:
        for n in range(10):
            ledger.add(f"{number}-{n}", "thing")

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(ledger.entries()) == 40


def test_region_and_profile_are_remembered(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "never written down")
    ledger.add(
        "key",
        "key pair",
        where="cloud",
        undo=f'{sys.executable} -c \'import os; assert os.environ["AWS_REGION"] == "eu-west-1"\'',
    )
    monkeypatch.delenv("AWS_REGION")
    assert "never written down" not in ledger.FILE.read_text()
    ledger.undo("key", quiet=True)


def test_the_google_project_is_remembered(monkeypatch):
    monkeypatch.setenv("CLOUDSDK_CORE_PROJECT", "the-lessons-project")
    ledger.add("service", "Cloud Run service", where="cloud")
    monkeypatch.setenv("CLOUDSDK_CORE_PROJECT", "another-project")
    assert ledger.entries()[0].env["CLOUDSDK_CORE_PROJECT"] == "the-lessons-project"


@pytest.mark.parametrize("again", [{"where": "cloud", "find": "echo i-2"}, {"where": "rehearsal", "find": "echo i-1"}])
def test_what_is_in_the_cloud_is_not_forgotten_for_another_of_its_name(again):
    ledger.add("machine", "instance", where="cloud", find="echo i-1", undo="true")
    with pytest.raises(KitError, match="An earlier 'machine' is in the cloud still"):
        ledger.add("machine", "instance", undo="true", **again)
    assert [(entry.where, entry.find) for entry in ledger.entries()] == [("cloud", "echo i-1")]


def test_the_same_resource_may_be_written_down_again():
    for _ in range(2):
        ledger.add("service", "Cloud Run service", where="cloud", undo="true")
    assert ledger.mine() == ["service"]


def test_an_unknown_name_is_refused():
    with pytest.raises(KitError, match="no resource called 'nobody'"):
        ledger.undo("nobody")
