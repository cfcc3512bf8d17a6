"""Who may speak to the server, and through what."""

import http.client
import ssl
from base64 import b64encode

import psutil
import pytest
import requests

from deploykit import gcloud
from deploykit.rehearsal.google import Cloud
from deploykit.shell import run
from tests.rehearsal.google.conftest import kill_and_restart

pytestmark = [pytest.mark.needs("docker"), pytest.mark.needs("gcloud")]


def session(cloud: Cloud, *, password: str = "", token: str = "") -> requests.Session:
    """Return a client that has what the private gcloud configuration has."""
    client = requests.Session()
    client.trust_env = False
    client.proxies = dict.fromkeys(
        ("http", "https"), f"http://{cloud.user}:{password or cloud.password}@127.0.0.1:{cloud.proxy_port}"
    )
    client.verify = str(cloud.ca_file)
    client.headers["Authorization"] = f"Bearer {token or cloud.token}"
    return client


def projects(path: str = "") -> str:
    return f"https://cloudresourcemanager.googleapis.com/v1/projects{path}"


def test_it_listens_on_this_computer_alone(google: Cloud) -> None:
    listening = psutil.Process(google.process.pid).net_connections()
    assert {connection.laddr.ip for connection in listening if connection.status == "LISTEN"} == {"127.0.0.1"}


def test_with_password_and_token_the_apis_answer(google: Cloud) -> None:
    assert session(google).get(projects(), timeout=5).json()["projects"][0]["projectId"] == google.project


def test_without_the_password_the_proxy_does_not(google: Cloud) -> None:
    with pytest.raises(requests.exceptions.ProxyError, match="407"):
        session(google, password="guessed").get(projects(), timeout=5)


def test_without_the_token_the_apis_do_not(google: Cloud) -> None:
    refused = session(google, token="guessed").get(projects(), timeout=5)
    assert (refused.status_code, refused.json()["error"]["status"]) == (401, "UNAUTHENTICATED")


def test_an_assertion_that_the_key_did_not_sign_gets_no_token(google: Cloud) -> None:
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "e30.e30.e30"}
    refused = session(google).post("https://oauth2.googleapis.com/token", data=form, timeout=5)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "url", ["https://example.com/", "https://googleapis.com.example.com/", "https://storage.googleapis.com:8443/"]
)
def test_no_other_host_can_be_reached(google: Cloud, url: str) -> None:
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        session(google).get(url, timeout=5)


@pytest.mark.parametrize("url", ["http://example.com/", "http://127.0.0.1:22/", "http://169.254.169.254/"])
def test_a_plain_request_reaches_deployed_services_only(google: Cloud, url: str) -> None:
    refused = session(google).get(url, timeout=5)
    assert refused.status_code == 403
    assert "lets nothing out" in refused.text


@pytest.mark.parametrize(
    "headers", [{"Host": "localhost"}, {"Host": "cloudresourcemanager.googleapis.com", "Origin": "http://evil.example"}]
)
def test_a_web_page_in_the_learners_browser_cannot_drive_it(google: Cloud, headers: dict[str, str]) -> None:
    trusting = ssl.create_default_context(cafile=google.ca_file)
    direct = http.client.HTTPSConnection("localhost", google.api_port, context=trusting, timeout=5)
    direct.request("GET", "/v1/projects", headers={"Authorization": f"Bearer {google.token}", **headers})
    assert direct.getresponse().status == 403


@pytest.mark.parametrize(
    ("method", "url", "body", "status", "message"),
    [
        ("GET", projects("/another"), None, 403, "has one project"),
        ("GET", projects("?colour=red"), None, 400, 'Unknown name "colour"'),
        ("POST", projects("/p:getIamPolicy"), b"{not json", 400, "Invalid JSON payload"),
        ("POST", projects("/p:getIamPolicy"), b"[]", 400, "must be a message"),
        ("DELETE", projects("/p"), None, 400, "not rehearsed"),
        ("GET", "https://bigquery.googleapis.com/v2/projects", None, 400, "not rehearsed"),
    ],
)
def test_what_google_would_refuse_is_refused(
    google: Cloud, method: str, url: str, body: bytes | None, status: int, message: str
) -> None:
    headers = {"Content-Type": "application/json"}
    refused = session(google).request(method, url, data=body, headers=headers, timeout=5)
    assert refused.status_code == status
    assert message in refused.json()["error"]["message"]


def test_a_tunnel_needs_the_password_too(google: Cloud) -> None:
    tunnel = http.client.HTTPConnection("127.0.0.1", google.proxy_port, timeout=5)
    wrong = b64encode(b"rehearsal:guessed").decode()
    tunnel.set_tunnel("storage.googleapis.com", 443, {"Proxy-Authorization": f"Basic {wrong}"})
    with pytest.raises(OSError, match="407"):
        tunnel.connect()


def test_a_server_that_was_killed_is_started_again_and_knows_what_it_knew(google: Cloud) -> None:
    run("gcloud services enable compute.googleapis.com", quiet=True)
    kill_and_restart()
    assert gcloud.running().proxy_port == google.proxy_port
    assert "compute.googleapis.com" in run("gcloud services list --enabled", quiet=True).text
