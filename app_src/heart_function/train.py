"""Train the heart model and put it where the service reads it: ``python app_src/heart_function/train.py --help``."""

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline

from features import CHOICES, CLASSES, FEATURES, NUMBERS
from pipeline import build, fold
from scoring import ARTIFACT, DIRECTORY, effects, probability

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data" / "heart.csv"
SANE = "oldpeak"
"""A finding whose direction is known from medicine: the deeper the ST depression, the higher the risk."""


app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def read(path: Path, label: str) -> pd.DataFrame:
    """Read the patients, and refuse a file with which training would fail, or succeed with a wrong model."""
    try:
        patients = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"cannot read {path}: {error}") from None
    if missing := {*FEATURES, label} - set(patients):
        raise typer.BadParameter(f"{path} lacks the columns {sorted(missing)}")
    if problem := next(problems(patients, label), None):
        raise typer.BadParameter(f"{path}: {problem}")
    return patients


def problems(patients: pd.DataFrame, label: str) -> Iterator[str]:
    """Name what is wrong with the values: no number, an unknown word, a label that is upside down."""
    for name in [*NUMBERS, label]:
        if not pd.api.types.is_numeric_dtype(patients[name]):
            yield f"the column {name} is not numeric"
    for name, choice in CHOICES.items():
        if unknown := set(patients[name].dropna()) - set(choice.codes):
            yield f"the column {name} has unknown words: {sorted(map(str, unknown))}"
    if set(patients[label]) != {0, 1}:
        yield f"the column {label} must hold 0 and 1"
    if patients[SANE].corr(patients[label]) < 0:
        yield f"the risk falls as {SANE} rises. Is the column {label} inverted, as in the Kaggle copy?"


def measure(model: Pipeline, seen: pd.DataFrame, unseen: pd.DataFrame, label: str) -> dict[str, float]:
    """Return the accuracy on the rows of training, and accuracy and ROC AUC on the others."""
    return {
        "acc": round(accuracy_score(seen[label], model.predict(seen)), 4),
        "val_acc": round(accuracy_score(unseen[label], model.predict(unseen)), 4),
        "roc_auc": round(roc_auc_score(unseen[label], model.predict_proba(unseen)[:, 1]), 4),
    }


def describe(patients: pd.DataFrame) -> list[dict[str, Any]]:
    """Return name, unit and range in training of every feature."""
    lowest, highest = patients[list(NUMBERS)].min(), patients[list(NUMBERS)].max()
    numbers = [
        {"name": name, "unit": number.unit, "minimum": float(lowest[name]), "maximum": float(highest[name])}
        for name, number in NUMBERS.items()
    ]
    return numbers + [{"name": name, "unit": "", "minimum": None, "maximum": None} for name in CHOICES]


def example(table: dict[str, Any], patients: pd.DataFrame) -> dict[str, Any]:
    """Return a patient with a clear answer, which the service has to repeat before it calls itself ready."""
    complete = patients[list(FEATURES)].dropna().sort_index()
    rows = [json.loads(row.to_json()) for _, row in complete.iterrows()]
    share, patient = max(((probability(table, effects(table, row)), row) for row in rows), key=lambda pair: pair[0])
    return {"input": patient, "label": 1, "probability": share}


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Give an empty folder to fill, which then takes the other's place: a full disk leaves the old model whole."""
    new, old = (folder.with_name(f".{folder.name}.{os.getpid()}.{which}") for which in ("new", "old"))
    try:
        new.mkdir(parents=True)
        yield new
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    finally:
        if old.exists() and not folder.exists():
            old.rename(folder)
        for part in (new, old):
            shutil.rmtree(part, ignore_errors=True)


def save(folder: Path, table: dict[str, Any], **known: Any) -> None:
    """Write the table and its manifest into a folder of their own, in place of an older model there."""
    content = json.dumps(table, indent=2).encode() + b"\n"
    digest = hashlib.sha256(content).hexdigest()
    manifest = {
        "name": folder.name,
        "version": hashlib.sha256(digest.encode()).hexdigest()[:12],
        "files": {ARTIFACT: digest},
        "libraries": {library: version(library) for library in ("pandas", "scikit-learn")},
        "classes": CLASSES,
        **known,
    }
    with replacing(folder) as new:
        (new / ARTIFACT).write_bytes(content)
        (new / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def valid_tag(tag: str) -> str:
    """Refuse a tag that would lead out of the folder of models."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", tag):
        raise typer.BadParameter("use letters, digits, _ and - only")
    return tag


@app.command()
def main(
    path: Annotated[Path, typer.Option(help="The patients, as CSV.", show_default="data/heart.csv")] = DATA,
    test_size: Annotated[
        float, typer.Option("--test-size", "--test_size", min=0.05, max=0.5, help="Share held back.")
    ] = 0.2,
    tag: Annotated[str, typer.Option(callback=valid_tag, help="Ends the model's name: heart<tag>.")] = "",
    label: Annotated[str, typer.Option(help="The column to predict; 1 means disease.")] = "target",
    seed: Annotated[int, typer.Option(help="Which rows are held back.")] = 42,
    output: Annotated[Path, typer.Option(help="The folder of models.", show_default="models")] = ROOT / "models",
    dump: Annotated[bool, typer.Option("--dump/--nodump", help="Save the model and install it.")] = True,
) -> None:
    """Train, report, save models/heart<tag>/, and install it as the model that the service loads.

    The service reads the folder model/ beside this file, or the one that MODEL_DIR names; so does this program.
    """
    patients = read(path, label)
    seen, unseen = train_test_split(patients, test_size=test_size, random_state=seed, stratify=patients[label])
    started = time.perf_counter()
    model = build().fit(seen, seen[label])
    seconds = round(time.perf_counter() - started, 4)
    metrics = measure(model, seen, unseen, label)
    print(f"Training accuracy: {metrics['acc']:.2%}")
    print(f"Validation accuracy: {metrics['val_acc']:.2%}")
    print(f"ROC AUC score: {metrics['roc_auc']:.2f}")
    if dump:
        known = {"features": describe(seen), "metrics": metrics, "training_seconds": seconds, "seed": seed}
        table = fold(model, seen)
        save(output / f"heart{tag}", table, example=example(table, seen), **known)
        install(output / f"heart{tag}")


def install(folder: Path) -> None:
    """Copy a model to where the service looks: the tag that was trained is the tag that is served."""
    with replacing(DIRECTORY) as new:
        shutil.copytree(folder, new, dirs_exist_ok=True)
    print(f"The service now serves: {folder.name}")


if __name__ == "__main__":
    app()
