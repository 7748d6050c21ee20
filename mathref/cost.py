"""The cost C: how far the last layer's activations are from the targets."""

import numpy as np

from mathref.arrays import finite_result, shaped


@finite_result
def half_squared_error(a, y):
    """Return C, the mean over the batch of ½‖a − y‖².

    Parameters
    ----------
    a : array_like, shape (n, N)
        Activations of the last layer, one column per sample.
    y : array_like, shape (n, N)
        Targets, one column per sample.

    Returns
    -------
    C : scalar
        The cost. For complex input the squares are (a − y)², not |a − y|², so that a complex step passes through.

    Raises
    ------
    TypeError, ValueError
        If an argument is no matrix of finite numbers, or the shapes differ.
    OverflowError
        If C is too large for its dtype.

    Equations
    ---------
    C : eq-loss eq-loss-batch
    """
    a, y = shaped(a=(a, "n", "N"), y=(y, "n", "N"))
    N = a.shape[1]

    C_i = np.sum((a - y)**2, axis=0) / 2
    C = np.sum(C_i) / N
    return C


@finite_result
def half_squared_error_prime(a, y):
    """Return ∂C_i/∂a, the derivative of each sample's own cost ½‖a − y‖².

    Parameters
    ----------
    a : array_like, shape (n, N)
        Activations of the last layer, one column per sample.
    y : array_like, shape (n, N)
        Targets, one column per sample.

    Returns
    -------
    grad_a : ndarray, shape (n, N)
        a − y. Per sample: it is not divided by N.

    Raises
    ------
    TypeError, ValueError
        If an argument is no matrix of finite numbers, or the shapes differ.
    OverflowError
        If an entry is too large for its dtype.

    Equations
    ---------
    grad_a : eq-fc-grad-a-out
    """
    a, y = shaped(a=(a, "n", "N"), y=(y, "n", "N"))

    grad_a = a - y
    return grad_a
