"""The variables in a build's configuration, such as ``$PROJECT_ID`` and ``${_SERVICE}``, put in as Cloud Build does."""

import json
import re
from collections.abc import Iterator, Mapping
from string import Template
from typing import Any

from deploykit.rehearsal.google import errors

USER_DEFINED = re.compile(r"_[A-Z0-9_]+")
OF_TRIGGERS = (
    "BRANCH_NAME", "COMMIT_SHA", "REF_NAME", "REPO_FULL_NAME", "REPO_NAME", "REVISION_ID", "SHORT_SHA", "TAG_NAME",
    "TRIGGER_BUILD_CONFIG_PATH", "TRIGGER_NAME",
)  # fmt: skip
"""Empty in a build that was submitted by hand."""

EXPANDED = ("steps", "images", "tags", "artifacts")


class _Template(Template):
    idpattern = "[A-Z_][A-Z0-9_]*"
    flags = 0  # small letters are no variables


def expand(build: dict, built_in: Mapping[str, str]) -> dict:
    """Return a build with its variables replaced by their values; ``$$`` becomes ``$``.

    Raises:
        ApiError: a variable has no value, or a value is for no variable.
    """
    given = build.get("substitutions", {})
    known = {**dict.fromkeys(OF_TRIGGERS, ""), **built_in}
    used = {name for text in _texts([build.get(key) for key in EXPANDED]) for name in _names(text)}
    loose = build.get("options", {}).get("substitutionOption") == "ALLOW_LOOSE"
    _check(used, given, known, loose=loose)
    values = {**known, **given}
    expanded = {key: _replace(build[key], values, loose=loose) for key in EXPANDED if key in build}
    return {**build, **expanded}


def _check(used: set[str], given: Mapping[str, str], known: Mapping[str, str], *, loose: bool) -> None:
    for name in given:
        if not USER_DEFINED.fullmatch(name) and name not in OF_TRIGGERS:
            raise _refusal(f'substitution key "{name}" does not respect format "{USER_DEFINED.pattern}"')
        if name not in used and not loose:
            raise _refusal(f'key "{name}" in the substitution data is not matched in the template')
    for name in sorted(used - set(given) - set(known)):
        if not name.startswith("_"):
            raise _refusal(f'key in the template "{name}" is not a valid built-in substitution')
        if not loose:
            shown = json.dumps(dict(given)).replace('"', "")
            raise _refusal(
                f'key in the template "{name}" is not matched in the substitution data; substitutions = {shown}'
            )


def _refusal(problem: str) -> errors.ApiError:
    return errors.invalid(f"generic::invalid_argument: invalid value for 'build.substitutions': {problem}")


def _names(text: str) -> list[str]:
    return _Template(text).get_identifiers()


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        yield from (text for part in node.values() for text in _texts(part))
    elif isinstance(node, list):
        yield from (text for part in node for text in _texts(part))


def _replace(node: Any, values: Mapping[str, str], *, loose: bool) -> Any:
    if isinstance(node, str):
        absent = dict.fromkeys(_names(node), "") if loose else {}
        return _Template(node).safe_substitute({**absent, **values})
    if isinstance(node, Mapping):
        return {key: _replace(part, values, loose=loose) for key, part in node.items()}
    return [_replace(part, values, loose=loose) for part in node] if isinstance(node, list) else node
