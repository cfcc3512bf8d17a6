"""A build's variables, put in and refused as Cloud Build does."""

import pytest

from deploykit.rehearsal.google.errors import ApiError
from deploykit.rehearsal.google.substitutions import expand

BUILT_IN = {"PROJECT_ID": "my-project", "BUILD_ID": "1"}


def build(*args: str, options: dict | None = None, **given: str) -> dict:
    return {"steps": [{"name": "docker", "args": list(args)}], "substitutions": given, "options": options or {}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$PROJECT_ID", "my-project"),
        ("a/${PROJECT_ID}:$BUILD_ID", "a/my-project:1"),
        ("${_SERVICE}-x", "iris-x"),
        ("$_SERVICE", "iris"),
        ("$$HOME", "$HOME"),
        ("$(date) $small ${small}", "$(date) $small ${small}"),
        ("tag-$COMMIT_SHA", "tag-"),
    ],
)
def test_variables_become_values(text: str, expected: str):
    expanded = expand(build(text, "$_SERVICE", _SERVICE="iris"), BUILT_IN)
    assert expanded["steps"][0]["args"] == [expected, "iris"]


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        (build("$_A"), 'key in the template "_A" is not matched in the substitution data'),
        (build("$WRONG"), 'key in the template "WRONG" is not a valid built-in substitution'),
        (build("x", _A="1"), 'key "_A" in the substitution data is not matched in the template'),
        (build("$_A", **{"_A": "1", "small": "2"}), 'substitution key "small" does not respect format'),
    ],
)
def test_a_variable_without_value_and_a_value_without_variable_are_refused(given: dict, refusal: str):
    with pytest.raises(ApiError, match=refusal):
        expand(given, BUILT_IN)


def test_a_loose_build_takes_both():
    loose = build("a${_A}b", options={"substitutionOption": "ALLOW_LOOSE"}, _B="unused")
    assert expand(loose, BUILT_IN)["steps"][0]["args"] == ["ab"]
