"""From planes to columns and back: where a convolutional layer meets a fully connected one.

Nothing is computed. The entries of a sample are written one under the other, channel by channel and row by row.
"""

import numpy as np

from mathref.arrays import lengths, shaped


def flatten(a):
    """Return every sample as one column.

    Parameters
    ----------
    a : array_like, shape (N, C, H, W)
        Planes.

    Returns
    -------
    ndarray, shape (C * H * W, N)
        Column n holds sample n: entry (c, i, j) stands in row (c * H + i) * W + j, counted from zero.

    Raises
    ------
    TypeError, ValueError
        If `a` is no array of finite numbers with four dimensions.
    """
    a, = shaped(a=(a, "N", "C", "H", "W"))
    return a.reshape(len(a), -1).T.copy()


def unflatten(a, shape):
    """Return the planes that `flatten` made columns of. It is its inverse, and so also the way back of a gradient.

    Parameters
    ----------
    a : array_like, shape (C * H * W, N)
        Columns, one per sample.
    shape : tuple of three int
        C, H and W.

    Returns
    -------
    ndarray, shape (N, C, H, W)
        Planes.

    Raises
    ------
    TypeError
        If `a` holds no numbers, or `shape` is no tuple or list of integers.
    ValueError
        If `a` is no matrix of finite numbers with C * H * W rows, or `shape` is not three numbers from 1.
    """
    shape = lengths("shape", shape, "a tuple of integers, (C, H, W)")
    if len(shape) != 3 or min(shape) < 1:
        raise ValueError(f"shape is {shape!r}; it needs to be three numbers from 1, (C, H, W)")
    a, = shaped(a=(a, "rows", "N"))
    if len(a) != np.prod(shape):
        raise ValueError(f"a has shape {a.shape}; for planes of shape {shape} it needs shape ({np.prod(shape)}, N)")
    return a.T.reshape(-1, *shape).copy()
