"""JupyterLab in the hands of a learner: opening notebooks, running them from the menu, reading what they printed."""

import tenacity
from playwright.sync_api import Error, Page

from deploykit.browser import load

RUN_SECONDS = 480

READY = """() => {
  const panel = window.jupyterapp?.shell.currentWidget;
  return panel?.context?.path === %r && panel.context.isReady && panel.sessionContext.isReady
    && panel.sessionContext.session?.kernel?.status === 'idle';
}"""
FINISHED = """() => {
  const panel = window.jupyterapp.shell.currentWidget;
  const code = panel.content.model.sharedModel.cells.filter(cell => cell.cell_type === 'code');
  const failed = code.some(cell => cell.getOutputs().some(output => output.output_type === 'error'));
  return failed || (code.every(cell => cell.execution_count !== null && cell.executionState === 'idle')
    && panel.sessionContext.session.kernel.status === 'idle');
}"""
GO_TO = """async text => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  const index = notebook.model.sharedModel.cells.findIndex(cell => cell.source.includes(text));
  notebook.activeCellIndex = index;
  await notebook.scrollToItem(index, 'start');
}"""
OUTPUTS = """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
  .filter(cell => cell.cell_type === 'code').flatMap(cell => cell.getOutputs())"""


def wait_until_ready(page: Page, path: str) -> None:
    """Wait until the notebook in front is the one with this path, and its kernel waits for work.

    Without the kernel JupyterLab would ask which one to take, and never go on.
    """
    page.wait_for_function("() => window.jupyterapp && window.jupyterapp.restored.then(() => true)")
    page.wait_for_function(READY % path)


@tenacity.retry(retry=tenacity.retry_if_exception_type(Error), stop=tenacity.stop_after_attempt(3), reraise=True)
def open_notebook(page: Page, lab: str, path: str) -> None:
    """Open a notebook in a fresh JupyterLab and wait until it is ready.

    JupyterLab closes a notebook whose file it could not fetch, as when a container's network comes or goes meanwhile.

    Args:
        lab: JupyterLab's address with its token.
    """
    load(page, lab.replace("/?", f"/lab/tree/{path}?reset&"), until=".jp-Notebook:visible")
    wait_until_ready(page, path)


def go_to(page: Page, text: str) -> None:
    """Scroll to the first cell of the notebook in front whose source contains a text; only what is near is rendered."""
    page.evaluate(GO_TO, text)
    page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell.jp-mod-active").wait_for()


def follow(page: Page, link: str) -> None:
    """Click on a link in the notebook in front."""
    page.locator(f".jp-NotebookPanel:not(.lm-mod-hidden) .jp-RenderedMarkdown a[href*='{link}']").last.click()


def run_all(page: Page) -> None:
    """Forget the stored outputs and run all cells, both from the menu, and wait for the last."""
    choose(page, "Edit", "editmenu:clear-all")
    choose(page, "Run", "runmenu:run-all")
    page.wait_for_function(FINISHED, timeout=RUN_SECONDS * 1000)


def choose(page: Page, menu: str, command: str) -> None:
    """Open a menu and click on an entry."""
    page.locator(f".lm-MenuBar-itemLabel:text-is('{menu}')").click()
    page.locator(f".lm-Menu-item[data-command='{command}']").click()


def failures(page: Page) -> list[str]:
    """Return the errors at which cells of the notebook in front have stopped."""
    return [output["evalue"] for output in page.evaluate(OUTPUTS) if output["output_type"] == "error"]


def printed(page: Page) -> str:
    """Return all text that the cells of the notebook in front have printed or shown."""
    outputs = page.evaluate(OUTPUTS)
    shown = [output.get("data", {}) for output in outputs]
    told = [output.get("text") or output.get("evalue") for output in outputs]
    texts = [
        text or data.get("text/markdown") or data.get("text/plain") for text, data in zip(told, shown, strict=True)
    ]
    return "\n".join("".join(text) for text in texts if text)
