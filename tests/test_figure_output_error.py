"""Figure 2 computes in the browser what `mathref` computes in Python, draws it where it is, and says of it what is true;
seen from Python, C, a − y, σ' and δ follow whatever moves."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from traitlets import TraitError

from javascript import call, notices_every_slip
from mathref import activations, cost, dense
from mathref.widgets import OutputError
from mathref.widgets.figure import script
from mathref.widgets.layer_forward import NAMES

DIGITS = {"rtol": 1e-12, "atol": 1e-13}
RELATIVE = {"rtol": 1e-12, "atol": 0}
HEIGHTS = {"sigmoid": (-0.3, 1.3), "tanh": (-1.4, 1.4), "relu": (-2, 10), "softplus": (-2, 10), "identity": (-10, 10)}


def state(z, y, activation, entry="z_1"):
    return {"z": [[x] for x in z], "y": [[x] for x in y], "activation": activation, "entry": entry, "bound": 10.0}


def from_python(z, y, activation):
    """What follows, by name, each as a list of numbers; and C."""
    sigma = activations.by_name(activation)
    z, y = np.array(z)[:, None], np.array(y)[:, None]
    a = sigma(z)
    columns = {"z": z, "y": y, "a": a, "error": cost.half_squared_error_prime(a, y), "prime": sigma.prime(z),
               "delta": dense.output_delta(a, y, z, sigma)}
    return {name: column[:, 0] for name, column in columns.items()}, float(cost.half_squared_error(a, y))


def numbers_of(text):
    return {name: float(x) for name, x in re.findall(r'data-number="([\w-]+)" data-value="([^"]*)"', text)}


def agree_on_what_follows(source, z, y, activation):
    """Every number in a cell, and C."""
    expected, C = from_python(z, y, activation)
    np.testing.assert_allclose(call(source, "slope", [[x] for x in z], activation), expected["prime"][:, None], **RELATIVE)
    drawn = call(source, "body", state(z, y, activation), {"row": len(z) - 1})
    for name, column in expected.items():
        shown = re.findall(rf'class="entry ([^"]*)" data-name="{name}" data-row="(\d)" data-column="0"\s+style="[^"]*" '
                           'data-value="([^"]*)"', drawn)
        assert [int(row) for _, row, _ in shown] == list(range(len(z)))
        assert ["on" in classes.split() for classes, _, _ in shown] == [False] * (len(z) - 1) + [True]
        assert all(("movable" in classes) == (name in "zy") for classes, _, _ in shown)
        np.testing.assert_allclose([float(x) for *_, x in shown], column, **DIGITS)
    np.testing.assert_allclose(numbers_of(drawn)["C"], C, **DIGITS)


def agree_on_the_sums(source, z, y, activation):
    """The terms of C, the term of the unit among them, and δ of the unit, factor by factor."""
    expected, C = from_python(z, y, activation)
    for i in range(len(z)):
        written = call(source, "sum", state(z, y, activation), i)
        numbers = [float(x) for x in re.findall(r'data-value="([^"]*)"', written)]
        np.testing.assert_allclose(numbers, [C, *expected["error"]**2 / 2, C, expected["delta"][i]], **DIGITS)
        terms = re.findall(r'<span class="term ([^"]*)"><span class="symbols">(.*?)</span><span class="factors">(.*?)</span>\s*'
                           '<span class="value', written)
        assert [classes == "hot" for classes, *_ in terms] == [k == i for k in range(len(z))]
        for k, (_, symbols, factors) in enumerate(terms):
            assert re.findall(r"<sub>(\d)</sub>", symbols) == [str(k + 1)] * 2
            assert shown(source, expected["error"][k]) in factors
        product = written.split('class="after"')[1]
        assert set(re.findall(r"<sub>(\d)</sub>", product)) == {str(i + 1)}
        text = re.sub("<[^>]*>|\\s", "", product)
        a, e, s, d = (shown(source, expected[name][i]) for name in ("a", "error", "prime", "delta"))
        target = shown(source, y[i]) if y[i] >= 0 else f"({shown(source, y[i])})"
        assert f"=({a}−{target})·{s}={e}·{s}={d}" in text
        assert f"δ row {i + 1} is a minus y, {e.replace('e', ' times ten to the ').replace('−', 'minus ')}, times" in written


def shown(source, x):
    return call(source, "format", x)


def agree_on_the_curve(source, z, y, activation):
    """Each point lies on σ; from that of the unit the line goes to its target, or to the edge, and the tangent has the
    slope that two close points of σ have; to the digits that they are drawn with."""
    expected, _ = from_python(z, y, activation)
    sigma = activations.by_name(activation)
    low, high = HEIGHTS[activation]

    def place(x, value):
        return [150 + 14 * x, 142 - 134 * (value - low) / (high - low)]

    for i in range(len(z)):
        drawn = call(source, "curve", state(z, y, activation), i)
        points = re.findall(r'<circle (class="on")?\s*data-name="point" data-row="(\d)" data-column="0" cx="([^"]*)"\s+'
                            'cy="([^"]*)"', drawn)
        assert [(bool(on), int(row)) for on, row, *_ in points] == [(k == i, k) for k in range(len(z))]
        np.testing.assert_allclose([[float(x), float(v)] for *_, x, v in points],
                                   [place(x, sigma(x)) for x in z], atol=0.051)
        gap = re.search(r'class="gap" d="M(\S+) (\S+)L(\S+) ([\d.-]+)m-\d (\S+)h?', drawn)
        ends = np.array([float(x) for x in gap.groups()[:4]]).reshape(2, 2)
        np.testing.assert_allclose(ends, [place(z[i], sigma(z[i])), place(z[i], np.clip(y[i], low, high))], atol=0.051)
        arrow = re.search(r'm-4 (-?5)l4 (-?5)l4 (-?5)"', drawn)
        assert bool(arrow) == (not low <= y[i] <= high)
        if arrow:
            assert [int(x) for x in arrow.groups()] == ([5, -5, 5] if y[i] > high else [-5, 5, -5])
        for kind, x in [("tangent", z[i]), *([("ghost", 0)] if "path class=\"ghost\"" in drawn else [])]:
            from_, to = lines(drawn, kind)
            slope = 0 if activation == "relu" and x == 0 else float(sigma(x + 1e-6) - sigma(x - 1e-6)) / 2e-6
            run = (to[0] - from_[0]) / 14
            middle = place(x, sigma(x) + slope * ((to[0] + from_[0]) / 28 - 150 / 14 - x))[1]
            assert abs((from_[1] + to[1]) / 2 - middle) < 0.2
            assert abs((from_[1] - to[1]) - 134 * slope * run / (high - low)) < 0.4 + 0.01 * abs(from_[1] - to[1])
            long = np.hypot(*np.subtract(to, from_))
            assert long == pytest.approx(88, abs=0.3) if abs(x) < 6 else 40 < long < 88.3
        smooth = activation in ("sigmoid", "tanh", "softplus")
        assert ('class="ghost"' in drawn) == (smooth and expected["error"][i] != 0)


def lines(drawn, kind):
    found = re.search(rf'class="{kind}" d="M(\S+) (\S+)L(\S+) ([\d.-]+)"', drawn)
    numbers = [float(x) for x in found.groups()]
    return numbers[:2], numbers[2:]


def agree_on_the_lesson(source, z, y, activation):
    """What is called saturated, dead or on target is so, and each number in the sentence is the unit's."""
    expected, _ = from_python(z, y, activation)
    sigma = activations.by_name(activation)
    for i in range(len(z)):
        text = call(source, "lesson", state(z, y, activation), i)
        e, s, d = (expected[name][i] for name in ("error", "prime", "delta"))
        numbers = numbers_of(text)
        told = re.search(rf"Unit {i + 1} (.*?)\.</b>", text)[1]
        if e == 0:
            word = "is on target"
        elif activation == "identity":
            word = "has no bend"
        elif activation == "relu":
            word = "is awake" if z[i] > 0 else "is dead" if z[i] < 0 else "is at the corner"
        else:
            word = "is saturated" if s < sigma.prime(0.0) / 10 else "learns"
        assert told == word
        np.testing.assert_allclose(numbers["product"], d, **DIGITS)
        for name, x in (("miss", e), ("slope", s)):
            assert name not in numbers or numbers[name] == pytest.approx(x, rel=1e-12, abs=1e-13)
        if word in ("is saturated", "learns"):
            assert numbers["centre"] == sigma.prime(0.0)
            np.testing.assert_allclose(numbers["elsewhere"], e * sigma.prime(0.0), **DIGITS)
        if word == "is saturated":
            np.testing.assert_allclose(numbers["times"], sigma.prime(0.0) / s, **RELATIVE)
        if word == "is dead":
            np.testing.assert_allclose(numbers["elsewhere"], e, **DIGITS)


def agree_on_the_question(source, z, y, activation):
    """The reply calls right what C does after a small step, and names the slip that was made."""
    def cost_of(z, y):
        return from_python(z, y, activation)[1]

    expected, before = from_python(z, y, activation)
    step = 1e-4
    for name, i in [(name, i) for name in "zy" for i in range(len(z))]:
        moved = {"z": list(z), "y": list(y)}
        moved[name][i] += step
        change = cost_of(**moved) - before
        truth = 0 if change == 0 else int(np.sign(change))
        replies = {choice: call(source, "judge", state(z, y, activation, f"{name}_{i + 1}"), str(choice))
                   for choice in (1, -1, 0)}
        assert [choice for choice in replies if "Right." in replies[choice]] == [truth], (name, i)
        e, s = expected["error"][i], expected["prime"][i]
        corner = name == "z" and activation == "relu" and z[i] == 0
        if e == 0:
            continue
        if name == "z" and not corner:
            assert f"= {shown(source, expected['delta'][i])}" in replies[1]
        if name == "z" and s == 0 and not corner:
            assert "alone" in replies[int(np.sign(e))] and "target minus answer" in replies[int(-np.sign(e))]
        elif name == "z":
            assert "target minus answer" in replies[-truth]
            assert f"too {'large' if e > 0 else 'small'}" in replies[-truth]
            assert "closer" in replies[-truth] if truth < 0 else "further away" in replies[-truth]
            assert ("small, but not 0" in replies[0]) == (s < 0.1 and not corner)
        else:
            assert "has a minus" in replies[-truth] and "does not go through" in replies[0]
            assert f"= {shown(source, -e)} times the step" in replies[1]


AGREEMENTS = (agree_on_what_follows, agree_on_the_sums, agree_on_the_curve, agree_on_the_lesson, agree_on_the_question)


def grid():
    """States of several lengths, from saturated to steep, with targets on both sides and outside the picture; then what is
    special: on target, at the corner, at the ends."""
    for activation in NAMES:
        yield [6.0, 0.5, -1.0], [0.0, 1.0, -3.0], activation
    for activation in NAMES:
        for count, scale in ((4, 9.0), (2, 2.0), (5, 4.0)):
            entries = scale * np.sin(1.7 * np.arange(1, 2 * count + 1))
            yield entries[:count].tolist(), entries[count:].tolist(), activation
    yield [0.0, 0.0, -2.0, 3.0], [1.0, -1.0, 0.0, 3.0], "relu"
    yield [0.0, 1.5, -10.0], [0.0, 1.5, 10.0], "identity"
    yield [0.0, 10.0, -10.0], [0.0, -10.0, 10.0], "tanh"
    yield [0.0, 10.0, -10.0], [0.5, -10.0, 10.0], "sigmoid"


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=lambda agreement: agreement.__name__)
def test_browser_and_python_agree_over_a_grid(agreement):
    for point in grid():
        agreement(script("output_error"), *point)


numbers = st.floats(-10, 10)


@st.composite
def states(draw):
    n = draw(st.integers(1, 6))
    column = st.lists(numbers, min_size=n, max_size=n)
    return draw(column), draw(column), draw(st.sampled_from(NAMES))


@settings(max_examples=60)
@given(states())
def test_browser_and_python_agree_on_any_state(point):
    agree_on_what_follows(script("output_error"), *point)
    agree_on_the_sums(script("output_error"), *point)
    agree_on_the_lesson(script("output_error"), *point)
    assert not re.search("NaN|Infinity|undefined", call(script("output_error"), "markup", state(*point)))


def test_a_large_count_is_told_in_two_digits():
    assert [call(script("output_error"), "roughly", x) for x in (10.04, 101.4, 2753.0, 1.2134e8)] == [
        "10", "100", "2,800", "120,000,000"]


MUTANTS = [  # what stands there, what a slip would make of it
    ("bell(z) / (1 + bell(z)) ** 2", "bell(z) / (1 + bell(z))"),
    ("(2 * bell(z) / (1 + bell(z) ** 2)) ** 2", "(2 * bell(z) / (1 + bell(z) ** 2))"),
    ("bell = (z) => Math.exp(-Math.abs(z))", "bell = (z) => Math.exp(-z * z)"),
    ("relu: (z) => (z > 0 ? 1 : 0)", "relu: (z) => (z >= 0 ? 1 : 0)"),
    ("relu: (z) => (z > 0 ? 1 : 0)", "relu: (z) => (z < 0 ? 1 : 0)"),
    ("softplus: activations.sigmoid", "softplus: activations.softplus"),
    ("identity: () => 1", "identity: (z) => z"),
    ("row.map((x) => primes[activation](x))", "row.map((x) => activations[activation](x))"),
    ("[a_i - y[i][0]]", "[y[i][0] - a_i]"),
    ("[a_i - y[i][0]]", "[a_i - y[0][0]]"),
    ("[a_i - y[i][0]]", "[a_i + y[i][0]]"),
    ("[e * prime[i][0]]", "[e]"),
    ("[e * prime[i][0]]", "[e * a[i][0]]"),
    ("[e * prime[i][0]]", "[e * prime[0][0]]"),
    ("[e * prime[i][0]]", "[-e * prime[i][0]]"),
    ("sum + e * e, 0) / 2", "sum + e * e, 0)"),
    ("sum + e * e, 0) / 2", "sum + e, 0) / 2"),
    ("sum + e * e, 0) / 2", "sum + e * e, 0) / (2 * error.length)"),
    ("      x * x / 2,", "      x * x,"),
    ("      x * x / 2,", "      error[0][0] ** 2 / 2,"),
    ("k === i ? \"hot\"", "k === 0 ? \"hot\""),
    ("s: prime[i][0], d: delta[i][0]", "s: prime[i][0], d: error[i][0]"),
    ("142 - 134 * ((value - low)", "142 - 134 * ((-value - low)"),
    ("rate(x) * (end - x)", "rate(x) * (end + x)"),
    ("sigma(x) + rate(x) *", "sigma(x) - rate(x) *"),
    ("rate(x) * (end - x)", "sigma(x) * (end - x)"),
    ("Math.min(high, Math.max(low, unitOf.y))", "unitOf.y"),
    ("Math.sign(unitOf.y - target)", "Math.sign(target - unitOf.y)"),
    ("tangent(0, \"ghost\")", "tangent(unitOf.z, \"ghost\")"),
    ("number(\"elsewhere\", \"delta\", e * centre)", "number(\"elsewhere\", \"delta\", centre)"),
    ("number(\"times\", \"text\", centre / s", "number(\"times\", \"text\", s / centre"),
    ("if (s < FLAT * centre)", "if (s < FLAT)"),
    ("activation === \"relu\" && z < 0", "activation === \"relu\" && z < 1"),
    ("Math.sign(e) : -Math.sign(e)", "Math.sign(e) : Math.sign(e)"),
    ("Math.sign(e) : -Math.sign(e)", "-Math.sign(e) : -Math.sign(e)"),
    ("name === \"z\" && s === 0 && !corner", "s === 0 && !corner"),
    ("name === \"z\" && s === 0 && !corner", "name === \"z\" && s === 0"),
    ("const right = flat ? 0 : sign || 1", "const right = flat ? 0 : sign"),
    ("const right = flat ? 0 : sign || 1", "const right = sign || 1"),
    ("e > 0 ? \"large\" : \"small\"", "e < 0 ? \"large\" : \"small\""),
    ("e > 0 ? \"further away\" : \"closer\"", "e < 0 ? \"further away\" : \"closer\""),
]


@pytest.mark.thorough
def test_every_wrong_sign_and_index_is_noticed(told):
    notices_every_slip("output_error", MUTANTS, AGREEMENTS, list(grid()), told)


# Seen from Python


@pytest.fixture
def figure():
    return OutputError()


def test_what_follows_follows_whatever_is_assigned(figure):
    figure.z = [[1.5], [-2], [0]]
    figure.y = np.array([[0.5], [10], [-1]])
    for name in NAMES:
        figure.activation = name
        sigma = activations.by_name(name)
        a = sigma(figure.z)
        np.testing.assert_array_equal(figure.a, a)
        np.testing.assert_array_equal(figure.error, a - np.array(figure.y))
        np.testing.assert_array_equal(figure.prime, sigma.prime(figure.z))
        np.testing.assert_array_equal(figure.delta, (a - np.array(figure.y)) * sigma.prime(figure.z))
        assert figure.C == pytest.approx(np.sum((a - np.array(figure.y))**2) / 2, rel=1e-14)


@pytest.mark.parametrize("name, wrong, words", [
    ("z", [[1], [2]], r"z has shape \(2, 1\); in this figure it keeps its shape \(3, 1\)"),
    ("y", [[1], [2], [10.5]], r"y\[2, 0\] is 10.5"),
    ("y", [[1], [2], [float("nan")]], r"y\[2, 0\] is nan"),
    ("entry", "a_1", "entry is 'a_1'; it needs to be one of z_1"),
    ("value", -11, "value is -11"),
    ("activation", "softmax", "sigmoid"),
    ("delta", [[0]], "read-only"),
    ("C", 0.0, "read-only"),
])
def test_what_cannot_be_shown_is_refused_in_words_and_nothing_changes(figure, name, wrong, words):
    before = figure.get_state()
    with pytest.raises(TraitError, match=words):
        setattr(figure, name, wrong)
    assert figure.get_state() == before


@pytest.mark.parametrize("wrong, words", [
    ({"z": [[1], [2]]}, r"y has shape \(3, 1\)"),
    ({"z": [[1, 2]], "y": [[1, 2]]}, r"z has shape \(1, 2\)"),
    ({"z": [[1]] * 7, "y": [[1]] * 7}, "room for 6 units"),
])
def test_a_figure_that_does_not_fit_together_is_not_made(wrong, words):
    with pytest.raises(TraitError, match=words):
        OutputError(**wrong)


def test_repr_makes_the_figure_again(figure):
    figure.activation, figure.value = "tanh", 1.25
    again = eval(repr(figure), {"OutputError": OutputError})
    assert (again.z, again.activation, again.delta, again.C) == (figure.z, "tanh", figure.delta, figure.C)


def test_without_a_browser_a_figure_is_a_table_of_text(figure):
    assert figure._repr_mimebundle_()[0]["text/plain"] == """\
The output error: δ = (a − y) ⊙ σ'(z), a = σ(z), σ is sigmoid
z       a      y      error   prime   delta   C
 6.00   1.00   0.00    1.00   2e−3     2e−3   0.96
 0.50   0.62   0.00    0.62   0.24     0.15
−1.00   0.27   1.00   −0.73   0.20    −0.14"""
