"""One fully connected layer, forward and backward.

Activations stand in columns, one per sample: n units in this layer, m in the one before, N samples.
"""

import numpy as np

from mathref.activations import known
from mathref.arrays import finite_result, shaped


@finite_result
def forward(W, b, a_prev):
    """Return the pre-activations z = W a_prev + b.

    Parameters
    ----------
    W : array_like, shape (n, m)
        Weights; row j belongs to unit j of this layer.
    b : array_like, shape (n, 1)
        Bias, one column, added to every sample.
    a_prev : array_like, shape (m, N)
        Activations of the layer before, one column per sample.

    Returns
    -------
    z : ndarray, shape (n, N)
        Pre-activations.

    Raises
    ------
    TypeError, ValueError
        If an argument is no matrix of finite numbers, or the shapes do not fit.
    OverflowError
        If an entry of z is too large for its dtype.

    Equations
    ---------
    z : eq-fc-z
    """
    W, b, a_prev = shaped(W=(W, "n", "m"), b=(b, "n", 1), a_prev=(a_prev, "m", "N"))

    z = W @ a_prev + b
    return z


@finite_result
def output_delta(a, y, z, activation):
    """Return the error δ = (a − y) ⊙ σ'(z) of the last layer, for the cost ½‖a − y‖² of each sample.

    Parameters
    ----------
    a : array_like, shape (n, N)
        Activations of the last layer, a = σ(z).
    y : array_like, shape (n, N)
        Targets.
    z : array_like, shape (n, N)
        Pre-activations of the last layer.
    activation : Activation
        σ, which acts on each entry by itself (softmax does not).

    Returns
    -------
    delta : ndarray, shape (n, N)
        ∂C_i/∂z in column i. Per sample: it is not divided by N.

    Raises
    ------
    TypeError, ValueError
        If an argument is no matrix of finite numbers, `activation` is no Activation, or the shapes differ.
    OverflowError
        If an entry of δ is too large for its dtype.

    Equations
    ---------
    delta : eq-fc-delta-out eq-fc-delta-out-batch
    """
    a, y, z = shaped(a=(a, "n", "N"), y=(y, "n", "N"), z=(z, "n", "N"))
    activation = known(activation)

    delta = (a - y) * activation.prime(z)
    return delta


@finite_result
def hidden_delta(W_next, delta_next, z, activation):
    """Return the error δ = (W_nextᵀ δ_next) ⊙ σ'(z) of a layer that has a layer after it.

    Parameters
    ----------
    W_next : array_like, shape (k, n)
        Weights of the next layer, which has k units.
    delta_next : array_like, shape (k, N)
        Error of the next layer, one column per sample.
    z : array_like, shape (n, N)
        Pre-activations of this layer.
    activation : Activation
        σ of this layer.

    Returns
    -------
    delta : ndarray, shape (n, N)
        ∂C_i/∂z in column i. Per sample, as `delta_next`.

    Raises
    ------
    TypeError, ValueError
        If an argument is no matrix of finite numbers, `activation` is no Activation, or the shapes do not fit.
    OverflowError
        If an entry of δ is too large for its dtype.

    Equations
    ---------
    delta : eq-fc-delta-rec
    """
    W_next, delta_next, z = shaped(W_next=(W_next, "k", "n"), delta_next=(delta_next, "k", "N"), z=(z, "n", "N"))
    activation = known(activation)

    delta = (W_next.T @ delta_next) * activation.prime(z)
    return delta


@finite_result
def gradients(delta, a_prev):
    """Return the gradients of C for this layer's parameters, averaged over the batch.

    Parameters
    ----------
    delta : array_like, shape (n, N)
        Error of this layer, one column per sample.
    a_prev : array_like, shape (m, N)
        Activations of the layer before, one column per sample.

    Returns
    -------
    dW : ndarray, shape (n, m)
        ∂C/∂W, the mean of δ a_prevᵀ over the samples.
    db : ndarray, shape (n, 1)
        ∂C/∂b, the mean of δ over the samples.

    Raises
    ------
    TypeError, ValueError
        If an argument is no matrix of finite numbers, or the numbers of samples differ.
    OverflowError
        If an entry of a gradient is too large for its dtype.

    Equations
    ---------
    dW : eq-fc-grad-w eq-fc-grad-w-batch eq-fc-grad-w-out eq-fc-grad-w-out-batch
    db : eq-fc-grad-b eq-fc-grad-b-batch eq-fc-grad-b-out eq-fc-grad-b-out-batch
    """
    delta, a_prev = shaped(delta=(delta, "n", "N"), a_prev=(a_prev, "m", "N"))
    N = delta.shape[1]

    dW = delta @ a_prev.T / N
    db = np.sum(delta, axis=1, keepdims=True) / N
    return dW, db
