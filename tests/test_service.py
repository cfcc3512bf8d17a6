"""A local service comes up on a free port or says why not, and is gone afterwards."""

import socket
import sys

import psutil
import pytest
import requests

from deploykit import ledger, service

pytestmark = pytest.mark.usefixtures("own_ledger")

SERVER = "http.server.HTTPServer(('127.0.0.1', int(os.environ['PORT'])), http.server.SimpleHTTPRequestHandler)"
ANSWERING = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "{port}"]


def test_a_service_answers_and_is_gone_after_the_block(tmp_path):
    with service.start(ANSWERING, cwd=tmp_path, ready="/") as running:
        assert requests.get(running.url, timeout=5).status_code == 200
        assert [entry.kind for entry in ledger.entries()] == ["process"]
        assert "GET /" in running.output()
    assert not psutil.pid_exists(running.pid)
    assert ledger.entries() == []


def test_stopping_returns_the_exit_status():
    code = (
        "import http.server, os, signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7));"
        f"{SERVER}.serve_forever()"
    )
    assert service.start([sys.executable, "-c", code], ready="/").stop() == 7


def test_it_is_gone_also_when_the_block_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), service.start(ANSWERING, cwd=tmp_path, ready="/") as running:
        raise ZeroDivisionError
    assert not psutil.pid_exists(running.pid)


def test_a_service_that_ends_at_once_shows_its_log():
    with pytest.raises(service.ServiceError, match="ended at once") as caught:
        service.start([sys.executable, "-c", "raise SystemExit('no model here')"])
    assert "no model here" in str(caught.value)
    assert ledger.entries() == []


def test_a_service_that_never_answers_is_stopped_after_the_deadline():
    with pytest.raises(service.ServiceError, match="not ready after 1 s"):
        service.start([sys.executable, "-c", "print('sleeping', flush=True); import time; time.sleep(60)"], timeout=1)
    assert ledger.entries() == []


def test_a_service_that_ignores_sigterm_is_killed(monkeypatch, tmp_path):
    monkeypatch.setattr(service, "STOP_SECONDS", 0.5)
    code = f"import http.server, os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);{SERVER}.serve_forever()"
    with service.start([sys.executable, "-c", code], cwd=tmp_path, ready="/") as stubborn:
        pass
    assert not psutil.pid_exists(stubborn.pid)


def test_the_service_listens_on_loopback_only(tmp_path):
    with service.start(ANSWERING, cwd=tmp_path, ready="/") as running:
        listening = [
            c.laddr.ip for c in psutil.Process(running.pid).net_connections() if c.status == psutil.CONN_LISTEN
        ]
    assert listening == ["127.0.0.1"]


def test_a_port_is_free_until_somebody_listens() -> None:
    port = service.free_port()
    assert service.is_free(port)
    with socket.create_server(("127.0.0.1", port)):
        assert not service.is_free(port)


def test_a_port_that_is_taken_is_named_as_the_cause():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(service.ServiceError, match="Address already in use") as caught:
            service.start([sys.executable, "-m", "http.server", "--bind", "127.0.0.1", port], ready="/")
    assert "service.free_port()" in caught.value.hint
