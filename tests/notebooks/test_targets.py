"""The commands of the deploy notebooks are the same for both targets: nothing in a command depends on which it is."""

import ast

import nbformat
import pytest

from deploykit.paths import NOTEBOOKS

DEPLOY = sorted((NOTEBOOKS / "04_deploy").glob("*.ipynb"))
MAY_KNOW_THE_TARGET = {
    "aws.connect",
    "gcloud.connect",
    "aws.my_address",
    "gcloud.my_address",
    "seen_by",
    "ledger.add",
    "gcloud.idle_seconds",
}
"""They choose an account, look up this computer's address, write down whose resource it is, or say how long to wait."""


def uses_of_target(source: str) -> list[str]:
    """Return where a notebook's code reads TARGET: the call that it is handed to, or the line."""
    tree = ast.parse(source)
    handed = {}
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            for value in [*call.args, *(keyword.value for keyword in call.keywords)]:
                if isinstance(value, ast.Name):
                    handed[id(value)] = ast.unparse(call.func)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "TARGET"]
    return [handed.get(id(node), f"line {node.lineno}") for node in names if isinstance(node.ctx, ast.Load)]


@pytest.mark.parametrize("path", DEPLOY, ids=lambda path: path.stem)
def test_only_the_connection_and_the_ledger_know_the_target(path):
    cells = nbformat.read(path, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code" and not cell.source.startswith("%%")]
    uses = uses_of_target("\n".join(code))
    assert {"aws.connect", "gcloud.connect"} & set(uses)
    assert set(uses) <= MAY_KNOW_THE_TARGET


@pytest.mark.parametrize(
    "source",
    [
        "if TARGET == 'cloud':\n    run('gcloud run deploy')",
        "run(f'gcloud --x={TARGET}')",
        "flags = {'cloud': '-q'}[TARGET]",
    ],
)
def test_a_command_that_depends_on_the_target_is_found(source):
    assert not set(uses_of_target(source)) <= MAY_KNOW_THE_TARGET
