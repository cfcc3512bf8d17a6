"""The table of services; adding one means adding its row here."""

from tests.contract import iris_flask, ner_fastapi

SERVICES = [iris_flask.SERVICE, ner_fastapi.SERVICE]
