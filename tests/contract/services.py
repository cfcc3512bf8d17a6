"""The table of services; adding one means adding its row here."""

from tests.contract import iris_flask, iris_streamlit

SERVICES = [iris_flask.SERVICE]
PAGES = [iris_streamlit.SERVICE]
"""Services without a prediction endpoint: test_page.py says which parts of the contract they keep."""
