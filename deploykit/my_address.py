"""The address from which a cloud sees this computer, for a firewall rule that lets nobody else in."""

import requests

from deploykit.errors import KitError
from deploykit.rehearsal import network

SERVICE = "https://checkip.amazonaws.com"


def seen_by(target: str) -> str:
    """Return the address under which this computer reaches machines of the target.

    Args:
        target: "rehearsal" or "cloud".

    Raises:
        KitError: the internet does not answer.
    """
    if target == "rehearsal":
        return network.gateway()
    try:
        answer = requests.get(SERVICE, timeout=10)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise KitError(f"{SERVICE} does not answer: {type(error).__name__}.", "Is the internet reachable?") from None
    return answer.text.strip()
