"""The ceiling of a page: the service's form, and the same answer for every press of its button."""

from pathlib import Path

import streamlit as st

if __name__ == "__main__":  # Streamlit runs the file for a visitor
    st.title("Iris Flower Prediction App")
    with st.form("flower"):
        for column, label in zip(st.columns(4), ("Sepal Len", "Sepal Width", "Petal Len", "Petal Width"), strict=True):
            column.number_input(f"{label} (cm)", value=1.0)
        if st.form_submit_button("Get Prediction"):
            st.text("Predicted Flower:Iris-virginica")
else:  # the server imports it
    app = st.App(Path(__file__))
