"""One convolutional layer, forward and backward.

N images of C_in channels, H rows and W columns come in; C_out filters, each with a kernel of kh rows and kw columns for
every channel, make N images of C_out channels, H' = H - kh + 1 rows and W' = W - kw + 1 columns of them. ⋆ is the valid
cross-correlation of two planes: the smaller one is laid on every place of the larger one where it fits, without being
turned, and the products of the entries that lie on each other are added up. Signal processing turns the smaller one
first and calls that convolution; here the turn is written out, as rot180.

Stride, padding and dilation stand around this (`mathref.strides`): as they are by default, `frame`, `insert_zeros`,
`keep_every` and `crop` change nothing.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mathref.activations import known
from mathref.arrays import finite_result, shaped
from mathref.geometry import geometry
from mathref.strides import crop, frame, insert_zeros, keep_every


@finite_result
def forward(W, b, a_prev, stride=1, padding=0, dilation=1):
    """Return the pre-activations z = a_prev ⋆ W + b, where ⋆ adds up the channels.

    For one image, one channel and one filter this is eq-conv-z. Of image n and filter k it is the sum over the
    channels c of a_{n,c} ⋆ W_{k,c}, plus the number b_k. H' and W' are then those of `Geometry.output`.

    Parameters
    ----------
    W : array_like, shape (C_out, C_in, kh, kw)
        Kernels; W[k, c] is the one of filter k for channel c.
    b : array_like, shape (C_out,), or None
        Bias, one number for each filter, added to every entry of its planes. None is no bias.
    a_prev : array_like, shape (N, C_in, H, W)
        Activations of the layer before; in its frame no smaller than the kernels with their inserted zeros.
    stride, dilation : int or pair of int
        The kernel is laid on every stride-th place, and its entries lie dilation apart: one number, or (rows, columns).
    padding : int, pair of int, or pair of pairs of int
        Zeros around a_prev: one number, (rows, columns), or ((top, bottom), (left, right)).

    Returns
    -------
    z : ndarray, shape (N, C_out, H', W')
        Pre-activations.

    Raises
    ------
    TypeError, ValueError
        If an argument is no array of finite numbers, or the shapes do not fit.
    OverflowError
        If an entry of z is too large for its dtype.

    Equations
    ---------
    z : eq-conv-z eq-conv-z-indexed eq-strides-z eq-strides-z-indexed
    """
    W, b, a_prev = geometry(stride, padding, dilation).of_forward(W, b, a_prev)

    f, V = frame(a_prev, padding), insert_zeros(W, dilation)
    z = keep_every(_star(f, V), stride) + b[:, None, None]
    return z


def rot180(W):
    """Return every kernel turned by 180°: its rows and its columns backwards.

    Parameters
    ----------
    W : array_like, shape (C_out, C_in, kh, kw)
        Kernels.

    Returns
    -------
    ndarray, shape (C_out, C_in, kh, kw)
        Entry (i, j) of a kernel stands where entry (kh - 1 - i, kw - 1 - j) stood, counted from zero. Filters and
        channels stay in their places.

    Raises
    ------
    TypeError, ValueError
        If `W` is no array of finite numbers with four dimensions.
    """
    W, = shaped(W=(W, "C_out", "C_in", "kh", "kw"))
    return W[:, :, ::-1, ::-1].copy()


def pad(delta, W):
    """Return every plane of δ in a frame of zeros: kh - 1 rows above and below, kw - 1 columns left and right.

    So wide that the kernel, laid on the framed plane, meets each entry of δ with each of its own entries. It is a ring
    of single zeros for kernels of 2×2 alone.

    Parameters
    ----------
    delta : array_like, shape (N, C_out, H', W')
        Error of a layer.
    W : array_like, shape (C_out, C_in, kh, kw)
        Kernels of the same layer; only their size counts.

    Returns
    -------
    ndarray, shape (N, C_out, H' + 2 (kh - 1), W' + 2 (kw - 1))
        δ with its frame.

    Raises
    ------
    TypeError, ValueError
        If an argument is no array of finite numbers with four dimensions, or the numbers of filters differ.
    """
    W, delta = shaped(W=(W, "C_out", "C_in", "kh", "kw"), delta=(delta, "N", "C_out", "H'", "W'"))
    kh, kw = W.shape[2:]
    return np.pad(delta, [(0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)])


@finite_result
def input_gradient(W, delta, stride=1, padding=0, dilation=1, input_shape=None):
    """Return ∇a = pad(δ) ⋆ rot180(W), the derivative for what came into the layer, where ⋆ adds up the filters.

    For one image, one channel and one filter this is eq-conv-nabla-a-frame. Of image n and channel c it is the sum
    over the filters k of pad(δ_{n,k}) ⋆ rot180(W_{k,c}).

    Parameters
    ----------
    W : array_like, shape (C_out, C_in, kh, kw)
        Kernels of this layer.
    delta : array_like, shape (N, C_out, H', W')
        Error of this layer.
    stride, dilation : int or pair of int
        The kernel is laid on every stride-th place, and its entries lie dilation apart: one number, or (rows, columns).
    padding : int, pair of int, or pair of pairs of int
        Zeros around a_prev in the forward pass: one number, (rows, columns), or ((top, bottom), (left, right)).
    input_shape : tuple of int, shape (N, C_in, H, W), optional
        The shape of a_prev. Needed where the stride is larger than 1, so that several images can lead to one δ.

    Returns
    -------
    grad_a : ndarray, shape (N, C_in, H, W): input_shape, or the only one that leads to δ
        ∂C_i/∂a_prev in image i, of a_prev's shape. Per sample, as `delta`.

    Raises
    ------
    TypeError, ValueError
        If an argument is no array of finite numbers, or the shapes do not fit.
    OverflowError
        If an entry of ∇a is too large for its dtype.

    Equations
    ---------
    grad_a : eq-conv-input-gradient eq-conv-input-gradient-indexed eq-strides-nabla-a eq-strides-nabla-a-indexed
    """
    of = geometry(stride, padding, dilation)
    W, delta, input_shape = of.of_input_gradient(W, delta, input_shape)

    delta_u, V = insert_zeros(delta, stride, of.places(input_shape, W.shape)), insert_zeros(W, dilation)
    grad_f = _star(pad(delta_u, V), rot180(V).swapaxes(0, 1))
    grad_a = crop(grad_f, padding)
    return grad_a


@finite_result
def hidden_delta(W_next, delta_next, z, activation, stride=1, padding=0, dilation=1):
    """Return the error δ = (pad(δ_next) ⋆ rot180(W_next)) ⊙ σ'(z) of a layer that has a convolutional layer after it.

    For one image, one channel and one filter this is eq-conv-delta-rec; in general the bracket is `input_gradient` of
    the next layer, which adds up its filters.

    Parameters
    ----------
    W_next : array_like, shape (C_out, C_in, kh, kw)
        Kernels of the next layer.
    delta_next : array_like, shape (N, C_out, H', W')
        Error of the next layer.
    z : array_like, shape (N, C_in, H, W)
        Pre-activations of this layer; its filters make the channels of the next one.
    activation : Activation
        σ of this layer.
    stride, dilation : int or pair of int
        Of the next layer: its kernel is laid on every stride-th place, and the kernel's entries lie dilation apart.
    padding : int, pair of int, or pair of pairs of int
        Of the next layer, the zeros around what comes in: one number, (rows, columns), or ((top, bottom), (left, right)).

    Returns
    -------
    delta : ndarray, as z
        ∂C_i/∂z in image i. Per sample, as `delta_next`.

    Raises
    ------
    TypeError, ValueError
        If an argument is no array of finite numbers, `activation` is no Activation, or the shapes do not fit.
    OverflowError
        If an entry of δ is too large for its dtype.

    Equations
    ---------
    delta : eq-conv-delta-rec eq-conv-delta-rec-indexed
    """
    kernels, errors = (W_next, "C_out", "C_in", "kh", "kw"), (delta_next, "N", "C_out", "H'", "W'")
    W_next, delta_next = shaped(W_next=kernels, delta_next=errors)
    images = geometry(stride, padding, dilation).images(W_next.shape, delta_next.shape)
    W_next, delta_next, z = shaped(W_next=kernels, delta_next=errors, z=(z, "N", "C_in", *images))
    activation = known(activation)

    delta = input_gradient(W_next, delta_next, stride, padding, dilation, z.shape) * activation.prime(z)
    return delta


@finite_result
def gradients(delta, a_prev, stride=1, padding=0, dilation=1, kernel_shape=None):
    """Return the gradients of C for this layer's parameters, averaged over the batch.

    For one image, one channel and one filter ∂C/∂W is eq-conv-grad-w, a_prev ⋆ δ: the input comes first and δ is the
    kernel. The kernel W_{k,c} of filter k for channel c gets the mean over the images n of a_{n,c} ⋆ δ_{n,k}.

    Parameters
    ----------
    delta : array_like, shape (N, C_out, H', W')
        Error of this layer.
    a_prev : array_like, shape (N, C_in, H, W)
        Activations of the layer before; in its frame no smaller than `delta` with its inserted zeros.
    stride, dilation : int or pair of int
        The kernel is laid on every stride-th place, and its entries lie dilation apart: one number, or (rows, columns).
    padding : int, pair of int, or pair of pairs of int
        Zeros around a_prev in the forward pass: one number, (rows, columns), or ((top, bottom), (left, right)).
    kernel_shape : tuple of int, shape (C_out, C_in, kh, kw), optional
        The shape of W. Needed where the stride is larger than the dilation, so that several kernels can make a δ of this
        size.

    Returns
    -------
    dW : ndarray, shape (C_out, C_in, kh, kw): kernel_shape, or the only one that leads to δ
        ∂C/∂W, of W's shape.
    db : ndarray, shape (C_out,)
        ∂C/∂b: the entries of δ added up over each plane, and the mean of that over the samples.

    Raises
    ------
    TypeError, ValueError
        If an argument is no array of finite numbers, or the shapes do not fit.
    OverflowError
        If an entry of a gradient is too large for its dtype.

    Equations
    ---------
    dW : eq-conv-grad-w eq-conv-grad-w-indexed eq-strides-grad-w eq-strides-grad-w-indexed
    db : eq-conv-grad-b-plane eq-conv-grad-b
    """
    of = geometry(stride, padding, dilation)
    delta, a_prev, kernel_shape = of.of_gradients(delta, a_prev, kernel_shape)
    N = len(delta)

    f, delta_u = frame(a_prev, padding), insert_zeros(delta, stride, of.places(a_prev.shape, kernel_shape))
    # ⋆ adds up the second axis of both, so the samples go there
    dV = _star(f.swapaxes(0, 1), delta_u.swapaxes(0, 1)).swapaxes(0, 1) / N
    dW = keep_every(dV, dilation)
    db = np.sum(delta, axis=(0, 2, 3)) / N
    return dW, db


def _star(a, W):
    """Return the sum over c of a[n, c] ⋆ W[k, c], for every n and k."""
    # windows[n][c, i, j] is the part of a[n, c] that a kernel meets at i, j. They are taken image by image, because the
    # product copies them, and those of a whole batch would fill the memory.
    windows = sliding_window_view(a, W.shape[2:], axis=(2, 3))
    return np.array([np.tensordot(W, of_image, axes=([1, 2, 3], [0, 3, 4])) for of_image in windows])
