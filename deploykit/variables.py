"""Environment variables that this process's commands see, replaced for a while and given back."""

import os
from collections.abc import Mapping


class Variables:
    """A set of variables that one part of the kit replaces."""

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}

    def use(self, variables: Mapping[str, str | None]) -> None:
        """Set variables, or unset those that are None; remember what they were."""
        for name, value in variables.items():
            self._before.setdefault(name, os.environ.get(name))
            _set(name, value)

    def give_back(self) -> None:
        """Let every variable be what it was."""
        for name, value in self._before.items():
            _set(name, value)
        self._before.clear()


def no_proxy(*addresses: str) -> dict[str, str]:
    """Let a company's proxy alone with addresses of this computer; programs differ in which spelling they read."""
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    return dict.fromkeys(("no_proxy", "NO_PROXY"), ",".join(filter(None, [known, *addresses])))


def _set(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
