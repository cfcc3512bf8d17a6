"""The detector as the tutorial wrote it: the network is read from disk for each request."""

import os

import cv2
import numpy as np
from flask import Flask, jsonify, request

NETWORK = os.environ["NETWORK"]
app = Flask(__name__)


@app.route("/predict", methods=["POST"])
def predict():
    image = cv2.imdecode(np.frombuffer(request.data, np.uint8), cv2.IMREAD_COLOR)
    return jsonify(get_predictions(image))


def get_predictions(image):
    with open(f"{NETWORK}/coco.names") as file:
        labels = file.read().splitlines()
    np.random.seed(42)
    colors = np.random.randint(0, 255, size=(len(labels), 3), dtype="uint8")
    net = cv2.dnn.readNetFromDarknet(f"{NETWORK}/yolov4-tiny.cfg", os.environ["WEIGHTS"])
    net.setInput(cv2.dnn.blobFromImage(image, 1 / 255, (416, 416), swapRB=True, crop=False))
    height, width = image.shape[:2]
    boxes, confidences, kinds = [], [], []
    for output in net.forward(net.getUnconnectedOutLayersNames()):
        for row in output:
            scores = row[5:]
            kind = np.argmax(scores)
            if scores[kind] > 0.5:
                x, y, w, h = (row[:4] * np.array([width, height, width, height])).astype("int")
                boxes.append([int(x - w / 2), int(y - h / 2), int(w), int(h)])
                confidences.append(float(scores[kind]))
                kinds.append(kind)
    return [
        {
            "boxes": boxes[i],
            "color": [int(part) for part in colors[kinds[i]]],
            "label": labels[kinds[i]],
            "confidence": confidences[i],
        }
        for i in cv2.dnn.NMSBoxes(boxes, confidences, 0.5, 0.3)
    ]
