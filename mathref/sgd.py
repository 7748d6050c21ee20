"""Stochastic gradient descent: one step, momentum, and the minibatches to take it on."""

from numbers import Integral

import numpy as np

from mathref.arrays import finite_result, nonnegative, same_shape, shaped


@finite_result
def step(parameters, gradients, learning_rate):
    """Return the parameters after one step against their gradients.

    Every gradient is given before any parameter moves, so all of them belong to the old parameters. A minibatch needs
    no formula of its own: its gradients, from `mathref.dense.gradients`, are means over its samples.

    Parameters
    ----------
    parameters : list or tuple of array_like
        Weights and biases, in any order.
    gradients : list or tuple of array_like
        ∂C/∂ each parameter, in the same order and of the same shapes.
    learning_rate : real number
        η, finite, zero or positive.

    Returns
    -------
    parameters : list of ndarray
        New arrays, in the same order.

    Raises
    ------
    TypeError
        If a sequence is no list or tuple, an array holds no numbers, or `learning_rate` is no real number.
    ValueError
        If the sequences are empty or differ in length, a pair differs in shape, an entry is not finite, or
        `learning_rate` is negative or not finite.
    OverflowError
        If a parameter gets too large for its dtype, as it does when the learning rate is far too large.

    Equations
    ---------
    parameters : eq-fc-update-w eq-fc-update-b eq-fc-minibatch
    """
    pairs = _pairs("parameters", parameters, gradients, "each parameter needs its gradient")
    learning_rate = nonnegative("learning_rate", learning_rate)

    return [parameter - learning_rate * gradient for parameter, gradient in pairs]


@finite_result
def momentum(velocities, gradients, mu):
    """Return the velocities v after they have been slowed down and pushed on: μ v + the gradient.

    Gradient descent with momentum is a step with the velocities in place of the gradients: `step(parameters, velocities,
    learning_rate)`. Begin with velocities of 0.

    Parameters
    ----------
    velocities : list or tuple of array_like
        v of each parameter.
    gradients : list or tuple of array_like
        ∂C/∂ each parameter, in the same order and of the same shapes.
    mu : real number
        μ, from 0, which is no momentum, to less than 1.

    Returns
    -------
    velocities : list of ndarray
        New arrays, in the same order.

    Raises
    ------
    TypeError
        If a sequence is no list or tuple, an array holds no numbers, or `mu` is no real number.
    ValueError
        If the sequences are empty or differ in length, a pair differs in shape, an entry is not finite, or `mu` is not
        from 0 to less than 1.
    OverflowError
        If a velocity gets too large for its dtype.
    """
    pairs = _pairs("velocities", velocities, gradients, "each velocity needs its gradient")
    mu = nonnegative("mu", mu)
    if mu >= 1:
        raise ValueError(f"mu is {mu}; it needs to be less than 1, or nothing is ever forgotten")

    return [mu * velocity + gradient for velocity, gradient in pairs]


def _pairs(name, parameters, gradients, need):
    for title, sequence in ((name, parameters), ("gradients", gradients)):
        if not isinstance(sequence, (list, tuple)):
            raise TypeError(f"{title} is a {type(sequence).__name__}; it needs to be a list or tuple of arrays, as [W, b]")
        if not sequence:
            raise ValueError(f"{title} is empty; it needs at least one array")
    if len(parameters) != len(gradients):
        raise ValueError(f"gradients has length {len(gradients)}, but {name} has length {len(parameters)}: {need}")
    return [same_shape(f"{name}[{i}]", parameter, f"gradients[{i}]", gradient)
            for i, (parameter, gradient) in enumerate(zip(parameters, gradients))]


def minibatches(x, y, size, rng):
    """Return an iterator over minibatches that together hold every sample once, in random order.

    Parameters
    ----------
    x : array_like, shape (n, N)
        Inputs, one column per sample.
    y : array_like, shape (k, N)
        Targets, one column per sample.
    size : int
        Samples in a minibatch, from 1 to N. The last one is smaller if `size` does not divide N.
    rng : numpy.random.Generator
        Draws the order, once, when this function is called.

    Returns
    -------
    iterator of (ndarray, ndarray)
        The columns of x and y that belong together, as new arrays of shapes (n, size) and (k, size).

    Raises
    ------
    TypeError
        If x or y is no matrix of numbers, `size` is no integer, or `rng` is no Generator.
    ValueError
        If the numbers of samples differ, an entry is not finite, or `size` is not from 1 to N.
    """
    x, y = shaped(x=(x, "n", "N"), y=(y, "k", "N"))
    N = x.shape[1]
    if not isinstance(size, Integral) or isinstance(size, bool):
        raise TypeError(f"size is a {type(size).__name__}; it needs to be an integer")
    if not 1 <= size <= N:
        raise ValueError(f"size is {size}, but x has shape {x.shape}, {N} columns: size needs to be from 1 to {N}")
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng is a {type(rng).__name__}; it needs to be a numpy.random.Generator, "
                        "as numpy.random.default_rng(0)")

    order = rng.permutation(N)
    batches = [order[start:start + size] for start in range(0, N, size)]
    return ((x[:, batch], y[:, batch]) for batch in batches)
