"""Where things are. Everything that the kit writes stays inside the repository."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The repository's root, whatever the working directory."""

STATE = ROOT / ".deploykit"
"""Logs, ledger, keys and caches; safe to delete when ``python -m deploykit teardown`` has nothing left to do."""

LOGS = STATE / "logs"
MODELS = ROOT / "models"
NOTEBOOKS = ROOT / "notebooks"
RUNS = ROOT / "runs"

CLONE_ID = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
"""Tells this clone's containers, images and networks from those of another clone on the same machine."""
