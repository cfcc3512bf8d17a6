"""The iris service: which species is this flower?"""

from flask import Flask, Response, jsonify
from pydantic import BaseModel

import body
import errors
import logs
from answers import Prediction, Predictions
from health import health
from model import Model, ready_model
from openapi import DOCUMENT
from schemas import Batch, Flower

app = Flask(__name__, static_folder=None)
app.config["MAX_CONTENT_LENGTH"] = body.MAX_BYTES
app.json.sort_keys = False
app.url_map.merge_slashes = False
app.register_blueprint(health)
errors.register(app)
app.wsgi_app = logs.RequestLog(app.wsgi_app)


@app.get("/")
def about() -> Response:
    """Say what this service is and how to call it."""
    example = {"method": "POST", "path": "/predict", "content_type": "application/json", "body": [5.9, 3.0, 5.1, 1.8]}
    return jsonify(service="iris_flask", about="Tells an iris by its measurements.", call=example, more="/openapi.json")


@app.post("/predict")
def predict() -> Response | str:
    """Answer a list with the label as text, as the tutorial did; answer an object or a batch with JSON."""
    loaded = ready_model()
    sent = body.parse(body.read())
    flowers = sent.instances if isinstance(sent, Batch) else [sent]
    found = classify(loaded, [flower.row() if isinstance(flower, Flower) else flower for flower in flowers])
    if isinstance(sent, Batch):
        return as_json(Predictions(predictions=found))
    return as_json(found[0]) if isinstance(sent, Flower) else str(found[0].label)


def classify(loaded: Model, rows: list[list[float]]) -> list[Prediction]:
    """Predict, and give the numbers their names."""
    names = loaded.classes
    return [
        Prediction(label=label, class_=names[label], probabilities=dict(zip(names, shares, strict=True)))
        for label, shares in zip(*loaded.predict(rows), strict=True)
    ]


def as_json(answer: BaseModel) -> Response:
    """Write an answer under the names of the wire."""
    return Response(answer.model_dump_json(by_alias=True), content_type="application/json")


@app.get("/openapi.json")
def openapi() -> Response:
    """Describe the service to programs."""
    return jsonify(DOCUMENT)
