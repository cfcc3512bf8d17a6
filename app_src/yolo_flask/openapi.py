"""The OpenAPI document: what the service takes and answers, for programs."""

from typing import Any

from body import MAX_BYTES
from images import MAX_SCANS
from opencv import MAX_PIXELS

ERRORS = {
    400: "The body is empty or cannot be read.",
    413: f"The body has {MAX_BYTES:,} bytes or more, or the image more than {MAX_PIXELS:,} pixels.",
    415: "The body is no JPEG, PNG or WebP image.",
    422: f"The image is damaged or has more than {MAX_SCANS} scans, or the form does not have exactly one file.",
    503: "The model is missing or did not verify; the message says why.",
}
IMAGE_TYPES = ["image/jpeg", "image/png", "image/webp", "application/octet-stream"]
BYTE = {"type": "integer", "minimum": 0, "maximum": 255}
SCHEMAS = {
    "Detection": {
        "type": "object",
        "description": "One thing in the image.",
        "required": ["boxes", "color", "label", "confidence"],
        "properties": {
            "boxes": {
                "type": "array",
                "items": {"type": "integer"},
                "minItems": 4,
                "maxItems": 4,
                "description": "Left, top, width and height in pixels; left and top may be negative.",
            },
            "color": {
                "type": "array",
                "items": BYTE,
                "minItems": 3,
                "maxItems": 3,
                "description": "Blue, green and red, to draw the box with.",
            },
            "label": {"type": "string"},
            "confidence": {"type": "number", "minimum": 0.5, "maximum": 1},
        },
    },
    "Error": {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message", "field"],
                "properties": {
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "field": {"type": ["string", "null"]},
                },
            }
        },
    },
}


def content(schema: dict[str, Any]) -> dict[str, Any]:
    """Describe an answer of JSON."""
    return {"application/json": {"schema": schema}}


def failures(*statuses: int) -> dict[str, Any]:
    """Describe the error answers of an operation."""
    body = content({"$ref": "#/components/schemas/Error"})
    return {str(status): {"description": ERRORS[status], "content": body} for status in statuses}


def get(summary: str, **also: Any) -> dict[str, Any]:
    """Describe a route that is only read."""
    answer = {"200": {"description": summary, "content": content({"type": "object"})}}
    return {"get": {"summary": summary, "responses": answer | also}}


def predict() -> dict[str, Any]:
    """Describe the detection: the raw bytes of an image, or a form with one file."""
    upload = {"type": "object", "required": ["image"], "properties": {"image": {"type": "string", "format": "binary"}}}
    found = {"type": "array", "items": {"$ref": "#/components/schemas/Detection"}}
    raw = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in IMAGE_TYPES}
    return {
        "post": {
            "summary": "Find the things in an image",
            "requestBody": {"required": True, "content": raw | {"multipart/form-data": {"schema": upload}}},
            "responses": {"200": {"description": "The things, the surest first", "content": content(found)}}
            | failures(400, 413, 415, 422, 503),
        }
    }


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {
        "title": "yolo_flask",
        "version": "1",
        "description": "Every error has the body `Error`, 404 and 405 too.",
    },
    "paths": {
        "/": get("What this service is"),
        "/predict": predict(),
        "/health/live": get("The process is up"),
        "/health/ready": get("The model predicts", **failures(503)),
        "/version": get("The model's manifest and the code's hash"),
        "/openapi.json": get("This document"),
    },
    "components": {"schemas": SCHEMAS},
}
