"""The throw-away certificate authority."""

import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from deploykit.rehearsal.google import tls


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tls.ensure(tmp_path / "cloud")
    return tmp_path / "cloud"


def certificate(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificates(file.read_bytes())[0]


def test_it_signs_for_googles_hosts(folder: Path) -> None:
    authority, server = certificate(folder / "ca.pem"), certificate(folder / "server.pem")
    now = datetime.datetime.now(datetime.UTC)
    for host in ("storage.googleapis.com", "europe-west1-run.googleapis.com", "localhost"):
        verifier = PolicyBuilder().store(Store([authority])).time(now).build_server_verifier(x509.DNSName(host))
        assert verifier.verify(server, [])
    verifier = PolicyBuilder().store(Store([authority])).time(now).build_server_verifier(x509.DNSName("example.com"))
    with pytest.raises(VerificationError):
        verifier.verify(server, [])


def test_it_may_sign_for_nothing_else(folder: Path) -> None:
    authority = certificate(folder / "ca.pem")
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    allowed = {str(subtree.value) for subtree in constraints.value.permitted_subtrees}
    assert allowed == {"googleapis.com", "localhost", "127.0.0.0/8"}
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


def test_nobody_else_may_read_the_key_and_the_authoritys_is_nowhere(folder: Path) -> None:
    assert (folder / "server.pem").stat().st_mode & 0o077 == 0
    keys = [file.name for file in folder.iterdir() if b"PRIVATE KEY" in file.read_bytes()]
    assert keys == ["server.pem"]
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(folder / "server.pem")


def test_it_is_made_once(folder: Path) -> None:
    before = (folder / "ca.pem").read_bytes()
    tls.ensure(folder)
    assert (folder / "ca.pem").read_bytes() == before
