"""Gradients without derivations: every operation knows its own derivative, and the chain rule joins them.

A calculation with nodes goes as one with arrays, `z = W @ a + b`. Each result keeps the nodes that it was made from.
From the last one `vjp` walks the links back, each node after all that read it, and adds what they send.

Of an operation with the inputs u and v a line says how it runs, and what it makes of g, the gradient of its result: the
gradient of u, then that of v. That is a vector-Jacobian product, (∂ result / ∂u)ᵀ g, with no Jacobian in it.
"""

from inspect import signature
from itertools import count
from numbers import Real

import numpy as np

from mathref.activations import known
from mathref.arrays import array, finite_result

_made = count()


def operation(title, forward, *pulls):
    """Return a function of nodes: an operation and its derivatives.

    Parameters
    ----------
    title : str
        What it is called, in errors and in a node's `title`.
    forward : callable
        Takes the inputs as arrays and returns the result. What is called u or v may be a node, a number or an array.
    *pulls : callable
        One for each input that may be a node, in their order. Each takes g, an array of the result's shape, and then
        all inputs, and returns (∂ result / ∂ input)ᵀ g, an array of the input's shape, or of the shape that the input
        was broadcast to.

    Returns
    -------
    callable
        Takes what `forward` takes, with nodes among it, and returns a Node. It raises ValueError or TypeError for
        inputs that do not fit, OverflowError if the result is not finite.
    """
    def run(*inputs, **named):
        inputs = _arguments(title, forward, pulls, inputs, named)
        values = [each.value if isinstance(each, Node) else each
                  for each in inputs]
        links = [(node, lambda g, pull=pull: pull(g, *values))
                 for node, pull in zip(inputs, pulls) if isinstance(node, Node)]
        return Node(_value(title, forward, values), links, title)
    return run


def swapped(run):
    """Return an operation that takes its two inputs in the other order.

    Parameters
    ----------
    run : callable
        What `operation` returned.

    Returns
    -------
    callable
    """
    return lambda v, u: run(u, v)


def placed(g, u, index):
    """Return zeros of u's shape with g added where `index` points, as often as it points there.

    Parameters
    ----------
    g : ndarray, shape of u[index]
    u : ndarray, any shape
    index : what NumPy takes between square brackets

    Returns
    -------
    ndarray, as u
    """
    total = np.zeros(u.shape, g.dtype)
    np.add.at(total, index, g)
    return total


def spread(g, u, axis):
    """Return g, repeated along the axes of u that were added up.

    Parameters
    ----------
    g : ndarray, shape of u.sum(axis)
    u : ndarray, any shape
    axis : int, tuple of int, or None

    Returns
    -------
    ndarray, as u
    """
    kept = g if axis is None else np.expand_dims(g, axis)
    return np.broadcast_to(kept, u.shape)


class Node:
    """An array that remembers what it was made from.

    Nodes are added, subtracted, multiplied and divided entry by entry, with each other, with numbers and with arrays;
    `u @ v` is the matrix product (of stacks of matrices, too), `u**n` takes a number n, `u[index]` what an array takes,
    `u.T` turns all axes around. `u.sum(axis)`, `u.mean(axis)` and `u.reshape(shape)` take this one argument, as NumPy's do.
    `z.apply(activation)` is σ(z).

    Parameters
    ----------
    value : array_like, any shape
        Finite numbers. It is not copied: do not change it in place while you need the node.
    links : sequence of (Node, callable)
        What it was made from, and what each of them gets of its gradient; `operation` fills them in.
    title : str
        Of the operation that made it.

    Attributes
    ----------
    value : ndarray
    links, title
        As given.
    number : int
        How many nodes were made before: more than before any of those it was made from.

    Raises
    ------
    TypeError, ValueError
        If `value` is no array of finite numbers.
    """

    def __init__(self, value, links=(), title="given"):
        self.value = array("value", value)
        self.links, self.title = links, title
        self.number = next(_made)

    __add__ = operation("u + v", lambda u, v: u + v,
                        lambda g, u, v: g, lambda g, u, v: g)
    __sub__ = operation("u - v", lambda u, v: u - v,
                        lambda g, u, v: g, lambda g, u, v: -g)
    __mul__ = operation("u * v", lambda u, v: u * v,
                        lambda g, u, v: g * v, lambda g, u, v: g * u)
    __truediv__ = operation("u / v", lambda u, v: u / v,
                            lambda g, u, v: g / v, lambda g, u, v: -g * u / v**2)
    __matmul__ = operation("u @ v", lambda u, v: u @ v,
                           lambda g, u, v: g @ v.mT, lambda g, u, v: u.mT @ g)
    __neg__ = operation("-u", lambda u: -u,
                        lambda g, u: -g)
    __pow__ = operation("u**n", lambda u, n: u**n,
                        lambda g, u, n: g * n * u**(n - 1))
    __getitem__ = operation("u[index]", lambda u, index: u[index],
                            lambda g, u, index: placed(g, u, index))
    T = property(operation("u.T", lambda u: u.T,
                           lambda g, u: g.T))
    reshape = operation("u.reshape(shape)", lambda u, shape: u.reshape(shape),
                        lambda g, u, shape: g.reshape(u.shape))
    sum = operation("u.sum(axis)", lambda u, axis=None: u.sum(axis),
                    lambda g, u, axis: spread(g, u, axis))
    mean = operation("u.mean(axis)", lambda u, axis=None: u.mean(axis),
                     lambda g, u, axis: spread(g, u, axis) * (g.size / u.size))
    apply = operation("z.apply(activation)",
                      lambda z, activation: known(activation)(z),
                      lambda g, z, activation: g * activation.prime(z))

    # With a number or an array on the left
    __radd__, __rsub__, __rmul__, __rtruediv__, __rmatmul__ = map(
        swapped, (__add__, __sub__, __mul__, __truediv__, __matmul__))
    __array_ufunc__ = None  # so that NumPy leaves `array + node` to the node
    __iter__ = None  # or Python would count through the entries


def order(output):
    """Return all nodes that `output` is made from, itself first, each after all that read it.

    A node is made after those it is made from, so the reverse of the order in which they were made is such an order.

    Parameters
    ----------
    output : Node

    Returns
    -------
    list of Node

    Raises
    ------
    TypeError
        If `output` is no Node.
    """
    _nodes(output=output)
    found, waiting = {output}, [output]
    while waiting:
        for node, _ in waiting.pop().links:
            if node not in found:
                found.add(node)
                waiting.append(node)
    return sorted(found, key=lambda node: node.number, reverse=True)


def summed_to(g, shape):
    """Return g, added up along the axes along which an array of this shape was repeated.

    Parameters
    ----------
    g : ndarray
        Of a shape that `shape` broadcasts to.
    shape : tuple of int

    Returns
    -------
    ndarray, shape `shape`
    """
    new = g.ndim - len(shape)
    repeated = (*range(new),
                *(new + axis for axis, size in enumerate(shape) if size == 1))
    return g.sum(axis=repeated).reshape(shape)


@np.errstate(divide="ignore")
@finite_result
def vjp(output, g, *inputs):
    """Return (∂ output / ∂ input)ᵀ g for each input: what g, as the gradient of the output, makes of theirs.

    Parameters
    ----------
    output : Node
    g : array_like, shape of the output
        ∂C/∂ output for some cost C. Where the output is z of a layer, g is its δ.
    *inputs : Node
        The nodes whose gradients you want; not only those you began with, each node on the way has one.

    Returns
    -------
    list of ndarray
        ∂C/∂ input, of the shape of each input; a scalar for a scalar. Zeros where the output does not depend on the
        input.

    Raises
    ------
    TypeError, ValueError
        If `output` or an input is no Node, `g` no array of finite numbers, or not of the output's shape.
    OverflowError
        If a gradient is not finite.
    """
    _nodes(output=output, **_numbered(inputs))
    gradient = {output: _seed(g, output)}
    for node in order(output):
        for source, pull in node.links:
            sent = summed_to(pull(gradient[node]), source.value.shape)
            gradient[source] = gradient.get(source, 0) + sent
    return [gradient.get(node, np.zeros_like(node.value)) for node in inputs]


def gradients(C, *inputs):
    """Return ∂C/∂ input for each input.

    Parameters
    ----------
    C : Node
        One number: a cost.
    *inputs : Node
        As for `vjp`.

    Returns
    -------
    list of ndarray
        Of the shape of each input; a scalar for a scalar.

    Raises
    ------
    TypeError, ValueError
        If `C` or an input is no Node, or `C` is more than one number.
    OverflowError
        If a gradient is not finite.
    """
    _one_number(C=C)
    return vjp(C, np.ones_like(C.value), *inputs)


# What is refused

_BROADCAST = "from the right, their axes need to be equally long, or one of them 1"
_NEEDS = {
    **dict.fromkeys(("u + v", "u - v", "u * v", "u / v"), _BROADCAST),
    "u @ v": "both need two dimensions or more, and u needs as many columns as v has rows",
    "u**n": "n needs to be a real number other than 0",
    "u[index]": "index needs to point at entries of u",
    "u.reshape(shape)": "shape needs to hold as many entries as u",
    "u.sum(axis)": "axis needs to be None, an axis of u or several",
    "u.mean(axis)": "axis needs to be None, an axis of u or several",
}
_FITS = {
    "u @ v": lambda u, v: min(np.ndim(u), np.ndim(v)) >= 2,
    "u**n": lambda u, n: isinstance(n, Real) and not isinstance(n, bool) and n != 0 and abs(n) < np.inf,
}


def _arguments(title, forward, pulls, inputs, named):
    """Return the inputs in the order of `forward`, constants among them as arrays; Python numbers stay as they are."""
    try:
        bound = signature(forward).bind(*inputs, **named)
    except TypeError as error:
        raise TypeError(f"{title}: {error}") from None
    bound.apply_defaults()
    for position, (name, value) in enumerate(bound.arguments.items()):
        if position >= len(pulls):
            if isinstance(value, Node):
                raise TypeError(f"{title}: {name} is a Node; it needs to be a constant, since no derivative for it is known")
        elif not isinstance(value, Node):
            checked = array(f"{title}: {name}", value)
            # NumPy lets 2 take the type of a float32 array, and not array(2)
            bound.arguments[name] = value if type(value) in (int, float, complex) else checked
    return [*bound.arguments.values()]


def _value(title, forward, values):
    """Return what `forward` makes of the values; say what does not fit."""
    fits = _FITS.get(title, lambda *_: True)(*values)
    try:
        with np.errstate(all="ignore"):
            value = forward(*values) if fits else None
    except (ValueError, IndexError, TypeError):
        if title not in _NEEDS:
            raise
        fits = False
    if not fits:
        got = ", ".join(f"{name} has shape {value.shape}" if isinstance(value, np.ndarray) else f"{name} is {value!r}"
                        for name, value in zip(signature(forward).parameters, values))
        raise ValueError(f"{title}: {got}; {_NEEDS[title]}")
    if not np.all(np.isfinite(value)):
        raise OverflowError(f"{title}: the result is not finite in {value.dtype}, though every input is")
    return value


def _nodes(**arguments):
    for name, node in arguments.items():
        if not isinstance(node, Node):
            raise TypeError(f"{name} is a {type(node).__name__}; it needs to be a Node")


def _numbered(inputs):
    return {f"inputs[{k}]": node for k, node in enumerate(inputs)}


def _one_number(C):
    _nodes(C=C)
    if C.value.size != 1:
        raise ValueError(f"C has shape {C.value.shape}; it needs to be one number: take C.sum() or C.mean(), "
                         "or give vjp a g")


def _seed(g, output):
    g = array("g", g)
    if g.shape != output.value.shape:
        raise ValueError(f"g has shape {g.shape}, but output has shape {output.value.shape}: g needs shape "
                         f"{output.value.shape}")
    return +g
