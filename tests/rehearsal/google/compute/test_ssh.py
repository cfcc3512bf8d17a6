"""Logging in and copying with gcloud, by keys in the metadata."""

from pathlib import Path

import pytest

from deploykit.rehearsal.google import Cloud
from deploykit.shell import CommandError, run
from tests.rehearsal.conftest import text
from tests.rehearsal.google.compute.machine import ZONE, field, inside

pytestmark = [pytest.mark.needs("docker"), pytest.mark.needs("gcloud"), pytest.mark.needs("ssh")]


def test_ssh_logs_in_with_a_key_of_the_machines_metadata(instance: str, google: Cloud) -> None:
    assert inside("id -un; sudo id -un").split() == ["learner", "root"]
    assert "learner:ssh-" in field("metadata.items")
    assert "ssh-keys" not in text("gcloud compute project-info describe --format=value(commonInstanceMetadata.items)")


def test_ssh_leaves_the_learners_own_folder_alone(
    instance: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    inside("true")
    assert not list(tmp_path.iterdir())


def test_ssh_gives_the_remote_commands_exit_status(instance: str) -> None:
    with pytest.raises(CommandError) as failed:
        inside("exit 3")
    assert failed.value.result.returncode == 3


def test_nobody_logs_in_as_root(instance: str) -> None:
    settings = inside("sudo sshd -T")
    assert "permitrootlogin no" in settings
    assert "passwordauthentication no" in settings


def test_scp_copies_both_ways(instance: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").write_text("hello\n", encoding="utf-8")
    run(f"gcloud compute scp --recurse {tmp_path}/there learner@one:copied {ZONE}", quiet=True)
    run(f"gcloud compute scp learner@one:copied/file {tmp_path}/back {ZONE}", quiet=True)
    assert (tmp_path / "back").read_text(encoding="utf-8") == "hello\n"


def test_accounts_follow_the_projects_metadata_unless_blocked(instance: str) -> None:
    key = text(f"gcloud compute instances describe one {ZONE} --format=value(metadata.items.extract(ssh-keys))")
    others = key.replace("learner:", "guest:")
    run(["gcloud", "compute", "project-info", "add-metadata", f"--metadata=ssh-keys={others}"], quiet=True)
    assert "guest" not in inside("cut --delimiter=: --fields=1 /etc/passwd").split()
    run(f"gcloud compute instances add-metadata one {ZONE} --metadata=block-project-ssh-keys=false", quiet=True)
    assert "guest" in inside("cut --delimiter=: --fields=1 /etc/passwd").split()
    run("gcloud compute project-info remove-metadata --keys=ssh-keys", quiet=True)
    assert inside("sudo cat /home/guest/.ssh/authorized_keys") == ""
    run(f"gcloud compute instances add-metadata one {ZONE} --metadata=block-project-ssh-keys=true", quiet=True)
