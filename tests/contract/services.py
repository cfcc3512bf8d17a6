"""The table of services; adding one means adding its row here."""

from tests.contract import iris_flask

SERVICES = [iris_flask.SERVICE]
