"""Figure 11: the trained network of the chapter on digits reads what is drawn."""

import json
import re
from math import floor

import numpy as np
import traitlets

from mathref.activations import relu
from mathref.network import Activate, Conv, Dense, Flatten, MaxPool, Sequential, Unflatten
from mathref.softmax import softmax
from mathref.widgets.figure import HERE, Figure, Matrix, bundle, stylesheet
from mathref.widgets.still import Quantity

SIDE = 8
"""Rows and columns of an image."""

_LETTERS = "0123456789abcdefg"


def _written_down():
    """Return the parameters and the examples that stand in the module for the browser."""
    source = (HERE / "digits_network.js").read_text(encoding="utf-8")
    data = json.loads(re.search(r"TRAINED = (\{.*\});", source, re.DOTALL)[1])
    parameters = [np.reshape(data[name]["steps"], data[name]["shape"]) / 2.0**data[name]["power"]
                  for name in ("kernels", "biases", "weights", "last_biases")]
    hundredths = [[floor(100 * _LETTERS.index(letter) / 16 + 0.5) for letter in text] for text in data["examples"]]
    images = [np.reshape(image, (SIDE, SIDE)) / 100 for image in hundredths]
    return parameters, images


def network():
    """Return the trained network, with its weights as the figure has them."""
    (kernels, biases, weights, last_biases), _ = _written_down()
    return Sequential([Unflatten((1, SIDE, SIDE)), Conv(kernels, biases, padding=1), Activate(relu), MaxPool(2), Flatten(),
                       Dense(weights, last_biases)])


def examples():
    """Return digits that the network has not seen in training, as images with numbers from 0 to 1."""
    return _written_down()[1]


class Digits(Figure):
    """A drawing of 8 × 8 pixels, and what a network that was trained on scanned digits says it is.

    Parameters
    ----------
    x : array_like, shape (8, 8)
        The drawing, from 0 to 1 for full ink. Left out, it is a digit that the network has not seen.
    digit : str
        The digit whose score `gradient` is of: "0" to "9", or "none".
    entry : str
        The pixel that `value` stands for and that the figure asks about: `x_45` is in row 4 and column 5.

    Attributes
    ----------
    value : float
        The number at `entry`. Both ways: setting it moves the entry, so a slider can be linked to it.
    z, a : nested list, shape (10, 1)
        The scores of the digits from 0 to 9, and their shares. They cannot be set.
    answer : int
        The digit with the largest score. It cannot be set.
    gradient : nested list, shape (8, 8)
        The derivative of the score of `digit` by each pixel; 0 for "none". It cannot be set.

    Raises
    ------
    TraitError
        If `x` is no matrix of 8 × 8 numbers between 0 and 1, or there is no such digit or entry.

    Equations
    ---------
    a : eq-dg-softmax
    """

    _esm = bundle("digits")
    _css = stylesheet("digits")
    letters = {"x": "x"}

    x = Matrix(within=(0.0, 1.0)).tag(sync=True)
    digit = traitlets.Enum(("none", *"0123456789"), "none").tag(sync=True)
    z, a, gradient = (Matrix(read_only=True).tag(sync=True) for _ in range(3))
    answer = traitlets.Int(read_only=True).tag(sync=True)

    def __init__(self, x=None, digit="none", entry="x_45", **kwargs):
        super().__init__(x=examples()[6] if x is None else x, digit=digit, **kwargs)
        self.entry = entry  # once the shape of x is known to be right

    def title(self):
        return f"A network that reads digits: it says {self.answer}"

    def quantities(self):
        return [Quantity("x", "x", "a", self.x), Quantity("z", "z", "z", self.z, "→"), Quantity("a", "a", "a", self.a, "→")]

    def __repr__(self):
        return f"Digits(x={self.x}, digit={self.digit!r}, entry={self.entry!r})"

    @traitlets.validate("x")
    def _fit(self, proposal):
        shape = len(proposal.value), len(proposal.value[0])
        if shape != (SIDE, SIDE):
            raise traitlets.TraitError(f"x has shape {shape}; it needs shape {(SIDE, SIDE)}")
        return proposal.value

    @traitlets.observe("x", "digit")
    def _compute(self, change):
        reader, x = network(), np.reshape(self.x, (-1, 1))
        z = reader.activations(x)[-1]
        gradient = np.zeros((SIDE, SIDE))
        if self.digit != "none":
            gradient = reader.input_gradient(x, np.eye(10)[:, [int(self.digit)]]).reshape(SIDE, SIDE)
        for name, result in {"z": z, "a": softmax(z), "gradient": gradient, "answer": int(reader.predict(x)[0])}.items():
            self.set_trait(name, result)
