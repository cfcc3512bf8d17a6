"""A page of a headless Chromium for every test that asks for one."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from deploykit.browser import new_page, open_browser


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start one browser for these tests. Its event loop must be gone before others, such as nbval's, need one."""
    with open_browser() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open an empty page; when the test is over, nothing may have failed in it or been asked of other machines."""
    page = new_page(browser)
    faults: list[str] = []

    def note_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname != "127.0.0.1":
            faults.append(f"request to {request.url}")

    def note_message(message: ConsoleMessage) -> None:
        # A container that comes or goes elsewhere on the machine is not the page's fault.
        if message.type == "error" and "ERR_NETWORK_CHANGED" not in message.text:
            faults.append(f"console: {message.text}")

    page.on("request", note_request)
    page.on("console", note_message)
    page.on("pageerror", lambda error: faults.append(f"exception: {error}"))
    yield page
    page.context.close()
    assert not faults
