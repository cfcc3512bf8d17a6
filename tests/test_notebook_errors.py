"""In a real kernel an error that was to be foreseen is a few words and what to do next, without anybody's stack."""

import os
import time
from collections.abc import Callable, Iterator

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from deploykit import base_image, kernels, ledger
from deploykit.paths import CLONE_ID, NOTEBOOKS
from deploykit.shell import ANSI

NOTEBOOK = NOTEBOOKS / "02_serve" / "iris_flask.ipynb"
SETUP = """
from pathlib import Path
from deploykit import artifacts, ledger
artifacts.MODELS = Path("models_of_nobody").resolve()
ledger.FILE = Path({ledger!r})
from deploykit.notebook import run
"""
SLOW_SERVICE = """
import sys
from deploykit import service
print("begun", flush=True)
service.start([sys.executable, "-c", "import time; time.sleep(60)"], timeout=60, name="slow")
"""
SLOW_CONTAINER = """
print("begun", flush=True)
ledger.add("{name}", "container", undo="docker rm --force {name}")
run("docker run --detach --name {name} {image} sleep 60")
run("docker wait {name}")
"""


class Kernel:
    """A kernel as JupyterLab starts it for a notebook, and what its cells show."""

    def __init__(self, client: BlockingKernelClient, interrupt: Callable[[], None]):
        self.client = client
        self.interrupt = interrupt

    def run(self, code: str, *, interrupt_at: str = "") -> tuple[str, str]:
        """Run a cell; return the name of the error that ended it, and all that it showed."""
        shown, names = [], []

        def listen(message: dict) -> None:
            content = message["content"]
            shown.append(content.get("text") or str(content.get("data", "")) + "\n".join(content.get("traceback", [])))
            names.append(content.get("ename", ""))
            if interrupt_at and interrupt_at in shown[-1]:
                time.sleep(1)
                self.interrupt()

        self.client.execute_interactive(code, output_hook=listen, timeout=60)
        return "".join(names), ANSI.sub("", "\n".join(shown))


@pytest.fixture
def kernel(tmp_path, own_ledger) -> Iterator[Kernel]:
    variables = {**os.environ, **kernels.environment(), "JPY_SESSION_NAME": str(NOTEBOOK)}
    manager, client = start_new_kernel(env=variables)
    kernel = Kernel(client, manager.interrupt_kernel)
    assert kernel.run(SETUP.format(ledger=str(own_ledger)))[0] == ""
    yield kernel
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.mark.parametrize(
    ("code", "name", "said"),
    [
        ("open('/dev/full', 'wb').write(b'x' * 10**6)", "OSError", "There is no room left on the disk."),
        ("artifacts.load_manifest('iris')", "KitError", "There is no model 'iris' yet.\n→ Run notebooks/01_train/iris"),
        ("open(artifacts.MODELS / 'iris' / 'x')", "FileNotFoundError", "There is no model 'iris' yet.\n→ Run"),
        ("print(folder)", "NameError", "'folder' is not known yet: the cell that sets it has not run in this kernel."),
        ("import requests; requests.get('http://127.0.0.1:9/x')", "ConnectionError", "Nothing answers at http://127"),
        ("import requests; requests.get('http://nobody.invalid')", "ConnectionError", "nobody.invalid does not answer"),
        (
            "run('docker ps', env={'DOCKER_HOST': 'tcp://127.0.0.1:9'})",
            "CommandError",
            "The Docker engine does not run",
        ),
        ("run('no-such-program')", "KitError", "'no-such-program' is not installed"),
    ],
)
def test_what_was_to_be_foreseen_is_said_in_words(kernel: Kernel, code: str, name: str, said: str):
    ename, shown = kernel.run(code)
    assert (ename, "Traceback" in shown) == (name, False)
    assert said in shown and "→" in shown


@pytest.mark.parametrize("code", ["1 / 0", "foldr", "open('no-such-file')", "{}['key']", "1 +"])
def test_what_was_not_keeps_its_traceback(kernel: Kernel, code: str):
    assert "line 1" in kernel.run(code)[1]


def test_whoever_is_ahead_of_the_chain_gets_a_link_to_the_notebook_to_run_first(kernel: Kernel):
    shown = kernel.run("artifacts.copy_model('iris', 'nothing')")[1]
    assert "](../01_train/iris.ipynb)" in shown


def test_an_interrupt_leaves_no_half_started_service(kernel: Kernel):
    name, shown = kernel.run(SLOW_SERVICE, interrupt_at="begun")
    assert (name, ledger.entries()) == ("KeyboardInterrupt", [])
    assert "It has left nothing to remove" in shown


@pytest.mark.needs("docker")
def test_an_interrupt_names_the_container_that_is_still_there(kernel: Kernel):
    container = f"test-interrupt-{CLONE_ID}"
    base_image.ensure()
    try:
        code = SLOW_CONTAINER.format(name=container, image=base_image.NAME)
        name, shown = kernel.run(code, interrupt_at="docker wait")
        assert name == "KeyboardInterrupt"
        assert f"Still there, and in the ledger: container {container}." in shown
        assert "Clean up" in shown
    finally:
        ledger.undo(container, quiet=True)


def test_an_interrupt_names_the_service_that_ended_with_the_cell(kernel: Kernel):
    start = "import sys; from deploykit import service\nservice.start([sys.executable, '-m', 'http.server', '{port}'], "
    assert kernel.run(start + "name='files', ready='/')")[0] == ""
    shown = kernel.run("import time\nprint('begun', flush=True)\ntime.sleep(60)", interrupt_at="begun")[1]
    assert "Ended with it: files." in shown
    for entry in ledger.entries():
        ledger.end_process(entry.process)
