"""The table of services; adding one means adding its row here."""

from tests.contract import iris_flask, yolo_flask

SERVICES = [iris_flask.SERVICE, yolo_flask.SERVICE]
