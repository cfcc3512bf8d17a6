"""The iris page in the hands of a visitor."""

from playwright.sync_api import Locator, Page

from deploykit.browser import load

LABELS = ["Sepal Len (cm)", "Sepal Width (cm)", "Petal Len (cm)", "Petal Width (cm)"]


def open_page(page: Page, url: str) -> None:
    """Open the page and wait until it is complete."""
    load(page, url, until="button:has-text('Get Prediction')")


def measure(page: Page, flower: list[float]) -> None:
    """Type four measurements in cm into the page's inputs."""
    for label, value in zip(LABELS, flower, strict=True):
        page.get_by_label(label, exact=True).fill(f"{value:g}")


def press(page: Page) -> None:
    """Press the button."""
    page.get_by_role("button", name="Get Prediction").click()


def answer(page: Page, flower: list[float]) -> str:
    """Return the species that the page tells for a flower."""
    measure(page, flower)
    press(page)
    sepal_length, sepal_width, petal_length, petal_width = flower
    about = f"Sepals {sepal_length:g} × {sepal_width:g} cm, petals {petal_length:g} × {petal_width:g} cm"
    page.get_by_text(about, exact=True).wait_for()
    return prediction(page).inner_text()


def prediction(page: Page) -> Locator:
    """Find the text with the species."""
    return page.get_by_text("Predicted Flower:")


def charts(page: Page) -> Locator:
    """Find the pictures that were drawn."""
    return page.locator("[data-testid=stVegaLiteChart] svg.marks")
