"""What is timed: layers of usual sizes, forward and backward, and the matrix product that is the ceiling."""

from dataclasses import dataclass
from math import prod

import numpy as np

GEMM = 1024
"""Rows and columns of the matrices whose product gives the rate that no layer can exceed."""


@dataclass(frozen=True)
class Layer:
    """A layer, the shape of what comes in, and the shape of its weights.

    A convolutional layer, of stride 1, has images (N, C_in, H, W) and kernels (C_out, C_in, kh, kw); a fully connected
    one has columns (m, N) and weights (n, m).
    """

    name: str
    a_prev: tuple
    W: tuple

    @property
    def kind(self):
        return "conv" if len(self.W) == 4 else "dense"

    @property
    def N(self):
        return self.a_prev[0 if self.kind == "conv" else 1]

    @property
    def z(self):
        if self.kind == "dense":
            return self.W[0], self.N
        H, W = (size - kernel + 1 for size, kernel in zip(self.a_prev[2:], self.W[2:]))
        return self.N, self.W[0], H, W

    @property
    def operations(self):
        """The additions and multiplications of z, ∇a and ∂C/∂W: in each, every weight meets as many numbers."""
        return 3 * 2 * prod(self.z) * prod(self.W[1:])

    def arrays(self, dtype):
        """Return W, b, a_prev and δ."""
        rng = np.random.default_rng([*self.a_prev, *self.W])
        b = (self.W[0],) if self.kind == "conv" else (self.W[0], 1)
        return [rng.normal(size=shape).astype(dtype) for shape in (self.W, b, self.a_prev, self.z)]


LAYERS = {layer.name: layer for layer in (
    Layer("tiny", (1, 1, 3, 3), (1, 1, 2, 2)),
    Layer("digits", (64, 1, 8, 8), (16, 1, 3, 3)),
    Layer("mnist", (64, 1, 28, 28), (8, 1, 5, 5)),
    Layer("lenet2", (64, 6, 14, 14), (16, 6, 5, 5)),
    Layer("cifar", (32, 3, 32, 32), (32, 3, 3, 3)),
    Layer("mid", (16, 32, 28, 28), (64, 32, 3, 3)),
    Layer("fc 784", (784, 64), (128, 784)),
    Layer("fc 1024", (1024, 256), (1024, 1024)),
)}


def gemm(dtype):
    """Return the matrix product that sets the ceiling, and its number of operations."""
    a, b = np.random.default_rng(0).normal(size=(2, GEMM, GEMM)).astype(dtype)
    return lambda: a @ b, 2 * GEMM**3
