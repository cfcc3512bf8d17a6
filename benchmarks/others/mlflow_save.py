"""Save a scikit-learn model as MLflow serves it: ``… MODEL FOLDER``."""

import sys

import joblib
import mlflow

model = joblib.load(sys.argv[1])
mlflow.sklearn.save_model(model, sys.argv[2], serialization_format="cloudpickle", pip_requirements=[])
