"""The token service: a service account's signed assertion becomes an access token or an identity token (RFC 7523)."""

import json
from urllib.parse import parse_qs

from deploykit.rehearsal.google import accounts
from deploykit.rehearsal.google.api import Answer, Call, handles_undefined

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@handles_undefined("oauth2", "POST")
def give_token(call: Call) -> dict | Answer:
    """Give the account what it asks for."""
    form = {name: values[0] for name, values in parse_qs(call.raw.decode()).items()}
    context = call.context
    claims = accounts.claims(context.account_file, form.get("assertion", ""))
    if form.get("grant_type") != GRANT or not claims or claims.get("iss") != context.account:
        error = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        return Answer(json.dumps(error).encode(), 400, "application/json")
    if "target_audience" in claims:
        audience = claims["target_audience"]
        return {"id_token": accounts.identity_token(context.account_file, email=context.account, audience=audience)}
    return {"access_token": context.token, "expires_in": accounts.SECONDS, "token_type": "Bearer"}
