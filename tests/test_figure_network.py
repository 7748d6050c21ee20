"""Figure 3 computes in the browser what `mathref` and NumPy compute in Python, every gradient is the rate of the cost, and
seen from Python everything follows whatever moves, shapes too."""

import re
from functools import cache, partial
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from traitlets import TraitError

from javascript import call, notices_every_slip
from mathref.widgets import Network
from mathref.widgets.figure import script
from mathref.widgets.network import GIVEN, NAMES

DIGITS = {"rtol": 1e-12, "atol": 1e-12}
LAYERS = (1, 2, 3)
FOLLOWS = [f"{letter}{l}" for l in LAYERS for letter in ("z", "a", "delta", "dW", "db")]
SIGMA = {  # each for a complex number too
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)), "tanh": np.tanh, "softplus": lambda z: np.log(1 + np.exp(z)),
    "identity": lambda z: z, "relu": lambda z: np.where(z.real > 0, z, 0),
}
STEPS = ["z1", "a1", "z2", "a2", "z3", "a3", "C", "delta3", "dW3", "db3", "delta2", "dW2", "db2", "delta1", "dW1", "db1"]


def given_numbers(widths, seed):
    """Matrices that fit, all entries different."""
    rng = np.random.default_rng(seed)
    n0, n1, n2, n3 = widths
    shapes = {"x": (n0, 1), "W1": (n1, n0), "b1": (n1, 1), "W2": (n2, n1), "b2": (n2, 1), "W3": (n3, n2), "b3": (n3, 1),
              "y": (n3, 1)}
    return {name: rng.uniform(-1.5, 1.5, shape).tolist() for name, shape in shapes.items()}


def state(matrices, activation="tanh", entry="w1_11"):
    return {**{name: np.array(M, dtype=float).tolist() for name, M in matrices.items()}, "activation": activation,
            "entry": entry, "bound": 10.0}


def view(at="delta1", shown="all", row=0, column=0, hot=None):
    return {"at": at, "shown": shown, "row": row, "column": column, "hot": hot}


# The oracle: the forward pass in NumPy, and the rate of the cost by a complex step in one number at a time.


def run(matrices, activation, shifts=()):
    """Everything forward; `shifts` are (name, i, j, step), added to an entry of what is given or of a z."""
    def moved(name, M):
        M = np.array(M, dtype=complex)
        for which, i, j, step in shifts:
            if which == name:
                M[i, j] += step
        return M

    values = {"a0": moved("x", matrices["x"])}
    for l in LAYERS:
        W, b = moved(f"W{l}", matrices[f"W{l}"]), moved(f"b{l}", matrices[f"b{l}"])
        values[f"z{l}"] = moved(f"z{l}", W @ values[f"a{l - 1}"] + b)
        values[f"a{l}"] = moved(f"a{l}", SIGMA[activation](values[f"z{l}"]))
    values["C"] = np.sum((values["a3"] - moved("y", matrices["y"])) ** 2) / 2
    return values


def rate(matrices, activation, name, i, j=0):
    return run(matrices, activation, [(name, i, j, 1e-30j)])["C"].imag / 1e-30


def rates(matrices, activation, name, shape):
    return np.array([[rate(matrices, activation, name, i, j) for j in range(shape[1])] for i in range(shape[0])])


@cache
def _expected(frozen, activation):
    matrices = {name: np.array(M) for name, M in frozen}
    forward = run(matrices, activation)
    expected = {name: value.real for name, value in forward.items() if name != "a0"}
    for l in LAYERS:
        expected[f"delta{l}"] = rates(matrices, activation, f"z{l}", expected[f"z{l}"].shape)
        expected[f"dW{l}"] = rates(matrices, activation, f"W{l}", matrices[f"W{l}"].shape)
        expected[f"db{l}"] = rates(matrices, activation, f"b{l}", matrices[f"b{l}"].shape)
        expected[f"back{l}"] = rates(matrices, activation, f"a{l}", expected[f"a{l}"].shape)
    return expected


def oracle(matrices, activation):
    return _expected(tuple((name, tuple(map(tuple, M))) for name, M in matrices.items()), activation)


def cells(markup, name):
    """The values and classes of the cells of a matrix, by row and column."""
    found = re.findall(rf'class="entry ([^"]*)" data-name="{name}" data-row="(\d+)" data-column="(\d+)"\s+style="[^"]*" '
                       r'data-value="([^"]*)"', markup)
    return {(int(i), int(j)): (float(x), classes.split()) for classes, i, j, x in found}


def agree_on_everything_computed(source, matrices, activation):
    computed, expected = call(source, "compute", state(matrices, activation)), oracle(matrices, activation)
    for name in [*FOLLOWS, "C"]:
        np.testing.assert_allclose(computed[name], expected[name], **DIGITS, err_msg=name)


def agree_on_the_matrices(source, matrices, activation):
    """What is shown beside each equation, with its indices, is what the equation names; its result is marked."""
    expected = oracle(matrices, activation)
    numbers = {**expected, **{name: np.array(M) for name, M in matrices.items()}, "C": np.array([[expected["C"]]])}
    before = {1: "x", 2: "a1", 3: "a2"}
    for at in STEPS:
        l = int(at[-1]) if at != "C" else 3
        row, column = np.array(np.shape(numbers[at])) - 1
        drawn = call(source, "body", state(matrices, activation), view(at, row=int(row), column=int(column)))
        named = {"z": [f"W{l}", before[l], f"b{l}"], "a": [f"z{l}"], "C": ["a3", "y"], "dW": [f"delta{l}", before[l]],
                 "db": [f"delta{l}"], "delta": ["a3", "y"] if l == 3 else [f"W{l + 1}", f"delta{l + 1}"]}[at.rstrip("123")]
        shown = {name for name in re.findall('class="entry [^"]*" data-name="([^"]*)"', drawn)}
        assert shown == {*named, at} | ({f"slope{l}"} if at.startswith("delta") else set())
        for name in [*named, at]:
            found = cells(drawn, name)
            assert found.keys() == set(np.ndindex(np.shape(numbers[name])))
            for (i, j), (x, classes) in found.items():
                np.testing.assert_allclose(x, numbers[name][i, j], **DIGITS)
                assert ("movable" in classes) == (name in GIVEN)
            columns = re.search(rf'--columns:(\d+)"><(?:span|button type="button") class="[^"]*" data-name="{name}"', drawn)[1]
            turned = at[:2] == "dW" and name == before[l] or at[:5] == "delta" and name[0] == "W"
            assert int(columns) == np.shape(numbers[name])[0 if turned else 1], "a transposed matrix lies on its side"
        if at.startswith("delta"):
            slopes = [x for _, (x, _) in sorted(cells(drawn, f"slope{l}").items())]
            returned = expected["a3"] - numbers["y"] if l == 3 else expected[f"back{l}"]
            np.testing.assert_allclose(returned.ravel() * slopes, expected[at].ravel(), **DIGITS)
        assert [place for place, (_, classes) in cells(drawn, at).items() if "on" in classes] == [(row, column)]


def agree_on_what_is_written_out(source, matrices, activation):
    """Each term, with its factors as they are printed and named, and what it adds up to."""
    expected = oracle(matrices, activation)
    computed = call(source, "compute", state(matrices, activation))
    numbers = {**expected, **{name: np.array(M) for name, M in matrices.items()}, "C": np.array([[expected["C"]]])}
    for at in STEPS:
        l = int(at[-1]) if at != "C" else 3
        for row, column in {(0, 0), tuple(np.array(np.shape(numbers[at])) - 1)}:
            seen = call(source, "look", view(at, row=int(row), column=int(column)), computed)
            text = call(source, "written", computed, seen, activation)
            values = [float(x) for x in re.findall(r'data-value="([^"]*)"', text)]
            total = numbers[at][row, column]
            prev = numbers["x"] if l == 1 else expected[f"a{l - 1}"]
            if at[0] == "z":
                assert at == f"z{l}"
                W, b = numbers[f"W{l}"], numbers[f"b{l}"]
                wanted = [*(W[row] * prev.ravel()), b[row, 0], total]
            elif at == "C":
                wanted = [*((expected["a3"] - numbers["y"]).ravel() ** 2 / 2), total]
            elif at in ("delta1", "delta2"):
                terms = numbers[f"W{l + 1}"][:, row] * expected[f"delta{l + 1}"].ravel()
                wanted = [*terms, expected[f"back{l}"][row, 0], total]
                named = [f"w{l + 1}{j + 1}{row + 1}" for j in range(len(terms))]
                assert indices(text, "w")[:len(terms)] == named
                assert indices(text, "δ")[:len(terms)] == [f"δ{l + 1}{j + 1}" for j in range(len(terms))]
            else:
                wanted = [total]
            np.testing.assert_allclose(values, wanted, **DIGITS, err_msg=at)
            if at.startswith("dW"):
                assert indices(text, "∂C/∂w") == [f"∂C/∂w{l}{row + 1}{column + 1}"]
                assert indices(text, "δ") == [f"δ{l}{row + 1}"]
                assert indices(text, "x" if l == 1 else "a") == [f"x{column + 1}" if l == 1 else f"a{l - 1}{column + 1}"]
                factors = [expected[f"delta{l}"][row, 0], prev[column, 0]]
                assert all(call(source, "factor", x) in text for x in factors)
            if at == "delta3":
                factors = [numbers["a3"][row, 0], numbers["y"][row, 0], computed["slope3"][row][0]]
                assert all(call(source, "format", x).lstrip("−") in text for x in factors)


def indices(text, letter):
    """The symbols with this letter, with what stands above and below: w211."""
    return [letter + re.sub("<[^>]*>", "", scripts)
            for scripts in re.findall(rf'<i>{letter}</i><span class="scripts">(.*?)</span>', text)]


def ends(source, drawn, n, seen):
    """Where the lines of a path start and end: [(layer, start, end)]."""
    layout = {}
    for l, name in enumerate(("x", "z1", "z2", "z3")):
        boxes = re.findall(rf'x="(\d+)" y="([\d.]+)" width="(\d+)"\s+height="(\d+)" rx="6" data-name="unit{l}" data-row="(\d+)"', drawn)
        for x, y, width, height, i in boxes:
            layout[(float(x), float(y) + float(height) / 2)] = (l, int(i))
            layout[(float(x) + float(width), float(y) + float(height) / 2)] = (l, int(i))
        assert len(boxes) == len(n[name])
    found = []
    for d in seen:
        for x1, y1, x2, y2 in re.findall(r"M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)", d):
            found.append((layout[float(x1), float(y1)], layout[float(x2), float(y2)]))
    return found


def agree_on_the_graph(source, matrices, activation):
    """The lines that are lit, the depth and sign of every weight's line, and the numbers in the units."""
    expected = oracle(matrices, activation)
    computed = call(source, "compute", state(matrices, activation))
    for at in STEPS:
        l = int(at[-1]) if at != "C" else 3
        row = len(computed[at]) - 1 if at != "C" else 0
        column = len(computed[at][0]) - 1 if at != "C" else 0
        drawn = call(source, "graph", computed, call(source, "look", view(at, row=row, column=column), computed))
        lit = ends(source, drawn, computed, re.findall('<path class="over" d="([^"]*)"', drawn))
        wanted = []
        if at[0] == "z":
            wanted = [((l - 1, j), (l, row)) for j in range(len(matrices[f"W{l}"][0]))]
        if at in ("delta1", "delta2"):
            wanted = [((l, row), (l + 1, j)) for j in range(len(matrices[f"W{l + 1}"]))]
        if at.startswith("dW"):
            wanted = [((l - 1, column), (l, row))]
        assert sorted(lit) == sorted(wanted), at
        on = {(int(k), int(i)) for k, i in re.findall(r'<rect class="on"[^>]*data-name="unit(\d)" data-row="(\d+)"', drawn)}
        assert on == ({end for line in wanted for end in line} or ({(3, i) for i in range(len(matrices["y"]))} if at == "C" else {(l, row)}))
    lines = {}
    for depth, minus, d in re.findall(r'<path class="W l(\d)( minus)?" d="([^"]*)"', drawn):
        for (l, j), (_, i) in ends(source, drawn, computed, [d]):
            lines[l + 1, i, j] = int(depth), bool(minus)
    assert lines == {(l, i, j): (int(6 * abs(w) / (1 + abs(w))), w < 0) for l in LAYERS
                     for (i, j), w in np.ndenumerate(matrices[f"W{l}"])}
    gradients = re.findall(r'<path class="grad l(\d)( minus)?" d="([^"]*)"', drawn)
    largest = max(abs(expected[f"d{name}{l}"]).max() for name in "Wb" for l in LAYERS)
    for sign in ("", " minus"):
        count = sum(len(re.findall("M", d)) for depth, minus, d in gradients if minus == sign and depth == "5")
        wanted = sum(np.sum((abs(expected[f"d{name}{l}"]) >= largest * 5 / 6) & ((expected[f"d{name}{l}"] < 0) == bool(sign)))
                     for name in "Wb" for l in LAYERS)
        assert count == (wanted if largest else 0)
    texts = re.findall(r'<text x="\d+" y="[\d.]+">([^<]*)</text>', drawn)
    in_order = ["x", *(f"{letter}{l}" for l in (1, 2) for letter in ("z", "a", "delta")), "z3", "a3", "y", "delta3"]
    assert texts == [call(source, "short", x) for name in in_order for [x] in computed.get(name, matrices.get(name))]


def weights_shown(drawn):
    """The numbers that stand on lines: {(layer, end, start): (number as text, x, y)}."""
    return {(int(l), int(i), int(j)): (text, float(x), float(y)) for l, i, j, x, y, text in re.findall(
        r'data-of="W(\d)" data-row="(\d)" data-column="(\d)" data-value="[^"]*" x="([\d.]+)" y="([\d.]+)">([^<]*)<', drawn)}


def agree_on_the_weights_of_the_lines(source, matrices, activation):
    """Every line has its weight, that weight's number stands on it, and a step's quantity lights the lines of its weights."""
    computed = call(source, "compute", state(matrices, activation))
    for at in STEPS:
        drawn = call(source, "graph", computed, call(source, "look", view(at), computed))
        for l, group in zip(LAYERS, re.findall(r'<g data-quantity="([^"]*)">((?:<path class="hit"[^>]*>)+)</g>', drawn), strict=True):
            quantity, lines = group
            W = np.array(matrices[f"W{l}"])
            assert quantity == {f"z{l}": "W", f"delta{l - 1}": "W_next", f"dW{l}": "dW"}.get(at, f"W{l}")
            found = re.findall(rf'data-name="W{l}" data-row="(\d)" data-column="(\d)" (d="[^"]*")', lines)
            assert [(int(i), int(j)) for i, j, _ in found] == list(np.ndindex(W.shape))
            assert ends(source, drawn, computed, [d for *_, d in found]) == [((l - 1, j), (l, i)) for i, j in np.ndindex(W.shape)]
        for (l, i, j), (text, _, _) in weights_shown(drawn).items():
            assert text == call(source, "short", matrices[f"W{l}"][i][j])
    for l in LAYERS:  # of the lines that are lit, that of the term that is pointed at stands out
        for at, line in ((f"z{l}", ((l - 1, 0), (l, 0))), *([(f"delta{l}", ((l, 0), (l + 1, 0)))] if l < 3 else [])):
            drawn = call(source, "graph", computed, call(source, "look", view(at, hot=0), computed))
            assert ends(source, drawn, computed, re.findall('<path class="over hot" d="([^"]*)"', drawn)) == [line]


def told(text):
    return {name: float(x) for name, x in re.findall('data-number="([^"]*)" data-value="([^"]*)"', text)}


def agree_on_the_note(source, matrices, activation):
    """The cost, the gradient that is steepest and whose it is, and the largest error of every layer."""
    expected = oracle(matrices, activation)
    computed = call(source, "compute", state(matrices, activation))
    text = call(source, "note", computed, len(STEPS))
    assert told(call(source, "note", computed, 6)) == {} and told(call(source, "note", computed, 7)).keys() == {"cost"}
    rates = {(letter, l, i, j): rate for l in LAYERS for letter in "Wb"
             for (i, j), rate in np.ndenumerate(expected[f"d{letter}{l}"])}
    steepest = max(rates, key=lambda which: abs(rates[which]))
    found = told(text)
    np.testing.assert_allclose(found["cost"], expected["C"], **DIGITS)
    np.testing.assert_allclose(found["steepest"], rates[steepest], **DIGITS)
    np.testing.assert_allclose(found["change"], abs(rates[steepest]) / 10, **DIGITS)
    np.testing.assert_allclose([found[f"error {l}"] for l in LAYERS], [abs(expected[f"delta{l}"]).max() for l in LAYERS], **DIGITS)
    assert ("grows by about" in text) == (rates[steepest] > 0) and f"Of {len(rates)} weights and biases" in text
    letter, l, i, j = steepest
    name = f"{letter.lower()}{l}{i + 1}{j + 1 if letter == 'W' else ''}"
    ties = [which for which, rate in rates.items() if abs(abs(rate) - abs(rates[steepest])) < 1e-12]
    assert name in indices(text, letter.lower()) or len(ties) > 1


def agree_on_the_question(source, matrices, activation):
    """The reply calls right what the rate of the cost says, and where that is 0, what a small step does, for every number."""
    for name, M in matrices.items():
        for i, j in {(0, 0), tuple(np.array(np.shape(M)) - 1)}:
            entry = f"{name.replace('W', 'w')}_{i + 1}{j + 1 if name[0] == 'W' else ''}"
            replies = {choice: call(source, "judge", state(matrices, activation, entry), str(choice)) for choice in (1, -1, 0)}
            slope = rate(matrices, activation, name, i, j)
            right = slope or stepped(matrices, activation, name, i, j)
            assert [choice for choice, reply in replies.items() if "Right" in reply] == [int(np.sign(right))], entry
            assert len(set(replies.values())) == 3 or slope == 0
            for choice, reply in replies.items():
                slip(reply, choice, name, i, j, matrices, activation, oracle(matrices, activation))


def stepped(matrices, activation, name, i, j):
    """By how much the cost grows when the number does, by a small step."""
    return (run(matrices, activation, [(name, i, j, 1e-4)])["C"] - run(matrices, activation)["C"]).real


def slip(reply, choice, name, i, j, matrices, activation, expected):
    """What a reply blames is there."""
    if "came back to the unit" in reply:
        l = int(name[1])
        assert expected[f"delta{l}"][i, 0] == 0 != expected[f"back{l}"][i, 0] and expected[f"z{l}"][i, 0] < 0
    if "nothing comes back" in reply:
        assert expected[f"back{int(name[1])}"][i, 0] == 0
    if "the bottom" in reply:
        assert all(run(matrices, activation, [(name, i, j, step)])["C"].real > run(matrices, activation)["C"].real for step in (1e-4, -1e-4))
    if name[0] not in "Wb":
        return
    l = int(name[1])
    error = expected[f"delta{l}"][i, 0]
    fed = 1 if name[0] == "b" else (np.array(matrices["x"]) if l == 1 else expected[f"a{l - 1}"])[j, 0]
    if "forgot the slope" in reply:
        assert expected[f"z{l}"][i, 0] < 0 and error == 0 and np.sign(expected[f"back{l}"][i, 0] * fed) == choice != 0
    if "of the error" in reply and "alone" in reply:
        assert np.sign(error) == choice and fed < 0 < error
    elif "alone" in reply:
        assert np.sign(fed) == choice and error < 0 < fed
    if "Two negative" in reply:
        assert error < 0 and fed < 0 and choice == -1
    if "Both factors" in reply:
        assert error > 0 and fed > 0 and choice == -1
    if "Neither factor" in reply:
        assert error and fed and choice == 0


AGREEMENTS = (agree_on_everything_computed, agree_on_the_matrices, agree_on_what_is_written_out, agree_on_the_graph,
              agree_on_the_weights_of_the_lines, agree_on_the_note, agree_on_the_question)


def grid():
    """Networks of several widths, with every σ; in those with relu some units are off."""
    for k, (widths, activation) in enumerate(zip(((2, 3, 2, 2), (1, 2, 4, 1), (3, 1, 2, 3), (4, 2, 3, 2), (2, 3, 3, 2)), NAMES)):
        yield given_numbers(widths, k), activation
    yield given_numbers((2, 3, 4, 2), 12), "relu"


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=lambda agreement: agreement.__name__)
def test_browser_and_numpy_agree_over_a_grid(agreement):
    for point in grid():
        agreement(script("network"), *point)


@st.composite
def states(draw):
    widths = draw(st.tuples(*[st.integers(1, 8)] * 4))
    size = draw(st.sampled_from((0.0, 1e-3, 1.0, 10.0)))
    matrices = given_numbers(widths, draw(st.integers(0, 10**6)))
    return {name: (np.array(M) / 1.5 * size).tolist() for name, M in matrices.items()}, draw(st.sampled_from(NAMES))


@settings(max_examples=25, deadline=None)
@given(states())
def test_browser_and_python_agree_on_any_state_and_show_only_numbers(point):
    matrices, activation = point
    figure = Network(**matrices, activation=activation, entry="b1_1")
    computed = call(script("network"), "compute", state(*point))
    for name in [*FOLLOWS, "C"]:
        np.testing.assert_allclose(computed[name], getattr(figure, name), rtol=1e-9, atol=1e-12, err_msg=name)
    drawn = call(script("network"), "markup", state(*point))
    assert not re.search("NaN|Infinity|undefined", drawn)


def test_a_step_shows_what_is_computed_by_then_and_no_more():
    source, (matrices, activation) = script("network"), next(grid())
    units = dict(zip(STEPS, STEPS))
    for k, at in enumerate(STEPS, start=1):
        drawn = call(source, "body", state(matrices, activation), view(at, shown=k))
        graph = drawn[drawn.index("<svg"):drawn.index("</svg>")]
        hidden = graph.count(">·<")
        later = [name for name in STEPS[k:] if name in units and re.match("[za]|delta", name)]
        assert hidden == sum(len(np.array(oracle(matrices, activation)[name])) for name in later)
        assert ('data-number="C"' in drawn) == (k >= 7)
        assert drawn.count(" later") == 16 - k
        for name in STEPS[k:]:
            assert f'data-name="{name}"' not in drawn


@pytest.mark.parametrize("l, n", list(product(range(4), (1, 4, 8))))
def test_another_width_keeps_the_numbers_that_stay_and_fits(l, n):
    matrices = given_numbers((2, 3, 2, 2), 1)
    changed = call(script("network"), "widened", state(matrices), l, n)
    then = {**matrices, **changed}
    assert call(script("network"), "fits", state(then)) is True
    Network(**then, entry="b1_1")
    for name in changed:
        old, new = np.array(matrices[name]), np.array(then[name])
        rows, columns = np.minimum(old.shape, new.shape)
        np.testing.assert_array_equal(old[:rows, :columns], new[:rows, :columns])
        assert np.abs(new).max() <= 1.5
    if n == 8:
        assert all(len({tuple(row) for row in then[name]}) > 1 for name in changed)
    assert call(script("network"), "fits", state({**then, "b2": [[1.0]] * 9})) is False


POINTED = [  # the step, what is pointed at, and the row, column and term that it stands for
    ("z2", ("W2", 1, 2), (1, 0, 2)), ("z2", ("a1", 2, 0), (0, 0, 2)), ("z2", ("b2", 1, 0), (1, 0, "b")), ("z2", ("z2", 1, 0), (1, 0, None)),
    ("z2", ("unit1", 1, 0), (0, 0, 1)), ("z2", ("unit2", 1, 0), (1, 0, None)), ("z1", ("x", 1, 0), (0, 0, 1)), ("a1", ("z1", 2, 0), (2, 0, None)),
    ("C", ("y", 1, 0), (0, 0, 1)), ("delta3", ("y", 1, 0), (1, 0, None)), ("delta1", ("W2", 1, 2), (2, 0, 1)), ("delta1", ("delta2", 1, 0), (0, 0, 1)),
    ("delta1", ("slope1", 2, 0), (2, 0, None)), ("delta1", ("delta1", 2, 0), (2, 0, None)), ("delta1", ("unit2", 1, 0), (0, 0, 1)),
    ("dW2", ("dW2", 1, 2), (1, 2, None)), ("dW2", ("delta2", 1, 0), (1, 0, None)), ("dW2", ("a1", 2, 0), (0, 2, None)),
    ("dW1", ("unit0", 1, 0), (0, 1, None)), ("db2", ("delta2", 1, 0), (1, 0, None)),
]


def agree_on_what_is_pointed_at(source):
    for at, what, wanted in POINTED:
        pointed = dict(zip(("name", "i", "j"), what))
        seen = call(source, "select", pointed, state(given_numbers((2, 3, 2, 2), 1)), view(at))
        assert tuple(seen[key] for key in ("row", "column", "hot")) == wanted, (at, what)


def test_pointing_tells_the_sum_and_the_term():
    agree_on_what_is_pointed_at(script("network"))


LINES = [  # the step, the line or unit that is pointed at, the row, column and term that it stands for, and its weights
    ("z2", ("W2", 1, 2), (1, 0, 2), [2, 1, 2]), ("delta1", ("W2", 1, 2), (2, 0, 1), [2, 1, 2]), ("dW2", ("W2", 1, 2), (1, 2, None), [2, 1, 2]),
    ("delta1", ("W3", 1, 1), (0, 0, None), [3, 1, 1]), ("C", ("W1", 2, 1), (0, 0, None), [1, 2, 1]), ("dW2", ("W3", 1, 1), (0, 0, None), [3, 1, 1]),
    ("a1", ("unit2", 1, 0), (0, 0, None), [2, 1, None]), ("a1", ("unit0", 1, 0), (0, 0, None), [1, None, 1]),
    ("z2", ("b2", 1, 0), (1, 0, "b"), None),
]


def test_a_line_that_is_pointed_at_stands_for_its_entry_of_the_weights_and_of_their_gradient():
    for at, what, wanted, lines in LINES:
        pointed = dict(zip(("name", "i", "j"), what))
        seen = call(script("network"), "select", pointed, state(given_numbers((2, 3, 2, 2), 1)), {**view(at), "lines": [1, 0, 0]})
        assert tuple(seen[key] for key in ("row", "column", "hot")) == wanted and seen["lines"] == lines, (at, what)


@pytest.mark.parametrize("widths", [(2, 3, 2, 2), (3, 3, 3, 3), (1, 8, 1, 8), (8, 8, 8, 8), (5, 2, 7, 4)])
def test_the_number_of_a_line_that_is_pointed_at_is_there_and_no_two_touch(widths):
    matrices, source = given_numbers(widths, 3), script("network")
    computed = call(source, "compute", state(matrices))
    for l in LAYERS:
        for i, j in ((0, 0), (widths[l] - 1, widths[l - 1] - 1), (widths[l] - 1, None), (None, 0)):
            for at in ("a1", f"z{l}", "dW2"):
                look = call(source, "look", {**view(at), "lines": [l, i, j]}, computed)
                shown = weights_shown(call(source, "graph", computed, look))
                wanted = {(l, row, column) for row, column in np.ndindex(widths[l], widths[l - 1])
                          if i in (row, None) and j in (column, None)}
                assert wanted <= shown.keys(), (at, l, i, j)
                places = [place[1:] for place in shown.values()]
                for k, (x, y) in enumerate(places):
                    assert all(abs(x - x2) > 23.8 or abs(y - y2) > 8.8 for x2, y2 in places[:k])
    if widths == (2, 3, 2, 2):
        everything = weights_shown(call(source, "graph", computed, call(source, "look", view("a1"), computed)))
        assert len(everything) == 16, "in a small network all numbers are there at once"


def test_at_the_corner_of_relu_at_the_bottom_and_behind_a_flat_unit_the_reply_is_that_of_the_cost():
    """The third unit of layer 2 sleeps; at w²₃₂ = 2 it wakes, and makes the cost larger."""
    matrices = {"x": [[1], [2]], "W1": [[1, 0], [0, 1]], "b1": [[0], [0]], "W2": [[1, 0], [0, 1], [1, 1]], "b2": [[0], [0], [-5]],
                "W3": [[1, -1, 2], [2, 1, -1]], "b3": [[3], [-1]], "y": [[0], [0]]}
    judge = partial(call, script("network"), "judge")
    sleeps = judge(state(matrices, "relu", "w2_32"), "-1")
    assert "Not quite" in sleeps and "came back to the unit" in sleeps
    matrices["W2"][2][1] = 2
    assert run(matrices, "relu")["z2"][2, 0] == 0 < stepped(matrices, "relu", "W2", 2, 1)
    agree_on_the_question(script("network"), matrices, "relu")
    assert "relu has no slope at 0" in judge(state(matrices, "relu", "w2_32"), "1")
    matrices["y"] = run(matrices, "relu")["a3"].real
    agree_on_the_question(script("network"), matrices, "relu")
    assert "This is the bottom" in judge(state(matrices, "relu", "b3_1"), "1")


def test_where_no_number_can_learn_the_note_says_so():
    matrices = given_numbers((2, 3, 2, 2), 1)
    matrices["y"] = call(script("network"), "compute", state(matrices))["a3"]
    assert "All 23 gradients are 0" in call(script("network"), "note", call(script("network"), "compute", state(matrices)), 16)


MUTANTS = [  # what stands there, what a slip would make of it
    ("weight.every((k, at) => k === one[at])", "true"),
    ("`W${l}`, i, j)} d=\"${line(l, i, j)}\"", "`W${l}`, j, i)} d=\"${line(l, i, j)}\""),
    ("const x = n[`W${l}`][i][j];", "const x = n[`dW${l}`][i][j];"),
    ("Math.abs(one.rate) > Math.abs(best.rate)", "one.rate > best.rate"),
    ("rate > 0 ? \"grows\"", "rate < 0 ? \"grows\""),
    ("Math.abs(rate) / 10", "Math.abs(rate)"),
    ("(a_i - y[i][0]) ** 2, 0) / 2", "(a_i - y[i][0]) ** 2, 0)"),
    ("(a_i - y[i][0]) ** 2, 0) / 2", "(a_i + y[i][0]) ** 2, 0) / 2"),
    ("[(a_i - y[i][0]) * slopes[i][0]]", "[(y[i][0] - a_i) * slopes[i][0]]"),
    ("[(a_i - y[i][0]) * slopes[i][0]]", "[a_i - y[i][0]]"),
    ("sum + row[k] * delta_next[j][0]", "sum - row[k] * delta_next[j][0]"),
    ("sum + row[k] * delta_next[j][0]", "sum + row[k] * delta_next[0][0]"),
    ("[x * slopes[k][0]]", "[x]"),
    ("[x * slopes[k][0]]", "[x * slopes[0][0]]"),
    ("a_prev.map(([a]) => d * a)", "a_prev.map(([a]) => d)"),
    ("delta.map(([d]) => a_prev.map(([a]) => d * a))", "a_prev.map(([a]) => delta.map(([d]) => d * a))"),
    ("hiddenDelta(n[`W${l + 1}`], n[`delta${l + 1}`], n[`slope${l}`])", "hiddenDelta(n[`W${l + 1}`], n[`delta${l + 1}`], n[`slope${l + 1}`])"),
    ("hiddenDelta(n[`W${l + 1}`]", "hiddenDelta(n[`W${l}`]"),
    ("weightGradient(n[`delta${l}`], n[before(l)])", "weightGradient(n[`delta${l}`], n[`a${l}`])"),
    ("n[`db${l}`] = n[`delta${l}`]", "n[`db${l}`] = n[`slope${l}`]"),
    ("(l === 1 ? \"x\" : `a${l - 1}`)", "(l === 1 ? \"x\" : `a${l}`)"),
    ("n[W_next], n[next])[i][0]", "n[W_next], n[next])[0][0]"),
    ("entry(W_next, k, i, \"W_next\")", "entry(W_next, i, k, \"W_next\")"),
    ("number(W_next, k, i) * d, mark(k)", "number(W_next, k, i) + d, mark(k)"),
    ("number(W, i, k) * x, mark(k)", "-number(W, i, k) * x, mark(k)"),
    ("bias, mark(\"b\")", "-bias, mark(\"b\")"),
    ("(number(a, k) - y_k) ** 2 / 2", "(number(a, k) - y_k) ** 2"),
    ("entry(delta, i, 0, \"delta\") + entry(from, j, 0, \"a_prev\")", "entry(delta, j, 0, \"delta\") + entry(from, i, 0, \"a_prev\")"),
    ("times([delta, number(delta, i)], [from, number(from, j)])", "times([delta, number(delta, i)], [from, number(from, 0)])"),
    ("[l + 1, j, row, j]", "[l + 1, row, j, j]"),
    ("[l + 1, j, row, j]", "[l, j, row, j]"),
    ("[l, row, j, j]", "[l, j, row, j]"),
    ("[l, row], [l - 1, column]]", "[l, row], [l - 1, row]]"),
    ("x < 0 ? \" minus\" : \"\"}`] += d", "x > 0 ? \" minus\" : \"\"}`] += d"),
    ("Math.abs(x) / largest", "Math.abs(x)"),
    ("sign === picked ? ", "sign !== picked ? "),
    ("n.y[i][0] - n.a3[i][0],", "n.a3[i][0] - n.y[i][0],"),
    ("x: () => back(n.W1, n.delta1)[i][0]", "x: () => n.delta1[0][0]"),
    ("picked === Math.sign(returned * fed)", "picked === Math.sign(-returned * fed)"),
    ("row: j, hot: i };\n    if", "row: i, hot: j };\n    if"),
    ("{ ...next, column: i }", "{ ...next, row: i }"),
    ("{ [l - 1]: before(l), [l]: `z${l}` }", "{ [l]: before(l), [l - 1]: `z${l}` }"),
    ("what === \"dW\" ? operand === before(l) :", "what === \"dW\" ? false :"),
    ("row, column, hot } = seen;", "column: row, row: column, hot } = seen;"),
]


@pytest.mark.thorough
def test_every_wrong_sign_and_index_is_noticed(told):
    first, *rest = AGREEMENTS

    def also_on_what_is_pointed_at(source, *point):
        agree_on_what_is_pointed_at(source)
        first(source, *point)

    notices_every_slip("network", MUTANTS, [also_on_what_is_pointed_at, *rest], list(grid()), told)


# Seen from Python


@pytest.fixture
def figure():
    return Network()


def agrees_with_the_rates(figure):
    expected = oracle({name: getattr(figure, name) for name in GIVEN}, figure.activation)
    for name in [*FOLLOWS, "C"]:
        np.testing.assert_allclose(getattr(figure, name), expected[name], **DIGITS, err_msg=name)


def test_everything_follows_whatever_is_assigned(figure):
    agrees_with_the_rates(figure)
    for activation in NAMES:
        figure.activation = activation
        figure.W2 = np.array(figure.W2) + 0.25
        figure.y = [[1], [-2]]
        agrees_with_the_rates(figure)


def test_shapes_that_change_together_are_taken_in_python_and_in_one_message(figure):
    with figure.hold_trait_notifications():
        figure.W1, figure.b1, figure.W2 = np.ones((4, 2)), np.ones((4, 1)), np.ones((2, 4))
    agrees_with_the_rates(figure)
    figure.entry = "w2_24"
    narrower = given_numbers((2, 1, 2, 2), 3)
    figure.set_state({**{name: narrower[name] for name in ("W1", "b1", "W2")}, "entry": "w1_11", "value": narrower["W1"][0][0]})
    assert (figure.W1, figure.entry) == (narrower["W1"], "w1_11")
    agrees_with_the_rates(figure)


def test_shapes_that_do_not_fit_are_refused_whole(figure):
    before = figure.get_state()
    with pytest.raises(TraitError, match=r"W2 has shape \(2, 3\); with layers of 2, 4, 2, 2 units it needs \(2, 4\)"):
        figure.set_state({"W1": np.ones((4, 2)).tolist(), "b1": np.ones((4, 1)).tolist()})
    assert figure.get_state() == before
    with pytest.raises(TraitError, match="hold_trait_notifications"):
        with figure.hold_trait_notifications():
            figure.b3 = [[1.0]]
    assert figure.get_state() == before


@pytest.mark.parametrize("name, wrong, words", [
    ("W1", [[1, 2]], r"b1 has shape \(3, 1\); with layers of 2, 1, 2, 2 units it needs \(1, 1\)"),
    ("x", [[1], [10.5]], r"x\[1, 0\] is 10.5"),
    ("y", [[1], [float("nan")]], r"y\[1, 0\] is nan"),
    ("entry", "w4_11", "entry is 'w4_11'; it needs to be one of w1_11"),
    ("value", 11, "value is 11"),
    ("activation", "softmax", "activation"),
    ("delta1", [[0]], "read-only"),
    ("C", 1.0, "read-only"),
])
def test_what_cannot_be_shown_is_refused_in_words_and_nothing_changes(figure, name, wrong, words):
    before = figure.get_state()
    with pytest.raises(TraitError, match=words):
        setattr(figure, name, wrong)
    assert figure.get_state() == before


def test_a_layer_that_is_too_wide_is_not_made():
    with pytest.raises(TraitError, match="a layer has 9 units; the figure has room for 8"):
        Network(**given_numbers((2, 9, 2, 2), 1))


def test_repr_makes_the_figure_again_and_its_title_tells_the_widths(figure):
    figure.activation = "relu"
    again = eval(repr(figure), {"Network": Network})
    assert again.get_state().items() >= {name: getattr(figure, name) for name in (*GIVEN, *FOLLOWS, "C", "entry")}.items()
    assert again.title() == "Backpropagation through a network 2-3-2-2, σ = relu"
    assert "∂C/∂W³, row 2" in figure._repr_mimebundle_()[0]["text/html"]
