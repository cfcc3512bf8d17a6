"""The files that a machine finds on its disk at its first boot."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from deploykit.rehearsal import disk_files


def test_an_archive_holds_files_and_links_by_their_absolute_paths() -> None:
    packed = disk_files.archive({"/etc/a": b"text"}, {"/etc/b": "/dev/null"})
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        assert tar.extractfile("etc/a").read() == b"text"
        assert tar.getmember("etc/b").linkname == "/dev/null"


def test_cloud_init_gets_the_user_their_keys_and_the_user_data_unchanged() -> None:
    files = disk_files.cloud_init("i-1", user="admin", user_data=b"#!/bin/bash\n\xff", public_keys=["ssh-ed25519 AAAA"])
    meta_data = json.loads(files["/var/lib/cloud/seed/nocloud/meta-data"])
    settings = json.loads(files["/etc/cloud/cloud.cfg.d/90_rehearsal.cfg"])
    assert files["/var/lib/cloud/seed/nocloud/user-data"] == b"#!/bin/bash\n\xff"
    assert (meta_data["local-hostname"], meta_data["public-keys"]) == ("i-1", ["ssh-ed25519 AAAA"])
    assert settings["system_info"]["default_user"]["name"] == "admin"


def test_this_computers_certificate_authorities_come_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "company.pem"
    bundle.write_text("a company's own", encoding="utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    assert disk_files.system("")["/etc/ssl/certs/ca-certificates.crt"] == b"a company's own"
