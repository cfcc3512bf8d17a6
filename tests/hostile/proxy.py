"""nginx with the lesson's configuration, in front of a service on this machine."""

import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploykit.paths import CACHE, ROOT
from deploykit.service import free_port, is_free
from deploykit.shell import run
from deploykit.system import may_install

SITE = ROOT / "app_src" / "yolo_flask" / "compute_engine" / "nginx.conf"
OWN = CACHE / "nginx"
START_SECONDS = 20
DEBIANS = """
user {user};
worker_processes auto;
pid nginx.pid;
events {{ worker_connections 768; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
{site}
}}
"""
"""What stands around a site in Debian's own configuration, but with all its files in the test's folder."""


def program() -> str:
    """Return nginx's path; on Debian its package is unpacked but not installed, which would start it on port 80."""
    if found := shutil.which("nginx") or shutil.which(str(OWN / "usr" / "sbin" / "nginx")):
        return found
    if not may_install():
        pytest.skip("nginx is not on this machine, and nothing may be downloaded from Debian")
    OWN.mkdir(parents=True, exist_ok=True)
    if run("apt-get download nginx", cwd=OWN, check=False, quiet=True).returncode:
        run("apt-get update", quiet=True)
        run("apt-get download nginx", cwd=OWN, quiet=True)
    [package] = OWN.glob("nginx_*.deb")
    run(["dpkg-deb", "--extract", str(package), str(OWN)], quiet=True)
    return str(OWN / "usr" / "sbin" / "nginx")


@contextmanager
def in_front_of(service_port: int, folder: Path) -> Iterator[str]:
    """Run nginx before a service, and give its address."""
    port = free_port()
    site = SITE.read_text(encoding="utf-8").replace("listen 80 ", f"listen 127.0.0.1:{port} ")
    site = site.replace("server 127.0.0.1:8000;", f"server 127.0.0.1:{service_port};")
    assert f":{port} " in site and f":{service_port};" in site
    file = folder / "nginx.conf"
    file.write_text(DEBIANS.format(site=site, user=folder.owner()), encoding="utf-8")
    command = [program(), "-p", str(folder), "-c", str(file), "-e", "error.log", "-g", "daemon off;"]
    nginx = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + START_SECONDS
        while is_free(port):
            assert nginx.poll() is None and time.monotonic() < deadline, "nginx does not listen"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        nginx.terminate()
        nginx.wait()


@contextmanager
def many_files(count: int) -> Iterator[None]:
    """Let this process, and what it starts, hold so many connections at once."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, count) if hard == resource.RLIM_INFINITY else max(soft, min(count, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
