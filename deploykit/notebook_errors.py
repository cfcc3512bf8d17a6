"""How errors are shown in a notebook: the foreseen ones as a few words with a link, all others as Python shows them."""

from types import TracebackType

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import Markdown, display

from deploykit import journal
from deploykit.catalog import CATALOG
from deploykit.errors import KitError
from deploykit.foreseen import explain

FORESEEN = (KitError, OSError, NameError, KeyboardInterrupt)
"""The errors to look at; requests' own are OSErrors."""


def install() -> None:
    """Let the kernel that this runs in show errors our way; elsewhere there is nothing to do."""
    if InteractiveShell.initialized():
        InteractiveShell.instance().set_custom_exc(FORESEEN, show)


def show(
    shell: InteractiveShell,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> None:
    """Show an error that ended a cell; IPython calls this."""
    explained = explain(error)
    if explained:
        error._render_traceback_ = explained._render_traceback_  # IPython asks for it
        if explained.notebook:
            display(Markdown(link(explained.notebook)))
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)


def link(path: str) -> str:
    """Return a link to a notebook, as seen from the one whose kernel this is."""
    notebook = next(one for one in CATALOG if one.path == path)
    here = journal.current()
    up = "" if here and "/" not in here.path else "../"  # all notebooks but the start page lie in a stage's folder
    return f"Open [{notebook.title}]({up}{path}.ipynb), run it, and come back."
