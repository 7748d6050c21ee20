"""The forms of a forward pass that the chapter on fast convolution prints, to be timed as they stand there."""

from math import prod
from pathlib import Path

import jupytext

from mathref import im2col

CHAPTER = Path(__file__).parents[1] / "book" / "fast_convolution.md"
TAG = "timed"
"""What the cells of the chapter carry that define a form."""

TITLES = {"triple_loop": "triple loop", "kernel_positions": "kernel positions", "columns": "all columns at once",
          "portions": "mathref.im2col", "frequencies": "FFT"}
"""The forms in the order in which they come."""


def forms():
    """Return the forms by name: each takes W and a_prev and returns z without its bias."""
    names = {"im2col": im2col.im2col}  # the chapter has imported it before
    for cell in jupytext.read(CHAPTER, fmt="md:myst").cells:
        if TAG in cell.metadata.get("tags", []):
            exec(cell.source, names)
    names["portions"] = lambda W, a_prev: im2col.forward(W, None, a_prev)
    return {name: names[name] for name in TITLES}


def operations(layer):
    """Return the additions and multiplications of z."""
    return 2 * prod(layer.z) * prod(layer.W[1:])


def traffic(layer, name):
    """Return how many numbers a form reads from and writes to memory, or None if it does other operations.

    What a step leaves behind for the next one counts twice, written and read, unless it is small.
    """
    (N, C_in, *_), (_, _, H, W), (kh, kw) = layer.a_prev, layer.z, layer.W[2:]
    a, z, weights, window = prod(layer.a_prev), prod(layer.z), prod(layer.W), N * C_in * H * W
    return {
        "triple_loop": a + z + weights,  # the plane at hand and its sum stay in the cache
        "kernel_positions": kh * kw * (3 * window + 4 * z) + weights,  # a copied window; a product, added to z
        "columns": a + 2 * kh * kw * window + z + weights,
        "portions": a + z + weights,  # the columns stay in the cache
        "frequencies": None,
    }[name]


def intensity(layer, name, dtype):
    """Return the operations for each byte that is moved, or None."""
    numbers = traffic(layer, name)
    return numbers and operations(layer) / (numbers * {"float64": 8, "float32": 4}[dtype])
