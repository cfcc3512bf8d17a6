"""The two pictures below an answer, in Vega-Lite, which the browser draws; Altair's Python would write the same."""

import csv
from pathlib import Path
from typing import Any

import streamlit as st

FLOWERS = Path(__file__).with_name("flowers.csv")
STAR = "M0,-1L0.22,-0.31L0.95,-0.31L0.36,0.12L0.59,0.81L0,0.38L-0.59,0.81L-0.36,0.12L-0.95,-0.31L-0.22,-0.31Z"


def number(name: str, **also: Any) -> dict[str, Any]:
    """Return the axis of a measured value."""
    return {"field": name, "type": "quantitative", **also}


def word(name: str, **also: Any) -> dict[str, Any]:
    """Return the axis, or the colour, of a name."""
    return {"field": name, "type": "nominal", **also}


def layer(rows: list[dict[str, Any]], mark: str | dict[str, Any], **encoding: dict[str, Any]) -> dict[str, Any]:
    """Return one layer of a picture: what is drawn, how, and where."""
    return {"data": {"values": rows}, "mark": mark, "encoding": encoding}


@st.cache_data
def training_flowers() -> list[dict[str, Any]]:
    """Read the flowers that the model was trained on, once for all visitors."""
    with FLOWERS.open(encoding="utf-8", newline="") as file:
        return [
            {name: text if name == "species" else float(text) for name, text in row.items()}
            for row in csv.DictReader(file)
        ]


def show_probabilities(probabilities: dict[str, float]) -> None:
    """Draw how sure the model is, and say it in numbers."""
    shares = [{"species": name, "probability": share} for name, share in probabilities.items()]
    always_to_one = number("probability", scale={"domain": [0, 1]})
    st.markdown("##### How sure is the model?")
    st.vega_lite_chart({"layer": [layer(shares, "bar", x=always_to_one, y=word("species", sort=None, title=None))]})
    st.caption(" · ".join(f"{name} {share:.1%}" for name, share in probabilities.items()))


def show_place(petal_length_cm: float, petal_width_cm: float) -> None:
    """Draw the flower as a star among those that the model was trained on."""
    yours = [{"petal_length_cm": petal_length_cm, "petal_width_cm": petal_width_cm}]
    x = number("petal_length_cm", title="petal length (cm)")
    y = number("petal_width_cm", title="petal width (cm)")
    star = {"type": "point", "shape": STAR, "size": 300, "color": "orange", "filled": True, "opacity": 1}
    known = layer(training_flowers(), "circle", x=x, y=y, color=word("species"))
    st.markdown("##### Where is it among the flowers that the model knows?")
    st.vega_lite_chart({"layer": [known, layer(yours, star, x=x, y=y)]})
