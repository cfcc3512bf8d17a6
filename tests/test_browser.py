"""A browser for lessons: beside an event loop, patient with a changing network, and clear when it cannot be had."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page

from deploykit import browser
from deploykit.errors import KitError


class Forgetful(BaseHTTPRequestHandler):
    """Answer with an empty page at first, and with a heading from the second time on."""

    bodies = [b"", b"<h1>Here</h1>"]

    def do_GET(self) -> None:
        """Send the next body."""
        body = self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0]
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def url() -> Iterator[str]:
    """Serve pages on a free port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Forgetful) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.needs("browser")
def test_visit_works_beside_an_event_loop_and_loads_again_what_came_empty(url: str) -> None:
    def read(page: Page) -> str:
        page.set_default_timeout(1000)
        browser.load(page, url, until="h1")
        return page.locator("h1").inner_text()

    async def cell() -> str:
        return browser.visit(read)

    assert asyncio.run(cell()) == "Here"


@pytest.mark.needs("browser")
def test_browser_writes_nothing_into_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert browser.visit(lambda page: page.evaluate("1 + 1")) == 2
    assert list(tmp_path.rglob("*")) == []


def test_browser_that_may_not_be_installed_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "PROGRAMS", ("no-such-browser",))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("DEPLOYKIT_NO_SYSTEM", "1")
    assert "neither Chromium nor Chrome" in browser.missing()
    with pytest.raises(KitError, match="chromium"):
        browser.ensure_browser()


def test_program_that_is_no_browser_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "PROGRAMS", ("false",))
    with pytest.raises(KitError, match="false does not start"):
        browser.visit(lambda page: None)
