"""The four maps of planes that stride, padding and dilation are made of.

A convolution with all three is the plain one with a step before and after it: the image gets a frame of zeros, the
kernel gets zeros between its entries, and of the outputs every s-th row and column is kept. Each step only copies
numbers, so the way back through it is its transpose, another such step: `crop` goes back through `frame`,
`insert_zeros` through `keep_every`, and `keep_every` through `insert_zeros`.
"""

import numpy as np

from mathref.arrays import numbers
from mathref.geometry import pair, sides, spread


def frame(a, padding):
    """Return every plane of `a` in a frame of zeros.

    Parameters
    ----------
    a : array_like, shape (N, C, H, W)
        Planes.
    padding : int, pair of int, or pair of pairs of int
        Rows and columns of zeros: one number for all four sides, (rows, columns), or
        ((top, bottom), (left, right)).

    Returns
    -------
    f : ndarray, shape (N, C, H + top + bottom, W + left + right)

    Raises
    ------
    TypeError, ValueError
        If `a` is no array of numbers with four dimensions, or `padding` is not as above.

    Equations
    ---------
    f : eq-strides-f
    """
    a = _planes("a", a)
    return np.pad(a, [(0, 0), (0, 0), *sides(padding)])


def crop(grad_f, padding):
    """Return every plane of `grad_f` without its frame: what the frame's zeros would have got belongs to no input.

    Parameters
    ----------
    grad_f : array_like, shape (N, C, H + top + bottom, W + left + right)
        Planes in a frame.
    padding : int, pair of int, or pair of pairs of int
        As for `frame`.

    Returns
    -------
    ndarray, shape (N, C, H, W)
        It shares its numbers with `grad_f`.

    Raises
    ------
    TypeError, ValueError
        If `grad_f` is no array of numbers with four dimensions, all of it is frame, or `padding` is not as for
        `frame`.
    """
    (top, bottom), (left, right) = sides(padding)
    grad_f = _planes("grad_f", grad_f)
    rows, columns = grad_f.shape[2:]
    if not (top + bottom < rows and left + right < columns):
        raise ValueError(f"padding is {padding}, but grad_f has shape {grad_f.shape}: nothing of it would be left")
    return grad_f[:, :, top:rows - bottom, left:columns - right]


def keep_every(u, step):
    """Return the first row and column of every plane, and every `step`-th after them.

    Parameters
    ----------
    u : array_like, shape (N, C, H, W)
        Planes.
    step : int or pair of int
        One number for rows and columns, or (rows, columns).

    Returns
    -------
    ndarray, shape (N, C, ceil(H / step), ceil(W / step))
        It shares its numbers with `u`.

    Raises
    ------
    TypeError, ValueError
        If `u` is no array of numbers with four dimensions, or `step` is not one or two whole numbers from 1.
    """
    u = _planes("u", u)
    rows, columns = pair("step", step)
    return u[:, :, ::rows, ::columns]


def insert_zeros(delta, step, size=None):
    """Return every plane with step - 1 zeros between one row, or column, and the next.

    Parameters
    ----------
    delta : array_like, shape (N, C, H, W)
        Planes.
    step : int or pair of int
        One number for rows and columns, or (rows, columns).
    size : pair of int, optional
        Rows and columns of the result, where zeros are to follow the last entry as well: those that `keep_every`
        passes over at the end. None is no zeros there.

    Returns
    -------
    ndarray, shape (N, C, *size), or (N, C, step (H - 1) + 1, step (W - 1) + 1)

    Raises
    ------
    TypeError, ValueError
        If `delta` is no array of numbers with four dimensions, `step` is not one or two whole numbers from 1, or `keep_every` does not make H rows and W columns out of `size`.
    """
    delta = _planes("delta", delta)
    step = pair("step", step)
    least = spread(delta.shape[2:], step)
    size = least if size is None else pair("size", size)
    for given, smallest, zeros in zip(size, least, step):
        if not smallest <= given < smallest + zeros:
            raise ValueError(f"size is {size}, but delta has shape {delta.shape} and step is {step}: size needs to be at "
                             f"least {least}, and less than that and step together")

    spaced = np.zeros((*delta.shape[:2], *size), delta.dtype)
    spaced[:, :, ::step[0], ::step[1]] = delta
    return spaced


def _planes(name, planes):
    """Return planes of numbers, finite or not: they are only copied, and what is not finite shows."""
    planes = numbers(name, planes)
    if planes.ndim != 4:
        raise ValueError(f"{name} has shape {planes.shape}; it needs four dimensions, (N, C, H, W)")
    return planes
