"""From the network's numbers to a list of things: where, what, how sure."""

from dataclasses import dataclass

import numpy as np

from opencv import cv2

MIN_CONFIDENCE = 0.5
MAX_OVERLAP = 0.3


@dataclass(frozen=True)
class Detection:
    """One thing in an image.

    Attributes:
        boxes: left, top, width and height in pixels; the tutorial's name for one box. Left and top may be negative.
        color: blue, green and red, always the same for a label, to draw the box with.
        label: what it is.
        confidence: between 0.5 and 1.
    """

    boxes: list[int]
    color: list[int]
    label: str
    confidence: float


def palette(count: int) -> list[list[int]]:
    """Return the tutorial's colours: random, and the same each time."""
    return np.random.RandomState(42).randint(0, 255, size=(count, 3), dtype="uint8").tolist()


def pixels(box: np.ndarray, width: int, height: int) -> list[int]:
    """Turn centre and size, as shares of the image, into left, top, width and height, rounded as the tutorial does."""
    x, y, box_width, box_height = (box * [width, height, width, height]).astype(int).tolist()
    return [int(x - box_width / 2), int(y - box_height / 2), box_width, box_height]


def best(boxes: np.ndarray, scores: np.ndarray, *, width: int, height: int) -> list[tuple[list[int], int, float]]:
    """Return box, class and confidence of each thing, the surest first; of boxes that overlap only the surest stays.

    Args:
        boxes: (rows, 4), centre x, centre y, width and height as shares of the image.
        scores: (rows, classes).
    """
    sure = scores.max(axis=1) > MIN_CONFIDENCE
    found = [pixels(box, width, height) for box in boxes[sure]]
    confidences, classes = scores[sure].max(axis=1).tolist(), scores[sure].argmax(axis=1).tolist()
    kept = cv2.dnn.NMSBoxes(found, confidences, MIN_CONFIDENCE, MAX_OVERLAP)
    return [(found[row], classes[row], confidences[row]) for row in kept]
