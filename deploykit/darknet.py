"""Read Darknet's two files: the configuration, a list of layers, and the weights, one long row of floats."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deploykit.errors import KitError


@dataclass(frozen=True)
class Layer:
    """One section of a configuration: ``[convolutional]`` and its options."""

    kind: str
    options: dict[str, str]

    def text(self, name: str, default: str = "") -> str:
        """Return an option as it is written."""
        return self.options.get(name, default)

    def integer(self, name: str, default: int = 0) -> int:
        """Return an option that is one whole number."""
        return int(self.options.get(name, default))

    def integers(self, name: str) -> list[int]:
        """Return an option that is a list of whole numbers."""
        return [int(number) for number in self.options[name].split(",")]


def read_layers(file: Path) -> list[Layer]:
    """Read a configuration; the first section, ``[net]``, describes the input."""
    layers: list[Layer] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("["):
            layers.append(Layer(line.strip("[]"), {}))
        elif line:
            name, _, value = line.partition("=")
            layers[-1].options[name.strip()] = value.strip()
    return layers


class Weights:
    """The floats of a weights file, handed out in the order of the layers.

    Raises:
        KitError: the layers ask for more floats than there are, or leave some over.
    """

    def __init__(self, file: Path):
        content = file.read_bytes()
        major, minor, _ = np.frombuffer(content, np.int32, count=3)
        # The number of images seen in training follows; it has 8 bytes since version 0.2.
        header = 20 if major * 10 + minor >= 2 else 16
        self._name = file.name
        self._floats = np.frombuffer(content, np.float32, offset=header, count=(len(content) - header) // 4)
        self._used = 0

    def take(self, *shape: int) -> np.ndarray:
        """Return the next floats as an array of this shape."""
        first, self._used = self._used, self._used + int(np.prod(shape))
        if self._used > len(self._floats):
            raise KitError(
                f"{self._name} is too short for this network.",
                "Fetch it again, or take the configuration that belongs to it.",
            )
        return self._floats[first : self._used].reshape(shape)

    def end(self) -> None:
        """Make sure that every float was used."""
        if left := len(self._floats) - self._used:
            raise KitError(
                f"{self._name} has {left} floats too many for this network.",
                "Take the configuration that belongs to it.",
            )
