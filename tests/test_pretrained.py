"""The English pipeline: verified when it is downloaded, the small one when it is not, and always said which."""

import hashlib
import http.server
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from deploykit import download, pretrained
from deploykit.download import Download, Web
from deploykit.errors import KitError
from deploykit.service import free_port

SENTENCE = "Apple is looking at buying U.K. startup for $1 billion"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pack the small pipeline as the medium one's wheel is packed."""
    folder = tmp_path_factory.mktemp("wheel")
    content = folder / "content" / pretrained.MEDIUM / f"{pretrained.MEDIUM}-{pretrained.VERSION}"
    content.parent.mkdir(parents=True)
    pretrained.load_installed(pretrained.SMALL).to_disk(content)
    packed = shutil.make_archive(str(folder / "packed"), "zip", folder / "content")
    return Path(packed).rename(folder / pretrained.WHEEL)


@pytest.fixture
def source(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Serve a copy of the wheel on this machine in its makers' place, and return the copy."""
    served = tmp_path / "served"
    served.mkdir()
    shutil.copy(wheel, served)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(served))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    offer(f"http://127.0.0.1:{server.server_port}/{wheel.name}", wheel, monkeypatch)
    monkeypatch.setattr(download.paths, "ROOT", tmp_path)
    monkeypatch.setattr(download, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(pretrained, "PACKAGES", pretrained.PACKAGES | {pretrained.MEDIUM: ["no_such_package"]})
    yield served / wheel.name
    server.shutdown()
    thread.join()
    server.server_close()


def offer(url: str, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the medium pipeline be this wheel at this address."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    monkeypatch.setattr(pretrained, "MEDIUM_WHEEL", Download(wheel.name, sha256=digest, sources=(Web(url),)))


def test_medium_pipeline_is_downloaded_and_verified(source: Path, capsys: pytest.CaptureFixture) -> None:
    pipeline = pretrained.english_pipeline()
    assert [entity.label_ for entity in pipeline(SENTENCE).ents] == ["ORG", "GPE", "MONEY"]
    assert "it was downloaded and its sha256 verified" in capsys.readouterr().out


def test_downloaded_pipeline_is_kept(source: Path, capsys: pytest.CaptureFixture) -> None:
    pretrained.english_pipeline()
    source.unlink()
    pretrained.english_pipeline()
    assert capsys.readouterr().out.count("verified") == 2


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:-1000], lambda data: b"<html>Please log in</html>"], ids=["cut off", "a page"]
)
def test_another_file_is_never_used(source: Path, capsys: pytest.CaptureFixture, spoil) -> None:
    source.write_bytes(spoil(source.read_bytes()))
    pipeline = pretrained.english_pipeline()
    assert pipeline.meta["name"].startswith("core_web_sm")
    assert "has another sha256" in capsys.readouterr().out
    assert not list(download.CACHE.iterdir())


def test_without_a_network_the_small_pipeline_serves(source: Path, monkeypatch, capsys: pytest.CaptureFixture) -> None:
    offer(f"http://127.0.0.1:{free_port()}/{source.name}", source, monkeypatch)
    assert pretrained.english_pipeline().meta["name"].startswith("core_web_sm")
    assert "could not be downloaded: the connection failed (ConnectionError)" in capsys.readouterr().out


def test_a_missing_file_at_the_source_is_no_crash(source: Path, capsys: pytest.CaptureFixture) -> None:
    source.unlink()
    pretrained.english_pipeline()
    assert "could not be downloaded: 404 Client Error" in capsys.readouterr().out


def test_the_small_pipeline_needs_no_network(source: Path, capsys: pytest.CaptureFixture) -> None:
    source.unlink()
    assert pretrained.english_pipeline(pretrained.SMALL).pipe_names == ["ner"]
    assert "it is installed" in capsys.readouterr().out


def test_no_pipeline_at_all_says_what_to_type(monkeypatch) -> None:
    monkeypatch.setattr(pretrained, "PACKAGES", {pretrained.SMALL: ["no_such_package"]})
    with pytest.raises(KitError, match="No English pipeline is installed") as caught:
        pretrained.english_pipeline(pretrained.SMALL)
    assert "python -m deploykit" in caught.value.hint
