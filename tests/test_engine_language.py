r"""The language of the equation cells: what LaTeX means, what is refused and in which words, and that nothing hangs."""

import ast
import random
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from engine_fixture import LAYERS, NUMBERS, ONE_LAYER, RECURSION, run, run_of, session_of, value
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from py_mini_racer import MiniRacer

import mathref.engine
from mathref.engine import parser, program
from mathref.engine.evaluate import Evaluator
from mathref.engine.errors import (ConditionError, EquationError, LatexError, MeaningError, NotFalse, NotTrue,
                                   ShapeError)
from mathref.engine.networks import NETWORKS, Network
from mathref.engine.program import Key

SQUARE = Network((3, 3, 3, 3), "sigmoid", 9)  # where every product is possible, so that only its meaning tells
LETTERS = {"W1": Key("W", 1), "W2": Key("W", 2), "b1": Key("b", 1), "b2": Key("b", 2), "x": Key("x"), "y": Key("y")}


@pytest.fixture(scope="module")
def layers():
    return session_of(LAYERS)


def logistic(z):
    return 1 / (1 + np.exp(-z))


def logistic_prime(z):
    return logistic(z) * (1 - logistic(z))


def column(*entries):
    return np.array(entries)[:, None]


# What an expression means: LaTeX on the left, NumPy on the right, one sample in a square network.
MEANINGS = {
    "the product binds tighter than the entrywise product": (
        r"W^{1} x \odot b^{1}", lambda W1, x, b1, **_: (W1 @ x) * b1),
    "the product binds tighter than the entrywise product on the right too": (
        r"b^{1} \odot W^{1} x", lambda W1, x, b1, **_: b1 * (W1 @ x)),
    "brackets undo that": (
        r"W^{1} (x \odot b^{1})", lambda W1, x, b1, **_: W1 @ (x * b1)),
    "the entrywise product binds tighter than a difference": (
        r"x - b^{1} \odot b^{2}", lambda x, b1, b2, **_: x - b1 * b2),
    "differences associate to the left": (
        r"x - b^{1} - b^{2}", lambda x, b1, b2, **_: (x - b1) - b2),
    "a leading minus belongs to the whole first term": (
        r"-x \odot x + b^{1}", lambda x, b1, **_: -(x * x) + b1),
    "products associate to the left, also with a dot": (
        r"x^{\top} y \cdot W^{1} x", lambda W1, x, y, **_: (x.T @ y)[0, 0] * (W1 @ x)),
    "a transpose belongs to its symbol alone": (
        r"x y^{\top}", lambda x, y, **_: x @ y.T),
    "a bracket is transposed as a whole": (
        r"(W^{1} W^{2})^{\top} x", lambda W1, W2, x, **_: (W1 @ W2).T @ x),
    "a sum ends before the next plus": (
        r"\sum_{j} x_{j} + y_{1}", lambda x, y, **_: x.sum() + y[0, 0]),
    "a sum ends before the next minus": (
        r"\sum_{j} x_{j} - y_{1}", lambda x, y, **_: x.sum() - y[0, 0]),
    "a sum takes in the whole product after it": (
        r"\sum_{j} x_{j} y_{j} b^{1}_{j}", lambda x, y, b1, **_: (x * y * b1).sum()),
    "a sum takes in an entrywise product after it": (
        r"\sum_{j} x_{j} b^{1} \odot b^{2}", lambda x, b1, b2, **_: x.sum() * b1 * b2),
    "a factor stands in front of a sum": (
        r"\frac{1}{2} \sum_{j} x_{j} y_{j}", lambda x, y, **_: 0.5 * (x * y).sum()),
    "a sum stands inside a sum": (
        r"\sum_{j} \sum_{k} y_{j} w^{1}_{jk} x_{k}", lambda W1, x, y, **_: (y.T @ W1 @ x)[0, 0]),
    "the first index of an entry of W is its row": (
        r"w^{1}_{23}", lambda W1, **_: W1[1, 2]),
    "the entry of a column is a number": (
        r"x_{2} b^{1}_{3}", lambda x, b1, **_: x[1, 0] * b1[2, 0]),
    "layer and entry stand in either order": (
        r"b_{3}^{2}", lambda b2, **_: b2[2, 0]),
    "L is the last layer": (
        r"b^{L-1}", lambda b2, **_: b2),
    "the squared norm is the sum of the squared entries": (
        r"\lVert W^{1} - W^{2} \rVert^{2}", lambda W1, W2, **_: ((W1 - W2)**2).sum()),
    "a fraction divides every entry": (
        r"\frac{x - y}{x_{1}}", lambda x, y, **_: (x - y) / x[0, 0]),
    "a number is added to every entry": (
        r"x + \frac{1}{2}", lambda x, **_: x + 0.5),
    "a pmatrix is filled row by row": (
        r"\begin{pmatrix} x_{1} & x_{2} \\ y_{1} & 2.5 \end{pmatrix}",
        lambda x, y, **_: np.array([[x[0, 0], x[1, 0]], [y[0, 0], 2.5]])),
    "a pmatrix multiplies": (
        r"W^{1} \begin{pmatrix} x_{1} \\ 2 \\ 3 \end{pmatrix}", lambda W1, x, **_: W1 @ column(x[0, 0], 2, 3)),
    "diag puts a column on the diagonal": (
        r"\operatorname{diag}(x) W^{1}", lambda W1, x, **_: np.diag(x[:, 0]) @ W1),
    "sigma goes entry by entry": (
        r"\sigma(x - y)", lambda x, y, **_: logistic(x - y)),
    "the prime of sigma is its slope at every entry": (
        r"\sigma'(x - y) \odot y", lambda x, y, **_: logistic_prime(x - y) * y),
    "the prime may be spelt out": (
        r"\sigma^{\prime}(x)", lambda x, **_: logistic_prime(x)),
    "the exponential goes entry by entry": (
        r"\exp(x - y)", lambda x, y, **_: np.exp(x - y)),
    "the logarithm goes entry by entry, and undoes the exponential": (
        r"\log(\exp(x) + 1) \odot \log(\exp(y))", lambda x, y, **_: np.log1p(np.exp(x)) * y),
    "a logarithm of a sum is one factor": (
        r"2 \log(\sum_{j} \exp(x_{j})) x", lambda x, **_: 2 * np.log(np.exp(x).sum()) * x),
    "a bracket of a number has powers": (
        r"(x_{1} - y_{1})^{3}", lambda x, y, **_: (x[0, 0] - y[0, 0])**3),
    "a row times a column is a number": (
        r"x^{\top} y - 1", lambda x, y, **_: (x.T @ y)[0, 0] - 1),
    "spaces and sizes of brackets mean nothing": (
        r"\displaystyle\left( W^{ 1 }\,x \quad + \; b ^ 1\right)", lambda W1, x, b1, **_: W1 @ x + b1),
    "braces around one sign may be left out": (
        r"(W^1)^\top x", lambda W1, x, **_: W1.T @ x),
}


@pytest.mark.parametrize("meaning", MEANINGS)
def test_an_expression_means_what_numpy_computes(layers, meaning):
    latex, by_hand = MEANINGS[meaning]
    network_run = run_of(layers, 1, SQUARE)
    expected = by_hand(**{name: network_run.value(key) for name, key in LETTERS.items()})
    found = value(network_run, latex)
    assert np.shape(found) == np.shape(expected)
    assert_allclose(found, expected, rtol=1e-13)


def test_the_square_network_tells_every_order_of_a_product_from_another(layers):
    W1, W2, x = (run_of(layers, 1, SQUARE).value(LETTERS[name]) for name in ("W1", "W2", "x"))
    for one, other in [(W1 @ W2, W2 @ W1), (W1 @ x, W1.T @ x), (W1, W1.T), (W1 @ (x * x), (W1 @ x) * x)]:
        assert np.all(abs(one - other)[~np.eye(*one.shape, dtype=bool)] > 1e-3)


def test_the_sample_i_of_a_batch_is_its_column_i(layers):
    batch = run_of(layers, 6)
    for i in range(6):
        assert_allclose(value(batch, "a^{2}_{i}", i=i), batch.value(Key("a", 2))[:, i:i + 1])
        assert_allclose(value(batch, "a^{2}_{ji}", i=i, j=1), batch.value(Key("a", 2))[1, i])
    assert value(batch, "N") == 6 and value(run_of(layers, 1), "N") == 1


def test_a_sum_over_i_runs_over_the_samples_and_over_another_letter_over_the_entries(layers):
    batch = run_of(layers, 6)
    a = batch.value(Key("a", 2))
    for written in (r"\sum_{i} a^{2}_{i}", r"\sum_{i=1}^{N} a^{2}_{i}", r"\sum_{i=1}^N a^{2}_{i}"):
        assert_allclose(value(batch, written), a.sum(axis=1, keepdims=True))
    assert_allclose(value(batch, r"\sum_{j} a^{2}_{j}"), a.sum(axis=0, keepdims=True))


def test_only_a_column_that_belongs_to_no_sample_is_added_to_every_column_of_a_batch(layers):
    batch = run_of(layers, 6)
    a, b = batch.value(Key("a", 1)), batch.value(Key("b", 1))
    assert_allclose(value(batch, "a^{1} + b^{1}"), a + np.hstack([b] * 6))
    assert_allclose(value(batch, "b^{1} - a^{1}"), np.hstack([b] * 6) - a)
    for clash in ("a^{1} + a^{1}_{i}", "W^{1} + b^{1}", r"a^{1} + (b^{1})^{\top}", "a^{1} + a^{2}"):
        with pytest.raises(ShapeError, match="shape clash"):
            value(batch, clash, i=0)


def test_in_a_chapter_without_layers_W_x_and_b_make_one_layer():
    flat = run_of(session_of(ONE_LAYER), 1)
    W, x, b, y = (flat.value(Key(name)) for name in "Wxby")
    assert W.shape == (len(y), len(x)) and b.shape == y.shape
    assert_allclose(value(flat, "a"), logistic(W @ x + b))
    assert_allclose(value(flat, "w_{12}"), W[0, 1])


def test_in_a_chapter_without_W_every_symbol_is_a_number_and_digits_belong_to_its_name():
    numbers = run_of(session_of(NUMBERS), 1)
    w, x, b, y = (numbers.value(Key(name)) for name in "wxby")
    assert_allclose(value(numbers, "C"), (logistic(w * x + b) - y)**2 / 2)
    several = {text: value(numbers, text) for text in ("x", "x_{1}", "x_{2}", "x_{12}", "w_{1}", "y_{1}")}
    assert len({round(float(number), 6) for number in several.values()}) == len(several)


def test_definitions_may_come_in_any_order_before_what_they_use():
    backwards = session_of([LAYERS[2], LAYERS[1], LAYERS[0], LAYERS[3]])
    run(backwards, "%%claim N=1\na^{1} = \\sigma(W^{1} x + b^{1})")


# What is refused: the cell, the kind of error, what its message says, and the text under the caret if there is one.
REFUSED = {
    "an unknown command": ("%%claim eq-q\nz^{l} = \\mathbf{z}^{l}", LatexError, r"Unknown command \mathbf", r"\mathbf"),
    "a known command with letters stuck to it": (
        "%%claim eq-q\n2 \\cdota^{l} = a^{l}", LatexError, r"Unknown command \cdota", r"\cdota"),
    "a brace that is never closed": ("%%claim eq-q\nz^{l = a^{l}", LatexError, "This { is never closed", "{l = "),
    "a brace that closes nothing": ("%%claim eq-q\nz^{l} = a^{l}}", LatexError, "This } closes nothing", "}"),
    "a bracket closed by a brace": ("%%claim eq-q\nz^{l} = (a^{l}}", LatexError, "This } closes nothing", "}"),
    "a bracket that is never closed": (
        "%%claim eq-q\nz^{l} = \\left( a^{l}", LatexError, "This ( is never closed", "( a"),
    "T for a transpose": ("%%claim eq-q\nz^{l} = W^T z^{l}", LatexError, r"^{\top}", "T z"),
    "T for a transpose beside a layer": ("%%claim eq-q\nz^{l} = W^{l T} z^{l}", LatexError, r"(W^{l})^{\top}", "T} z"),
    "T for a transpose behind a bracket": (
        "%%claim eq-q\nz^{l} = (W^{l})^T z^{l}", LatexError, r"^{\top}", "T z"),
    "one side alone": ("%%claim eq-q\nz^{l}", LatexError, "there is no =", None),
    "nothing after the equals sign": ("%%claim eq-q\nz^{l} = ", LatexError, "stops too early", None),
    "no equation at all": ("%%claim eq-q\n \n", LatexError, "There is no equation here", None),
    "a number behind another without a dot": ("%%claim eq-q\n2 3 = 6", LatexError, "'3' cannot stand here", "3 = 6"),
    "a star": ("%%claim eq-q\nz^{l} = W^{l} * a^{l}", LatexError, "'*' cannot stand here", "*"),
    "a layer that is no whole number": ("%%claim eq-q\na^{l-1.5} = a^{l}", LatexError, "cannot stand here", ".5"),
    "l as an index of an entry": ("%%claim eq-q\nz^{l}_{l} = a^{l}", LatexError, "'l' cannot stand here", "l} = a"),
    "an equation of too many characters": (
        "%%claim eq-q\n" + "+".join(["1"] * 1200) + "=1", LatexError, "at most 2000 are read", None),
    "too many brackets inside one another": (
        "%%claim eq-q\n" + "(" * 60 + "1" + ")" * 60 + "=1", LatexError, "More than 40 brackets", None),
    "too long a number": ("%%claim eq-q\n1 = 1234567890123456789", LatexError, "at most 15 digits", "123"),
    "too deep a tree": ("%%claim eq-q\n" + "+".join(["1"] * 900) + "=900", MeaningError, "nested too deeply", None),
    "numbers that grow too large": (
        "%%claim eq-q\n((((99)^{9})^{9})^{9})^{9} = 1", MeaningError, "become too large", None),
    "sums inside sums that would not end": (
        "%%claim eq-q\n" + "".join(rf"\sum_{{{k}}}" for k in "abcdefgh") + "".join(f" x_{{{k}}}" for k in "abcdefgh")
        + " = 1", MeaningError, "evaluations: too many sums", None),
    "a symbol without a meaning": ("%%claim eq-q\nz^{l} = q^{l}", MeaningError, "q^{1} has no meaning here", None),
    "a layer that no network has": ("%%claim eq-q\n\\lVert W^{l+1} \\rVert^{2} = \\lVert W^{l+1} \\rVert^{2}", MeaningError, "1<=l<L", None),
    "l where nothing says which": ("%%definition eq-q N=1\nq = \\delta^{l}", MeaningError, "which layer l", None),
    "a matrix without its layer": ("%%claim eq-q\nW = W^{l}", MeaningError, "W needs a layer", None),
    "a layer of the input": ("%%claim eq-q N=1\nx^{2} = x", MeaningError, "x has no layers", None),
    "an index that has no value": (
        "%%claim eq-q N=1\n\\sum_{j} z^{l}_{j} = z^{l}_{j}", MeaningError, "index j has no value", None),
    "an index that nothing carries": ("%%claim eq-q\n\\sum_{j} N = 3", MeaningError, "Nothing here carries", None),
    "an index summed over twice": (
        "%%claim eq-q\n\\sum_{j} \\sum_{j} x_{j} = 3", MeaningError, "summed over twice", None),
    "a sum over a digit": ("%%claim eq-q\n\\sum_{1} x_{1} = 3", MeaningError, "runs over a letter", None),
    "a sum over a part": (
        "%%claim eq-q\n\\sum_{j=1}^{N} x_{j} = 3", MeaningError, "runs over all of it", None),
    "three indices": ("%%claim eq-q N=1\nw^{l}_{jkm} = 1", ShapeError, "no index m", None),
    "three indices of a whole": ("%%claim eq-q N=1\n(W^{l})_{123} = 1", MeaningError, "two indices, a row and a column", None),
    "a sum of nothing": ("%%claim eq-q\n\\sum_{i=2}^{1} C_{i} = 1", MeaningError, "The sum over i has no terms", None),
    "an index of two lengths": (
        "%%claim eq-q N=1 1<=l<L\nz^{l}_{j} + 0 a^{l+1}_{j} = z^{l}_{j}", ShapeError,
        "the rows of a^{2} and the rows of z^{1}", None),
    "i for an entry": ("%%claim eq-q N=1\nw^{l}_{ij} = w^{l}_{ij}", ShapeError, "the samples and the rows of W^{1}", None),
    "an entry that does not exist": ("%%claim eq-q N=1\nb^{l}_{9} = 1", MeaningError, "it has no row 9", None),
    "two arguments of sigma": ("%%claim eq-q\na^{l} = \\sigma(z^{l}, b^{l})", LatexError, "',' cannot stand here", ","),
    "a fraction with one argument": ("%%claim eq-q\na^{l} = \\frac{1} z^{l}", LatexError, "Expected: {", "z"),
    "sigma without brackets": ("%%claim eq-q\na^{l} = \\sigma z^{l}", LatexError, "Expected: ', (", "z"),
    "a function that is not there": (
        "%%claim eq-q\na^{l} = \\operatorname{exp}(z^{l})", MeaningError, "There is no function exp", None),
    "diag of a matrix": ("%%claim eq-q\nW^{l} = \\operatorname{diag}(W^{l})", ShapeError, "W^{l} is 5×4", None),
    "a sum of two shapes": (
        "%%claim eq-q N=1 1<=l<L\nz^{l} = z^{l} + z^{l+1}", ShapeError, "z^{l} is 5×1, z^{l+1} is 3×1", None),
    "an entrywise product of two shapes": (
        "%%claim eq-q N=1\nz^{l} = W^{l} \\odot z^{l}", ShapeError, "W^{l} is 5×4, z^{l} is 5×1", None),
    "a product of two shapes": (
        "%%claim eq-q N=1\nz^{l} = W^{l} z^{l}", ShapeError, "W^{l} is 5×4, z^{l} is 5×1", None),
    "sides of two shapes": ("%%claim eq-q N=1\nz^{l} = W^{l}", ShapeError, "z^{l} is 5×1, W^{l} is 5×4", None),
    "division by a column": ("%%claim eq-q N=1\nz^{l} = \\frac{1}{z^{l}}", ShapeError, "divide by a number only", None),
    "division by zero": ("%%claim eq-q N=1\nz^{l} = \\frac{1}{2 - 2}", MeaningError, "Division by zero: 2 - 2", None),
    "a logarithm of what is not positive": (
        "%%claim eq-q N=1\nz^{l} = \\log(x - x)", MeaningError, "Only a positive number has a logarithm; in x - x", None),
    "a logarithm without brackets": ("%%claim eq-q\na^{l} = \\log z^{l}", LatexError, "Expected: (", "z"),
    "an exponential too large": (
        "%%claim eq-q N=1\nz^{l} = \\exp(\\exp((9)^{4}))", MeaningError, "become too large", None),
    "a power of a column": ("%%claim eq-q N=1\nz^{l} = (z^{l})^{2}", ShapeError, "Only a number has powers", None),
    "a power that is no digit": ("%%claim eq-q N=1\n(2)^{10} = 1024", MeaningError, "The power 10", None),
    "a norm that is not squared": ("%%claim eq-q\n\\lVert x \\rVert^{3} = 1", MeaningError, "the power is 2", None),
    "rows of two lengths": (
        "%%claim eq-q\n\\begin{pmatrix} 1 & 2 \\\\ 3 \\end{pmatrix} = 1", MeaningError, "different lengths", None),
    "another environment than pmatrix": (
        "%%claim eq-q\n\\begin{aligned} x = y \\end{aligned}", LatexError, "Expected: pmatrix", "aligned"),
    "a column as an entry": ("%%claim eq-q\n\\begin{pmatrix} x \\end{pmatrix} = 1", ShapeError, "are numbers", None),
    "a Jacobian of a batch": (
        "%%claim eq-q N>1\n\\frac{\\partial a^{l}}{\\partial z^{l}} = 1", MeaningError, "state N=1", None),
    "a derivative of three indices": (
        "%%claim eq-q N=1\n\\frac{\\partial z^{l}}{\\partial W^{l}} = 1", MeaningError, "three indices", None),
    "a derivative by N": ("%%claim eq-q\n\\frac{\\partial C}{\\partial N} = 1", MeaningError, "N is a count", None),
    "a derivative of a derivative": (
        "%%claim eq-q N=1\n\\frac{\\partial \\delta^{L}_{1}}{\\partial y_{1}} = 0", MeaningError,
        "derivative of a derivative", None),
    "a derivative by a transpose": (
        "%%claim eq-q N=1\n\\frac{\\partial C}{\\partial y^{\\top}} = 1", MeaningError, "transpose the derivative", None),
    "a second derivative": (
        "%%claim eq-q N=1\n\\frac{\\partial^{2} C}{\\partial y} = 1", LatexError, "Expected: (, a symbol", "^{2}"),
    "an update in a claim": ("%%claim eq-q\nW^{l} \\leftarrow W^{l}", MeaningError, "its cell is %%update", None),
    "an equation in an update": ("%%update eq-q\nW^{l} = W^{l}", MeaningError, r"\leftarrow", None),
    "two meanings": ("%%definition eq-q\nz^{l} = a^{l-1}", MeaningError, "z^{l} already has a meaning, given by eq-z", None),
    "two meanings of the last layer": (
        "%%definition eq-q\na^{L} = z^{L}", MeaningError, "a^{L} already has a meaning, given by eq-a", None),
    "two meanings, one of them of each sample": (
        "%%definition eq-q N>1\nz^{l}_{i} = a^{l}_{i}", MeaningError, "already has a meaning, given by eq-z", None),
    "a circle of one": ("%%definition eq-q\nq = 2 q", MeaningError, "Defined in a circle: q needs q", None),
    "a circle of two": (
        "%%definition eq-z\nz^{l} = a^{l}", MeaningError, "circle: z^{1} needs a^{1} needs z^{1}", None),
    "a definition of a product": ("%%definition eq-q\n2 q = x", MeaningError, "one symbol = its meaning", None),
    "a definition with three sides": ("%%definition eq-q\nq = x = x", MeaningError, "one symbol = its meaning", None),
    "a definition of an entry": (
        "%%definition eq-q\nq_{j} = x_{j}", MeaningError, "not to q_{j}", None),
    "a definition of a numbered entry": ("%%definition eq-q\nq_{1} = x_{1}", MeaningError, "single entry", None),
    "a definition of a transpose": ("%%definition eq-q\nq^{\\top} = x", MeaningError, "not to q^{\\top}", None),
    "a definition of N": ("%%definition eq-q\nN = 3", MeaningError, "not to N", None),
    "a definition of the next layer": ("%%definition eq-q\nq^{l+1} = x", MeaningError, "not of l+1", None),
    "sides that are all zero": (
        "%%claim eq-q N=1\n\\frac{\\partial x_{1}}{\\partial y_{2}} = \\frac{\\partial y_{2}}{\\partial x_{1}}", MeaningError,
        "Every side is 0 in every case", None),
    "conditions that leave no layer": (
        "%%claim eq-q 4<l<L\nz^{l} = z^{l}", ConditionError, "leave nothing to test", None),
    "a number of layers that no network has": (
        "%%claim eq-q L=9\nz^{l} = z^{l}", ConditionError, "leave nothing to test", None),
    "a range of l without an l": ("%%claim eq-q l=L\nz^{L} = z^{L}", ConditionError, "has no layer l", None),
    "layer 0": ("%%claim eq-q 0<=l<=L\na^{l} = \\sigma(z^{l})", MeaningError, "z^{0} has no meaning: eq-z gives one", None),
    "an unknown activation": (
        "%%claim eq-q activation=swish\nz^{l} = z^{l}", ConditionError, "Unknown activation 'swish'", None),
    "an unknown condition": ("%%claim eq-q N=6\nz^{l} = z^{l}", ConditionError, "N=6 is no condition", None),
    "a digit that is none": ("%%claim eq-q L=²\nz^{l} = z^{l}", ConditionError, "L=² is no condition", None),
    "a number of thousands of digits": (
        "%%claim eq-q l<" + "9" * 5000 + "\nz^{l} = z^{l}", ConditionError, "is no condition", None),
    "a condition stated twice": ("%%claim eq-q N=1 N=1\nz^{l} = z^{l}", ConditionError, "stated twice", None),
    "a world that nothing belongs to": (
        "%%claim eq-q world=elsewhere\nz = z", MeaningError, "No definition belongs to world=elsewhere", None),
    "a false equation": (
        "%%claim eq-q N=1\nz^{l} = W^{l} a^{l-1} - b^{l}", NotTrue, "z^{l} and W^{l} a^{l-1} - b^{l} differ", None),
    "a refutation of what is true": ("%%refuted eq-q\nz^{l} = W^{l} a^{l-1} + b^{l}", NotFalse, "true in every case", None),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_says_why_and_where(layers, what, monkeypatch):
    monkeypatch.setattr(program, "EVALUATIONS", 20_000)
    source, kind, says, pointed_at = REFUSED[what]
    with pytest.raises(EquationError) as caught:
        run(layers, source)
    message = str(caught.value)
    assert type(caught.value) is kind, message
    assert says in message
    assert source.split()[1] in message  # the label
    if pointed_at:
        *_, line, caret = message.splitlines()
        assert caret.strip() == "^" and line[caret.index("^"):].startswith(pointed_at)


def test_a_caret_points_into_the_line_where_the_slip_is(layers):
    with pytest.raises(LatexError) as caught:
        run(layers, "%%claim\nz^{l}\n = W^{l} a^{l-1}\n + \\bias^{l}")
    line, caret = str(caught.value).splitlines()[-2:]
    assert line == "   + \\bias^{l}" and line[caret.index("^"):].startswith("\\bias")


def test_a_false_equation_says_which_sides_entry_layer_and_network(layers):
    with pytest.raises(NotTrue) as caught:
        run(layers, "%%claim eq-q N=1 l=L\n\\delta^{l} = (a^{L} - y) \\odot \\sigma'(z^{L}) = (a^{L} - y) \\odot \\sigma(z^{L})")
    first, equation, differ, case = str(caught.value).splitlines()
    assert first == "eq-q is not true:" and r"\delta^{l} = (a^{L} - y)" in equation
    assert r"\delta^{l} and (a^{L} - y) \odot \sigma(z^{L}) differ: entry (" in differ
    assert case.strip() == "(l = 3, network 4-5-3-2 sigmoid, one sample)"
    row, left, right = re.search(r"entry \((\d), 1\) is (\S+) and (\S+),", differ).groups()
    network_run = run_of(layers, 1)
    assert_allclose(float(left), value(network_run, r"\delta^{L}")[int(row) - 1, 0], rtol=1e-3)
    assert_allclose(float(right), value(network_run, r"(a^{L} - y) \odot \sigma(z^{L})")[int(row) - 1, 0], rtol=1e-3)


def test_small_wrong_entries_beside_large_right_ones_are_found():
    session = session_of(["%%definition eq-q\nq = \\begin{pmatrix} 1 & 0.001 w_{1} \\end{pmatrix}"])
    with pytest.raises(NotTrue):
        run(session, "%%claim\nq = \\begin{pmatrix} 1 & 0.0010000001 w_{1} \\end{pmatrix}")


def test_one_wrong_entry_is_found_though_the_means_agree():
    session = session_of(["%%definition eq-q\nq = \\begin{pmatrix} x_{1} & x_{2} \\end{pmatrix}"])
    with pytest.raises(NotTrue):
        run(session, "%%claim\nq = \\begin{pmatrix} x_{2} & x_{1} \\end{pmatrix}")


def test_what_is_zero_but_for_rounding_is_zero_and_what_is_small_is_not():
    session = session_of(NUMBERS)
    run(session, "%%claim\n\\frac{\\partial C}{\\partial w} - (a - y) \\sigma'(z) x = 0")
    with pytest.raises(NotTrue):
        run(session, "%%claim\n(0.000001)^{2} = 0")
    with pytest.raises(EquationError):
        run(session, "%%claim\n" + "0.0000001 \\cdot " * 4 + "x = " + "0.0000001 \\cdot " * 4 + "y")


def test_terminals_are_also_valid_javascript_regular_expressions():
    engine = MiniRacer()
    engine.eval("function first(p, text) { const m = new RegExp('^(?:' + p + ')').exec(text); return m && m[0]; }")
    samples = ["z^{l}", "\\delta", "\\nabla  a", "12.50", "\\top", "\\topx", "'", "^{\\prime}", " \\, \\left\n", "l", "rot180"]
    for terminal in parser._GRAMMAR.terminals:
        if terminal.pattern.type == "re":
            for sample in samples:
                ours = re.match(terminal.pattern.value, sample)
                theirs = engine.call("first", terminal.pattern.value, sample)
                assert (ours and ours.group()) == theirs, terminal.name


# Nothing hangs, nothing but an EquationError comes out, and nothing is run, opened or imported on the way.

TRUE = {
    RECURSION: "1<=l<L",
    r"z^{l} = W^{l} a^{l-1} + b^{l}": "",
    r"z^{l}_{j} = \sum_{k} w^{l}_{jk} a^{l-1}_{k} + b^{l}_{j}": "N=1",
    r"\frac{\partial C}{\partial W^{L}} = \delta^{L} (a^{L-1})^{\top}": "N=1",
    r"\frac{\partial z^{l}}{\partial a^{l-1}} = W^{l}": "N=1 l=L",
    r"\lVert x \rVert^{2} = x^{\top} x": "N=1",
    r"\begin{pmatrix} x_{1} \\ x_{2} \end{pmatrix} = \begin{pmatrix} x_{1} \\ x_{2} \end{pmatrix}": "N=1",
}
TOKENS = ["W^{l}", "a^{l-1}", "z^{l}", r"\delta^{L}", "x", "y", "b^{1}", "C", "N", "q", "w_{jk}", "x_{j}", "a_{i}", "1", "2.5",
          "0", "+", "-", "=", r"\odot", r"\cdot", "(", ")", "{", "}", "^", "_", r"^{\top}", r"\sum_{j}", r"\sum_{i}",
          r"\sum_{i=1}^{N}", r"\sigma(", r"\sigma'(", r"\frac{", "}{", r"\partial", r"\lVert", r"\rVert^{2}", r"\log(", r"\exp(",
          r"\begin{pmatrix}", r"\end{pmatrix}", "&", r"\\", r"\operatorname{diag}(", r"\leftarrow", r"\left", r"\right",
          "^{2}", "^{9}", r"\frac{\partial C}{\partial z^{l}}", " ", "\n", "é", "\\", "%", "$", "'", r"\eta", "T"]
PIECES = ["W^{l}", "a^{l-1}", "x", "y", "b^{1}", "2.5", "0", r"\frac{\partial C}{\partial z^{L}}", "(x + y)", r"(W^{l})^{\top}",
          r"\sigma(x)", r"\sigma'(y)", r"\sum_{j} x_{j}", r"\lVert y \rVert^{2}", "a_{i}", "N", r"\operatorname{diag}(x)", r"\log(x)", r"\exp(y)",
          r"\frac{1}{N}", "(2)^{9}", "x_{1}"]
SIGNS = ["+", "-", " ", r"\odot", r"\cdot", "="]
LINES = ["", "N=1", "N>1", "1<=l<L", "l=L", "L=2", "activation=relu", "N=1 1<=l<=L", "l<"]
BOUND = 2000  # evaluations of an equation in these tests

watched = {"on": False, "events": []}


def _watch(event, _):
    if watched["on"] and event.split(".")[0] in ("open", "exec", "compile", "import", "os", "subprocess", "socket", "shutil"):
        watched["events"].append(event)


@pytest.fixture(scope="module", autouse=True)
def watch():
    sys.addaudithook(_watch)


@pytest.fixture
def attacked(monkeypatch):
    """A function that runs a cell which may be anything, and says whether it was accepted."""
    session = session_of(LAYERS)
    for latex, line in TRUE.items():  # what is read once is read before the watch begins
        run(session, f"%%claim {line}\n{latex}")
    evaluations = 0
    visit = Evaluator.visit

    def counted(self, tree):
        nonlocal evaluations
        evaluations += 1
        return visit(self, tree)

    def accepts(source):
        nonlocal evaluations
        evaluations = 0
        watched.update(on=True, events=[])
        try:
            run(session, source)
            return True
        except EquationError:
            return False
        finally:
            watched["on"] = False
            assert watched["events"] == []
            assert evaluations <= (BOUND + 1) * len(NETWORKS)  # a refutation tries one network after the other

    monkeypatch.setattr(program, "EVALUATIONS", BOUND)
    monkeypatch.setattr(Evaluator, "visit", counted)
    return accepts


def test_no_sequence_of_words_brings_out_anything_but_an_equation_error(attacked):
    accepted = []

    @settings(max_examples=800)
    @given(st.sampled_from(["claim", "refuted", "definition", "update"]), st.sampled_from(LINES),
           st.lists(st.sampled_from(TOKENS), max_size=25))
    def words(kind, line, tokens):
        accepted.append(attacked(f"%%{kind} eq-fuzz {line}\n{' '.join(tokens)}"))

    words()
    assert len(accepted) >= 800


def test_no_equation_of_well_made_pieces_brings_out_anything_but_an_equation_error(attacked):
    accepted = []

    @settings(max_examples=500)
    @given(st.sampled_from(["claim", "refuted"]), st.sampled_from(LINES), st.sampled_from(PIECES),
           st.lists(st.tuples(st.sampled_from(SIGNS), st.sampled_from(PIECES)), min_size=1, max_size=5))
    def pieces(kind, line, first, others):
        latex = first + " ".join(f" {sign} {piece}" for sign, piece in others)
        accepted.append(attacked(f"%%{kind} {line}\n{latex if '=' in latex else latex + ' = x'}"))

    pieces()
    assert len(accepted) >= 500 and 0.05 < np.mean(accepted) < 0.95


def test_no_slip_in_a_true_equation_brings_out_anything_but_an_equation_error(attacked):
    accepted = []

    @settings(max_examples=700)
    @given(st.sampled_from(list(TRUE)), st.integers(0, 2**32), st.integers(1, 3))
    def slips(latex, seed, number):
        line, draw = TRUE[latex], random.Random(seed)
        for _ in range(number):
            at = draw.randrange(len(latex) + 1)
            until = min(len(latex), at + draw.randrange(4))
            latex = latex[:at] + draw.choice(["", latex[at:until] * 2, draw.choice(TOKENS), chr(draw.randrange(32, 127))]) \
                + latex[until:]
        accepted.append(attacked(f"%%claim {line}\n{latex}"))

    slips()
    assert len(accepted) >= 700 and 0.01 < np.mean(accepted) < 0.9


def test_no_text_on_line_one_or_below_brings_out_anything_but_an_equation_error(attacked):
    @settings(max_examples=200)
    @given(st.text(max_size=60))
    def texts(text):
        attacked("%%claim " + " ".join(text.splitlines()) + "\nx = x")
        attacked("%%definition eq-fuzz\n" + text)

    texts()


@pytest.mark.parametrize("source", [
    "%%claim\n" + "".join(rf"\sum_{{{k}}}" for k in "abcdefghjkm") + "".join(f"x_{{{k}}}" for k in "abcdefghjkm") + "=1",
    "%%claim\n" + "".join(f"x_{{{k}}}" for k in "abcdefghjkm") + "=" + "".join(f"x_{{{k}}}" for k in "abcdefghjkm"),
    "%%claim\n" + "x" * 1900 + "=1",
    "%%claim N=1\n" + "+".join([r"\lVert\frac{\partial C}{\partial W^{1}}\rVert^{2}"] * 30) + "=1",
    "%%claim\n\\begin{pmatrix}" + "1 & " * 480 + "1 \\end{pmatrix} = 1",
    "%%refuted\n" + "".join(rf"\sum_{{{k}}}" for k in "abcdefghjkm") + "".join(f"x_{{{k}}}" for k in "abcdefghjkm") + "=1",
], ids=["sums", "free indices", "product", "derivatives", "matrix", "refuted sums"])
def test_what_would_take_for_ever_is_stopped(attacked, source):
    assert not attacked(source)


def test_a_long_chain_of_definitions_is_refused_in_words():
    session = session_of([])
    with pytest.raises(MeaningError, match="nested too deeply"):
        for start in range(1, 400, 20):
            run(session, "%%definition\n" + "\n".join(
                f"z_{{{k}}} = {f'z_{{{k - 1}}} + ' if k > 1 else ''}x \\label{{eq-{k}}}" for k in range(start, start + 20)))


def test_the_engine_calls_neither_eval_nor_exec_nor_open():
    for file in Path(mathref.engine.__file__).parent.glob("*.py"):
        called = {node.func.id for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
                  if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
        assert not called & {"eval", "exec", "compile", "open", "__import__", "getattribute", "globals"}, file.name
