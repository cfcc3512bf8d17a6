"""What the page and the probes share: one model per process."""

from pathlib import Path

import streamlit as st

from model import DIRECTORY, Model

CODE = Path(__file__).parent
LABELS = {
    "sepal_length_cm": "Sepal Len (cm)",
    "sepal_width_cm": "Sepal Width (cm)",
    "petal_length_cm": "Petal Len (cm)",
    "petal_width_cm": "Petal Width (cm)",
}


@st.cache_resource(show_spinner=False)
def load_model() -> Model:
    """Load the model for all visitors and runs of the page; a failure is not kept, so the next call tries again.

    Raises:
        ModelError: the model must not be served; the message says why.
    """
    return Model(DIRECTORY, features=list(LABELS))
