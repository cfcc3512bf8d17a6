"""An image that stops early, as an upload over a lost connection does."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract import yolo_flask
from tests.contract.cases import Call
from tests.hostile.mutations import images

CLIENTS = 4
FORMATS = dict(zip(["JPEG", "PNG", "WebP", "progressive JPEG", "lossless WebP"], images(), strict=False))
DETECTIONS = 200
"""What is answered with detections is one of the last bytes, which say nothing of the picture."""


@pytest.mark.parametrize("step", [97, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("kind", FORMATS)
def test_an_image_that_stops_early_is_refused_wherever_it_stops(targets, kind: str, step: int) -> None:
    url, whole = targets.process(yolo_flask.SERVICE).url + yolo_flask.PATH, FORMATS[kind].body
    lengths = [*range(0, len(whole), step), len(whole) - 1, len(whole)]

    def send(length: int) -> tuple[int, int, str]:
        response = Call(whole[:length], FORMATS[kind].content_type).send(url)
        return length, response.status_code, response.text

    with ThreadPoolExecutor(CLIENTS) as clients:
        *cut, (_, status, right) = clients.map(send, lengths)
    assert status == 200
    wrong = [(length, status) for length, status, text in cut if status not in (400, 415, 422) and text != right]
    assert wrong == []
    served = [length for length, status, _ in cut if status == 200]
    assert not served or min(served) > len(whole) - 20, "more is missing than the end mark"
