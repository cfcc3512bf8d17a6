"""Draw what the service finds: ``python client.py http://127.0.0.1:8080 photo.jpg annotated.jpg``."""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

import cv2


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
        text = f"{thing['label']} {thing['confidence']:.2f}"
        cv2.putText(image, text, (max(left, 0) + 5, max(top, 0) + 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, thing["color"], 2)
    cv2.imwrite(str(target), image)


if __name__ == "__main__":
    service, photo, annotated = sys.argv[1:]
    found = predict(service, Path(photo).read_bytes())
    annotate(Path(photo), found, Path(annotated))
    print(*(f"{thing['label']} {thing['confidence']:.2f} {thing['boxes']}" for thing in found), sep="\n")
