"""Max-pooling, forward and backward: of every window of a plane only the largest entry goes on.

The windows lie side by side, ph rows and pw columns each. Rows and columns that are left over at the end belong to none.
"""

from numbers import Integral

import numpy as np

from mathref.arrays import finite_result, shaped


def forward(a_prev, size):
    """Return the largest entry of every window.

    Parameters
    ----------
    a_prev : array_like, shape (N, C, H, W)
        Activations of the layer before, with planes that are no smaller than a window.
    size : int or pair of int
        Rows and columns of a window, ph and pw; one number is both.

    Returns
    -------
    a : ndarray, shape (N, C, H // ph, W // pw)
        The largest entries; of complex ones those with the largest real part.

    Raises
    ------
    TypeError
        If `a_prev` holds no numbers, or `size` no integers.
    ValueError
        If `a_prev` has not four dimensions or an entry that is not finite, or no window fits into its planes; or if `size`
        is less than 1, or no pair.
    """
    windows, chosen = _chosen(a_prev, size)

    a = np.take_along_axis(windows, chosen, axis=-1)[..., 0]
    return a


@finite_result
def input_gradient(a_prev, delta, size):
    """Return ∇a: every entry of δ goes back to the one entry that was chosen in its window, the others get 0.

    Parameters
    ----------
    a_prev : array_like, shape (N, C, H, W)
        Activations of the layer before.
    delta : array_like, shape (N, C, H // ph, W // pw)
        Derivative for what came out of the layer.
    size : int or pair of int
        Rows and columns of a window, ph and pw; one number is both.

    Returns
    -------
    grad_a : ndarray, shape (N, C, H, W)
        Derivative for what came in. Of equal entries in a window the first gets δ: there is a kink, and a choice.

    Raises
    ------
    TypeError, ValueError
        As `forward`; or if `delta` is no array of finite numbers of the shape that `forward` returns.
    """
    windows, chosen = _chosen(a_prev, size)
    N, C, rows, columns, entries = windows.shape
    _, delta = shaped(a=(windows[..., 0], "N", "C", "H'", "W'"), delta=(delta, N, C, rows, columns))
    ph, pw = _window(size)

    placed = np.zeros(windows.shape, delta.dtype)
    np.put_along_axis(placed, chosen, delta[..., None], axis=-1)

    grad_a = np.zeros(np.shape(a_prev), delta.dtype)
    grad_a[:, :, :rows * ph, :columns * pw] = (
        placed.reshape(N, C, rows, columns, ph, pw).swapaxes(3, 4).reshape(N, C, rows * ph, columns * pw))
    return grad_a


def _chosen(a_prev, size):
    """Return the windows of every plane, (N, C, rows, columns, ph * pw), and which entry of each is the largest."""
    ph, pw = _window(size)
    a_prev, = shaped(a_prev=(a_prev, "N", "C", f"H >= {ph}", f"W >= {pw}"))
    N, C, H, W = a_prev.shape
    rows, columns = H // ph, W // pw

    windows = a_prev[:, :, :rows * ph, :columns * pw].reshape(N, C, rows, ph, columns, pw).swapaxes(3, 4)
    windows = windows.reshape(N, C, rows, columns, ph * pw)
    return windows, np.argmax(windows.real, axis=-1)[..., None]


def _window(size):
    pair = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
    if not all(isinstance(n, Integral) and not isinstance(n, bool) for n in pair):
        raise TypeError(f"size is {size!r}; it needs to be an integer or a pair of them")
    if len(pair) != 2 or min(pair) < 1:
        raise ValueError(f"size is {size!r}; it needs to be 1 or more, or a pair of such numbers, rows and columns")
    return pair
