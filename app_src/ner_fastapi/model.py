"""The model: loaded once per process, and only when it verifies."""

import os
import re
from pathlib import Path

import logs
from light_spacy import spacy
from schemas import Entities, Entity, Text
from verify import ModelError, verified_manifest

DIRECTORY = Path(os.environ.get("MODEL_DIR") or Path(__file__).parent / "model")

# spaCy looks for where a word ends again after each bracket in it: the time grows with the square of their number.
ENDLESS_WORD = re.compile(r"(?<!\S)\S{501,}")


class Model:
    """A verified pipeline that holds the entity recogniser and nothing else."""

    def __init__(self, directory: Path):
        self.manifest = verified_manifest(directory)
        trained_on = [feature["name"] for feature in self.manifest["features"]]
        if trained_on != list(Text.model_fields):
            raise ModelError(f"the model was trained on other features: {', '.join(trained_on)}")
        self._pipeline = spacy.load(directory)
        self.check()

    def find(self, texts: list[str]) -> list[Entities]:
        """Return the entities of each text."""
        readable = [ENDLESS_WORD.sub(lambda word: "x" * len(word[0]), text) for text in texts]
        # New words are forgotten at the end of the zone; without it, memory would grow with each of them.
        with self._pipeline.memory_zone():
            docs = self._pipeline.pipe(readable)
            return [Entities(text=text, entities=entities(doc, text)) for doc, text in zip(docs, texts, strict=True)]

    def check(self) -> None:
        """Predict the manifest's example: a model that loads may still be unable to predict."""
        example = self.manifest["example"]
        [found] = self.find([example["input"]])
        labels = [entity.label for entity in found.entities]
        if labels != example["label"]:
            raise ModelError(f"the smoke prediction gave {labels}, the manifest says {example['label']}")


def entities(doc: spacy.tokens.Doc, text: str) -> list[Entity]:
    """Copy what was found out of spaCy's own objects."""
    return [
        Entity(text=text[start:end], label=label, start_idx=start, end_idx=end)
        for start, end, label in ((found.start_char, found.end_char, found.label_) for found in doc.ents)
    ]


def load() -> tuple[Model | None, str]:
    """Return the model, or why there is none. Whatever goes wrong, the process stays up and can tell."""
    try:
        return Model(DIRECTORY), ""
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        logs.write("ERROR", event="model not loaded", message=problem)
        return None, problem


model, problem = load()


def ready_model() -> Model:
    """Return the model, or refuse while there is none."""
    if model is None:
        raise ModelError(problem)
    return model
