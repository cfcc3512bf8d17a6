"""The clock of the rehearsal cloud."""

from datetime import UTC, datetime


def now() -> str:
    """Return this moment as Google's APIs write it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
