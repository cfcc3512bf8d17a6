"""The way of a learner in a real Chromium: the start page, then stage after stage, run from JupyterLab's menu."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from deploykit.browser import load
from deploykit.paths import ROOT, STATE
from deploykit.service import free_port, wait_until_ready
from tests.browser import jupyterlab

pytestmark = pytest.mark.needs("browser")
COPIED = ("app_src", "data", "deploykit", "notebooks", "Dockerfile", ".dockerignore", "environment.yml",
          "pyproject.toml", "requirements.lock", "tests/nbval.cfg")  # fmt: skip
SCREENSHOTS = STATE / "screenshots"
LAB = "from deploykit.cli import app; app()"
TEARDOWN = "from deploykit.teardown import teardown; assert not teardown()"
PICTURE = re.compile(r"!\[[^]]*\]\((images/\w+\.svg)\)")
LOADED = "name => [...document.querySelectorAll(`img[src*='${name}']`)].some(image => image.naturalWidth > 0)"
TOKEN = "a-token-for-tests"
START = "notebooks/00_start_here.ipynb"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the kit as it is after cloning: no models, no logs, and nobody's work that a test could spoil."""
    root = tmp_path_factory.mktemp("lab") / "kit"
    for name in COPIED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "model")
            )
        else:
            shutil.copy(ROOT / name, root / name)
    return root


@pytest.fixture(scope="module")
def lab(clone: Path) -> Iterator[str]:
    """Open JupyterLab as `make lab` does, and return its address."""
    port = free_port()
    options = ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0", "--expose-app-in-browser",
               f"--IdentityProvider.token={TOKEN}"]  # fmt: skip
    log = clone / "lab.log"
    variables = {**os.environ, "PYTHONPATH": str(clone)}
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-c", LAB, "lab", *options], cwd=clone, env=variables, stdout=out, stderr=out
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(f"{url}/api", timeout=60, alive=lambda: server.poll() is None, log=log.read_text)
        yield f"{url}/?token={TOKEN}"
    finally:
        server.terminate()
        server.wait(30)
        subprocess.run([sys.executable, "-c", TEARDOWN], cwd=clone, env=variables, check=True)


def photograph(page: Page, name: str) -> None:
    """Keep a picture of the page for whoever wants to look."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def run_and_photograph(page: Page, path: str) -> str:
    """Run the notebook in front from the menu to its end, photograph it, and return what it printed."""
    jupyterlab.wait_until_ready(page, path)
    jupyterlab.run_all(page)
    photograph(page, Path(path).stem)
    assert jupyterlab.failures(page) == []
    return jupyterlab.printed(page)


def run_until_it_fails(page: Page, path: str) -> str:
    """Run the notebook in front from the menu until a cell fails, and return the error's message."""
    jupyterlab.wait_until_ready(page, path)
    jupyterlab.run_all(page)
    (failure,) = jupyterlab.failures(page)
    return failure


def test_from_the_start_page_through_training_to_a_service_and_back(page: Page, lab: str):
    load(page, lab, until=".jp-Notebook:visible")
    said = run_and_photograph(page, START)
    assert "still to undo: []" in said and "○ Not yet" in said

    jupyterlab.follow(page, "01_train/iris.ipynb")
    assert "✓ the model verifies" in run_and_photograph(page, "notebooks/01_train/iris.ipynb")

    jupyterlab.follow(page, "02_serve/iris_flask.ipynb")
    assert "still to undo: []" in run_and_photograph(page, "notebooks/02_serve/iris_flask.ipynb")

    page.get_by_role("tab", name="00_start_here.ipynb").click()
    said = run_and_photograph(page, START)
    done = re.findall(r"\[(\S+)\]\(\S+\) .* \| (\d+) of \2 checks", said)
    assert {"01_train/iris", "02_serve/iris_flask"} <= {path for path, _ in done}
    assert "as its manifest says" in said
    jupyterlab.go_to(page, "start_page.show_work()")
    photograph(page, "overview")


@pytest.mark.needs("docker")
@pytest.mark.needs("aws")
@pytest.mark.needs("ssh")
def test_a_container_is_built_and_deployed_from_the_menu(page: Page, lab: str):
    for path, last in (
        ("notebooks/01_train/iris.ipynb", "✓ the model verifies"),
        ("notebooks/03_containerize/iris_flask.ipynb", "✓ the image does not run as root"),
        ("notebooks/04_deploy/iris_flask_on_ec2.ipynb", "✓ the service is reachable"),
    ):
        jupyterlab.open_notebook(page, lab, path)
        assert last in run_and_photograph(page, path)


def test_long_lines_of_code_are_wrapped(page: Page, lab: str):
    jupyterlab.open_notebook(page, lab, "notebooks/02_serve/iris_flask.ipynb")
    expect(page.locator(".jp-CodeCell .cm-lineWrapping").first).to_be_visible()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_every_picture_of_the_start_page_is_shown(page: Page, lab: str, theme: str):
    jupyterlab.open_notebook(page, lab, START)
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    expect(page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
    names = PICTURE.findall((ROOT / START).read_text(encoding="utf-8"))
    assert len(names) >= 6
    for name in names:
        jupyterlab.go_to(page, name)
        page.wait_for_function(LOADED, arg=name)
    photograph(page, f"start_{theme.split()[-1].lower()}")


def test_whoever_is_ahead_of_the_chain_follows_a_link_to_the_notebook_to_run_first(page: Page, lab: str):
    path = "notebooks/02_serve/yolo_flask.ipynb"
    jupyterlab.open_notebook(page, lab, path)
    assert "There is no model 'yolo' yet." in run_until_it_fails(page, path)
    jupyterlab.go_to(page, "copy_model(")
    photograph(page, "ahead_of_the_chain")
    output = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea", has_text="There is no model")
    expect(output).to_contain_text("→ Run notebooks/01_train/yolo.ipynb")
    expect(output).not_to_contain_text("Traceback")
    output.locator("a[href*='01_train/yolo.ipynb']").click()
    jupyterlab.wait_until_ready(page, "notebooks/01_train/yolo.ipynb")
