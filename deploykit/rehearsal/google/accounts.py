"""The service account as which the rehearsal's gcloud logs in: its key, and the tokens that Google gives for it."""

import json
import os
import time
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

ISSUER = "https://accounts.google.com"
TOKEN_URI = "https://oauth2.googleapis.com/token"
SECONDS = 3600
KEY_BITS = 2048


def create_key(file: Path, *, project: str, email: str) -> None:
    """Write a service account's key as Google hands it out; the key was made here and opens nothing elsewhere."""
    private_key = RSAKey.generate_key(KEY_BITS).as_pem(private=True).decode()
    content = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": "rehearsal",
        "private_key": private_key,
        "client_email": email,
        "client_id": "100000000000000000002",
        "token_uri": TOKEN_URI,
    }
    with open(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(content, out, indent=1)


def claims(file: Path, token: str) -> dict | None:
    """Return what a token of the account says, or None: its key did not sign it (RFC 7523), or it has expired."""
    try:
        decoded = jwt.decode(token, _key(file), algorithms=["RS256"])
        jwt.JWTClaimsRegistry(exp={"essential": True}).validate(decoded.claims)
    except (JoseError, ValueError):
        return None
    return decoded.claims


def identity_token(file: Path, *, email: str, audience: str) -> str:
    """Return an OpenID Connect identity token for one audience, such as a Cloud Run service's URL."""
    now = int(time.time())
    content = {
        "iss": ISSUER, "aud": audience, "azp": email, "sub": email, "email": email, "email_verified": True,
        "iat": now, "exp": now + SECONDS,
    }  # fmt: skip
    return jwt.encode({"alg": "RS256", "kid": "rehearsal"}, content, _key(file))


def is_identity_token(file: Path, token: str) -> bool:
    """Tell whether a token is one of ours and has not expired."""
    return (claims(file, token) or {}).get("iss") == ISSUER


def _key(file: Path) -> RSAKey:
    return RSAKey.import_key(json.loads(file.read_text(encoding="utf-8"))["private_key"])
