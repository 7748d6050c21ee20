"""The figures compute in the browser what `mathref` computes in Python, and a wrong sign or index would be noticed."""

import gzip
import re
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from javascript import call, engine, notices_every_slip
from mathref import activations, dense
from mathref.widgets import FIGURES, LayerForward
from mathref.widgets.figure import bundle, script, stylesheet
from mathref.widgets.layer_forward import NAMES
from publishing.figures import ASSETS

DIGITS = {"rtol": 1e-12, "atol": 1e-12}


def matrix_of(answer):
    """An answer as an array; JavaScript's NaN comes over as None and goes on as NaN."""
    return np.array(answer, dtype=float)


def state(W, b, a_prev, activation, entry="w_11"):
    """A figure's state as the model holds it."""
    return {"W": W, "b": b, "a_prev": a_prev, "activation": activation, "entry": entry, "bound": 10.0}


def from_python(W, b, a_prev, activation):
    z = dense.forward(W, b, a_prev)
    return z, activations.by_name(activation)(z)


def agree_on_z_and_a(source, W, b, a_prev, activation):
    z, a = from_python(W, b, a_prev, activation)
    np.testing.assert_allclose(matrix_of(call(source, "forward", W, b, a_prev)), z, **DIGITS)
    np.testing.assert_allclose(matrix_of(call(source, "activate", z.tolist(), activation)), a, **DIGITS)


def agree_on_the_sums(source, W, b, a_prev, activation):
    """Every term that the sum of a row writes out, its total, and the activation after it."""
    z, a = from_python(W, b, a_prev, activation)
    for i in range(len(W)):
        written = call(source, "sum", state(W, b, a_prev, activation), i, None)
        numbers = [float(x) for x in re.findall(r'data-value="([^"]*)"', written)]
        terms = [*(np.array(W)[i] * np.array(a_prev)[:, 0]), b[i][0]]
        np.testing.assert_allclose(numbers, [*terms, z[i, 0], a[i, 0]], **DIGITS)


def agree_on_the_curve(source, W, b, a_prev, activation):
    """Each unit's point lies on the curve of σ between −5 and 5, to the digits that it is drawn with."""
    z, _ = from_python(W, b, a_prev, activation)
    drawn = call(source, "curve", state(W, b, a_prev, activation), 0)
    sigma = activations.by_name(activation)
    low, high = min(sigma(-5.0), 0), sigma(5.0)
    seen = np.clip(z[:, 0], -5, 5)
    points = [[float(x), float(y)] for x, y in re.findall(r'cx="([^"]*)" cy="([^"]*)"', drawn)]
    expected = np.column_stack([50 + 46 * seen / 5, 58 - 52 * (sigma(seen) - low) / (high - low)])
    np.testing.assert_allclose(points, expected, atol=0.051)


def agree_on_the_note(source, W, b, a_prev, activation):
    """The heaviest term of a row is named, and what z and a are with it and without it."""
    z, a = from_python(W, b, a_prev, activation)
    for i, row in enumerate(W):
        text = call(source, "note", state(W, b, a_prev, activation), i)
        told = {name: float(x) for name, x in re.findall('data-number="([^"]*)" data-value="([^"]*)"', text)}
        terms = [*(np.array(row) * np.array(a_prev)[:, 0]), b[i][0]]
        k = np.argmax(np.abs(terms))
        less_W, less_b = np.array(W), np.array(b)
        (less_W if k < len(row) else less_b)[i, k if k < len(row) else 0] = 0
        less_z, less_a = from_python(less_W, less_b, a_prev, activation)
        expected = {"heaviest": terms[k], "z with": z[i, 0], "a with": a[i, 0], "z without": less_z[i, 0],
                    "a without": less_a[i, 0]}
        assert told.keys() == expected.keys()
        np.testing.assert_allclose(list(told.values()), list(expected.values()), **DIGITS)
        named = re.findall(r'<span class="product">(.*?)</span> =', text)[0]
        assert re.findall("<sub>(.*?)</sub>", named) == ([f"{i + 1}{k + 1}", f"{k + 1}"] if k < len(row) else [f"{i + 1}"])


def agree_on_the_question(source, W, b, a_prev, activation):
    """The reply calls right what a central difference of z says, for every entry that can be asked about."""
    places = {f"{letter}_{i + 1}{j + 1 if letter == 'w' else ''}": (M, i, j)
              for letter, M in (("w", W), ("a", a_prev), ("b", b)) for i, row in enumerate(M) for j in range(len(row))}
    for entry, (M, i, j) in places.items():
        x, row = M[i][j], 0 if entry[0] == "a" else i
        M[i][j] = x + 0.5
        up = dense.forward(W, b, a_prev)[row, 0]
        M[i][j] = x - 0.5
        down = dense.forward(W, b, a_prev)[row, 0]
        M[i][j] = x
        slope = 0 if abs(up - down) < 1e-9 else np.sign(up - down)
        right = [choice for choice in ("1", "-1", "0")
                 if "Right" in call(source, "judge", state(W, b, a_prev, activation, entry), choice)]
        assert right == [f"{slope:g}"], entry


AGREEMENTS = (agree_on_z_and_a, agree_on_the_sums, agree_on_the_curve, agree_on_the_note, agree_on_the_question)

SHAPES = ((2, 3), (1, 1), (3, 2), (1, 4))


def grid():
    """States of several shapes, from saturated to vanishing, whose entries all differ."""
    for (n, m), scale, activation in product(SHAPES, (0.0, 1e-3, 0.7, 10.0), NAMES):
        entries = scale * np.sin(1.7 * np.arange(1, n * m + n + m + 1))
        W, b, a_prev = np.split(entries, [n * m, n * m + n])
        yield W.reshape(n, m).tolist(), b.reshape(n, 1).tolist(), a_prev.reshape(m, 1).tolist(), activation


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=lambda agreement: agreement.__name__)
def test_browser_and_python_agree_over_a_grid(agreement):
    for point in grid():
        agreement(script("layer_forward"), *point)


numbers = st.floats(-10, 10)


def matrices(rows, columns):
    return st.lists(st.lists(numbers, min_size=columns, max_size=columns), min_size=rows, max_size=rows)


@st.composite
def states(draw):
    n, m = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    return draw(matrices(n, m)), draw(matrices(n, 1)), draw(matrices(m, 1)), draw(st.sampled_from(NAMES))


@given(states())
def test_browser_and_python_agree_on_any_state(point):
    agree_on_z_and_a(script("layer_forward"), *point)
    agree_on_the_sums(script("layer_forward"), *point)


@given(numbers)
def test_a_number_is_read_as_it_was_written(x):
    for text in (repr(x), repr(x).replace("-", "−"), repr(x).replace(".", ","), f" {x!r} "):
        assert call(script("layer_forward"), "parse", text, 10) == x


eighths = st.integers(-10**6, 10**6).map(lambda x: x / 8)  # every second one lies halfway between two hundredths
small = st.builds(lambda x, k: x * 10.0**k, numbers, st.integers(-12, 12))


@given(numbers | eighths | small)
def test_python_and_browser_write_a_number_alike(x):
    from mathref.widgets.still import number

    written = call(script("layer_forward"), "format", x)
    assert written == number(x)
    assert "-" not in written and len(written) <= 9


def test_a_small_number_keeps_its_leading_digit():
    written = [call(script("layer_forward"), "format", x) for x in (0, 0.004, -0.00004, 0.005, -0.6)]
    assert written == ["0.00", "4e−3", "−4e−5", "0.01", "−0.60"]


def test_a_number_is_spoken_in_words():
    said = [call(script("layer_forward"), "spoken", x) for x in (-0.6, 1e-9, -2.2e-16, 1e6)]
    assert said == ["minus 0.60", "1 times ten to the minus 9", "minus 2 times ten to the minus 16", "1.0 times ten to the 6"]


def test_the_browser_knows_the_activations_that_python_knows():
    assert engine(script("layer_forward")).eval("Object.keys(activations).join()") == ",".join(NAMES)


MUTANTS = [  # in the browser's arithmetic: what stands there, what a slip would make of it
    ("sum + w * a_prev[j][n]", "sum - w * a_prev[j][n]"),
    ("sum + w * a_prev[j][n]", "sum + w * -a_prev[j][n]"),
    ("sum + w * a_prev[j][n]", "sum + w + a_prev[j][n]"),
    ("sum + w * a_prev[j][n]", "w * a_prev[j][n]"),
    ("a_prev[j][n]", "a_prev[n][j]"),
    ("a_prev[j][n]", "a_prev[0][n]"),
    ("W[i].reduce", "W[0].reduce"),
    ("W[i].reduce((sum, w, j) => sum + w *", "W[i].reduce((sum, w, j) => sum + (W[j]?.[i] ?? 0) *"),
    (", 0) + b[i][0];", ", 0) - b[i][0];"),
    (", 0) + b[i][0];", ", 0);"),
    (", 0) + b[i][0];", ", 0) + b[0][0];"),
    ("sigmoid: (z) => 1 / (1 + Math.exp(-z))", "sigmoid: (z) => 1 / (1 + Math.exp(z))"),
    ("sigmoid: (z) => 1 / (1 + Math.exp(-z))", "sigmoid: (z) => 1 / (1 - Math.exp(-z))"),
    ("tanh: (z) => Math.tanh(z)", "tanh: (z) => Math.atan(z)"),
    ("relu: (z) => Math.max(z, 0)", "relu: (z) => Math.min(z, 0)"),
    ("relu: (z) => Math.max(z, 0)", "relu: (z) => Math.abs(z)"),
    ("softplus: (z) => Math.max(z, 0)", "softplus: (z) => Math.min(z, 0)"),
    ("Math.log1p(Math.exp(-Math.abs(z)))", "Math.log1p(Math.exp(Math.abs(z)))"),
    ("Math.log1p(Math.exp(-Math.abs(z)))", "Math.log(1 + Math.exp(-Math.abs(z / 2)))"),
    ("identity: (z) => z", "identity: (z) => -z"),
    ("row.map(activations[activation])", "row.map(activations.sigmoid)"),
    ("w * a_prev[j][0],\n", "w * a_prev[0][0],\n"),
    ("w * a_prev[j][0],\n", "-w * a_prev[j][0],\n"),
    ("const products = W[i]", "const products = W[0]"),
    ('coloured("b", factor(b[i][0])), b[i][0]]', 'coloured("b", factor(b[i][0])), b[0][0]]'),
    ("total: z[i][0],", "total: a[i][0],"),
    ('class="q-a" data-value="${a[i][0]}"', 'class="q-a" data-value="${a[0][0]}"'),
    ("52 * ((sigma(clamp(z)) - low)", "52 * ((sigma(clamp(-z)) - low)"),
    ("50 + 46 * (clamp(z) / REACH)", "50 - 46 * (clamp(z) / REACH)"),
    ("Math.abs(term) > Math.abs(terms[best])", "term > terms[best]"),
    ("(at === k ? total : total + term)", "(total + term)"),
    ("activations[activation](rest)", "rest"),
    ('W: ["a_prev", j, 0]', 'W: ["a_prev", i, 0]'),
    ('W: ["a_prev", j, 0]', 'W: ["W", i, j]'),
    ('a_prev: ["W", row, i]', 'a_prev: ["W", i, row]'),
    ("state[name][k][n] : 1;", "state[name][k][n] : -1;"),
    ("String(Math.sign(slope)) === choice", "String(-Math.sign(slope)) === choice"),
]


@pytest.mark.thorough
def test_every_wrong_sign_and_index_is_noticed(told):
    notices_every_slip("layer_forward", MUTANTS, AGREEMENTS, list(grid()), told)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.__name__)
def test_the_size_of_what_a_page_loads_stays_small(figure):
    name = figure.__module__.rpartition(".")[2]
    texts = [bundle(name), stylesheet(*(other.__module__.rpartition(".")[2] for other in FIGURES)),
             *((ASSETS / asset).read_text(encoding="utf-8") for asset in ("mount.js", "mount.css"))]
    assert sum(len(gzip.compress(text.encode())) for text in texts) <= 40 * 1024


def test_a_figure_is_drawn_from_any_valid_state():
    figure = LayerForward([[1.0]] * 6, [[0.5] * 6] * 6, [[0.0]] * 6)
    drawn = call(script("layer_forward"), "markup", state(figure.W, figure.b, figure.a_prev, "relu"))
    assert drawn.count('role="spinbutton"') == 48 and "NaN" not in drawn and "undefined" not in drawn
