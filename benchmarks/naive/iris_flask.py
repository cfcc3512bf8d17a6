"""The iris service as the tutorial wrote it: Flask's development server, a pickle, no checks."""

import os

import joblib
from flask import Flask, request

app = Flask(__name__)
model = None


@app.route("/")
def home():
    return "Hello World!"


@app.route("/predict", methods=["POST"])
def predict():
    return str(model.predict([request.get_json()])[0])


if __name__ == "__main__":
    model = joblib.load(os.environ["MODEL"])
    app.run(port=int(os.environ["PORT"]))
