r"""The ``filter`` of a list: ``name eq ".*\bweb\b.*"``, several of them in parentheses when all have to hold.

gcloud turns ``--filter`` into it and leaves the choice to the server: a server that ignored it would name too much, and
what is named may be deleted next.
"""

import re

from deploykit.rehearsal.google import errors
from deploykit.rehearsal.google.api import Call

TERM = re.compile(r'(?P<field>[\w.]+) (?P<verb>eq|ne) (?:"(?P<pattern>(?:[^"\\]|\\.)*)"|(?P<value>[^\s()"]+))')


def chosen(call: Call, items: list[dict]) -> list[dict]:
    """Return the items that a request's filter admits.

    Raises:
        ApiError: the filter cannot be read.
    """
    expression = call.query.get("filter", "")
    if TERM.sub("", expression).strip("() "):
        raise errors.invalid(f"Invalid value for field 'filter': '{expression}'. Invalid list filter expression.")
    terms = list(TERM.finditer(expression))
    return [item for item in items if all(_holds(term, item) for term in terms)]


def _holds(term: re.Match, item: dict) -> bool:
    text = _text(item, term["field"].split("."))
    if term["pattern"] is None:
        equal = text == term["value"]
    else:
        equal = re.fullmatch(term["pattern"].replace(r"\"", '"'), text) is not None
    return equal == (term["verb"] == "eq")


def _text(value: object, path: list[str]) -> str:
    """Return a field, given by the names that lead to it, as a filter compares it."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
