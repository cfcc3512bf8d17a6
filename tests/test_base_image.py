"""Without registry and network the base image is not to be had, which is said with the cause."""

import shutil

import pytest

from deploykit import base_image, command_errors, system
from deploykit.errors import KitError


@pytest.mark.skipif(not (system.may_install() and shutil.which("mmdebstrap")), reason="nothing can be built here")
def test_no_network(tmp_path, monkeypatch):
    monkeypatch.setattr(base_image, "CACHE", tmp_path)
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with pytest.raises(KitError, match="the base image cannot be built here") as caught:
        base_image.tarball("nothing", base_image.PACKAGES)
    assert command_errors.NO_NETWORK in caught.value.hint
    assert not list(tmp_path.rglob("*.tar"))


def test_whoever_may_not_build_it_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setattr(base_image, "CACHE", tmp_path)
    monkeypatch.setenv("DEPLOYKIT_NO_SYSTEM", "1")
    with pytest.raises(KitError, match="the base image cannot be built here"):
        base_image.tarball("nothing", base_image.PACKAGES)
