"""One convolutional layer, forward and backward.

Images stand as (N, C_in, H, W): N samples, C_in channels, H rows, W columns. A layer has C_out filters, each with one
kernel of kh rows and kw columns for every channel. The product ⋆ is the valid cross-correlation: the kernel is laid on
every place where it fits whole, as it is, not turned.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mathref.activations import known
from mathref.arrays import array, finite_result, shaped


def _star(a, W):
    """Return Σ_c a_{n,c} ⋆ W_{k,c} for every sample n and filter k: Σ_p Σ_q a_{i+p-1,j+q-1} w_{pq} at (i, j)."""
    patches = sliding_window_view(a, W.shape[2:], axis=(2, 3))
    return np.einsum("ncijpq,kcpq->nkij", patches, W, optimize=True)


@finite_result
def forward(W, b, a_prev):
    """Return the pre-activations z_{n,k} = Σ_c a_prev_{n,c} ⋆ W_{k,c} + b_k.

    Parameters
    ----------
    W : array_like, shape (C_out, C_in, kh, kw)
        Kernels; W[k, c] is what filter k lays on channel c.
    b : array_like, shape (C_out,), or None
        Bias, one number for each filter, added at every position. None means no bias.
    a_prev : array_like, shape (N, C_in, H, W)
        Activations of the layer before.

    Returns
    -------
    z : ndarray, shape (N, C_out, H - kh + 1, W - kw + 1)
        Pre-activations.

    Raises
    ------
    TypeError, ValueError
        If an argument is no array of finite numbers, the shapes do not fit, or a kernel is larger than an image.
    OverflowError
        If an entry of z is too large for its dtype.

    Equations
    ---------
    z : eq-conv-z eq-conv-z-indexed
    """
    W, a_prev = shaped(W=(W, "C_out", "C_in", "kh", "kw"), a_prev=(a_prev, "N", "C_in", "H", "W"))
    _refuse_larger("W", W, "a_prev", a_prev)
    if b is None:
        return _star(a_prev, W)
    W, b = shaped(W=(W, "C_out", "C_in", "kh", "kw"), b=(b, "C_out"))

    z = _star(a_prev, W) + b[:, None, None]
    return z


def rot180(W):
    """Return every kernel turned by half a turn: its last row first, each row backwards.

    Parameters
    ----------
    W : array_like, shape (..., kh, kw)
        Kernels, or a single one.

    Returns
    -------
    ndarray, shape (..., kh, kw)

    Raises
    ------
    TypeError, ValueError
        If `W` is no array of finite numbers with two axes or more.
    """
    W = array("W", W)
    if W.ndim < 2:
        raise ValueError(f"W has shape {W.shape}; it needs two dimensions or more, (..., kh, kw)")

    return W[..., ::-1, ::-1].copy()


def pad(delta, W):
    """Return δ in the frame of zeros that lets W, turned, touch every entry: kh − 1 rows and kw − 1 columns on each side.

    Parameters
    ----------
    delta : array_like, shape (N, C_out, H', W')
        Error of the layer.
    W : array_like, shape (C_out, C_in, kh, kw)
        Kernels of the same layer.

    Returns
    -------
    ndarray, shape (N, C_out, H' + 2(kh − 1), W' + 2(kw − 1))

    Raises
    ------
    TypeError, ValueError
        If an argument is no array of finite numbers, or the numbers of filters differ.
    """
    W, delta = shaped(W=(W, "C_out", "C_in", "kh", "kw"), delta=(delta, "N", "C_out", "H'", "W'"))
    kh, kw = W.shape[2:]

    return np.pad(delta, ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))


@finite_result
def input_gradient(W, delta):
    """Return ∇a_{n,c} = Σ_k pad(δ_{n,k}) ⋆ rot180(W_{k,c}): what the layer hands back to its input.

    Parameters
    ----------
    W : array_like, shape (C_out, C_in, kh, kw)
        Kernels.
    delta : array_like, shape (N, C_out, H', W')
        Error of the layer, per sample.

    Returns
    -------
    grad_a : ndarray, shape (N, C_in, H' + kh - 1, W' + kw - 1)
        ∂C_n/∂a_{n,c}, of the shape of the layer's input. Per sample: it is not divided by N. It is no error yet: δ of
        the layer before is this ⊙ σ'(z), see `hidden_delta`.

    Raises
    ------
    TypeError, ValueError
        If an argument is no array of finite numbers, or the numbers of filters differ.
    OverflowError
        If an entry is too large for its dtype.

    Equations
    ---------
    grad_a : eq-conv-input-gradient eq-conv-input-gradient-indexed
    """
    # Here the sum runs over the filters k, so they take the place of the channels.
    return _star(pad(delta, W), rot180(W).swapaxes(0, 1))


@finite_result
def hidden_delta(W_next, delta_next, z, activation):
    """Return the error δ_{n,c} = (Σ_k pad(δ_next_{n,k}) ⋆ rot180(W_next_{k,c})) ⊙ σ'(z_{n,c}).

    Parameters
    ----------
    W_next : array_like, shape (C_out, C_in, kh, kw)
        Kernels of the next layer.
    delta_next : array_like, shape (N, C_out, H', W')
        Error of the next layer, per sample.
    z : array_like, shape (N, C_in, H' + kh - 1, W' + kw - 1)
        Pre-activations of this layer.
    activation : Activation
        σ of this layer.

    Returns
    -------
    delta : ndarray, shape of z
        ∂C_n/∂z_{n,c}. Per sample, as `delta_next`.

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
    activation = known(activation)
    grad_a = input_gradient(W_next, delta_next)
    z = array("z", z)
    if z.shape != grad_a.shape:
        raise ValueError(f"z has shape {z.shape}, but W_next has shape {np.shape(W_next)} and delta_next has shape "
                         f"{np.shape(delta_next)}: z needs shape {grad_a.shape}")

    delta = grad_a * activation.prime(z)
    return delta


@finite_result
def gradients(delta, a_prev):
    """Return the gradients of C for this layer's parameters, averaged over the batch.

    ∂C/∂W_{k,c} = (1/N) Σ_n a_prev_{n,c} ⋆ δ_{n,k}, and ∂C/∂b_k = (1/N) Σ_n Σ_i Σ_j (δ_{n,k})_{ij}.

    Parameters
    ----------
    delta : array_like, shape (N, C_out, H', W')
        Error of this layer, per sample.
    a_prev : array_like, shape (N, C_in, H, W)
        Activations of the layer before.

    Returns
    -------
    dW : ndarray, shape (C_out, C_in, H - H' + 1, W - W' + 1)
        ∂C/∂W.
    db : ndarray, shape (C_out,)
        ∂C/∂b.

    Raises
    ------
    TypeError, ValueError
        If an argument is no array of finite numbers, the numbers of samples differ, or δ is larger than the input.
    OverflowError
        If an entry of a gradient is too large for its dtype.

    Equations
    ---------
    dW : eq-conv-grad-w eq-conv-grad-w-indexed
    db : eq-conv-grad-b-plane eq-conv-grad-b
    """
    delta, a_prev = shaped(delta=(delta, "N", "C_out", "H'", "W'"), a_prev=(a_prev, "N", "C_in", "H", "W"))
    _refuse_larger("delta", delta, "a_prev", a_prev)
    N = delta.shape[0]

    # Here the sum runs over the samples n, so they take the place of the channels, on either side.
    dW = _star(a_prev.swapaxes(0, 1), delta.swapaxes(0, 1)).swapaxes(0, 1) / N
    db = np.sum(delta, axis=(0, 2, 3)) / N
    return dW, db


def _refuse_larger(name, plane, image_name, image):
    if plane.shape[2] > image.shape[2] or plane.shape[3] > image.shape[3]:
        raise ValueError(f"{name} has shape {plane.shape}, but {image_name} has shape {image.shape}: {name} needs at most "
                         f"{image.shape[2]} rows and {image.shape[3]} columns")
