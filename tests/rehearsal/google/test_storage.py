"""Cloud Storage in rehearsal: buckets and objects through the real gcloud, and what uploads may not do."""

import os
import random
from pathlib import Path

import pytest

from deploykit import rehearsal
from deploykit.shell import CommandError, run
from tests.rehearsal.conftest import text
from tests.rehearsal.google.conftest import kill_and_restart

pytestmark = [pytest.mark.needs("docker"), pytest.mark.needs("gcloud")]

LINE_ENDS = b"a\r\nb\rc\n\x00\x0b\x1c\x85--===\r\n\r\n"
SIZES = {"empty": 0, "small": 100, "sent in several requests": 20 * 2**20}


@pytest.fixture(scope="module")
def bucket(google: rehearsal.google.Cloud) -> str:
    name = f"gs://{google.project}-data"
    run(f"gcloud storage buckets create {name} --location=europe-west1", quiet=True)
    return name


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_what_is_copied_up_comes_down_as_it_was(bucket: str, tmp_path: Path, size: int):
    content = random.Random(1).randbytes(size) + (LINE_ENDS if size else b"")
    sent, received = tmp_path / "sent.bin", tmp_path / "received.bin"
    sent.write_bytes(content)
    run(["gcloud", "storage", "cp", str(sent), f"{bucket}/folder/some file.bin"], quiet=True)
    run(["gcloud", "storage", "cp", f"{bucket}/folder/some file.bin", str(received)], quiet=True)
    assert received.read_bytes() == content


def test_listing_shows_folders_and_removing_empties_them(bucket: str, tmp_path: Path):
    (tmp_path / "note.txt").write_text("hello\n", encoding="utf-8")
    run(f"gcloud storage cp {tmp_path}/note.txt {bucket}/notes/a/note.txt", quiet=True)
    run(f"gcloud storage cp {bucket}/notes/a/note.txt {bucket}/notes/copy.txt", quiet=True)
    assert text(f"gcloud storage ls {bucket}/notes").split() == [f"{bucket}/notes/copy.txt", f"{bucket}/notes/a/"]
    assert text(f"gcloud storage cat {bucket}/notes/copy.txt") == "hello"
    run(f"gcloud storage rm {bucket}/notes/**", quiet=True)
    with pytest.raises(CommandError, match="matched no objects"):
        run(f"gcloud storage ls {bucket}/notes", quiet=True)


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        ("buckets create {bucket}", "you already own it"),
        ("buckets create gs://Big", "Invalid bucket name"),
        ("buckets describe gs://nowhere-{pid}", "not found"),
        ("buckets delete {bucket}", "not empty"),
        ("cat {bucket}/nothing", "matched no objects"),
    ],
)
def test_mistakes_are_refused(bucket: str, tmp_path: Path, command: str, refusal: str):
    (tmp_path / "file").write_bytes(b"x")
    run(f"gcloud storage cp {tmp_path}/file {bucket}/file", quiet=True)
    with pytest.raises(CommandError, match=refusal):
        run(f"gcloud storage {command.format(bucket=bucket, pid=os.getpid())}", quiet=True)


def test_a_restarted_server_knows_its_buckets(bucket: str, tmp_path: Path):
    (tmp_path / "file").write_bytes(b"still here")
    run(f"gcloud storage cp {tmp_path}/file {bucket}/kept", quiet=True)
    kill_and_restart()
    assert text(f"gcloud storage cat {bucket}/kept") == "still here"


def test_a_bucket_goes_with_all_that_it_holds(google: rehearsal.google.Cloud, tmp_path: Path):
    bucket = f"gs://{google.project}-short-lived"
    run(f"gcloud storage buckets create {bucket}", quiet=True)
    (tmp_path / "file").write_bytes(b"x")
    run(f"gcloud storage cp {tmp_path}/file {bucket}/a/b/c", quiet=True)
    run(f"gcloud storage rm --recursive {bucket}", quiet=True)
    assert bucket not in text("gcloud storage ls")
