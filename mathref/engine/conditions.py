"""The conditions on a cell's first line: for which layers, samples and activations it speaks."""

import re
from dataclasses import dataclass

from .errors import ConditionError

_READABLE = "N=1, N>1, 1<=l<L, l=L, L=3, activation=softmax, geometry=3x3,2x2, world=name"
_NUMBER = r"[0-9]{1,3}"
_GEOMETRY = r"[0-9]x[0-9],[0-9]x[0-9]"
_LAYERS = re.compile(rf"(?:({_NUMBER})(<=|<))?l(?:(<=|<|=)(L-{_NUMBER}|L|{_NUMBER}))?")


@dataclass(frozen=True)
class Conditions:
    """What line one says, each condition None where it says nothing.

    `samples` is "N=1" or "N>1"; `layers` the text of the range of l; `depth` the number L;
    `activations` a tuple of names; `geometry` the sizes of an image and a kernel; `world` the name of the definitions that the cell belongs to;
    `find` and `using` belong to exercises: the side to find and the symbols an answer may use.
    """

    samples: str | None = None
    layers: str | None = None
    depth: int | None = None
    activations: tuple | None = None
    geometry: str | None = None
    world: str = ""
    find: str | None = None
    using: tuple | None = None

    def sample_counts(self, batch):
        """Return the numbers of samples to test with: one, a batch, or both."""
        return {None: (1, batch), "N=1": (1,), "N>1": (batch,)}[self.samples]

    def layer_range(self, depth):
        """Return the layers l to test in a network of the given depth; all of them if nothing is said."""
        if self.layers is None:
            return range(1, depth + 1)
        low, low_sign, sign, high = _LAYERS.fullmatch(self.layers).groups()
        high = depth if high is None else _bound(high, depth)
        if sign == "=":
            return range(max(high, 1), min(high, depth) + 1)
        first = 1 if low is None else int(low) + (low_sign == "<")
        last = high - (sign == "<")
        return range(first, min(last, depth) + 1)

    def overlap(self, other):
        """Say whether a case exists that both speak of."""
        return not (self.samples and other.samples and self.samples != other.samples)

    def __str__(self):
        """Return the conditions as a reader sees them, in LaTeX where it is mathematics."""
        words = []
        if self.layers:
            words.append("for $" + self.layers.replace("<=", r"\le ").replace("<", "< ") + "$")
        if self.depth:
            words.append(f"for $L={self.depth}$")
        if self.samples:
            words.append({"N=1": "for one sample", "N>1": "for a batch"}[self.samples])
        if self.activations:
            words.append(r"for $\sigma$ = " + " or ".join(self.activations))
        if self.geometry:
            image, kernel = (size.replace("x", r" \times ") for size in self.geometry.split(","))
            words.append(f"for a ${image}$ image and a ${kernel}$ kernel")
        return ", ".join(words)


def read_conditions(words):
    """Return the `Conditions` that the words of line one (after the label) state.

    Raises
    ------
    ConditionError
        For a word that is no condition, or one stated twice.
    """
    stated = {}
    for word in words:
        name, value = _read(word)
        if name in stated:
            raise ConditionError(f"{word}: this condition is stated twice.")
        stated[name] = value
    return Conditions(**stated)


def _read(word):
    if word in ("N=1", "N>1"):
        return "samples", word
    if _LAYERS.fullmatch(word) and word != "l":
        return "layers", word
    name, equals, value = word.partition("=")
    if equals and value:
        if name == "L" and re.fullmatch(_NUMBER, value):
            return "depth", int(value)
        if name == "activation":
            return "activations", tuple(value.split(","))
        if name == "geometry" and re.fullmatch(_GEOMETRY, value):
            return "geometry", value
        if name == "using":
            return "using", tuple(value.split(","))
        if name in ("world", "find"):
            return name, value
    raise ConditionError(f"{word} is no condition. What can stand here: {_READABLE}.")


def _bound(text, depth):
    if text.startswith("L"):
        return depth - int(text[2:] or 0)
    return int(text)
