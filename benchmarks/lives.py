"""The life of a contender: started from cold, asked once, put under load, and ended."""

import time

import requests
import tenacity

from benchmarks import load
from benchmarks.calls import Call
from benchmarks.contenders import Contender
from benchmarks.memory import Peak
from benchmarks.results import Round
from deploykit import service
from deploykit.errors import KitError

CONNECTIONS = (1, 8, 64)
POLL_SECONDS = 0.01
START_SECONDS = 90


def live(contender: Contender, *, seconds: int, connections: tuple[int, ...] = CONNECTIONS) -> Round:
    """Start a contender, load it for so many seconds at each number of connections, and stop it.

    Raises:
        ServiceError: it did not start.
        KitError: it did not answer its request with 200.
    """
    began = time.monotonic()
    with start(contender) as running:
        ask(running.url, contender.call)
        cold_start = time.monotonic() - began
        with Peak(running.pid) as peak:
            loads = [
                load.measure(
                    running.url, contender.call, connections=clients, seconds=seconds * contender.call.slowness
                )
                for clients in connections
            ]
    return Round(cold_start=cold_start, memory=peak.mb, loads=loads)


def start(contender: Contender) -> service.Service:
    """Start a contender and wait until it serves."""
    return service.start(
        contender.command,
        cwd=contender.cwd,
        env=contender.env,
        ready=contender.ready,
        timeout=START_SECONDS,
        pause=POLL_SECONDS,
        name=f"{contender.service}, {contender.kind}",
    )


@tenacity.retry(
    retry=tenacity.retry_if_exception_type(requests.ConnectionError),
    stop=tenacity.stop_after_delay(START_SECONDS),
    wait=tenacity.wait_fixed(POLL_SECONDS),
    reraise=True,
)
def ask(url: str, call: Call) -> bytes:
    """Return a service's answer; as long as nobody accepts the connection, ask again.

    Raises:
        KitError: it answered, but not with 200.
    """
    with requests.Session() as session:
        session.trust_env = False  # a company's proxy cannot reach this computer
        headers = {"Content-Type": call.content_type}
        answer = session.post(url + call.path, call.body, headers=headers, timeout=START_SECONDS)
    if answer.status_code != 200:
        raise KitError(f"{url}{call.path} answered {answer.status_code}: {answer.text[:200]}", "Look at its log.")
    return answer.content
