"""Where things are. Everything that the kit writes stays inside the repository."""

import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The repository's root, whatever the working directory."""

STATE = ROOT / os.environ.get("DEPLOYKIT_STATE", ".deploykit")
"""Logs, ledger and keys; safe to delete when ``python -m deploykit teardown`` has nothing left to do.

With another folder for each, tests that go on side by side in one clone are as apart as two clones are.
"""

CACHE = ROOT / ".deploykit" / "cache"
"""What was downloaded or built once and may be used by all; safe to delete."""

LOGS = STATE / "logs"
MODELS = ROOT / os.environ.get("DEPLOYKIT_MODELS", "models")
"""Where training saves; another folder for each run lets runs with other parameters go on side by side."""

NOTEBOOKS = ROOT / "notebooks"
RUNS = ROOT / "runs"

CLONE_ID = hashlib.sha256(str(STATE).encode()).hexdigest()[:8]
"""Tells this clone's containers, images and networks from those of another clone on the same machine."""
