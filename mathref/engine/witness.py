"""The third witness: the function of `mathref` that names an equation's label is run beside it."""

import inspect
import re
from functools import cache

import numpy as np

from .. import activations, conv, cost, dense, softmax, strides
from .errors import ShapeError
from .symbols import Key

_MODULES = (activations, conv, cost, dense, softmax, strides)

# The notation table: the argument of a function, the symbol it holds and its layer counted from l.
_ARGUMENTS = {
    "W": ("W", 0), "b": ("b", 0), "a_prev": ("a", -1), "a": ("a", 0), "y": ("y", None), "z": ("z", 0),
    "delta": (r"\delta", 0), "W_next": ("W", 1), "delta_next": (r"\delta", 1),
}
_SHAPES = {"input_shape": "a_prev", "kernel_shape": "W"}
_WITHOUT_LAYERS = {"a_prev": "x"}


@cache
def witnesses():
    """Return the functions of `mathref` by label: {label: (name, function, position in what it returns)}."""
    found = {}
    for module in _MODULES:
        for name, member in vars(module).items():
            if inspect.isroutine(member) or inspect.isclass(member) and member.__module__ == module.__name__:
                labels = _labels(member.__call__ if inspect.isclass(member) else member)
                for position, group in enumerate(labels):
                    for label in group:
                        found[label] = f"{member.__module__}.{name}", member, position if len(labels) > 1 else None
    return found


def _labels(member):
    block = re.search(r"Equations\n\s*-+\n((?:\s*\w+ : .*\n?)+)", inspect.getdoc(member) or "")
    return [line.split(":")[1].split() for line in block.group(1).strip().splitlines()] if block else []


def testimony(label, run, key, layer=None):
    """Return (name, value) of the function that implements the equation, on the numbers of a run; None without one.

    Parameters
    ----------
    label : str
    run : Run
    key : Key or None
        The symbol that the equation's left side speaks of.
    layer : int, optional
        The layer l.
    """
    if label not in witnesses():
        return None
    name, function, position = witnesses()[label]
    world = run.program.world
    if world.has_planes and not inspect.isclass(function):
        of_planes = function.__module__ in (conv.__name__, strides.__name__)
        return (name, _on_planes(run, key, function, position)) if of_planes else None
    if world.layered and layer is None:
        layer = run.network.depth if key is None or key.layer is None else key.layer
    if inspect.isclass(function):  # an activation: the function is the run's own σ
        return name, run.activation(run.value(Key("z", layer)))
    value = _called(function, position, lambda parameter: _argument(run, layer, parameter))
    return name, np.squeeze(value)[()] if run.program.scalar else value


def _called(function, position, argument):
    arguments = {parameter: argument(parameter) for parameter in inspect.signature(function).parameters}
    try:
        returned = function(**arguments)
    except (TypeError, ValueError) as error:  # a symbol of the notation table got another meaning
        raise ShapeError(f"{function.__module__}.{function.__name__} does not take these symbols: {error}.") from None
    return returned if position is None else returned[position]


def _argument(run, layer, parameter):
    if parameter == "activation":
        return run.activation
    if parameter not in _ARGUMENTS:
        raise ShapeError(f"There are no planes here, and only a kernel on a plane has a {parameter}.")
    name, shift = _ARGUMENTS[parameter]
    if layer is None:
        name = _WITHOUT_LAYERS.get(parameter, name)
    if run.program.scalar:
        return np.atleast_2d(run.value(Key(name.lower())))
    return run.value(Key(name, None if layer is None or shift is None else layer + shift))


def _on_planes(run, key, function, position):
    """Return what a function of `mathref.conv` or `mathref.strides` makes of all planes, cut to the plane that `key` speaks of."""
    layer = key.layer
    if layer is not None and key.name == r"\nabla a":  # its W and δ are those of the layer it was the input of
        layer += 1

    def argument(parameter):
        if parameter == "activation":
            return run.activation
        if parameter in ("stride", "padding", "dilation"):
            return getattr(run.network, parameter)
        if parameter in _SHAPES:
            return argument(_SHAPES[parameter]).shape
        name, shift = _ARGUMENTS[parameter]
        return run.stack(Key(name, None if layer is None else layer + shift))

    return _called(function, position, argument)[key.part or (0,) * len(run.program.world.counts(run, key))]
