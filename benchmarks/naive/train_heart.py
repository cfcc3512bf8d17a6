"""Train the tutorial's pipeline, on the tutorial's codes but with labels the right way round: ``… FILE``."""

import runpy
import sys
from pathlib import Path

import joblib
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

ROOT = Path(__file__).resolve().parents[2]
CHOICES = runpy.run_path(str(ROOT / "app_src" / "heart_function" / "features.py"))["CHOICES"]
WORDS = ["sex", "cp", "restecg", "ca", "slope", "thal"]
NUMBERS = ["age", "trestbps", "chol", "fbs", "thalach", "exang", "oldpeak"]

heart = pd.read_csv(ROOT / "data" / "heart.csv")
for name, choice in CHOICES.items():
    heart[name] = heart[name].map(choice.codes)
# As in the tutorial's copy of the data: what is unknown has a code of its own.
heart = heart.fillna({"ca": 4, "thal": 0}).astype({name: int for name in WORDS})
fill = SimpleImputer(strategy="constant", fill_value=0)
words = make_pipeline(fill, OneHotEncoder(handle_unknown="ignore"))
numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
columns = make_column_transformer((words, WORDS), (numbers, NUMBERS))
joblib.dump(make_pipeline(columns, LogisticRegression()).fit(heart, heart.target), sys.argv[1])
