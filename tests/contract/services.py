"""The table of services; adding one means adding its row here."""

from tests.contract import heart_function, iris_flask, iris_streamlit, ner_fastapi, yolo_flask

SERVICES = [iris_flask.SERVICE, heart_function.SERVICE, ner_fastapi.SERVICE, yolo_flask.SERVICE]
PAGES = [iris_streamlit.SERVICE]
"""Services without a prediction endpoint: test_page.py says which parts of the contract they keep."""
