"""The source of a build: archives that are unpacked, and those that would do harm."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from deploykit.rehearsal.google import objects, sources
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.errors import ApiError

SOURCE = {"bucket": "b", "object": "source"}


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(tmp_path / "cloud", "p", "1", token="t", loop=None)


def tar(name: str, *, kind: bytes = tarfile.REGTYPE, target: str = "") -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as opened:
        member = tarfile.TarInfo(name)
        member.type, member.linkname, member.size = kind, target, 0 if target else 5
        opened.addfile(member, io.BytesIO(b"hello"))
    return archive.getvalue()


def zipped(name: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(name, "hello")
    return archive.getvalue()


def unpack(context: Context, content: bytes) -> Path:
    objects.put(context, "b", "source", content)
    folder = context.folder / "workspace"
    folder.mkdir()
    sources.unpack(context, SOURCE, folder)
    return folder


@pytest.mark.parametrize("make", [tar, zipped])
def test_an_archive_is_unpacked(context: Context, make):
    assert (unpack(context, make("app/main.py")) / "app" / "main.py").read_text() == "hello"


@pytest.mark.parametrize(
    "content",
    [
        tar("../evil"),
        tar("link", kind=tarfile.SYMTYPE, target="/etc/passwd"),
        tar("device", kind=tarfile.CHRTYPE),
        b"no archive",
        b"",
    ],
    ids=["dots", "link", "device", "nonsense", "nothing"],
)
def test_an_archive_that_would_do_harm_is_refused(context: Context, content: bytes):
    with pytest.raises(ApiError):
        unpack(context, content)
    assert sorted(path.name for path in context.folder.iterdir() if path.is_dir()) == ["objects", "workspace"]


@pytest.mark.parametrize("make", [tar, zipped])
@pytest.mark.parametrize("name", ["/tmp/evil-absolute", "../../evil"])
def test_nothing_lands_outside(context: Context, make, name: str):
    try:
        folder = unpack(context, make(name))
    except ApiError:
        folder = context.folder
    assert not (folder.parents[1] / "evil").exists()
    assert not Path("/tmp/evil-absolute").exists()


def test_a_bomb_is_refused(context: Context, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sources, "MAX_BYTES", 4)
    with pytest.raises(ApiError, match="holds 1 files of 5 bytes"):
        unpack(context, tar("big"))


def test_a_source_that_is_not_there_is_named(context: Context):
    with pytest.raises(ApiError, match="No such object: b/source"):
        sources.unpack(context, SOURCE, context.folder)
