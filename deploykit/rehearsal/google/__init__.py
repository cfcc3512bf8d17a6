"""Google Cloud in rehearsal: a server that speaks the part of Google's REST APIs that the lessons' commands need."""

from deploykit.rehearsal.google.cloud import FOLDER, Cloud, clear, launch, running

__all__ = ["FOLDER", "Cloud", "clear", "launch", "running"]
