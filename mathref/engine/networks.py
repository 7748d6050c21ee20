"""The networks that every equation is tried on, and the numbers in them.

Rectangular everywhere, so that a missing transpose shows as a clash of shapes; one square network, since
there the same slip is silent and only the numbers show it.
"""

from dataclasses import dataclass

import numpy as np

from .. import activations
from .errors import ConditionError


def softmax(z):
    """Return the softmax of each column: the activation that is not elementwise."""
    e = np.exp(z - np.max(z.real, axis=0))
    return e / e.sum(axis=0)


softmax.name = "softmax"
ACTIVATIONS = {f.name: f for f in (activations.sigmoid, activations.tanh, activations.relu, activations.softplus,
                                   activations.identity, softmax)}


@dataclass(frozen=True)
class Network:
    """Widths of the layers, input first; the name of the activation; the seed of the numbers."""

    widths: tuple
    activation: str
    seed: int

    @property
    def depth(self):
        """The number L of weight layers."""
        return len(self.widths) - 1

    def __str__(self):
        return f"{'-'.join(map(str, self.widths))} {self.activation}"


# The seeds are such that with ReLU every layer has active and inactive units, and no z comes near its kink at 0.
NETWORKS = (
    Network((4, 5, 3, 2), "sigmoid", 11),
    Network((3, 4, 2), "tanh", 13),
    Network((2, 5, 3, 4), "softplus", 5),
    Network((3, 2, 4, 3, 5), "relu", 77),
    Network((5, 3, 4), "identity", 7),
    Network((3, 3, 3, 3), "sigmoid", 9),
)


def chosen(conditions, networks=NETWORKS):
    """Return the networks that the conditions allow, with the activations that they ask for.

    Raises
    ------
    ConditionError
        If no network is left, or an activation is unknown.
    """
    kept = [n for n in networks if conditions.depth in (None, n.depth) and len(conditions.layer_range(n.depth)) > 0]
    if not kept:
        raise ConditionError(f"The conditions leave nothing to test: the networks have L = "
                             f"{', '.join(str(d) for d in sorted({n.depth for n in networks}))} layers.")
    if conditions.activations is None:
        return kept
    unknown = [name for name in conditions.activations if name not in ACTIVATIONS]
    if unknown:
        raise ConditionError(f"Unknown activation {unknown[0]!r}: there are {', '.join(ACTIVATIONS)}.")
    return [Network(n.widths, name, n.seed) for n in kept for name in conditions.activations]


def numbers(seed, name, shape):
    """Return the numbers of a free symbol: between 0.2 and 1.2 in size, of either sign.

    A linear congruential generator modulo 2^32, started from the seed and the characters of the name, so that
    any language replays it and no symbol's numbers depend on which others were asked for. Each state is folded onto
    itself (the shift): without it x, y and w, names one apart, would get numbers one constant apart.
    """
    state = seed
    for character in name:
        state = (31 * state + ord(character)) % 2**32
    drawn = []
    for _ in range(3 + int(np.prod(shape, dtype=int))):
        state = (1664525 * state + 1013904223) % 2**32
        state ^= state >> 15
        u = state / 2**31 - 1
        drawn.append(u + 0.2 if u >= 0 else u - 0.2)
    return np.array(drawn[3:]).reshape(shape)
