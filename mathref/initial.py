"""Where training begins: weights drawn at random, as large as the layers need them."""

from math import prod, sqrt

import numpy as np

from mathref.arrays import lengths


def he(shape, rng):
    """Return weights with mean 0 and variance 2 / m, where m is how many numbers a unit reads.

    Behind a relu this keeps the mean square of z the same from layer to layer. It is the initialisation of He et al.

    Parameters
    ----------
    shape : tuple of int
        (n, m) of a fully connected layer, or (C_out, C_in, kh, kw) of a convolutional one, where m is C_in * kh * kw.
    rng : numpy.random.Generator
        Draws the weights.

    Returns
    -------
    W : ndarray, of that shape
        Weights in float64, normally distributed.

    Raises
    ------
    TypeError
        If `shape` is no tuple or list of integers, or `rng` is no Generator.
    ValueError
        If `shape` has not two or four numbers from 1.
    """
    shape = lengths("shape", shape, "a tuple of integers, (n, m) or (C_out, C_in, kh, kw)")
    if len(shape) not in (2, 4) or min(shape) < 1:
        raise ValueError(f"shape is {shape!r}; it needs to be (n, m) or (C_out, C_in, kh, kw), of numbers from 1")
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng is a {type(rng).__name__}; it needs to be a numpy.random.Generator, "
                        "as numpy.random.default_rng(0)")
    m = prod(shape[1:])

    W = rng.normal(0, sqrt(2 / m), shape)
    return W
