"""The part of Cloud Logging's query language that gcloud and lessons use.

Comparisons (``field = "x"``, ``:``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``=~``, ``!~``), AND, OR, NOT, parentheses,
and words that are sought anywhere. AND may be left out.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from deploykit.rehearsal.google import errors

Test = Callable[[dict], bool]
SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")
TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<sign>[()]|!=|>=|<=|=~|!~|[=:<>-])|(?P<word>[^\s()"=:<>!~]+))"""
)
COMPARISONS = ("=", "!=", ":", "<", "<=", ">", ">=", "=~", "!~")


def parse(text: str) -> Test:
    """Return a function that tells whether an entry is wanted.

    Raises:
        ApiError: the text cannot be read.
    """
    parser = _Parser(_tokens(text))
    if not parser.tokens:
        return lambda entry: True
    test = parser.any_of()
    if parser.tokens:
        raise errors.invalid(f"Unparseable filter: syntax error at '{parser.tokens[0]}'")
    return test


def _tokens(text: str) -> list[str]:
    found, end = [], 0
    text = text.rstrip()
    while end < len(text):
        token = TOKEN.match(text, end)
        if token is None:
            raise errors.invalid(f"Unparseable filter: syntax error at column {end}")
        found.append(token.group().strip())
        end = token.end()
    return found


class _Parser:
    """Reads tokens from the left; each method reads one level of the grammar."""

    def __init__(self, tokens: list[str]):
        self.tokens = tokens

    def any_of(self) -> Test:
        tests = [self.all_of()]
        while self._next_is("OR"):
            tests.append(self.all_of())
        return lambda entry: any(test(entry) for test in tests)

    def all_of(self) -> Test:
        tests = [self.one()]
        while self.tokens and self.tokens[0] not in (")", "OR"):
            self._next_is("AND")
            tests.append(self.one())
        return lambda entry: all(test(entry) for test in tests)

    def one(self) -> Test:
        if self._next_is("NOT") or self._next_is("-"):
            test = self.one()
            return lambda entry: not test(entry)
        if self._next_is("("):
            test = self.any_of()
            self._take()
            return test
        return self.comparison()

    def comparison(self) -> Test:
        field = self._take()
        while field.endswith(".") and self.tokens:  # labels."goog-managed-by"
            field += self._take()
        if not self.tokens or self.tokens[0] not in COMPARISONS:
            return lambda entry: plain(field) in json.dumps(entry, ensure_ascii=False)
        sign = self._take()
        if not self._next_is("("):
            return _compare(field, sign, plain(self._take()))
        values = []
        while not self._next_is(")"):
            if not self._next_is("OR"):
                values.append(plain(self._take()))
        tests = [_compare(field, sign, value) for value in values]
        return lambda entry: any(test(entry) for test in tests)

    def _next_is(self, token: str) -> bool:
        if self.tokens[:1] == [token]:
            del self.tokens[0]
            return True
        return False

    def _take(self) -> str:
        if not self.tokens:
            raise errors.invalid("Unparseable filter: unexpected end of filter")
        return self.tokens.pop(0)


def plain(token: str) -> str:
    """Return a token without its quotation marks."""
    return json.loads(token) if token.startswith('"') else token


def _compare(field: str, sign: str, wanted: str) -> Test:
    path = [plain(part) for part in re.findall(r'"[^"]*"|[^."]+', field)]

    def test(entry: dict) -> bool:
        found = entry
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        return _holds(found, sign, wanted, path[0])

    return test


def _holds(found: Any, sign: str, wanted: str, field: str) -> bool:
    if sign in ("!=", "!~"):
        return not _holds(found, sign.replace("!=", "=").replace("!~", "=~"), wanted, field)
    if found is None:
        return False
    if sign == ":":
        return wanted == "*" or wanted.lower() in str(found).lower()
    if sign == "=~":
        return re.search(wanted, str(found)) is not None
    left, right = _comparable(found, field), _comparable(wanted, field)
    if type(left) is not type(right):
        left, right = str(found), wanted
    return {"=": left == right, "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]


def _comparable(value: Any, field: str) -> Any:
    text = str(value)
    if field == "severity" and text.upper() in SEVERITIES:
        return SEVERITIES.index(text.upper())
    if field == "timestamp":
        seconds, _, fraction = text.rstrip("Z").partition(".")
        return f"{seconds}.{fraction:0<9}"
    try:
        return float(text)
    except ValueError:
        return text
