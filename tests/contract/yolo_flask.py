"""The contract's row for yolo_flask."""

import hashlib
import json
import shutil
import struct
import zlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import requests

from deploykit.darknet_onnx import convert
from deploykit.paths import ROOT
from deploykit.pretrained import YOLOV4_TINY
from tests.contract.cases import Accepted, Call, Refusal, Service

PATH = "/predict"
IMAGES = ROOT / "data" / "images"
NETWORK = ROOT / "data" / "yolov4-tiny"
CLASSES = (NETWORK / "coco.names").read_text(encoding="utf-8").split("\n")[:80]
COFFEE = (IMAGES / "coffee.jpg").read_bytes()
LIMIT_BYTES = 10_000_000


def train(directory: Path) -> cv2.dnn.Net:
    """Write the network as ONNX and its manifest; return the same network as OpenCV reads it from Darknet's files."""
    weights = YOLOV4_TINY.fetch()
    directory.mkdir(parents=True)
    onnx = convert(NETWORK / "yolov4-tiny.cfg", weights).SerializeToString()
    (directory / "yolov4-tiny.onnx").write_bytes(onnx)
    shutil.copy2(IMAGES / "coffee.jpg", directory / "smoke.jpg")
    files = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(directory.iterdir())}
    manifest = {
        "name": "yolo",
        "version": "test",
        "files": files,
        "libraries": {"onnxruntime": version("onnxruntime")},
        "features": [{"name": name} for name in ("red", "green", "blue")],
        "classes": CLASSES,
        "example": {"input": "smoke.jpg", "label": "cup"},
    }
    (directory / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return cv2.dnn.readNetFromDarknet(str(NETWORK / "yolov4-tiny.cfg"), str(weights))


def tutorial(network: cv2.dnn.Net, content: bytes) -> list[tuple[list[int], str, float]]:
    """Detect as the tutorial does; return box, label and confidence of each thing."""
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    height, width = image.shape[:2]
    network.setInput(cv2.dnn.blobFromImage(image, 1 / 255, (416, 416), swapRB=True, crop=False))
    rows = [
        row for row in np.concatenate(network.forward(network.getUnconnectedOutLayersNames())) if row[5:].max() > 0.5
    ]
    boxes, scores = [], [float(row[5:].max()) for row in rows]
    for row in rows:
        x, y, box_width, box_height = (row[:4] * [width, height, width, height]).astype(int)
        boxes.append([int(x - box_width / 2), int(y - box_height / 2), int(box_width), int(box_height)])
    kept = cv2.dnn.NMSBoxes(boxes, scores, 0.5, 0.3)
    return [(boxes[at], CLASSES[rows[at][5:].argmax()], scores[at]) for at in kept]


def encode(image: np.ndarray, kind: str = ".jpg") -> bytes:
    """Encode an image."""
    return cv2.imencode(kind, image)[1].tobytes()


def post(content: bytes, content_type: str | None = "image/jpg", **options: Any) -> Call:
    """Send an image as the tutorial's client does."""
    return Call(content, content_type, **options)


def form(*files: bytes, name: str = "image") -> Call:
    """Upload files as ``curl -F`` does."""
    parts = [(name, ("a.jpg", file, "image/jpeg")) for file in files]
    request = requests.Request("POST", "http://x", files=parts or {"x": (None, "y")}).prepare()
    return Call(request.body, request.headers["content-type"])


def check_cup(response: requests.Response) -> None:
    """Expect the one cup that the tutorial's code finds."""
    [thing] = response.json()
    assert set(thing) == {"boxes", "color", "label", "confidence"}
    assert (thing["label"], thing["boxes"]) == ("cup", [168, 13, 239, 250])
    assert thing["color"] == [46, 160, 68]
    assert abs(thing["confidence"] - 0.6216) < 0.001


def check_labels(*labels: str) -> Any:
    """Expect these things, the surest first."""

    def check(response: requests.Response) -> None:
        assert [thing["label"] for thing in response.json()] == list(labels)

    return check


def coffee(kind: str, flag: int = cv2.IMREAD_COLOR) -> bytes:
    """Return the coffee in another format."""
    return encode(cv2.imdecode(np.frombuffer(COFFEE, np.uint8), flag), kind)


LARGE = cv2.resize(cv2.imdecode(np.frombuffer(COFFEE, np.uint8), cv2.IMREAD_COLOR), (4000, 3000))
ACCEPTED = [
    Accepted("the tutorial's request", post(COFFEE), check_cup),
    Accepted("no content type", post(COFFEE, None), check_cup),
    Accepted("curl's content type", post(COFFEE, "application/x-www-form-urlencoded"), check_cup),
    Accepted("another content type", post(COFFEE, "application/json"), check_cup),
    Accepted("in chunks", post(COFFEE, chunked=True), check_cup),
    Accepted("an upload", form(COFFEE), check_cup),
    Accepted("an upload of another name", form(COFFEE, name="file"), check_cup),
    Accepted("bytes after the end", post(COFFEE + b"\0" * 100), check_cup),
    Accepted("a film after the end", post(COFFEE + b"\xff\xda film" * 1_000), check_cup),
    Accepted("PNG", post(coffee(".png")), check_cup),
    Accepted("WebP", post(coffee(".webp")), check_labels("cup")),
    Accepted("one channel", post(coffee(".png", cv2.IMREAD_GRAYSCALE)), lambda response: None),
    Accepted("12 megapixels", post(encode(LARGE)), check_labels("cup")),
    Accepted("one pixel", post(encode(np.zeros((1, 1, 3), np.uint8))), check_labels()),
    Accepted("a line of pixels", post(encode(np.zeros((1, 20_000, 3), np.uint8))), check_labels()),
    Accepted("two things", post((IMAGES / "grace_hopper.jpg").read_bytes()), check_labels("person", "tie")),
    Accepted("nothing", post((IMAGES / "rocket.jpg").read_bytes()), check_labels()),
]


def png(width: int, height: int) -> bytes:
    """Return a small PNG that says it is large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def redrawn(times: int) -> bytes:
    """Return a small JPEG of four megapixels whose last scan, of 14 bytes, is repeated."""
    whole = cv2.imencode(".jpg", np.zeros((2000, 2000, 3), np.uint8), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    end = b"\xff\xd9"
    last_scan = whole[whole.rindex(b"\xff\xda") :].removesuffix(end)
    return whole.removesuffix(end) + last_scan * times + end


def refuse(name: str, content: bytes, *statuses: int, field: str | None = "image") -> Refusal:
    """Expect one of these statuses."""
    return Refusal(name, post(content), statuses, field)


NOT_AN_IMAGE = {
    "text": b"hello", "JSON": b'{"image": 1}', "HTML": b"<html></html>", "NUL bytes": bytes(1000), "one byte": b"\xff",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"/>', "GIF": b"GIF89a" + bytes(100), "PDF": b"%PDF-1.7",
    "BMP": coffee(".bmp"), "TIFF": coffee(".tiff"), "portable pixmap": b"P6 1 1 255 abc",
}  # fmt: skip
DAMAGED = {
    "JPEG cut in half": COFFEE[: len(COFFEE) // 2], "JPEG without its last byte": COFFEE[:-1],
    "JPEG of 4 bytes": COFFEE[:4],
    "JPEG markers only": b"\xff\xd8\xff\xda\xff\xd9",
    "JPEG of noise": COFFEE[:20] + bytes(range(256)) + b"\xff\xda\xff\xd9",
    "PNG cut in half": coffee(".png")[:50_000], "PNG signature": b"\x89PNG\r\n\x1a\n",
    "PNG without pixels": png(100, 0),
    "PNG too short inside": png(4000, 4000), "WebP cut in half": coffee(".webp")[:10_000],
    "WebP header": b"RIFF\x04\0\0\0WEBP",
}  # fmt: skip
TOO_LARGE = COFFEE + bytes(LIMIT_BYTES)
REFUSED = [
    *(refuse(name, content, 415) for name, content in NOT_AN_IMAGE.items()),
    *(refuse(name, content, 422) for name, content in DAMAGED.items()),
    refuse("empty", b"", 400),
    refuse("a bomb of 16000 x 16000", png(16_000, 16_000), 413),
    refuse("a bomb of 2 000 000 000 pixels in a row", png(2_000_000_000, 1), 413, 422),
    refuse("a JPEG of 20 000 scans", redrawn(20_000), 422),
    refuse("too many bytes", TOO_LARGE, 413, field=None),
    Refusal("too many bytes, chunked", post(TOO_LARGE, chunked=True), (413,)),
    Refusal("50 MB, declared", post(COFFEE + bytes(50_000_000)), (413,)),
    Refusal("50 MB, chunked", post(COFFEE + bytes(50_000_000), chunked=True), (413,)),
    Refusal("an upload of 50 MB", form(COFFEE + bytes(50_000_000)), (413,)),
    Refusal("a form without a file", form(), (422,), "image"),
    Refusal("a form with two files", form(COFFEE, COFFEE), (422,), "image"),
    Refusal("a form without a boundary", post(COFFEE, "multipart/form-data"), (422,), "image"),
    Refusal("a form cut in half", Call(form(COFFEE).body[:50_000], form(COFFEE).content_type), (422,), "image"),
    Refusal("an upload of text", form(b"hello"), (415,), "image"),
    Refusal("an empty upload", form(b""), (400,), "image"),
]


def parity(url: str, network: cv2.dnn.Net) -> None:
    """Compare what is found in each sample image, and in parts of it, with what OpenCV finds by Darknet's own files."""
    random, things = np.random.default_rng(42), 0
    for file in sorted(IMAGES.glob("*.jpg")):
        image = cv2.imread(str(file))
        for variant in [image, image[:, ::-1], *(crop(image, random) for _ in range(4))]:
            content = encode(variant, ".png")
            served = post(content).send(url + PATH).json()
            expected = tutorial(network, content)
            things += len(expected)
            assert [thing["label"] for thing in served] == [label for _, label, _ in expected]
            for thing, (box, _, confidence) in zip(served, expected, strict=True):
                assert abs(thing["confidence"] - confidence) < 1e-4
                np.testing.assert_allclose(thing["boxes"], box, atol=1)
    assert things > 15


def crop(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return at least half of an image in each direction."""
    height, width = image.shape[:2]
    top, left = random.integers(0, height // 2), random.integers(0, width // 2)
    return image[top : top + height // 2 + height // 4, left : left + width // 2 + width // 4]


# No schema can say which bytes are an image, so that most bodies that follow it are refused.
SERVICE = Service(
    "yolo_flask",
    PATH,
    train,
    ACCEPTED,
    parity,
    REFUSED,
    limit_bytes=LIMIT_BYTES,
    unchecked=("positive_data_acceptance",),
)
