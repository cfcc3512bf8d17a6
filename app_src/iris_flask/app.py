"""The iris service: which species is this flower?"""

import hashlib
from pathlib import Path

from flask import Flask, Response, jsonify, request
from pydantic import BaseModel
from werkzeug.exceptions import RequestEntityTooLarge

import errors
import logs
from errors import ServiceError
from model import DIRECTORY, Model
from openapi import DOCUMENT
from schemas import Batch, Flower, Prediction, Predictions, parse

CODE = Path(__file__).parent
MAX_BYTES = 1_000_000

app = Flask(__name__, static_folder=None)
app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES
app.json.sort_keys = False
app.url_map.merge_slashes = False
errors.register(app)
logs.register(app)


def load() -> tuple[Model | None, str]:
    """Load the model once per process. Whatever goes wrong, the process stays up and can say why."""
    try:
        return Model(DIRECTORY, features=list(Flower.model_fields)), ""
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


@app.get("/")
def about() -> Response:
    """Say what this service is and how to call it."""
    return jsonify(
        service="iris_flask",
        about="Tells the species of an iris from four measurements in cm.",
        call={"method": "POST", "path": "/predict", "content_type": "application/json", "body": [5.9, 3.0, 5.1, 1.8]},
        documentation="/openapi.json",
    )


@app.post("/predict")
def predict() -> Response | str:
    """Predict: a list gives the label as text (the tutorial's form), an object or a batch gives JSON."""
    loaded = ready_model()
    body = parse(read_json())
    flowers = body.instances if isinstance(body, Batch) else [body]
    found = classify(loaded, [flower.row() if isinstance(flower, Flower) else flower for flower in flowers])
    if isinstance(body, Batch):
        return as_json(Predictions(predictions=found))
    return as_json(found[0]) if isinstance(body, Flower) else str(found[0].label)


def read_json() -> bytes:
    """Return the body of a request that says it is JSON, and is not too long."""
    if not request.is_json:
        raise ServiceError(415, "unsupported_media_type", "Send the header Content-Type: application/json")
    raw = request.get_data(cache=False)
    # Flask refuses a declared length; a body sent in chunks declares none, and Flask cuts it off at the limit.
    if len(raw) >= MAX_BYTES:
        raise RequestEntityTooLarge
    return raw


def classify(loaded: Model, rows: list[list[float]]) -> list[Prediction]:
    """Predict, and give the numbers their names."""
    names = loaded.classes
    return [
        Prediction(label=label, class_=names[label], probabilities=dict(zip(names, shares, strict=True)))
        for label, shares in zip(*loaded.predict(rows), strict=True)
    ]


def as_json(answer: BaseModel) -> Response:
    """Answer with a model of schemas.py, under the names of the wire."""
    return Response(answer.model_dump_json(by_alias=True), content_type="application/json")


@app.get("/health/live")
def live() -> Response:
    """Tell that the process is up."""
    return jsonify(status="live")


@app.get("/health/ready")
def ready() -> Response:
    """Tell that predictions work, by making one."""
    ready_model().check()
    return jsonify(status="ready")


@app.get("/version")
def version() -> Response:
    """Tell which model and which code answer here."""
    return jsonify(service="iris_flask", model=model.manifest if model else None, code={"sha256": code_sha256()})


def code_sha256() -> str:
    """Hash the service's own files, names and contents, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted([*CODE.glob("*.py"), CODE / "start.sh"]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@app.get("/openapi.json")
def openapi() -> Response:
    """Describe the service to programs."""
    return jsonify(DOCUMENT)
