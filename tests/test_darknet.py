"""Darknet's two files are read whole, or refused with the place and the reason."""

from pathlib import Path

import numpy as np
import pytest

from deploykit.darknet import Layer, Weights, read_layers
from deploykit.errors import KitError

VERSION = np.array([0, 2, 0, 0, 0], np.int32).tobytes()


def write(folder: Path, content: str | bytes) -> Path:
    file = folder / "network"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def test_sections_and_options_are_read_with_their_lines(tmp_path: Path) -> None:
    file = write(tmp_path, "# YOLO\n[net]\nwidth=32\n\n[route]  # join\nlayers = -1, 4\n")
    assert read_layers(file) == [Layer("net", 2, {"width": "32"}), Layer("route", 5, {"layers": "-1, 4"})]
    assert read_layers(file)[1].integers("layers") == [-1, 4]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "does not begin with the section"),
        ("[yolo]\nmask=0\n", "does not begin with the section"),
        ("width=32\n[net]\n", "Line 1 of network is neither"),
        ("[net]\n<html>\n", "Line 2 of network is neither"),
        (b"\x00\xff\xfe\x80", "Line 1 of network is neither"),
    ],
)
def test_what_is_no_configuration_is_refused(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(KitError, match=message):
        read_layers(write(tmp_path, content))


@pytest.mark.parametrize("value", ["", "three", "3.5", "3,4", "0", "-3"])
def test_option_that_is_not_one_positive_number_is_refused_by_name(value: str) -> None:
    with pytest.raises(KitError, match=rf"\[maxpool\] in line 7: size={value}"):
        Layer("maxpool", 7, {"size": value}).integer("size")


def test_missing_option_is_refused_by_name() -> None:
    with pytest.raises(KitError, match=r"\[maxpool\] in line 7: the option size is missing"):
        Layer("maxpool", 7, {}).integer("size")


def test_floats_are_handed_out_in_their_order(tmp_path: Path) -> None:
    weights = Weights(write(tmp_path, VERSION + np.arange(5, dtype=np.float32).tobytes()))
    assert weights.take(3).tolist() == [0, 1, 2]
    assert weights.take(1, 2).tolist() == [[3, 4]]
    weights.end()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "does not begin as"),
        (VERSION[:10], "does not begin as"),
        (b"<html>Please log in</html>", "does not begin as"),
        (np.array([-1, 2, 0, 0, 0], np.int32).tobytes(), "does not begin as"),
        (VERSION[:16], "is cut off"),
        (VERSION + b"\x00\x00\x80", "is cut off"),
    ],
)
def test_what_are_no_weights_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(KitError, match=message):
        Weights(write(tmp_path, content))


@pytest.mark.parametrize("read", [read_layers, Weights])
@pytest.mark.parametrize("name", ["missing", "."], ids=["no file", "a folder"])
def test_file_that_cannot_be_read_is_named(tmp_path: Path, read, name: str) -> None:
    with pytest.raises(KitError, match="cannot be read"):
        read(tmp_path / name)
