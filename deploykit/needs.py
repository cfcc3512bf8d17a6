"""What notebooks need from the machine beside Python, and why it cannot be had here."""

from deploykit import browser, engine
from deploykit.errors import KitError
from deploykit.shell import environment_for_commands, find_program

PROGRAMS = ("aws", "gcloud", "ssh")


def missing(need: str) -> str:
    """Return why a need cannot be met on this machine, or an empty string.

    Args:
        need: "browser", "docker" or one of ``PROGRAMS``.
    """
    if need == "docker":
        return engine.missing()
    if need == "browser":
        return browser.missing()
    if need not in PROGRAMS:
        raise ValueError(f"nobody knows how to look for '{need}'")
    try:
        find_program(need, environment_for_commands()["PATH"])
    except KitError as error:
        return error.message
    return ""
