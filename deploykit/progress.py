"""Show how far a run is: live in a terminal, otherwise one plain line for each finished notebook."""

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from deploykit.catalog import Notebook
from deploykit.outcome import Outcome, State


class RunProgress:
    """A context manager to which the chain tells what happens; safe to call from several threads."""

    def __init__(self):
        self._console = Console()
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("cells"),
            TimeElapsedColumn(),
        )
        self._live = Progress(*columns, console=self._console, transient=True, disable=not self._console.is_terminal)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "RunProgress":
        self._live.__enter__()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._live.__exit__(kind, error, trace)

    def start(self, notebook: Notebook) -> None:
        """Show a notebook as running."""
        self._tasks[notebook.path] = self._live.add_task(notebook.path, total=None)

    def cell(self, notebook: Notebook, number: int, cells: int) -> None:
        """Show which cell runs."""
        self._live.update(self._tasks[notebook.path], completed=number, total=cells)

    def finish(self, outcome: Outcome) -> None:
        """Write a notebook's line and stop showing it as running."""
        if outcome.notebook.path in self._tasks:
            self._live.remove_task(self._tasks.pop(outcome.notebook.path))
        ran = outcome.state in (State.PASSED, State.FAILED) and not outcome.reason
        detail = f"{outcome.seconds:.1f} s" if ran else outcome.reason
        self.write(f"{outcome.state:<8} {outcome.notebook.path:<32} {detail}")

    def write(self, text: str) -> None:
        """Write plain text above what is shown live."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
