"""Draw what the service finds: ``python client.py http://127.0.0.1:8080 photo.jpg annotated.jpg``."""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

import cv2
import numpy as np

FONT, SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.6


def predict(url: str, image: bytes) -> list[dict]:
    """Send an encoded image; return the list of things in it.

    Raises:
        ValueError: the service refused; the message says why.
    """
    try:
        request = urllib.request.Request(f"{url}/predict", image, {"Content-Type": "image/jpeg"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        raise ValueError(json.load(refusal)["error"]["message"]) from None


def annotate(source: Path, things: list[dict], target: Path) -> None:
    """Save the image with a box and a label for each thing."""
    image = cv2.imread(str(source))
    for thing in things:
        left, top, width, height = thing["boxes"]
        cv2.rectangle(image, (left, top), (left + width, top + height), thing["color"], 2)
        write(image, f"{thing['label']} {thing['confidence']:.2f}", (left, top), thing["color"])
    cv2.imwrite(str(target), image)


def write(image: np.ndarray, text: str, corner: tuple[int, int], color: list[int]) -> None:
    """Write on a bar of this colour, inside the image also where the box is not."""
    (width, height), _ = cv2.getTextSize(text, FONT, SIZE, 1)
    left = max(min(corner[0], image.shape[1] - width - 10), 0)
    top = max(corner[1], 0)
    cv2.rectangle(image, (left, top), (left + width + 10, top + height + 10), color, cv2.FILLED)
    letters = (0, 0, 0) if sum(color) > 380 else (255, 255, 255)
    cv2.putText(image, text, (left + 5, top + height + 5), FONT, SIZE, letters, 1, cv2.LINE_AA)


if __name__ == "__main__":
    service, photo, annotated = sys.argv[1:]
    found = predict(service, Path(photo).read_bytes())
    annotate(Path(photo), found, Path(annotated))
    print(*(f"{thing['label']} {thing['confidence']:.2f} {thing['boxes']}" for thing in found), sep="\n")
