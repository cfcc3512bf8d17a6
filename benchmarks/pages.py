"""The page: how long a visitor waits in a real browser, from the start of the server and from the click."""

import time
from collections.abc import Callable

from playwright.sync_api import Page

from benchmarks.contenders import Contender
from benchmarks.lives import start
from benchmarks.memory import Peak
from benchmarks.results import Round
from deploykit.browser import load, visit

BUTTON = "button:has-text('Get Prediction')"
# The browser's own clock, so that the driver's way to the browser does not count.
CLICK = """button => new Promise(done => {
    const began = performance.now();
    const watch = new MutationObserver(() => {
        if (!document.body.textContent.includes('Predicted Flower:')) return;
        watch.disconnect();
        done(performance.now() - began);
    });
    watch.observe(document.body, {subtree: true, childList: true, characterData: true});
    button.click();
})"""


def live(contender: Contender, *, visits: int) -> Round:
    """Start a page's server, open the page so often, and click once each time."""
    return visit(_task(contender, visits))


def _task(contender: Contender, visits: int) -> Callable[[Page], Round]:
    def work(page: Page) -> Round:
        began = time.monotonic()
        with start(contender) as running, Peak(running.pid) as peak:
            load(page, running.url, until=BUTTON)
            cold_start = time.monotonic() - began
            page.goto("about:blank")
            clicks = [_click(page, running.url) for _ in range(visits)]
        return Round(cold_start=cold_start, memory=peak.mb, clicks=clicks)

    return work


def _click(page: Page, url: str) -> float:
    """Return the milliseconds from a click to the answer, for a visitor who has just come."""
    load(page, url, until=BUTTON)
    page.wait_for_timeout(200)  # the page's own first work is over
    milliseconds = page.locator(BUTTON).evaluate(CLICK)
    page.goto("about:blank")  # else the page would miss its server, or come in the way of the next visit
    return milliseconds
