"""The two pictures below an answer."""

from pathlib import Path

import altair as alt
import pandas as pd
import streamlit as st


@st.cache_data
def training_flowers() -> pd.DataFrame:
    """Read the flowers that the model was trained on, once for all visitors."""
    return pd.read_csv(Path(__file__).with_name("flowers.csv"))


def show_probabilities(probabilities: dict[str, float]) -> None:
    """Draw how sure the model is, and say it in numbers."""
    shares = pd.DataFrame({"species": list(probabilities), "probability": list(probabilities.values())})
    bars = alt.Chart(shares).mark_bar()
    always_to_one = alt.X("probability", scale=alt.Scale(domain=[0, 1]))
    st.markdown("##### How sure is the model?")
    st.altair_chart(bars.encode(x=always_to_one, y=alt.Y("species", sort=None, title=None)))
    st.caption(" · ".join(f"{name} {share:.1%}" for name, share in probabilities.items()))


def show_place(petal_length_cm: float, petal_width_cm: float) -> None:
    """Draw the flower as a star among those that the model was trained on."""
    yours = pd.DataFrame({"petal_length_cm": [petal_length_cm], "petal_width_cm": [petal_width_cm]})
    place = {
        "x": alt.X("petal_length_cm", title="petal length (cm)"),
        "y": alt.Y("petal_width_cm", title="petal width (cm)"),
    }
    known = alt.Chart(training_flowers()).mark_circle().encode(**place, color="species")
    star = "M0,-1L0.22,-0.31L0.95,-0.31L0.36,0.12L0.59,0.81L0,0.38L-0.59,0.81L-0.36,0.12L-0.95,-0.31L-0.22,-0.31Z"
    point = alt.Chart(yours).mark_point(shape=star, size=300, color="orange", filled=True, opacity=1).encode(**place)
    st.markdown("##### Where is it among the flowers that the model knows?")
    st.altair_chart(known + point)
