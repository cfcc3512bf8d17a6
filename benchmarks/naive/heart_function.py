"""The heart function as the tutorial wrote it: pandas and a scikit-learn pipeline for one row."""

import os

import joblib
import pandas as pd


def init_predict_handler():
    pipeline = joblib.load(os.environ["MODEL"])

    def predict_handler(request):
        patient = pd.DataFrame([request.get_json()])
        return {"diagnosis": "heart-disease" if pipeline.predict(patient)[0] == 1 else "clear"}

    return predict_handler


predict_handler = init_predict_handler()
