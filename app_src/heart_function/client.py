"""Ask the service about a patient in a JSON file: ``python client.py http://127.0.0.1:8080 patient.json``."""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path


def diagnose(url: str, patient: dict) -> dict:
    """Send one patient; return the diagnosis, its probability and its drivers.

    Raises:
        ValueError: the service refused; the message names the field.
    """
    headers = {"Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(patient).encode(), headers), timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        error = json.load(refusal)["error"]
        raise ValueError(f"{error['field'] or refusal.code}: {error['message']}") from None


if __name__ == "__main__":
    service, file = sys.argv[1:]
    print(json.dumps(diagnose(service, json.loads(Path(file).read_text(encoding="utf-8"))), indent=2))
