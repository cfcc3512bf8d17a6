"""Ask the service for a species: ``python client.py http://127.0.0.1:8080 5.9 3.0 5.1 1.8``."""

import json
import sys
import urllib.error
import urllib.request

NAMES = ["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"]


def predict(url: str, measurements: list[float]) -> dict:
    """Send one flower by name; return its label, class and probabilities.

    Raises:
        ValueError: the service refused; the message names the field.
    """
    body = json.dumps(dict(zip(NAMES, measurements, strict=True))).encode()
    headers = {"Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{url}/predict", body, headers), timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        error = json.load(refusal)["error"]
        raise ValueError(f"{error['field'] or refusal.code}: {error['message']}") from None


if __name__ == "__main__":
    service, *numbers = sys.argv[1:]
    print(json.dumps(predict(service, [float(number) for number in numbers]), indent=2))
