"""A model behind LitServe, in two processes, as the kit's services run."""

import os
from typing import Any

import litserve

from models import load


class Api(litserve.LitAPI):
    """One model."""

    def setup(self, device: str) -> None:
        """Load the model."""
        self.model = load()

    def decode_request(self, request: dict[str, Any]) -> Any:
        """Return what to predict."""
        return request["payload"]

    def predict(self, payload: Any) -> Any:
        """Predict."""
        return self.model(payload)

    def encode_response(self, output: Any) -> dict[str, Any]:
        """Return what to send."""
        return {"answer": output}


if __name__ == "__main__":
    server = litserve.LitServer(Api(), accelerator="cpu", workers_per_device=2)
    server.run(host="127.0.0.1", port=int(os.environ["PORT"]), generate_client_file=False, log_level="warning")
