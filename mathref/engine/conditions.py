"""The conditions on a cell's first line: for which layers, samples and activations it speaks."""

import re
from dataclasses import dataclass

from .errors import ConditionError

_READABLE = "N=1, N>1, 1<=l<L, l=L, L=3, activation=softmax, world=name"
_NUMBER = r"[0-9]{1,3}"
_LAYERS = re.compile(rf"(?:({_NUMBER})(<=|<))?l(?:(<=|<|=)(L-{_NUMBER}|L|{_NUMBER}))?")


@dataclass(frozen=True)
class Conditions:
    """What line one says, each condition None where it says nothing.

    `samples` is "N=1" or "N>1"; `layers` the text of the range of l; `depth` the number L;
    `activations` a tuple of names; `world` the name of the definitions that the cell belongs to;
    `find` and `using` belong to exercises: the side to find and the symbols an answer may use.
    """

    samples: str | None = None
    layers: str | None = None
    depth: int | None = None
    activations: tuple | None = None
    world: str = ""
    find: str | None = None
    using: tuple | None = None

    def sample_counts(self):
        """Return the numbers of samples to test with; 6 is no width of any test network."""
        return {None: (1, 6), "N=1": (1,), "N>1": (6,)}[self.samples]

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
        return range(max(first, 1), min(last, depth) + 1)

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
        if word.startswith("0<="):
            raise ConditionError(f"{word}: the layers l are counted from 1, so write 1<=l; layer 0 is the input.")
        return "layers", word
    name, equals, value = word.partition("=")
    if equals and value:
        if name == "L" and re.fullmatch(_NUMBER, value):
            return "depth", int(value)
        if name == "activation":
            return "activations", tuple(value.split(","))
        if name == "using":
            return "using", tuple(value.split(","))
        if name in ("world", "find"):
            return name, value
    raise ConditionError(f"{word} is no condition. What can stand here: {_READABLE}.")


def _bound(text, depth):
    if text.startswith("L"):
        return depth - int(text[2:] or 0)
    return int(text)
