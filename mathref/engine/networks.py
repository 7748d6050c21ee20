"""The networks that every equation is tried on, and the numbers in them.

Rectangular everywhere, so that a missing transpose shows as a clash of shapes; one square network, since
there the same slip is silent and only the numbers show it.
"""

from dataclasses import dataclass, replace

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
    geometry = None

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


@dataclass(frozen=True)
class Geometry:
    """The sizes of a convolutional network: its image, its kernels and its channels, those of the image first."""

    image: tuple
    kernels: tuple
    channels: tuple
    activation: str
    seed: int
    stride: tuple = (1, 1)
    padding: tuple = ((0, 0), (0, 0))
    dilation: tuple = (1, 1)

    @property
    def depth(self):
        """The number L of weight layers."""
        return len(self.kernels)

    @property
    def planes(self):
        """The sizes of the planes of every layer, those of the image first."""
        sizes = [self.image]
        for kernel in self.kernels:
            sizes.append(tuple(-(-places // step) for places, step in zip(self._places(sizes[-1], kernel), self.stride)))
        return sizes

    @property
    def places(self):
        """In how many rows and columns of places the first kernel fits on the image in its frame."""
        return self._places(self.image, self.kernels[0])

    def _places(self, image, kernel):
        return tuple(length + sum(sides) - reach + 1
                     for length, sides, reach in zip(image, self.padding, self.spread(kernel)))

    def spread(self, kernel):
        """Return the rows and columns that a kernel reaches over."""
        return tuple((length - 1) * step + 1 for length, step in zip(kernel, self.dilation))

    @property
    def geometry(self):
        """The sizes of the image and of the first kernel, as a condition states them."""
        return ",".join(f"{rows}x{columns}" for rows, columns in (self.image, self.kernels[0]))


# The document's 3×3 and 2×2 comes thrice, with other numbers and other σ. Then no size is square, of image or kernel,
# but for the last: there a slip that swaps rows and columns is silent, and only the numbers show it.
GEOMETRIES = (
    Geometry((3, 3), ((2, 2), (1, 2)), (2, 4, 1), "sigmoid", 1),
    Geometry((3, 3), ((2, 2), (2, 1)), (1, 2, 2), "tanh", 2),
    Geometry((3, 3), ((2, 2), (1, 1)), (4, 1, 2), "softplus", 3),
    Geometry((5, 4), ((3, 2), (2, 2)), (1, 4, 2), "sigmoid", 4),
    Geometry((3, 5), ((2, 3), (1, 1), (2, 3)), (2, 1, 2, 2), "softplus", 5),
    Geometry((4, 3), ((1, 1), (3, 2)), (2, 4, 2), "relu", 55),
    Geometry((3, 2), ((3, 2), (1, 1)), (2, 2, 4), "identity", 7),
    Geometry((5, 5), ((3, 3), (2, 2)), (2, 2, 2), "tanh", 8),
)

# Every stride, padding and dilation is another for rows than for columns, and a stride passes over something at the
# end, but in the last two: there is nothing left over in one, and one is square.
STRIDED = (
    Geometry((5, 6), ((3, 2),), (2, 1), "sigmoid", 1, (2, 3), ((1, 0), (0, 2)), (1, 2)),
    Geometry((6, 5), ((2, 2),), (1, 2), "tanh", 2, (3, 2), ((2, 1), (1, 1)), (3, 2)),
    Geometry((3, 4), ((1, 2),), (2, 4), "relu", 30, (2, 1), ((0, 1), (1, 2)), (1, 3)),
    Geometry((4, 5), ((2, 3),), (4, 2), "softplus", 4, (1, 2), ((1, 2), (1, 1)), (2, 1)),
    Geometry((5, 5), ((3, 3),), (2, 2), "identity", 5, (2, 2), ((1, 1), (1, 1)), (1, 1)),
)


def chosen(conditions, networks=NETWORKS):
    """Return the networks that the conditions allow, with the activations that they ask for.

    Raises
    ------
    ConditionError
        If no network is left, or an activation is unknown.
    """
    kept = [n for n in networks if conditions.depth in (None, n.depth) and conditions.geometry in (None, n.geometry)
            and len(conditions.layer_range(n.depth)) > 0]
    if not kept and conditions.geometry:
        sizes = sorted({str(n.geometry) for n in networks} - {"None"})
        raise ConditionError(f"geometry={conditions.geometry} leaves nothing to test: "
                             + (f"there are {', '.join(sizes)}." if sizes else "there are no planes in this chapter."))
    if not kept:
        raise ConditionError(f"The conditions leave nothing to test: the networks have L = "
                             f"{', '.join(str(d) for d in sorted({n.depth for n in networks}))} layers.")
    if conditions.activations is None:
        return kept
    unknown = [name for name in conditions.activations if name not in ACTIVATIONS]
    if unknown:
        raise ConditionError(f"Unknown activation {unknown[0]!r}: there are {', '.join(ACTIVATIONS)}.")
    return [replace(n, activation=name) for n in kept for name in conditions.activations]


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
