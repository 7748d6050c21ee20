"""A network as a row of layers, each of them one derived in this book.

A layer is a small object that holds its parameters, as a tuple of arrays, and no data. All have three methods:

    forward(a_prev)                what comes out
    input_gradient(delta, a_prev)  the derivative for what came in, from `delta`, the derivative for what came out
    gradients(delta, a_prev)       the gradients of its parameters, means over the batch, in the parameters' order

The last layer gives scores. Softmax and cross-entropy come after it and belong to the cost.
"""

from dataclasses import dataclass, replace

import numpy as np

from mathref import dense, im2col, layout, pooling, softmax
from mathref.activations import Activation, known
from mathref.arrays import array, finite_result, same_shape, shaped


class _Layer:
    """A layer without parameters."""

    parameters = ()

    def gradients(self, delta, a_prev):
        """Return no gradients: there is nothing to move."""
        return ()


class _Weighted:
    """A layer with the parameters W and b, kept as arrays of finite numbers."""

    def __post_init__(self):
        for name in ("W", "b"):
            object.__setattr__(self, name, array(name, getattr(self, name)))  # a frozen dataclass lets only object write

    @property
    def parameters(self):
        return self.W, self.b


@dataclass(frozen=True, eq=False)
class Dense(_Weighted):
    """z = W a_prev + b, on columns: `mathref.dense`."""

    W: object
    b: object

    def forward(self, a_prev):
        """Return z."""
        return dense.forward(self.W, self.b, a_prev)

    @finite_result
    def input_gradient(self, delta, a_prev):
        """Return Wᵀ δ."""
        W, delta, _ = shaped(W=(self.W, "n", "m"), delta=(delta, "n", "N"), a_prev=(a_prev, "m", "N"))
        return W.T @ delta

    def gradients(self, delta, a_prev):
        """Return dW and db."""
        return dense.gradients(delta, a_prev)


@dataclass(frozen=True, eq=False)
class Conv(_Weighted):
    """z = a_prev ⋆ W + b, on planes, with a stride and a frame of zeros: `mathref.conv`, by the products of `mathref.im2col`."""

    W: object
    b: object
    stride: object = 1
    padding: object = 0

    def forward(self, a_prev):
        """Return z."""
        return im2col.forward(self.W, self.b, a_prev, self.stride, self.padding)

    def input_gradient(self, delta, a_prev):
        """Return ∇a."""
        return im2col.input_gradient(self.W, delta, self.stride, self.padding, input_shape=np.shape(a_prev))

    def gradients(self, delta, a_prev):
        """Return dW and db."""
        return im2col.gradients(delta, a_prev, self.stride, self.padding, kernel_shape=np.shape(self.W))


@dataclass(frozen=True)
class Activate(_Layer):
    """a = σ(z), entry by entry."""

    activation: Activation

    def __post_init__(self):
        known(self.activation)

    def forward(self, a_prev):
        """Return σ(a_prev): what comes in is z."""
        return self.activation(a_prev)

    @finite_result
    def input_gradient(self, delta, a_prev):
        """Return δ ⊙ σ'(a_prev)."""
        a_prev, delta = same_shape("a_prev", a_prev, "delta", delta)
        return delta * self.activation.prime(a_prev)


@dataclass(frozen=True)
class MaxPool(_Layer):
    """The largest entry of every window: `mathref.pooling`."""

    size: object

    def forward(self, a_prev):
        """Return the largest entries."""
        return pooling.forward(a_prev, self.size)

    def input_gradient(self, delta, a_prev):
        """Return δ at the entries that were chosen, and 0 elsewhere."""
        return pooling.input_gradient(a_prev, delta, self.size)


@dataclass(frozen=True)
class Flatten(_Layer):
    """Planes (N, C, H, W) as columns (C * H * W, N)."""

    def forward(self, a_prev):
        """Return the columns."""
        return layout.flatten(a_prev)

    def input_gradient(self, delta, a_prev):
        """Return δ in planes again."""
        return layout.unflatten(delta, a_prev.shape[1:])


@dataclass(frozen=True)
class Unflatten(_Layer):
    """Columns (C * H * W, N) as planes (N, C, H, W): the first layer, where images come in columns."""

    shape: tuple

    def forward(self, a_prev):
        """Return the planes."""
        return layout.unflatten(a_prev, self.shape)

    def input_gradient(self, delta, a_prev):
        """Return δ in columns again."""
        return layout.flatten(delta)


class Sequential:
    """Layers one after the other, with softmax and cross-entropy at the end.

    Parameters
    ----------
    layers : list or tuple
        The first one first. Each has the three methods that this module begins with, and `parameters`; one with parameters
        is a dataclass with the fields W and b.

    Raises
    ------
    TypeError
        If `layers` is no list or tuple, or something in it is no layer.
    ValueError
        If there is none.
    """

    def __init__(self, layers):
        if not isinstance(layers, (list, tuple)):
            raise TypeError(f"layers is a {type(layers).__name__}; it needs to be a list or tuple of layers")
        if not layers:
            raise ValueError("layers is empty; it needs at least one layer")
        for place, layer in enumerate(layers):
            if isinstance(layer, type) or not all(hasattr(layer, name) for name in _NEEDED):
                raise TypeError(f"layers[{place}] is {layer!r}; it needs to be a layer, with {', '.join(_NEEDED)}")
        self.layers = tuple(layers)

    @property
    def parameters(self):
        """The parameters of all layers, as one list of arrays."""
        return [parameter for layer in self.layers for parameter in layer.parameters]

    def with_parameters(self, parameters):
        """Return the same network with other parameters; this one stays as it is.

        Parameters
        ----------
        parameters : list or tuple of ndarray
            As `parameters` lists them.

        Returns
        -------
        Sequential

        Raises
        ------
        TypeError, ValueError
            If one is no array of finite numbers, or their number or a shape is not that of the network's own.
        """
        own = self.parameters
        if len(parameters) != len(own):
            raise ValueError(f"parameters has length {len(parameters)}; it needs {len(own)} arrays, as `parameters` lists them")
        new = [array(f"parameters[{i}]", parameter) for i, parameter in enumerate(parameters)]
        for i, (parameter, old) in enumerate(zip(new, own)):
            if parameter.shape != old.shape:
                raise ValueError(f"parameters[{i}] has shape {parameter.shape}; it needs shape {old.shape}")
        new = iter(new)
        return Sequential([replace(layer, W=next(new), b=next(new)) if layer.parameters else layer for layer in self.layers])

    def activations(self, x):
        """Return what comes out of every layer, as a list that begins with x itself."""
        a = [array("x", x)]
        for layer in self.layers:
            a.append(layer.forward(a[-1]))
        return a

    def cost(self, x, y):
        """Return C, the mean cross-entropy of the batch."""
        return softmax.cross_entropy(self.activations(x)[-1], y)

    def gradients(self, x, y):
        """Return the gradients of C, one for each of `parameters`.

        Parameters
        ----------
        x : array_like
            A batch, as the first layer takes it.
        y : array_like, shape (n, N)
            Targets, one column per sample. Every column adds up to 1.

        Returns
        -------
        list of ndarray
        """
        *a, z = self.activations(x)
        delta = softmax.output_delta(softmax.softmax(z), y)

        found = []
        for place in reversed(range(len(self.layers))):
            layer, a_prev = self.layers[place], a[place]
            found = [*layer.gradients(delta, a_prev), *found]
            if any(before.parameters for before in self.layers[:place]):  # else nobody needs it
                delta = layer.input_gradient(delta, a_prev)
        return found

    def input_gradient(self, x, delta):
        """Return the derivative for x, from `delta`, the derivative for the scores, and of their shape."""
        *a, z = self.activations(x)
        z, delta = same_shape("z", z, "delta", delta)
        for layer, a_prev in zip(reversed(self.layers), reversed(a)):
            delta = layer.input_gradient(delta, a_prev)
        return delta

    def predict(self, x):
        """Return which score of each column is the largest, counted from zero."""
        return self.activations(x)[-1].argmax(axis=0)


_NEEDED = ("parameters", "forward", "input_gradient", "gradients")
