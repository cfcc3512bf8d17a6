"""The detection service: what is where in this image?"""

from flask import Flask, Response, jsonify

import body
import errors
import logs
from health import health
from model import ready_model
from openapi import DOCUMENT

app = Flask(__name__, static_folder=None)
app.request_class = body.Request
app.config["MAX_CONTENT_LENGTH"] = body.MAX_BYTES
app.json.sort_keys = False
app.url_map.merge_slashes = False
app.register_blueprint(health)
errors.register(app)
app.wsgi_app = logs.RequestLog(app.wsgi_app)


@app.get("/")
def about() -> Response:
    """Say what this service is and how to call it."""
    example = {"method": "POST", "path": "/predict", "content_type": "image/jpeg", "body": "the bytes of an image"}
    return jsonify(service="yolo_flask", about="Finds things in images.", call=example, more="/openapi.json")


@app.post("/predict")
def predict() -> Response:
    """Answer an image with the list of things in it; the list is empty when there is nothing."""
    detector = ready_model()
    return jsonify(detector.detect(body.read()))


@app.get("/openapi.json")
def openapi() -> Response:
    """Describe the service to programs."""
    return jsonify(DOCUMENT)
