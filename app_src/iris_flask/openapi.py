"""The OpenAPI document, made from the schemas that the service validates with."""

from typing import Any

from pydantic import TypeAdapter

from answers import Error, Prediction, Predictions
from schemas import Body

REF = "#/components/schemas/{model}"
ERRORS = {
    400: "The body is not JSON.",
    413: "The body has 1 MB or more.",
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


def predict(body: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """Describe the prediction: a list is answered with the label as text, anything else with JSON."""
    label = content({"type": "string", "pattern": "^[0-9]+$"}, "text/html")
    found = {"description": "The label as text, or JSON", "content": label | content(answer)}
    return {
        "post": {
            "summary": "Predict the species of one flower or of many",
            "requestBody": {"required": True, "content": content(body)},
            "responses": {"200": found} | failures(400, 413, 415, 422, 503),
        }
    }


def build() -> dict[str, Any]:
    """Put the document together."""
    body = TypeAdapter(Body).json_schema(ref_template=REF)
    answer = TypeAdapter(Prediction | Predictions).json_schema(ref_template=REF, mode="serialization")
    error = Error.model_json_schema(ref_template=REF)
    schemas = body.pop("$defs") | answer.pop("$defs") | error.pop("$defs") | {"Error": error}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "iris_flask",
            "version": "1",
            "description": "Every error has the body `Error`, 404 and 405 too.",
        },
        "paths": {
            "/": get("What this service is"),
            "/predict": predict(body, answer),
            "/health/live": get("The process is up"),
            "/health/ready": get("Predictions work", **failures(503)),
            "/version": get("The model's manifest and the code's hash"),
            "/openapi.json": get("This document"),
        },
        "components": {"schemas": schemas},
    }


DOCUMENT = build()
