"""The page as the tutorial wrote it: the model is loaded again each time that anything on the page changes."""

import os

import joblib
import streamlit as st

SPECIES = ["Iris-setosa", "Iris-versicolor", "Iris-virginica"]
model = joblib.load(os.environ["MODEL"])

st.title("Iris Flower Prediction App")
st.subheader("Enter Flower Feature For Predictions")
sepal_length = st.text_input("Sepal Len (cm)", 2.0)
sepal_width = st.text_input("Sepal Width (cm)", 3.0)
petal_length = st.text_input("Petal Len (cm)", 4.0)
petal_width = st.text_input("Petal Width (cm)", 5.0)

if st.button("Get Prediction"):
    flower = [float(text) for text in (sepal_length, sepal_width, petal_length, petal_width)]
    st.text("Predicted Flower:" + SPECIES[model.predict([flower])[0]])
