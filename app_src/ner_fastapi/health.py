"""Is the process up, does it predict, and which model and code answer here?"""

import hashlib
from pathlib import Path
from typing import Any

from fastapi import APIRouter

from errors import RESPONSES
from model import model, ready_model

CODE = Path(__file__).parent

router = APIRouter(tags=["health"])


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Tell that the process is up."""
    return {"status": "live"}


@router.get("/health/ready", responses={503: RESPONSES[503]})
async def ready() -> dict[str, str]:
    """Tell that the model verified and made its smoke prediction.

    That was at the start: a probe that predicted something each time would wait behind the clients' texts.
    """
    ready_model()
    return {"status": "ready"}


@router.get("/version")
async def version() -> dict[str, Any]:
    """Give the model's manifest and the hash of the service's own files."""
    return {"service": "ner_fastapi", "model": model.manifest if model else None, "code": {"sha256": code_sha256()}}


def code_sha256() -> str:
    """Hash names and contents, in the order of the names."""
    digest = hashlib.sha256()
    for path in sorted([*CODE.glob("*.py"), CODE / "page.html", CODE / "start.sh"]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
