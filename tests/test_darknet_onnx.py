"""The ONNX graph computes what OpenCV's own Darknet importer computes, for every kind of layer."""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest

from deploykit.darknet_onnx import convert
from deploykit.errors import KitError

CONVOLUTION = (
    "[convolutional]\nbatch_normalize=1\nfilters={filters}\nsize=3\nstride={stride}\npad=1\nactivation=leaky\n"
)
NETWORK = "\n".join(
    [
        "[net]\nwidth=32\nheight=64\nchannels=3",
        CONVOLUTION.format(filters=8, stride=2),
        CONVOLUTION.format(filters=8, stride=1),
        "[shortcut]\nfrom=-2\nactivation=linear",
        "[route]\nlayers=-1\ngroups=2\ngroup_id=1",
        "[maxpool]\nsize=2\nstride=2",
        "[upsample]\nstride=2",
        "[route]\nlayers=-1, 2",
        "[convolutional]\nfilters=14\nsize=1\nstride=1\npad=1\nactivation=linear",
        "[yolo]\nmask=0,2\nanchors=4,5, 7,7, 12,9\nclasses=2\nnum=3\nscale_x_y=1.1",
    ]
)
FLOATS = (3 * 8 * 9 + 4 * 8) + (8 * 8 * 9 + 4 * 8) + (12 * 14 + 14)


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    file = tmp_path / "small.cfg"
    file.write_text(NETWORK, encoding="utf-8")
    return file


def write_weights(file: Path, count: int, header: tuple[int, ...] = (0, 2, 0, 0, 0)) -> Path:
    floats = np.random.default_rng(0).uniform(0.05, 0.3, count).astype(np.float32)
    file.write_bytes(np.array(header, np.int32).tobytes() + floats.tobytes())
    return file


@pytest.mark.parametrize("header", [(0, 2, 0, 0, 0), (0, 1, 0, 0)], ids=["version 0.2", "version 0.1"])
@pytest.mark.parametrize("pool", ["size=2\nstride=2", "size=3\nstride=2", "size=6\nstride=2", "stride=2"])
def test_boxes_and_scores_agree_with_opencv(
    configuration: Path, tmp_path: Path, header: tuple[int, ...], pool: str
) -> None:
    configuration.write_text(NETWORK.replace("size=2\nstride=2", pool), encoding="utf-8")
    weights = write_weights(tmp_path / "small.weights", FLOATS, header)
    image = np.random.default_rng(1).random((1, 3, 64, 32), dtype=np.float32)
    network = cv2.dnn.readNetFromDarknet(str(configuration), str(weights))
    network.setInput(image)
    expected = network.forward()
    session = onnxruntime.InferenceSession(convert(configuration, weights).SerializeToString())
    boxes, scores = session.run(["boxes", "scores"], {"image": image})
    assert boxes.shape == (1, 32 * 16 * 2, 4)
    np.testing.assert_allclose(boxes[0], expected[:, :4], rtol=1e-4, atol=1e-5)
    shown = expected[:, 5:] > 0  # OpenCV leaves out what is below 0.2
    assert shown.any()
    np.testing.assert_allclose(scores[0][shown], expected[:, 5:][shown], atol=1e-5)


@pytest.mark.parametrize(("count", "message"), [(FLOATS - 1, "too short"), (FLOATS + 1, "too many")])
def test_weights_of_another_length_are_refused(configuration: Path, tmp_path: Path, count: int, message: str) -> None:
    with pytest.raises(KitError, match=message):
        convert(configuration, write_weights(tmp_path / "small.weights", count))


@pytest.mark.parametrize(
    ("before", "after", "section", "option"),
    [
        ("[upsample]", "[dropout]", "dropout", "such a layer"),
        ("activation=leaky", "activation=mish", "convolutional", "activation=mish"),
        ("activation=leaky", "", "convolutional", "activation=logistic"),
        ("filters=8", "filters=8\ngroups=2", "convolutional", "groups=2"),
        ("filters=8", "filters=8\ndilation=2", "convolutional", "dilation=2"),
        ("filters=8", "filters=8\nstride_x=2", "convolutional", "stride_x=2"),
        ("filters=8", "", "convolutional", "filters is missing"),
        ("from=-2", "from=-1,-2", "shortcut", "from=-1,-2"),
        ("from=-2", "from=-2\nweights_type=per_feature", "shortcut", "weights_type=per_feature"),
        ("from=-2\nactivation=linear", "from=-2\nactivation=leaky", "shortcut", "activation=leaky"),
        ("groups=2", "groups=3", "route", "8 channels have no part 1 of 3"),
        ("group_id=1", "group_id=2", "route", "8 channels have no part 2 of 2"),
        ("layers=-1, 2", "layers=-1, 9", "route", "layers names layer 9"),
        ("layers=-1, 2", "layers=-1, -8", "route", "layers names layer -8"),
        ("layers=-1, 2", "layers=-1, 4", "route", "different sizes"),
        ("size=2", "maxpool_depth=1", "maxpool", "maxpool_depth=1"),
        ("[upsample]", "[upsample]\nscale=2", "upsample", "scale=2"),
        ("num=3", "num=3\nnew_coords=1", "yolo", "new_coords=1"),
        ("num=3", "num=4", "yolo", "6 anchors are not num=4 pairs"),
        ("mask=0,2", "mask=0,3", "yolo", "mask=0,3"),
        ("classes=2", "classes=3", "yolo", "16 channels, and gets 14"),
        ("scale_x_y=1.1", "scale_x_y=wide", "yolo", "scale_x_y=wide"),
    ],
)
def test_what_is_not_translated_is_refused_by_section_and_option(
    configuration: Path, tmp_path: Path, before: str, after: str, section: str, option: str
) -> None:
    assert before in NETWORK
    configuration.write_text(NETWORK.replace(before, after), encoding="utf-8")
    with pytest.raises(KitError, match=rf"^\[{section}\] in line \d+: .*{option}"):
        convert(configuration, write_weights(tmp_path / "small.weights", FLOATS))


@pytest.mark.parametrize("option", ["groups=1", "dilation=1", "learning_rate=0.1", "stopbackward=1"])
def test_option_that_changes_no_result_is_accepted(configuration: Path, tmp_path: Path, option: str) -> None:
    weights = write_weights(tmp_path / "small.weights", FLOATS)
    expected = convert(configuration, weights)
    configuration.write_text(NETWORK.replace("filters=14", f"filters=14\n{option}"), encoding="utf-8")
    assert convert(configuration, weights) == expected


@pytest.mark.parametrize("edges", ["height=64\nchannels=3", "width=32\nheight=none\nchannels=3", "width=0\nheight=64"])
def test_input_without_a_size_is_refused(configuration: Path, tmp_path: Path, edges: str) -> None:
    configuration.write_text(NETWORK.replace("width=32\nheight=64\nchannels=3", edges), encoding="utf-8")
    with pytest.raises(KitError, match=r"\[net\] in line 1: "):
        convert(configuration, write_weights(tmp_path / "small.weights", FLOATS))


def test_network_without_boxes_is_refused(configuration: Path, tmp_path: Path) -> None:
    configuration.write_text(NETWORK.partition("[yolo]")[0], encoding="utf-8")
    with pytest.raises(KitError, match=r"no section \[yolo\]"):
        convert(configuration, write_weights(tmp_path / "small.weights", FLOATS))
