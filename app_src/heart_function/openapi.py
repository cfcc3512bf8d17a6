"""The OpenAPI document, made from the schemas that the service validates with."""

from typing import Any

from pydantic.json_schema import models_json_schema

from schemas import BODY, Diagnoses, Diagnosis, Error

REF = "#/components/schemas/{model}"
ERRORS = {
    400: "The body is not JSON.",
    413: "The body has 1 MB or more.",
    415: "The body is not declared as application/json.",
    422: "A finding is missing, unknown, of another type or out of its range; `field` names it.",
    503: "The model is missing or did not verify; the message says why.",
}


def content(schema: dict[str, Any]) -> dict[str, Any]:
    """Describe a JSON body."""
    return {"application/json": {"schema": schema}}


def refer(name: str) -> dict[str, str]:
    """Refer to a schema by its name."""
    return {"$ref": REF.format(model=name)}


def failures(*statuses: int) -> dict[str, Any]:
    """Describe the error answers of an operation."""
    return {str(status): {"description": ERRORS[status], "content": content(refer("Error"))} for status in statuses}


def get(summary: str, **also: Any) -> dict[str, Any]:
    """Describe a route that is only read."""
    return {"summary": summary, "responses": {"200": {"description": summary, "content": content({"type": "object"})}} | also}


def build() -> dict[str, Any]:
    """Put the document together."""
    _, answers = models_json_schema(
        [(model, "serialization") for model in (Error, Diagnosis, Diagnoses)], ref_template=REF
    )
    body = BODY.json_schema(ref_template=REF)
    schemas = answers["$defs"] | body.pop("$defs")
    either = {"oneOf": [refer("Diagnosis"), refer("Diagnoses")]}
    predict = {
        "summary": "Diagnose one patient or many",
        "requestBody": {"required": True, "content": content(body)},
        "responses": {"200": {"description": "The diagnosis, or one for each patient", "content": content(either)}}
        | failures(400, 413, 415, 422, 503),
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "heart_function", "version": "1"},
        "paths": {
            "/": {"get": get("What this service is"), "post": predict},
            "/health/live": {"get": get("The process is up")},
            "/health/ready": {"get": get("Predictions work", **failures(503))},
            "/version": {"get": get("The model's manifest and the code's hash")},
            "/openapi.json": {"get": get("This document")},
        },
        "components": {"schemas": schemas},
    }


DOCUMENT = build()
