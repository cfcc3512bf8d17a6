"""The model: loaded once per process, and only when it verifies."""

import os
from pathlib import Path

import spacy
from anyio import CapacityLimiter, to_thread

import logs
from schemas import Entities, Entity, Text
from verify import ModelError, verified_manifest

DIRECTORY = Path(os.environ.get("MODEL_DIR") or Path(__file__).parent / "model")

# Python runs one thread at a time: predictions that share a process only get in each other's way.
one_at_a_time = CapacityLimiter(1)


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
        # What the pipeline learned to spell in this zone is forgotten after it; without it, memory grows with every new word.
        with self._pipeline.memory_zone():
            return [Entities(text=doc.text, entities=entities(doc)) for doc in self._pipeline.pipe(texts)]

    def check(self) -> None:
        """Predict the manifest's example: a model that loads may still be unable to predict."""
        example = self.manifest["example"]
        [found] = self.find([example["input"]])
        labels = [entity.label for entity in found.entities]
        if labels != example["label"]:
            raise ModelError(f"the smoke prediction gave {labels}, the manifest says {example['label']}")


def entities(doc: spacy.tokens.Doc) -> list[Entity]:
    """Copy what was found out of spaCy's own objects."""
    return [
        Entity(text=found.text, label=found.label_, start_idx=found.start_char, end_idx=found.end_char)
        for found in doc.ents
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


async def find(texts: list[str]) -> list[Entities]:
    """Predict in a thread, so that the server goes on listening meanwhile."""
    return await to_thread.run_sync(ready_model().find, texts, limiter=one_at_a_time)
