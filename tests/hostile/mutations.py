"""Valid requests with a few bytes changed, the same for the same number."""

from dataclasses import replace
from random import Random

import cv2

from tests.contract import yolo_flask
from tests.contract.cases import Call, Service

LONGEST_SEED = 20_000
"""Longer requests are about their length, which the contract tests."""

PIXELS = 96
TELLING = [
    b"\x00",
    b"\xff",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"{",
    b"[",
    b'"',
    b"\\ud800",
    b"1e999",
    b"-",
    b"\xff\xd9",
]


def seeds(service: Service) -> list[Call]:
    """Return requests to start from: what the contract accepts and what it refuses, and for images every format."""
    calls = [case.call for case in [*service.accepted, *service.refused]]
    short = [call for call in calls if 0 < len(call.body) < LONGEST_SEED and not call.chunked]
    return [*images(), *short] if service is yolo_flask.SERVICE else short


def images() -> list[Call]:
    """Return one small photo in each format that the detector reads, and as an upload."""
    photo = cv2.imread(str(yolo_flask.IMAGES / "coffee.jpg"))
    small = cv2.resize(photo, (PIXELS, PIXELS))
    progressive = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    lossless = cv2.imencode(".webp", small, [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()
    kinds = [*(yolo_flask.encode(small, kind) for kind in (".jpg", ".png", ".webp")), progressive, lossless]
    return [*map(yolo_flask.post, kinds), yolo_flask.form(kinds[0])]


def mutated(calls: list[Call], number: int) -> Call:
    """Change one to four places of one of the requests; ``number`` decides which and how."""
    random = Random(number)
    call = random.choice(calls)
    body = bytearray(call.body)
    for _ in range(random.randint(1, 4)):
        change(body, random, other=random.choice(calls).body)
    return replace(call, body=bytes(body))


def change(body: bytearray, random: Random, *, other: bytes) -> None:
    """Overwrite, insert, delete, repeat, or take a piece of another request."""
    at, length = random.randint(0, len(body)), random.choice([1, 1, 1, 2, 4, 16, 256])
    piece = bytes(body[at : at + length])
    match random.randrange(6):
        case 0:
            body[at : at + length] = random.randbytes(length)
        case 1:
            body[at : at + 1] = bytes([(piece[0] if piece else 0) ^ 1 << random.randrange(8)])
        case 2:
            body[at:at] = random.choice(TELLING)
        case 3:
            del body[at : at + length]
        case 4:
            body[at:at] = piece * random.choice([1, 2, 64])
        case _:
            body[at : at + length] = other[random.randint(0, len(other)) :][:length]
