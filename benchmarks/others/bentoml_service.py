"""A model behind BentoML, in two processes, as the kit's services run."""

from typing import Any

import bentoml

from models import load


@bentoml.service(workers=2)
class Service:
    """One model."""

    def __init__(self) -> None:
        self.model = load()

    @bentoml.api
    def predict(self, payload: Any) -> Any:
        """Answer one request."""
        return self.model(payload)
