"""The contract's row for ner_fastapi."""

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import requests
from spacy.language import Language

from deploykit.pretrained import SMALL, load_installed
from tests.contract.cases import TIMEOUT_SECONDS, Accepted, Call, Refusal, Service, refused_json

PATH = "/predict/"
BATCH = "/predict/batch"
TUTORIAL = "Apple is looking at buying U.K. startup for $1 billion"
FOUND = [("Apple", "ORG", 0, 5), ("U.K.", "GPE", 27, 31), ("$1 billion", "MONEY", 44, 54)]
HARD_TO_SPLIT = {
    "one endless word": "a" * 10_000,
    "endless brackets": "(" * 10_000,
    "endless accents": "e" + "\u0301" * 9_999,
    "long brackets": "".join(f"{'(' * (500 - n)} " for n in range(19)),
    "long rows of emojis": "".join(f"{'😀' * (500 - n)} " for n in range(19)),
    "blanks": " " * 10_000,
    "NUL": "\0" * 100,
    "right to left": "אבג \u202e" * 100,
    "an endless word between names": f"Apple {'(' * 600} U.K.",
}
NAMES = ["Maria Keller", "Toyota", "The Red Cross", "Zhang Wei", "IBM"]
PLACES = ["Vienna", "the Alps", "Kenya", "San José"]


def train(directory: Path) -> Language:
    """Write the small pipeline, its recogniser alone, and its manifest."""
    pipeline = load_installed(SMALL)
    directory.mkdir(parents=True)
    pipeline.to_disk(directory)
    files = [file for file in sorted(directory.rglob("*")) if file.is_file()]
    manifest = {
        "name": "ner",
        "version": "test",
        "files": {str(file.relative_to(directory)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files},
        "libraries": {name: version(name) for name in ("spacy", "thinc")},
        "features": [{"name": "text", "unit": "characters"}],
        "classes": list(pipeline.get_pipe("ner").labels),
        "example": {"input": TUTORIAL, "label": [label for _, label, _, _ in FOUND]},
    }
    (directory / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return pipeline


def post(value: Any) -> Call:
    """Encode a value; NaN is written as Python writes it, and a lone surrogate as an escape."""
    return Call(json.dumps(value).encode())


@dataclass(frozen=True)
class BatchCall(Call):
    """One POST to the endpoint for several texts."""

    def send(self, url: str) -> requests.Response:
        """Send it to the other path."""
        return super().send(url.removesuffix(PATH) + BATCH)


def batch(*texts: Any) -> Call:
    """Encode several texts."""
    return BatchCall(post({"texts": texts}).body)


def check_entities(*expected: tuple[str, str, int, int], text: str = TUTORIAL) -> Any:
    """Expect the text again, and these entities."""

    def check(response: requests.Response) -> None:
        entities = [dict(zip(("text", "label", "start_idx", "end_idx"), one, strict=True)) for one in expected]
        assert response.json() == {"text": text, "entities": entities}

    return check


def check_nothing_lost(text: str) -> Any:
    """Expect the text again, and offsets that point at what they name."""

    def check(response: requests.Response) -> None:
        answer = response.json()
        assert answer["text"] == text
        assert all(text[one["start_idx"] : one["end_idx"]] == one["text"] for one in answer["entities"])

    return check


SENT = post({"text": TUTORIAL}).body
EMOJI = "😀 " + TUTORIAL
ACCEPTED = [
    Accepted("the tutorial's sentence", post({"text": TUTORIAL}), check_entities(*FOUND)),
    Accepted("the tutorial's sentence in chunks", Call(SENT, chunked=True), check_entities(*FOUND)),
    Accepted("a charset", Call(SENT, "application/json; charset=utf-8"), check_entities(*FOUND)),
    Accepted("an empty text", post({"text": ""}), check_entities(text="")),
    Accepted("a character of four bytes counts once", post({"text": EMOJI}), check_nothing_lost(EMOJI)),
    *(Accepted(name, post({"text": text}), check_nothing_lost(text)) for name, text in HARD_TO_SPLIT.items()),
]

NOT_A_TEXT = {
    "NaN": float("nan"), "infinity": float("inf"), "null": None, "a boolean": True, "a number": 5, "1e4000": 10**4000,
    "a list": [TUTORIAL], "an object": {"text": TUTORIAL}, "a lone surrogate": "\ud800", "too long": "a" * 10_001,
}  # fmt: skip
REFUSED = [
    *refused_json(SENT, limit_bytes=1_000_000),
    *(Refusal(f"{name} as text", post({"text": value}), (400, 422), None) for name, value in NOT_A_TEXT.items()),
    Refusal("too long a text", post({"text": "a" * 10_001}), (422,), "text"),
    Refusal("a missing key", post({"texts": TUTORIAL}), (422,), "text"),
    Refusal("an unknown key", post({"text": TUTORIAL, "language": "en"}), (422,), "language"),
    Refusal("no texts", batch(), (422,), "texts"),
    Refusal("too many texts", batch(*["a"] * 101), (422,), "texts"),
    Refusal("too long texts together", batch(*["a" * 9_000] * 3), (422,), "texts"),
    Refusal("a number among texts", batch("a", 5), (422,), "texts[1]"),
    Refusal("an unknown key that no encoding has", post({"text": TUTORIAL, "\ud800": 1}), (400, 422)),
]


def parity(url: str, pipeline: Language) -> None:
    """Compare the entities of 100 sentences, sent in one batch, with those that the pipeline finds itself."""
    pairs = [(name, place) for name in NAMES for place in PLACES]
    texts = [f"{name} sold {count} cars in {place} on Monday." for name, place in pairs for count in range(5)]
    answer = requests.post(url + BATCH, json={"texts": texts}, timeout=TIMEOUT_SECONDS).json()
    served = [[(one["text"], one["label"]) for one in each["entities"]] for each in answer["predictions"]]
    assert served == [[(one.text, one.label_) for one in pipeline(text).ents] for text in texts]


# Its one feature, the text, stays where it is when the order of the features is turned round.
SERVICE = Service("ner_fastapi", PATH, train, ACCEPTED, parity, REFUSED, harmless=("other features",))
