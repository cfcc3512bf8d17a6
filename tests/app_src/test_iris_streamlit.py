"""The data that the iris page shows are those that its model is trained on."""

import pandas as pd
from pandas.testing import assert_frame_equal
from sklearn.datasets import load_iris

from deploykit.lock import SERVICES


def test_flowers_are_the_training_data() -> None:
    iris = load_iris(as_frame=True)
    shown = pd.read_csv(SERVICES / "iris_streamlit" / "flowers.csv")
    assert_frame_equal(shown[shown.columns[:4]].set_axis(iris.data.columns, axis=1), iris.data)
    assert shown.species.tolist() == [iris.target_names[label] for label in iris.target]
