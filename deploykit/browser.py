"""A real browser without a window: web pages as their visitors see them, for lessons and tests."""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import tenacity
from playwright.sync_api import Browser, Error, Page, sync_playwright

from deploykit.errors import KitError
from deploykit.paths import CACHE
from deploykit.system import ensure_program, may_install

PROGRAMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
# No calls to the outside: neither for updates nor for anything else that was not asked for.
FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
SIZE = {"width": 1000, "height": 1250}
PATIENCE_MILLISECONDS = 15_000

# Where the browser would otherwise write into the home directory.
FOLDERS = {name: str(CACHE / "browser") for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}

T = TypeVar("T")


def ensure_browser() -> str:
    """Return the path of Chromium or Chrome; install Chromium where the kit may do that.

    Raises:
        KitError: there is none, and it may not be installed.
    """
    if not find_browser():
        ensure_program("chromium", package="chromium", why="Opening web pages in a browser")
    return find_browser()


def find_browser() -> str:
    """Return the path of Chromium or Chrome, or an empty string."""
    return next(filter(None, map(shutil.which, PROGRAMS)), "")


def missing() -> str:
    """Return why there can be no browser on this machine, or an empty string."""
    return "" if find_browser() or may_install() else "There is neither Chromium nor Chrome."


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start a browser and close it in the end; for programs without an event loop, such as tests."""
    program = ensure_browser()
    variables = {**os.environ, **FOLDERS}
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS, env=variables)
        except Error as error:
            reason = error.message.splitlines()[0]
            raise KitError(f"The browser {program} does not start: {reason}", f"Type: {program} --version") from None
        try:
            yield browser
        finally:
            browser.close()


def new_page(browser: Browser) -> Page:
    """Open an empty page with a memory of its own, which waits at most 15 seconds for what a task looks for."""
    page = browser.new_context(viewport=SIZE).new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    return page


@tenacity.retry(retry=tenacity.retry_if_exception_type(Error), stop=tenacity.stop_after_attempt(3), reraise=True)
def load(page: Page, url: str, *, until: str) -> None:
    """Open an address and wait until what the selector ``until`` means is visible.

    Chromium drops all connections when a network interface appears or goes, as with every container; hence the retries.
    """
    page.goto(url)
    page.locator(until).first.wait_for()


def visit(task: Callable[[Page], T]) -> T:
    """Give a page of a new browser to a task and return what the task returns.

    It runs in a thread of its own, since Playwright cannot work beside the event loop of a notebook's kernel.
    """

    def work() -> T:
        with open_browser() as browser:
            return task(new_page(browser))

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()
