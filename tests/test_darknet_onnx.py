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
def test_boxes_and_scores_agree_with_opencv(configuration: Path, tmp_path: Path, header: tuple[int, ...]) -> None:
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


@pytest.mark.parametrize(("known", "unknown"), [("[upsample]", "[dropout]"), ("activation=leaky", "activation=mish")])
def test_unknown_layer_is_refused_by_name(configuration: Path, tmp_path: Path, known: str, unknown: str) -> None:
    configuration.write_text(NETWORK.replace(known, unknown), encoding="utf-8")
    with pytest.raises(KitError, match="not known"):
        convert(configuration, write_weights(tmp_path / "small.weights", FLOATS))
