"""A convolutional layer as products of matrices: what `mathref.conv` computes, several times as fast.

`im2col` writes what a kernel meets at one place into a column. The layer is then z = W a + b, as in `mathref.dense`: a
row of W holds the numbers of one filter, in the order channel, row, column, and every place of every image is a sample.
So the way back is that of `mathref.dense` too, δ aᵀ to the weights and Wᵀ δ to the columns; from there `col2im`, the
transpose of `im2col`, leads to the image.

The columns have up to kh kw times as many numbers as the framed images, and are made for a few images at a time. To look
whether every number is finite takes a good part of the time that the products take: here only what comes out is looked
at, while it is at hand, because what is not finite in an argument is not finite there either.
"""

from functools import lru_cache
from math import prod

import numpy as np

from mathref.arrays import array, finite, finite_result, numbers, shaped
from mathref.geometry import geometry

CACHE = 2**20
"""How many bytes the columns of a few images may take, so that the processor has them at hand."""


@np.errstate(over="ignore", invalid="ignore")
def forward(W, b, a_prev, stride=1, padding=0, dilation=1):
    """Return the pre-activations z: W times the columns, plus b.

    Parameters
    ----------
    W, b, a_prev, stride, padding, dilation
        As for `mathref.conv.forward`, which computes the same.

    Returns
    -------
    z : ndarray, shape (N, C_out, H', W')

    Raises
    ------
    TypeError, ValueError, OverflowError
        As `mathref.conv.forward`.
    """
    of = geometry(stride, padding, dilation)
    W, b, a_prev = of.of_forward(W, b, a_prev, numbers)
    windows, filters = _Windows(a_prev.shape, W.shape, of), W.reshape(len(W), -1)
    if not windows.meet_all:
        array("a_prev", a_prev)
    z = np.empty((len(a_prev), len(W), *windows.places), np.result_type(W, b, a_prev))

    for some in windows.portions(a_prev):
        z_columns = finite("forward", filters @ windows.gather(a_prev[some]) + b[:, None], W=W, b=b, a_prev=a_prev)
        z[some] = z_columns.reshape(len(W), -1, *windows.places).swapaxes(0, 1)
    return z


@np.errstate(over="ignore", invalid="ignore")
def input_gradient(W, delta, stride=1, padding=0, dilation=1, input_shape=None):
    """Return ∇a, the derivative for what came into the layer: `col2im` of Wᵀ δ.

    Parameters
    ----------
    W, delta, stride, padding, dilation, input_shape
        As for `mathref.conv.input_gradient`, which computes the same.

    Returns
    -------
    grad_a : ndarray, shape (N, C_in, H, W)

    Raises
    ------
    TypeError, ValueError, OverflowError
        As `mathref.conv.input_gradient`.
    """
    of = geometry(stride, padding, dilation)
    W, delta, input_shape = of.of_input_gradient(W, delta, input_shape, numbers)
    windows, filters = _Windows(input_shape, W.shape, of), W.reshape(len(W), -1)
    if not windows.lead_back:
        array("delta", delta)
    grad_a = np.empty(input_shape, np.result_type(W, delta))

    for some in windows.portions(grad_a):
        grad_a[some] = finite("input_gradient", windows.scatter(filters.T @ _side_by_side(delta[some])), delta=delta)
    return grad_a


@np.errstate(over="ignore", invalid="ignore")
def gradients(delta, a_prev, stride=1, padding=0, dilation=1, kernel_shape=None):
    """Return the gradients of C for this layer's parameters: δ times the transposed columns, averaged over the batch.

    Parameters
    ----------
    delta, a_prev, stride, padding, dilation, kernel_shape
        As for `mathref.conv.gradients`, which computes the same.

    Returns
    -------
    dW : ndarray, shape (C_out, C_in, kh, kw)
    db : ndarray, shape (C_out,)

    Raises
    ------
    TypeError, ValueError, OverflowError
        As `mathref.conv.gradients`.
    """
    of = geometry(stride, padding, dilation)
    delta, a_prev, kernel_shape = of.of_gradients(delta, a_prev, kernel_shape, numbers)
    windows, N = _Windows(a_prev.shape, kernel_shape, of), len(delta)
    if not windows.meet_all:
        array("a_prev", a_prev)

    dW = sum(_side_by_side(delta[some]) @ windows.gather(a_prev[some]).T for some in windows.portions(a_prev)) / N
    db = np.sum(delta, axis=(0, 2, 3)) / N
    finite("gradients", dW, delta=delta, a_prev=a_prev)
    finite("gradients", db, delta=delta)
    return dW.reshape(kernel_shape), db


def im2col(a_prev, W, stride=1, padding=0, dilation=1):
    """Return what the kernels meet on the images, in one column for each place.

    Parameters
    ----------
    a_prev : array_like, shape (N, C_in, H, W)
        Images.
    W : array_like, shape (C_out, C_in, kh, kw)
        Kernels; only their size counts.
    stride, padding, dilation
        As for `mathref.conv.forward`.

    Returns
    -------
    ndarray, shape (C_in kh kw, N H' W')
        Row (c, p, q), counted in this order, is what entry (p, q) of a kernel for channel c meets, one after the other
        in the images n at the places (i, j).

    Raises
    ------
    TypeError, ValueError
        If an array does not hold finite numbers, or the arguments do not fit: as `mathref.conv.forward`.
    """
    of = geometry(stride, padding, dilation)
    W, _, a_prev = of.of_forward(W, None, a_prev)
    return _Windows(a_prev.shape, W.shape, of).gather(a_prev)


@finite_result
def col2im(columns, a_prev, W, stride=1, padding=0, dilation=1):
    """Return images in which every number of the columns is added to where `im2col` read it: its transpose.

    Parameters
    ----------
    columns : array_like, shape (C_in kh kw, N H' W')
        For instance Wᵀ δ, the gradient of what `im2col` returns.
    a_prev : array_like, shape (N, C_in, H, W)
        Images; only their size counts.
    W, stride, padding, dilation
        As for `im2col`.

    Returns
    -------
    ndarray, shape (N, C_in, H, W)

    Raises
    ------
    TypeError, ValueError
        As `im2col`, or if the columns are not those of such images.
    OverflowError
        If an entry of the result is too large for its dtype.
    """
    of = geometry(stride, padding, dilation)
    W, _, a_prev = of.of_forward(W, None, a_prev)
    windows = _Windows(a_prev.shape, W.shape, of)
    columns, = shaped(columns=(columns, prod(W.shape[1:]), len(a_prev) * prod(windows.places)))
    return windows.scatter(columns)


def _side_by_side(delta):
    """Return planes (N, C_out, H', W') as columns (C_out, N H' W'), one for each place of each image."""
    return delta.swapaxes(0, 1).reshape(delta.shape[1], -1)


@lru_cache(maxsize=1000)  # the same shapes come again and again
class _Windows:
    """What kernels meet at their places on images, of given shapes.

    Windows are cut across the columns first, then down the rows: most of the work is left to the second step, and what
    it copies lies in long pieces.
    """

    def __init__(self, images, kernels, of):
        self.kernel, self.places = kernels[2:], of.output(images, kernels)
        sides = list(zip(images[2:], of.padding))
        self.framed = tuple(before + length + after for length, (before, after) in sides)
        self.padded = self.framed != images[2:]
        self.image = (..., *(slice(before, before + length) for length, (before, _) in sides))
        # What each row of the kernel meets at all places of the frame, and what each column meets
        self.rows, self.columns = ([slice(apart * p, apart * p + step * places, step) for p in range(length)] for
                                   length, places, step, apart in zip(self.kernel, self.places, of.stride, of.dilation))
        # What no kernel meets shows in no z; the error of a place that has nothing but the frame shows in no gradient
        met = self.gather(np.ones((1, 1, *images[2:])))
        self.meet_all, self.lead_back = self.scatter(met).all(), met.any(axis=0).all()

    def gather(self, a):
        """Return the columns of images."""
        N, C = a.shape[:2]
        f = a.swapaxes(0, 1)
        if self.padded:
            f = np.zeros((C, N, *self.framed), a.dtype)
            f[self.image] = a.swapaxes(0, 1)

        across = np.empty((C, self.kernel[1], N, self.framed[0], self.places[1]), a.dtype)
        for q, met in enumerate(self.columns):
            across[:, q] = f[..., met]
        down = np.empty((C, *self.kernel, N, *self.places), a.dtype)
        for p, met in enumerate(self.rows):
            down[:, p] = across[..., met, :]
        return down.reshape(C * prod(self.kernel), -1)

    def scatter(self, columns):
        """Return the images that get what stands in the columns: `gather` read backwards, with += in place of =."""
        down = columns.reshape(-1, *self.kernel, columns.shape[1] // prod(self.places), *self.places)
        C, N = down.shape[0], down.shape[3]

        across = np.zeros((C, self.kernel[1], N, self.framed[0], self.places[1]), columns.dtype)
        for p, met in enumerate(self.rows):
            across[..., met, :] += down[:, p]
        f = np.zeros((C, N, *self.framed), columns.dtype)
        for q, met in enumerate(self.columns):
            f[..., met] += across[:, q]
        return f[self.image].swapaxes(0, 1)

    def portions(self, a):
        """Yield slices of the images, each of as many as the cache has room for, but at least of one."""
        step = max(1, CACHE // (a.itemsize * a.shape[1] * prod(self.kernel) * prod(self.places)))
        for first in range(0, len(a), step):
            yield slice(first, first + step)
