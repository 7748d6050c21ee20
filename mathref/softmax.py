"""The last layer of a network that chooses: softmax, and the cross-entropy that goes with it.

Scores z and shares a stand in columns, one per sample. Both functions of z subtract the largest score of each column
first, which changes neither and keeps e^{z} from overflowing.
"""

import numpy as np

from mathref.arrays import finite_result, shaped

TOLERANCE = 1e-4
"""How far the targets of a sample may be from adding up to 1. It leaves room for the rounding of float32."""


@finite_result
def softmax(z):
    """Return a, the share of each score: e^{z_j} over the sum of all e^{z_k} in its column.

    Parameters
    ----------
    z : array_like, shape (n, N)
        Scores, one column per sample.

    Returns
    -------
    a : ndarray, shape (n, N)
        Shares between 0 and 1; every column adds up to 1.

    Raises
    ------
    TypeError, ValueError
        If `z` is no matrix of finite numbers.

    Equations
    ---------
    a : eq-dg-softmax
    """
    z, = shaped(z=(z, "n", "N"))

    e = np.exp(z - _largest(z))
    a = e / np.sum(e, axis=0)
    return a


@finite_result
def cross_entropy(z, y):
    """Return C, the mean over the batch of −Σ y_k log a_k with a = softmax(z).

    It is worked out from the scores, as log Σ e^{z_k} − Σ y_k z_k: a share may be too small to be stored, its logarithm
    is not.

    Parameters
    ----------
    z : array_like, shape (n, N)
        Scores of the last layer, one column per sample.
    y : array_like, shape (n, N)
        Targets, one column per sample. Every column adds up to 1.

    Returns
    -------
    C : scalar
        The cost.

    Raises
    ------
    TypeError, ValueError
        If an argument is no matrix of finite numbers, the shapes differ, or a column of `y` does not add up to 1.
    OverflowError
        If C is too large for its dtype.

    Equations
    ---------
    C : eq-dg-cross-entropy eq-dg-cost-from-scores
    """
    z, y = shaped(z=(z, "n", "N"), y=(y, "n", "N"))
    _shares(y)
    N = z.shape[1]

    z = z - _largest(z)
    C_i = np.log(np.sum(np.exp(z), axis=0)) - np.sum(y * z, axis=0)
    C = np.sum(C_i) / N
    return C


@finite_result
def output_delta(a, y):
    """Return the error δ = a − y of a last layer with softmax, for the cross-entropy of each sample.

    Parameters
    ----------
    a : array_like, shape (n, N)
        The softmax of the scores, one column per sample.
    y : array_like, shape (n, N)
        Targets, one column per sample. Every column adds up to 1.

    Returns
    -------
    delta : ndarray, shape (n, N)
        ∂C_i/∂z_i in column i. Per sample: it is not divided by N.

    Raises
    ------
    TypeError, ValueError
        If an argument is no matrix of finite numbers, the shapes differ, or a column of `y` does not add up to 1.
    OverflowError
        If an entry is too large for its dtype.

    Equations
    ---------
    delta : eq-dg-delta
    """
    a, y = shaped(a=(a, "n", "N"), y=(y, "n", "N"))
    _shares(y)

    delta = a - y
    return delta


def _largest(z):
    return np.max(z.real, axis=0)  # of complex scores the real part: a shift by a real number is no step


def _shares(y):
    sums = np.sum(y, axis=0)
    wrong, = np.nonzero(np.abs(sums - 1) > TOLERANCE)
    if wrong.size:
        raise ValueError(f"y has a column {wrong[0]} that adds up to {sums[wrong[0]]:g}; every column needs to add up to 1")
