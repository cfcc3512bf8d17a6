"""The heart function: is this patient's heart at risk? Google Cloud calls ``predict_handler`` for every request."""

from collections.abc import Callable

from flask import Request, Response, current_app, jsonify
from pydantic import BaseModel
from werkzeug.exceptions import MethodNotAllowed, NotFound

import body
import errors
import logs
from answers import Diagnoses, Diagnosis, Driver
from features import CLASSES
from health import live, ready, version
from model import Model, ready_model
from openapi import DOCUMENT
from schemas import EXAMPLE, Batch
from scoring import Patient, label

View = Callable[[], Response]
DRIVERS = 3

# functions-framework imports this file inside the Flask application that it builds around the function.
current_app.json.sort_keys = False
current_app.url_map.merge_slashes = False
current_app.wsgi_app = logs.RequestLog(current_app.wsgi_app)
errors.register(current_app)
body.register(current_app)


def predict_handler(request: Request) -> Response:
    """Answer one request: a function has one entry point, so it finds the route itself."""
    routes = ROUTES.get(request.path)
    if routes is None:
        raise NotFound
    if request.method == "OPTIONS":
        return Response(status=204, headers={"Allow": ", ".join(routes)})
    if request.method not in routes:
        raise MethodNotAllowed(valid_methods=list(routes))
    return routes[request.method]()


def about() -> Response:
    """Say what this service is and how to call it."""
    example = {"method": "POST", "path": "/", "content_type": "application/json", "body": EXAMPLE}
    text = "Estimates the risk of heart disease from 13 findings. A lesson in software, not a medical device."
    return jsonify(service="heart_function", about=text, call=example, more="/openapi.json")


def predict() -> Response:
    """Diagnose one patient, or each patient of a batch."""
    loaded = ready_model()
    sent = body.parse()
    if isinstance(sent, Batch):
        return as_json(Diagnoses(predictions=[diagnose(loaded, patient.model_dump()) for patient in sent.instances]))
    return as_json(diagnose(loaded, sent.model_dump()))


def diagnose(loaded: Model, patient: Patient) -> Diagnosis:
    """Predict, and name the findings that speak loudest for or against."""
    probability, effects = loaded.predict(patient)
    loudest = sorted(effects, key=lambda name: abs(effects[name]), reverse=True)[:DRIVERS]
    drivers = [Driver(feature=name, value=patient[name], effect=effects[name]) for name in loudest]
    return Diagnosis(diagnosis=CLASSES[label(probability)], probability=probability, drivers=drivers)


def as_json(answer: BaseModel) -> Response:
    """Write an answer."""
    return Response(answer.model_dump_json(), content_type="application/json")


def openapi() -> Response:
    """Describe the service to programs."""
    return jsonify(DOCUMENT)


def read_only(view: View) -> dict[str, View]:
    """Return the methods of a route that is only read; the server drops the body of the answer to HEAD."""
    return {"GET": view, "HEAD": view}


ROUTES: dict[str, dict[str, View]] = {
    "/": {**read_only(about), "POST": predict},
    "/health/live": read_only(live),
    "/health/ready": read_only(ready),
    "/version": read_only(version),
    "/openapi.json": read_only(openapi),
}
