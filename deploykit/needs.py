"""What notebooks need from the machine beside Python, and why it cannot be had here."""

from deploykit import browser, engine, remedies
from deploykit.errors import KitError
from deploykit.shell import environment_for_commands, find_program

PROGRAMS = {"aws": "aws", "docker": "install docker", "gcloud": "gcloud", "ssh": "ssh"}
"""The programs that notebooks call, and the remedy for each."""


def missing(need: str) -> str:
    """Return why a need cannot be met on this machine, or an empty string.

    Args:
        need: "browser", "docker" (which is its engine) or one of ``PROGRAMS``.
    """
    if need == "docker":
        return engine.missing()
    if need == "browser":
        return browser.missing()
    if need not in PROGRAMS:
        raise ValueError(f"nobody knows how to look for '{need}'")
    try:
        require(need)
    except KitError as error:
        return f"{error.message} {error.hint}"
    return ""


def require(program: str) -> str:
    """Return the full path of one of ``PROGRAMS``.

    Raises:
        KitError: it is not installed; the hint says how to get it.
    """
    try:
        return find_program(program, environment_for_commands()["PATH"])
    except KitError as error:
        raise KitError(error.message, f"Type: {remedies.here(PROGRAMS[program])}") from None
