"""Turn a Darknet network into ONNX: YOLOv3, YOLOv4-tiny and their like.

The tutorial leaves the last step, from the network's numbers to boxes, to OpenCV's Darknet importer, which
OpenCV 5 no longer has. Here that step becomes part of the graph, so that any ONNX runtime gives boxes and scores.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from deploykit.darknet import TAKE_ANOTHER, Layer, Weights, read_layers
from deploykit.errors import KitError

EPSILON = 1e-6
OPSET = 17


@dataclass(frozen=True)
class Tensor:
    """What a layer gives: its name in the graph, its channels, its height and width in cells."""

    name: str
    channels: int
    height: int
    width: int


@dataclass
class Graph:
    """An ONNX graph that grows by one layer after the other."""

    net: Layer
    weights: Weights
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)
    scores: list[str] = field(default_factory=list)

    @property
    def input(self) -> Tensor:
        """The image: red, green and blue from 0 to 1."""
        return Tensor("image", self.net.integer("channels"), self.net.integer("height"), self.net.integer("width"))

    @property
    def last(self) -> Tensor:
        """What the layer before this one gave."""
        return self.tensors[-1] if self.tensors else self.input

    def add(self, operator: str, *inputs: str | np.ndarray, outputs: int = 1, **attributes: object) -> str | list[str]:
        """Append an operator and return the name of its output, or their names; arrays become constants."""
        names = [self.constant(one) if isinstance(one, np.ndarray) else one for one in inputs]
        made = [f"{operator}_{len(self.nodes)}_{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(operator, names, made, **attributes))
        return made[0] if outputs == 1 else made

    def constant(self, array: np.ndarray) -> str:
        """Store an array in the graph and return its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def sources(self, layer: Layer, option: str) -> list[Tensor]:
        """Return the tensors that a layer names: by their number, or backwards from itself."""
        before = range(-len(self.tensors), len(self.tensors))
        numbers = layer.integers(option)
        if unknown := [number for number in numbers if number not in before]:
            raise layer.refuse(f"{option} names layer {unknown[0]}, but {len(self.tensors)} layers come before")
        return [self.tensors[number] for number in numbers]


def convert(configuration: Path, weights: Path) -> onnx.ModelProto:
    """Return the network with the input ``image`` and the outputs ``boxes`` and ``scores``.

    ``image`` has the shape (n, 3, height, width). ``boxes`` (n, rows, 4) holds centre x, centre y, width and
    height as shares of the image; ``scores`` (n, rows, classes) holds objectness times class probability.

    Raises:
        KitError: the configuration asks for something that is not known here, or the weights do not belong to it.
    """
    net, *layers = read_layers(configuration)
    for layer in layers:
        if layer.kind not in LAYERS:
            raise layer.refuse("such a layer is not known here", f"Known are: {', '.join(LAYERS)}")
        layer.refuse_options_other_than(LAYERS[layer.kind].options)
    if not any(layer.kind == "yolo" for layer in layers):
        raise KitError(f"{configuration.name} has no section [yolo], so it finds no boxes.", TAKE_ANOTHER)
    graph = Graph(net, Weights(weights))
    for layer in layers:
        graph.tensors.append(LAYERS[layer.kind].translate(graph, layer))
    graph.weights.end()
    return _finish(graph)


def _convolutional(graph: Graph, layer: Layer) -> Tensor:
    before, filters, size = graph.last, layer.integer("filters"), layer.integer("size")
    stride = layer.integer("stride", 1)
    kernel, bias = _kernel_and_bias(graph.weights, layer, before.channels)
    pad = size // 2 if layer.integer("pad", 0, least=0) else layer.integer("padding", 0, least=0)
    name = graph.add("Conv", before.name, kernel, bias, kernel_shape=[size] * 2, strides=[stride] * 2, pads=[pad] * 4)
    activation = layer.text("activation", "logistic")
    if activation not in ("leaky", "linear"):
        raise layer.refuse(f"the option activation={activation} is not known here", "Known are: leaky, linear")
    if activation == "leaky":
        name = graph.add("LeakyRelu", name, alpha=0.1)
    height, width = ((edge + 2 * pad - size) // stride + 1 for edge in (before.height, before.width))
    return Tensor(name, filters, height, width)


def _kernel_and_bias(weights: Weights, layer: Layer, channels: int) -> tuple[np.ndarray, np.ndarray]:
    filters, size = layer.integer("filters"), layer.integer("size")
    bias, scale = weights.take(filters), np.ones(filters, np.float32)
    if layer.integer("batch_normalize", 0, least=0):
        # Normalising after training is a fixed scaling: fold it into the kernel and the bias.
        gamma, mean, variance = weights.take(3, filters)
        scale = gamma / np.sqrt(variance + EPSILON)
        bias = bias - mean * scale
    return weights.take(filters, channels, size, size) * scale[:, None, None, None], bias


def _maxpool(graph: Graph, layer: Layer) -> Tensor:
    before, stride = graph.last, layer.integer("stride", 1)
    size = layer.integer("size", stride)
    pad = layer.integer("padding", size - 1, least=0)
    pads = [pad // 2] * 2 + [pad - pad // 2] * 2
    name = graph.add("MaxPool", before.name, kernel_shape=[size] * 2, strides=[stride] * 2, pads=pads)
    height, width = ((edge + pad - size) // stride + 1 for edge in (before.height, before.width))
    return Tensor(name, before.channels, height, width)


def _route(graph: Graph, layer: Layer) -> Tensor:
    sources, groups = graph.sources(layer, "layers"), layer.integer("groups", 1)
    if len({(source.height, source.width) for source in sources}) > 1:
        raise layer.refuse("it joins layers of different sizes")
    channels, chosen = sum(source.channels for source in sources), layer.integer("group_id", 0, least=0)
    if channels % groups or chosen >= groups:
        raise layer.refuse(f"{channels} channels have no part {chosen} of {groups}")
    name = sources[0].name
    if len(sources) > 1:
        name = graph.add("Concat", *(source.name for source in sources), axis=1)
    if groups > 1:
        name = graph.add("Split", name, np.full(groups, channels // groups), outputs=groups, axis=1)[chosen]
    return Tensor(name, channels // groups, sources[0].height, sources[0].width)


def _shortcut(graph: Graph, layer: Layer) -> Tensor:
    before, sources = graph.last, graph.sources(layer, "from")
    if layer.text("activation", "linear") != "linear":
        raise layer.refuse(f"the option activation={layer.text('activation')} is not known here", "Known is: linear")
    if [replace(source, name=before.name) for source in sources] != [before]:
        raise layer.refuse(f"from={layer.text('from')} is not one layer of the same shape as the layer before")
    return replace(before, name=graph.add("Add", before.name, sources[0].name))


def _upsample(graph: Graph, layer: Layer) -> Tensor:
    before, stride = graph.last, layer.integer("stride", 2)
    scales = np.array([1, 1, stride, stride], np.float32)
    name = graph.add(
        "Resize",
        before.name,
        "",
        scales,
        mode="nearest",
        nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    )
    return Tensor(name, before.channels, before.height * stride, before.width * stride)


def _yolo(graph: Graph, layer: Layer) -> Tensor:
    before, classes, anchors = graph.last, layer.integer("classes"), _anchors(layer)
    count, cells = len(anchors), before.height * before.width
    if before.channels != count * (5 + classes):
        raise layer.refuse(f"it needs {count * (5 + classes)} channels, and gets {before.channels}")
    rows = graph.add("Reshape", before.name, np.array([0, count, 5 + classes, cells]))
    rows = graph.add("Transpose", rows, perm=[0, 3, 1, 2])
    rows = graph.add("Reshape", rows, np.array([0, cells * count, 5 + classes]))
    centre, size, objectness, scores = graph.add("Split", rows, np.array([2, 2, 1, classes]), outputs=4, axis=2)

    y, x = np.divmod(np.arange(cells), before.width)
    corners = np.repeat(np.stack([x, y], axis=1), count, axis=0)
    stretch = layer.decimal("scale_x_y", 1)
    # A cell's box has its centre in the cell, or slightly beyond where scale_x_y stretches it.
    offset = (corners - (stretch - 1) / 2).astype(np.float32)
    centre = graph.add("Mul", graph.add("Sigmoid", centre), np.float32([stretch]))
    centre = graph.add("Div", graph.add("Add", centre, offset), np.float32([before.width, before.height]))
    relative = np.tile(anchors / [graph.input.width, graph.input.height], (cells, 1)).astype(np.float32)
    size = graph.add("Mul", graph.add("Exp", size), relative)
    graph.boxes.append(graph.add("Concat", centre, size, axis=2))
    graph.scores.append(graph.add("Mul", graph.add("Sigmoid", objectness), graph.add("Sigmoid", scores)))
    return before


def _anchors(layer: Layer) -> np.ndarray:
    """Return the widths and heights, in pixels, of the boxes that this layer starts from."""
    edges, mask = layer.integers("anchors"), layer.integers("mask")
    if len(edges) != 2 * layer.integer("num", len(edges) // 2):
        raise layer.refuse(f"{len(edges)} anchors are not num={layer.text('num')} pairs")
    if not set(mask) <= set(range(len(edges) // 2)):
        raise layer.refuse(f"mask={layer.text('mask')} names anchors that there are not")
    return np.reshape(edges, (-1, 2))[mask]


@dataclass(frozen=True)
class Kind:
    """A kind of layer: how it is translated, and the options that are heeded then."""

    translate: Callable[[Graph, Layer], Tensor]
    options: list[str]


LAYERS = {
    "convolutional": Kind(
        _convolutional, ["activation", "batch_normalize", "filters", "pad", "padding", "size", "stride"]
    ),
    "maxpool": Kind(_maxpool, ["padding", "size", "stride"]),
    "route": Kind(_route, ["group_id", "groups", "layers"]),
    "shortcut": Kind(_shortcut, ["activation", "from"]),
    "upsample": Kind(_upsample, ["stride"]),
    "yolo": Kind(_yolo, ["anchors", "classes", "mask", "num", "scale_x_y"]),
}


def _finish(graph: Graph) -> onnx.ModelProto:
    """Join what the detection layers found, and close the graph."""
    graph.nodes.append(helper.make_node("Concat", graph.boxes, ["boxes"], axis=1))
    graph.nodes.append(helper.make_node("Concat", graph.scores, ["scores"], axis=1))
    image = graph.input
    inputs = [_float("image", ["n", image.channels, image.height, image.width])]
    outputs = [_float("boxes", ["n", "rows", 4]), _float("scores", ["n", "rows", "classes"])]
    body = helper.make_graph(graph.nodes, "darknet", inputs, outputs, graph.constants)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def _float(name: str, shape: list[str | int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
