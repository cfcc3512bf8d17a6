"""Is the process up, does it predict, and which model and code answer here?"""

import hashlib
from pathlib import Path

from flask import Response, jsonify

from model import model, ready_model

CODE = Path(__file__).parent


def live() -> Response:
    """Tell that the process is up."""
    return jsonify(status="live")


def ready() -> Response:
    """Tell that predictions work, by making one."""
    ready_model().check()
    return jsonify(status="ready")


def version() -> Response:
    """Give the model's manifest and the hash of the service's own files."""
    return jsonify(service="heart_function", model=model.manifest if model else None, code={"sha256": code_sha256()})


def code_sha256() -> str:
    """Hash names and contents, in the order of the names."""
    digest = hashlib.sha256()
    for path in sorted([*CODE.glob("*.py"), CODE / "start.sh"]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
