"""The OpenAPI document, made from the schemas that the service validates with."""

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from schemas import BODY, Error, Prediction, Predictions

REF = "#/components/schemas/{model}"
ERRORS = {
    400: "The body is not JSON.",
    413: "The body has more than 1 MB.",
    415: "The body is not declared as application/json.",
    422: "A value is missing, unknown, of another type or out of its range; `field` names it.",
    503: "The model is missing or did not verify; the message says why.",
}


def content(schema: dict[str, Any], media_type: str = "application/json") -> dict[str, Any]:
    """Describe one media type."""
    return {media_type: {"schema": schema}}


def failures(*statuses: int) -> dict[str, Any]:
    """Describe the error answers of an operation."""
    body = content({"$ref": REF.format(model="Error")})
    return {str(status): {"description": ERRORS[status], "content": body} for status in statuses}


def get(summary: str, **also: Any) -> dict[str, Any]:
    """Describe a route that is only read."""
    answer = {"200": {"description": summary, "content": content({"type": "object"})}}
    return {"get": {"summary": summary, "responses": answer | also}}


def build() -> dict[str, Any]:
    """Put the document together."""
    _, answers = models_json_schema(
        [(model, "serialization") for model in (Error, Prediction, Predictions)], by_alias=True, ref_template=REF
    )
    body = BODY.json_schema(ref_template=REF)
    schemas = answers["$defs"] | body.pop("$defs")
    either = TypeAdapter(Prediction | Predictions).json_schema(ref_template=REF, mode="serialization")
    either.pop("$defs")
    label = content({"type": "string", "pattern": "^[0-9]+$"}, "text/html")
    predict = {
        "summary": "Predict the species of one flower or of many",
        "requestBody": {"required": True, "content": content(body)},
        "responses": {"200": {"description": "The label as text for a list, JSON otherwise", "content": label | content(either)}}
        | failures(400, 413, 415, 422, 503),
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "iris_flask", "version": "1"},
        "paths": {
            "/": get("What this service is"),
            "/predict": {"post": predict},
            "/health/live": get("The process is up"),
            "/health/ready": get("Predictions work", **failures(503)),
            "/version": get("The model's manifest and the code's hash"),
            "/openapi.json": get("This document"),
        },
        "components": {"schemas": schemas},
    }


DOCUMENT = build()
