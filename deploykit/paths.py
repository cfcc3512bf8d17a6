"""Where things are. Everything that the kit writes stays inside the repository."""

import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The repository's root, whatever the working directory."""

STATE = ROOT / ".deploykit"
"""Logs, ledger, keys and caches; safe to delete when ``python -m deploykit teardown`` has nothing left to do."""

LOGS = STATE / "logs"
MODELS = ROOT / os.environ.get("DEPLOYKIT_MODELS", "models")
"""Where training saves; another folder for each run lets runs with other parameters go on side by side."""

NOTEBOOKS = ROOT / "notebooks"
RUNS = ROOT / "runs"

CLONE_ID = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
"""Tells this clone's containers, images and networks from those of another clone on the same machine."""
