"""The page: Streamlit runs this file from top to bottom for each visitor, and again for each press of the button."""

import time

import streamlit as st

import logs
from charts import show_place, show_probabilities
from model import LABELS, Model, ready_model
from verify import ModelError


def available_model() -> Model:
    """Return the model; while there is none, say so and end the page here."""
    try:
        return ready_model()
    except ModelError:
        # The reason is for those who run the service: the log and /health/ready tell it.
        st.error("No prediction is possible now: the model is not ready. Please come back later.")
        st.stop()


def ask(feature: dict, usual: float) -> float:
    """Show one input. It accepts what the model knows: the range of its training data."""
    low, high = feature["minimum"], feature["maximum"]
    label = LABELS[feature["name"]]
    value = st.number_input(label, min_value=low, max_value=high, value=usual, step=0.1, format="%.1f")
    st.caption(f"{low} to {high} cm")
    return value


def ask_flower(model: Model) -> list[float] | None:
    """Show the form, and return four measurements once the button is pressed."""
    # A form sends its inputs together: nothing runs again before the button is pressed.
    with st.form("flower", enter_to_submit=False):
        features, example = model.manifest["features"], model.manifest["example"]["input"]
        flower = []
        for column, feature, usual in zip(st.columns(4), features, example, strict=True):
            with column:
                flower.append(ask(feature, usual))
        return flower if st.form_submit_button("Get Prediction", type="primary") else None


def answer(model: Model, flower: list[float]) -> None:
    """Show the species, how sure the model is, and the flower among its kin."""
    started = time.perf_counter()
    [label], [shares] = model.predict([flower])
    logs.write("INFO", event="prediction", milliseconds=round((time.perf_counter() - started) * 1000, 2))
    st.success(f"Predicted Flower:Iris-{model.classes[label]}")
    sepal_length, sepal_width, petal_length, petal_width = flower
    # An answer stays while the inputs are edited, so it says which flower it is about.
    st.caption(f"Sepals {sepal_length:g} × {sepal_width:g} cm, petals {petal_length:g} × {petal_width:g} cm")
    show_probabilities(dict(zip(model.classes, shares, strict=True)))
    show_place(petal_length, petal_width)


st.set_page_config(page_title="Iris Flower Prediction App", page_icon="🌸")
st.title("Iris Flower Prediction App")
st.subheader("Enter Flower Feature For Predictions")
model = available_model()
if flower := ask_flower(model):
    answer(model, flower)
