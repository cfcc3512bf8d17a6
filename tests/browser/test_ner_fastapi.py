"""The Swagger page in a real Chromium: an endpoint is opened, tried out, and its answer read.

The fixture ``page`` fails a test whose page asks another machine for anything, be it a script, a font or an icon.
"""

import json
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from deploykit.browser import load
from tests.contract.local import running
from tests.contract.ner_fastapi import FOUND, TUTORIAL, train

pytestmark = pytest.mark.needs("browser")
LAST = "[data-path='/predict/batch']"
"""The last endpoint: once it is there, the page is complete."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the service for the tests of this file."""
    folder = tmp_path_factory.mktemp("ner_fastapi")
    train(folder / "model")
    with running("ner_fastapi", folder / "model", folder / "log") as server:
        yield server.url


@pytest.fixture
def endpoint(page: Page, url: str) -> Locator:
    """Open the page, and on it the form of POST /predict/."""
    load(page, f"{url}/docs", until=LAST)
    page.locator("[data-path='/predict/']").click()
    block = page.locator(".opblock.is-open")
    block.get_by_role("button", name="Try it out").click()
    return block


def execute(endpoint: Locator, body: str) -> tuple[str, dict]:
    """Send a body; return the status and the answer that the page shows."""
    endpoint.get_by_role("textbox").fill(body)
    endpoint.get_by_role("button", name="Execute").click()
    answer = endpoint.locator(".live-responses-table .response")
    shown = answer.locator(".highlight-code code").first.inner_text()
    return answer.locator(".response-col_status").inner_text(), json.loads(shown)


def test_prediction_is_tried_out(endpoint: Locator) -> None:
    status, answer = execute(endpoint, json.dumps({"text": TUTORIAL}))
    assert status == "200"
    assert [tuple(entity.values()) for entity in answer["entities"]] == FOUND


def test_form_offers_the_tutorials_sentence(endpoint: Locator) -> None:
    assert json.loads(endpoint.get_by_role("textbox").input_value()) == {"text": TUTORIAL}


def test_everything_that_the_page_names_is_served(page: Page, url: str) -> None:
    load(page, f"{url}/docs", until=LAST)
    named = page.evaluate("Array.from(document.querySelectorAll('link, script[src]'), one => one.href || one.src)")
    assert len(named) == 3
    assert all(address.startswith(url) and requests.get(address, timeout=10).ok for address in named)


def test_schemas_are_shown(page: Page, url: str) -> None:
    load(page, f"{url}/docs", until=LAST)
    expect(page.get_by_role("button", name="Entities")).to_be_visible()
