"""The model as scikit-learn trains it, and the same model folded into a table of floats."""

from typing import Any

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from features import CHOICES, NUMBERS


def build() -> Pipeline:
    """Return the untrained pipeline: fill the gaps, scale the numbers, one column per word, logistic regression."""
    # The words are given, not learned: a word that is rare must not change the shape of the model from split to split.
    words = OneHotEncoder(categories=[list(choice.codes) for choice in CHOICES.values()], sparse_output=False)
    columns = [
        ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), list(NUMBERS)),
        ("choices", make_pipeline(SimpleImputer(strategy="most_frequent"), words), list(CHOICES)),
    ]
    return Pipeline([("columns", ColumnTransformer(columns)), ("regression", LogisticRegression())])


def fold(model: Pipeline, patients: pd.DataFrame) -> dict[str, Any]:
    """Fold a fitted pipeline into a table that :mod:`scoring` reads.

    Args:
        patients: the rows it was fitted on; every effect is counted from their average, so 0 means "as the average patient".
    """
    columns = model.named_steps["columns"].named_transformers_
    weights = dict(zip(model.named_steps["columns"].get_feature_names_out(), model.named_steps["regression"].coef_[0]))
    words, shift = fold_choices(columns["choices"], weights, patients[list(CHOICES)])
    return {
        "intercept": float(model.named_steps["regression"].intercept_[0]) + shift,
        "numbers": fold_numbers(columns["numbers"], weights),
        "choices": words,
    }


def fold_numbers(transformer: Pipeline, weights: dict[str, float]) -> dict[str, dict[str, float]]:
    """Return for each number its weight per unit, its mean in training, and what stands for a missing value."""
    imputer, scaler = transformer[0], transformer[1]
    return {
        name: {"weight": float(weights[f"numbers__{name}"] / scale), "mean": float(mean), "missing": float(missing)}
        for name, scale, mean, missing in zip(NUMBERS, scaler.scale_, scaler.mean_, imputer.statistics_)
    }


def fold_choices(
    transformer: Pipeline, weights: dict[str, float], patients: pd.DataFrame
) -> tuple[dict[str, dict[str, Any]], float]:
    """Return for each choice the weights of its words, counted from their average, and the sum of those averages."""
    shares = iter(transformer.transform(patients).mean(axis=0))
    found, shift = {}, 0.0
    for (name, choice), missing in zip(CHOICES.items(), transformer[0].statistics_):
        words = {word: weights[f"choices__{name}_{word}"] for word in choice.codes}
        average = sum(weight * next(shares) for weight in words.values())
        shift += float(average)
        found[name] = {"weights": {word: float(weight - average) for word, weight in words.items()}, "missing": str(missing)}
    return found, shift
