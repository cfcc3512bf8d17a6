"""Read Darknet's two files: the configuration, a list of layers, and the weights, one long row of floats."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deploykit.errors import KitError

TRAINING_ONLY = {
    "beta_nms", "cls_normalizer", "ignore_thresh", "iou_loss", "iou_normalizer", "iou_thresh", "jitter",
    "label_smooth_eps", "learning_rate", "max", "max_delta", "nms_kind", "obj_normalizer", "objectness_smooth",
    "random", "resize", "stopbackward", "truth_thresh",
}  # fmt: skip
"""Options of layers that change how a network is trained, or what is done with its boxes, but not what it computes."""

NEUTRAL = {"antialiasing": "0", "dilation": "1", "groups": "1", "new_coords": "0", "scale": "1", "weights_type": "none"}
"""Values that say the same as leaving the option out."""

TAKE_ANOTHER = "Take the configuration that belongs to the weights, whole and unchanged."
FETCH_AGAIN = "Fetch it again, or take the configuration that belongs to it."


@dataclass(frozen=True)
class Layer:
    """One section of a configuration: ``[convolutional]``, the line where it begins, and its options."""

    kind: str
    line: int
    options: dict[str, str]

    def __str__(self) -> str:
        return f"[{self.kind}] in line {self.line}"

    def refuse(self, problem: str, hint: str = TAKE_ANOTHER) -> KitError:
        """Return the error that says what is wrong with this section."""
        return KitError(f"{self}: {problem}.", hint)

    def refuse_options_other_than(self, known: Sequence[str]) -> None:
        """Make sure that nobody asks for what would not be done.

        Raises:
            KitError: an option is not known, and may change what the network computes.
        """
        for name, value in self.options.items():
            if name not in known and name not in TRAINING_ONLY and NEUTRAL.get(name) != value:
                raise self.refuse(f"the option {name}={value} is not known here", f"Known are: {', '.join(known)}")

    def text(self, name: str, default: str = "") -> str:
        """Return an option as it is written."""
        return self.options.get(name, default)

    def integer(self, name: str, default: int | None = None, *, least: int = 1) -> int:
        """Return an option that is one whole number, of at least this size."""
        if default is not None and name not in self.options:
            return default
        numbers = self.integers(name)
        if len(numbers) != 1 or numbers[0] < least:
            raise self.refuse(f"{name}={self.options[name]} is not one whole number from {least} on")
        return numbers[0]

    def integers(self, name: str) -> list[int]:
        """Return an option that is a list of whole numbers."""
        if name not in self.options:
            raise self.refuse(f"the option {name} is missing")
        try:
            return [int(number) for number in self.options[name].split(",")]
        except ValueError:
            raise self.refuse(f"{name}={self.options[name]} is not made of whole numbers") from None

    def decimal(self, name: str, default: float) -> float:
        """Return an option that is a number."""
        try:
            return float(self.options.get(name, default))
        except ValueError:
            raise self.refuse(f"{name}={self.options[name]} is no number") from None


def read_layers(file: Path) -> list[Layer]:
    """Read a configuration; the first section, ``[net]``, describes the input.

    Raises:
        KitError: the file cannot be read, or is no configuration of Darknet.
    """
    layers: list[Layer] = []
    for number, line in enumerate(_read(file).decode(errors="replace").splitlines(), 1):
        line = line.partition("#")[0].strip()
        name, equals, value = line.partition("=")
        if line.startswith("[") and line.endswith("]"):
            layers.append(Layer(line.strip("[]"), number, {}))
        elif layers and equals:
            layers[-1].options[name.strip()] = value.strip()
        elif line:
            raise KitError(
                f"Line {number} of {file.name} is neither a section nor an option: {line[:40]}", TAKE_ANOTHER
            )
    if not layers or layers[0].kind not in ("net", "network"):
        raise KitError(f"{file.name} does not begin with the section [net].", TAKE_ANOTHER)
    return layers


class Weights:
    """The floats of a weights file, handed out in the order of the layers.

    Raises:
        KitError: the file is none of Darknet, the layers ask for more floats than there are, or leave some over.
    """

    def __init__(self, file: Path):
        content = _read(file)
        self._name = file.name
        version = np.frombuffer(content[:8], np.int32) if len(content) >= 12 else [-1]
        if not all(0 <= number < 1000 for number in version):
            raise KitError(f"{file.name} does not begin as Darknet's weights do.", FETCH_AGAIN)
        major, minor = version
        # The number of images seen in training follows; it has 8 bytes since version 0.2.
        header = 20 if major * 10 + minor >= 2 else 16
        if len(content) % 4 or len(content) < header:
            raise KitError(f"{file.name} is cut off.", FETCH_AGAIN)
        self._floats = np.frombuffer(content, np.float32, offset=header)
        self._used = 0

    def take(self, *shape: int) -> np.ndarray:
        """Return the next floats as an array of this shape."""
        first, self._used = self._used, self._used + int(np.prod(shape))
        if self._used > len(self._floats):
            raise KitError(f"{self._name} is too short for this network.", FETCH_AGAIN)
        return self._floats[first : self._used].reshape(shape)

    def end(self) -> None:
        """Make sure that every float was used."""
        if left := len(self._floats) - self._used:
            raise KitError(f"{self._name} has {left} floats too many for this network.", TAKE_ANOTHER)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise KitError(f"{file} cannot be read: {error.strerror}.", "Look at its name and its folder.") from None
