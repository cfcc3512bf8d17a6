"""The heart function: is this patient's heart at risk? Google Cloud calls ``predict_handler`` for every request."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from flask import Request, Response, current_app, jsonify
from pydantic import BaseModel
from werkzeug.exceptions import MethodNotAllowed, NotFound

import errors
import limits
import logs
from errors import ServiceError
from features import CLASSES
from model import DIRECTORY, Model, label
from openapi import DOCUMENT
from schemas import EXAMPLE, Batch, Diagnoses, Diagnosis, Driver, parse

View = Callable[[Request], Response]
CODE = Path(__file__).parent
DRIVERS = 3

# functions-framework imports this file inside the Flask application that it builds around the function.
logs.register(current_app)
errors.register(current_app)
limits.register(current_app)
current_app.url_map.merge_slashes = False
current_app.json.sort_keys = False


def load() -> tuple[Model | None, str]:
    """Load the model once per process. Whatever goes wrong, the process stays up and can say why."""
    try:
        return Model(DIRECTORY), ""
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        logs.write("ERROR", event="model not loaded", message=reason)
        return None, reason


model, problem = load()


def ready_model() -> Model:
    """Return the model, or refuse while there is none."""
    if model is None:
        raise ServiceError(503, "model_not_ready", problem)
    return model


def predict_handler(request: Request) -> Response:
    """Answer one request: a function has one entry point, so it finds the route itself."""
    routes = ROUTES.get(request.path)
    if routes is None:
        raise NotFound
    if request.method == "OPTIONS":
        return Response(status=204, headers={"Allow": ", ".join(routes)})
    if request.method not in routes:
        raise MethodNotAllowed(valid_methods=list(routes))
    return routes[request.method](request)


def about(_: Request) -> Response:
    """Say what this service is and how to call it."""
    return jsonify(
        service="heart_function",
        about="Estimates the risk of heart disease from 13 findings. A lesson in software, not a medical device.",
        call={"method": "POST", "path": "/", "content_type": "application/json", "body": EXAMPLE},
        documentation="/openapi.json",
    )


def predict(request: Request) -> Response:
    """Diagnose one patient, or each patient of a batch."""
    loaded = ready_model()
    if not request.is_json:
        raise ServiceError(415, "unsupported_media_type", "Send the header Content-Type: application/json")
    body = parse(request.get_data())
    if isinstance(body, Batch):
        return as_json(Diagnoses(predictions=[diagnose(loaded, patient.model_dump()) for patient in body.instances]))
    return as_json(diagnose(loaded, body.model_dump()))


def diagnose(loaded: Model, patient: dict[str, str | float | None]) -> Diagnosis:
    """Predict, and name the findings that speak loudest for or against."""
    probability, effects = loaded.predict(patient)
    loudest = sorted(effects, key=lambda name: abs(effects[name]), reverse=True)[:DRIVERS]
    drivers = [Driver(feature=name, value=patient[name], effect=effects[name]) for name in loudest]
    return Diagnosis(diagnosis=CLASSES[label(probability)], probability=probability, drivers=drivers)


def as_json(answer: BaseModel) -> Response:
    """Answer with a model of schemas.py."""
    return Response(answer.model_dump_json(), content_type="application/json")


def live(_: Request) -> Response:
    """Tell that the process is up."""
    return jsonify(status="live")


def ready(_: Request) -> Response:
    """Tell that predictions work, by making one."""
    ready_model().check()
    return jsonify(status="ready")


def version(_: Request) -> Response:
    """Tell which model and which code answer here."""
    return jsonify(service="heart_function", model=model.manifest if model else None, code={"sha256": code_sha256()})


def code_sha256() -> str:
    """Hash the service's own files, names and contents, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted([*CODE.glob("*.py"), CODE / "start.sh"]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def openapi(_: Request) -> Response:
    """Describe the service to programs."""
    return jsonify(DOCUMENT)


def read_only(view: View) -> dict[str, View]:
    """Return the methods of a route that is only read; the server drops the body of the answer to HEAD."""
    return {"GET": view, "HEAD": view}


ROUTES = {
    "/": {**read_only(about), "POST": predict},
    "/health/live": read_only(live),
    "/health/ready": read_only(ready),
    "/version": read_only(version),
    "/openapi.json": read_only(openapi),
}
