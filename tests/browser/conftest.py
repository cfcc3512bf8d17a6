"""A page of a headless Chromium for every test that asks for one."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, expect

from deploykit.browser import new_page, open_browser

PATIENCE_MILLISECONDS = 60_000
"""A machine that runs other tests beside these takes its time; a page that is quick waits for nothing."""


DROPPED = ("ERR_NETWORK_CHANGED", "Failed to fetch")
"""What is said of a request that was dropped because a container came or went elsewhere on the machine."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start one browser for these tests. Its event loop must be gone before others, such as nbval's, need one."""
    with open_browser() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open an empty page; when the test is over, nothing may have failed in it or been asked of other machines."""
    page = new_page(browser)
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    faults: list[str] = []

    def note_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname != "127.0.0.1":
            faults.append(f"request to {request.url}")

    def note_message(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(words in message.text for words in DROPPED):
            faults.append(f"console: {message.text}")

    def note_exception(error: Error) -> None:
        # A request that fails for another reason than such a container also writes to the console.
        if error.message != "Failed to fetch":
            faults.append(f"exception: {error}")

    page.on("request", note_request)
    page.on("console", note_message)
    page.on("pageerror", note_exception)
    yield page
    page.context.close()
    assert not faults
