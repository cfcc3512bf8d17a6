"""Options of the whole suite."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the contract suite run against a container or a cloud deployment."""
    parser.addoption(
        "--target-url",
        action="append",
        default=[],
        metavar="SERVICE=URL",
        help="hold this deployment to the contract instead of a local process; may be repeated",
    )
