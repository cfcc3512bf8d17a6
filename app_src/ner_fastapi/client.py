"""Ask the service for names: ``python client.py http://127.0.0.1:8080 "Apple is looking at buying U.K. startup"``."""

import json
import sys
import urllib.error
import urllib.request


def find_entities(url: str, text: str) -> list[dict]:
    """Send a text; return its entities, each with text, label, start_idx and end_idx.

    Raises:
        ValueError: the service refused; the message names the field.
    """
    body = json.dumps({"text": text}).encode()
    headers = {"Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{url}/predict/", body, headers), timeout=10) as answer:
            return json.load(answer)["entities"]
    except urllib.error.HTTPError as refusal:
        error = json.load(refusal)["error"]
        raise ValueError(f"{error['field'] or refusal.code}: {error['message']}") from None


if __name__ == "__main__":
    service, text = sys.argv[1:]
    for entity in find_entities(service, text):
        print(f"{entity['label']:12} {entity['text']}")
