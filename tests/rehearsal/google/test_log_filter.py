"""Cloud Logging's query language, as far as gcloud uses it."""

import pytest

from deploykit.rehearsal.google import log_filter
from deploykit.rehearsal.google.errors import ApiError

ENTRY = {
    "timestamp": "2026-11-21T09:47:39.5Z",
    "severity": "WARNING",
    "logName": "projects/p/logs/run.googleapis.com%2Frequests",
    "resource": {"type": "cloud_run_revision", "labels": {"service_name": "ner-app"}},
    "labels": {"goog-managed-by": "cloudfunctions"},
    "httpRequest": {"status": 404, "requestUrl": "http://127.0.0.1/missing"},
}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", True),
        ("resource.type = cloud_run_revision \n AND resource.labels.service_name = ner-app \n", True),
        ('resource.type="cloud_run_revision" resource.labels."service_name"="other"', False),
        ('labels."goog-managed-by"="cloudfunctions"', True),
        ("severity >= DEFAULT", True),
        ("severity>=ERROR", False),
        ("severity=WARNING", True),
        ('timestamp>="2026-11-21T09:47:39Z"', True),
        ('timestamp>="2026-11-21T09:47:39.500000000Z" AND timestamp<="2026-11-21T09:47:39.6Z"', True),
        ('timestamp>"2026-11-21T09:47:39.500000Z"', False),
        ("httpRequest.status>=400 AND httpRequest.status<500", True),
        ("httpRequest.status=404.0", True),
        ('httpRequest.requestUrl=~"miss.*"', True),
        ('httpRequest.requestUrl!~"miss.*"', False),
        ('logName:"run.googleapis.com"', True),
        ('logName=("projects/p/logs/stdout" OR "projects/p/logs/run.googleapis.com%2Frequests")', True),
        ("(severity=ERROR) OR (severity=WARNING AND missing.field=1)", False),
        ("NOT severity=ERROR", True),
        ("-severity=WARNING", False),
        ("severity!=ERROR", True),
        ("textPayload:*", False),
        ("httpRequest.status:*", True),
        ('"/missing"', True),
        ("elsewhere", False),
    ],
)
def test_entries_are_chosen(text: str, wanted: bool) -> None:
    assert log_filter.parse(text)(ENTRY) is wanted


@pytest.mark.parametrize("text", ["severity>=", "(severity=ERROR", 'x="open', "a=b ) c"])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ApiError, match="Unparseable filter"):
        log_filter.parse(text)(ENTRY)
