"""Activation functions σ and their derivatives σ', both applied to each entry of z by itself.

Complex numbers pass through every formula, so that a complex step can differentiate it. e^{-|z|} stands in for e^{-z}
and e^{z}: it never overflows, and what is computed from it keeps its digits where |z| is large.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mathref.arrays import array


@dataclass(frozen=True)
class Activation:
    """A function σ with its derivative σ'.

    Parameters
    ----------
    name : str
        The name it is printed with.
    function, derivative : callable
        σ and σ'. Each takes an array of any shape, changes nothing in it and returns an array of the same shape.
    """

    name: str
    function: Callable = field(repr=False)
    derivative: Callable = field(repr=False)

    def __call__(self, z):
        """Return a = σ(z), entry by entry.

        Parameters
        ----------
        z : array_like, any shape
            Pre-activations, real or complex.

        Returns
        -------
        a : ndarray, as z
            Activations; a scalar for a scalar.

        Raises
        ------
        TypeError, ValueError
            If `z` is no array of finite numbers.

        Equations
        ---------
        a : eq-fc-a
        """
        # The plus makes a new array, even where σ hands back z itself, and a scalar of an array without dimensions.
        return +self.function(array("z", z))

    def prime(self, z):
        """Return σ'(z), entry by entry.

        Parameters
        ----------
        z : array_like, any shape
            Pre-activations, real or complex.

        Returns
        -------
        ndarray, as z
            The slope of σ at each entry; a scalar for a scalar.

        Raises
        ------
        TypeError, ValueError
            If `z` is no array of finite numbers.
        """
        return +self.derivative(array("z", z))


def _exp_minus_abs(z):
    """Return e^{-|z|}, where |z| is z or -z, whichever has the real part that is not negative."""
    return np.exp(np.where(z.real < 0, z, -z))


def _sigmoid(z):
    # σ(z) = 1 / (1 + e^{-z}), and where Re z < 0 the same fraction times e^{z} above and below
    e = _exp_minus_abs(z)
    return np.where(z.real < 0, e, 1) / (1 + e)


def _sigmoid_prime(z):
    # σ'(z) = σ(z) (1 - σ(z)) = e^{-z} / (1 + e^{-z})², the same for z and -z
    e = _exp_minus_abs(z)
    return e / (1 + e)**2


def _tanh(z):
    return np.tanh(z)


def _tanh_prime(z):
    # σ'(z) = 1 - tanh² z = 1 / cosh² z; the difference would lose its digits where tanh z is close to ±1
    e = _exp_minus_abs(z)
    return (2 * e / (1 + e**2))**2


def _relu(z):
    return np.where(z.real > 0, z, 0)


def _relu_prime(z):
    return (z.real > 0).astype(z.dtype)


def _softplus(z):
    # σ(z) = log(1 + e^{z}) = max(z, 0) + log(1 + e^{-|z|}), and log(1 + e) = 2 artanh(e / (2 + e)):
    # of a complex number NumPy's log1p keeps no more digits than log does
    e = _exp_minus_abs(z)
    return np.where(z.real < 0, 0, z) + 2 * np.arctanh(e / (2 + e))


def _identity(z):
    return z


def _identity_prime(z):
    return np.ones_like(z)


sigmoid = Activation("sigmoid", _sigmoid, _sigmoid_prime)
"""1 / (1 + e^{-z})."""

tanh = Activation("tanh", _tanh, _tanh_prime)
"""(e^{z} - e^{-z}) / (e^{z} + e^{-z})."""

relu = Activation("relu", _relu, _relu_prime)
"""max(z, 0). At the kink, z = 0, its derivative is taken to be 0. A complex z is judged by its real part: the function
is not analytic, and a complex step says nothing true about it at the kink."""

softplus = Activation("softplus", _softplus, _sigmoid)
"""log(1 + e^{z}), a smooth relu; its derivative is sigmoid. Analytic for |Im z| < π."""

identity = Activation("identity", _identity, _identity_prime)
"""z itself, for a linear layer."""

_KNOWN = {activation.name: activation for activation in (sigmoid, tanh, relu, softplus, identity)}


def by_name(name):
    """Return the activation that is called `name`.

    Parameters
    ----------
    name : str
        sigmoid, tanh, relu, softplus or identity.

    Returns
    -------
    Activation

    Raises
    ------
    ValueError
        If no activation has that name.
    """
    if name not in list(_KNOWN):  # what cannot be looked up is no name either
        raise ValueError(f"name is {name!r}; it needs to be one of {', '.join(_KNOWN)}")
    return _KNOWN[name]


def known(activation):
    """Return `activation`, or say that it is none.

    Parameters
    ----------
    activation : Activation
        One of this module, or one of your own.

    Returns
    -------
    Activation
        The same object.

    Raises
    ------
    TypeError
        If it is something else, a name or a bare function for instance.
    """
    if not isinstance(activation, Activation):
        raise TypeError(f"activation is a {type(activation).__name__}; it needs to be one of "
                        f"mathref.activations ({', '.join(_KNOWN)}) or an Activation of your own")
    return activation
