"""Figure 6 computes in the browser what `mathref.conv` computes in Python, with and without the turn and the frame; seen
from Python, `grad_a` follows whatever moves."""

import json
import re
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from traitlets import TraitError

from javascript import call, engine, notices_every_slip
from mathref import conv
from mathref.widgets import ConvGradient
from mathref.widgets.figure import script

DIGITS = {"rtol": 1e-12, "atol": 1e-12}
SWITCHES = list(product((True, False), (True, False)))


def state(delta, W, turned=True, framed=True, entry="w_11"):
    return {"delta": np.array(delta, dtype=float).tolist(), "W": np.array(W, dtype=float).tolist(), "turned": turned,
            "framed": framed, "entry": entry, "bound": 10.0}


def true_gradient(delta, W):
    return conv.input_gradient([[W]], [[delta]])[0, 0]


def operands(delta, W, turned, framed):
    """The image and the kernel that the figure correlates, by NumPy alone."""
    kh, kw = np.shape(W)
    image = np.pad(delta, ((kh - 1, kh - 1), (kw - 1, kw - 1))) if framed else np.array(delta)
    return image, np.flip(W) if turned else np.array(W)


def result(delta, W, turned, framed):
    image, kernel = operands(delta, W, turned, framed)
    return conv.forward([[kernel]], None, [[image]])[0, 0]


def number_of(text, name):
    return float(re.search(f'data-number="{name}" data-value="([^"]*)"', text)[1])


def cells(markup, name):
    """What stands in the cells of a matrix: their classes and their markup, by row and column."""
    found = re.findall(rf'<(span|button)[^>]*?class="entry ([^"]*)"\s+data-name="{name}" data-row="(-?\d+)" '
                       r'data-column="(-?\d+)"(.*?)</\1>\s*(?=<span class="entry|<button|<span class="window|</div>)',
                       markup, re.DOTALL)
    return {(int(i), int(j)): (classes, inside) for _, classes, i, j, inside in found}


def agree_on_the_result(source, delta, W):
    assert call(source, "rot180", W) == np.flip(W).tolist()
    np.testing.assert_allclose(call(source, "pad", delta, W), conv.pad([[delta]], [[W]])[0, 0], **DIGITS)
    for turned, framed in SWITCHES:
        computed = call(source, "compute", state(delta, W, turned, framed))
        np.testing.assert_allclose(computed["grad_a"], true_gradient(delta, W), **DIGITS)
        np.testing.assert_allclose(computed["result"], result(delta, W, turned, framed), **DIGITS)


def agree_on_the_sums(source, delta, W):
    """Each product that the sum of an entry writes out, and its total; each factor as it is printed."""
    kh, kw = np.shape(W)
    for turned, framed in SWITCHES:
        image, kernel = operands(delta, W, turned, framed)
        total = result(delta, W, turned, framed)
        for m, n in np.ndindex(total.shape):
            written = call(source, "sum", state(delta, W, turned, framed), m, n)
            window = image[m:m + kh, n:n + kw]
            numbers = [float(x) for x in re.findall(r'data-value="([^"]*)"', written)]
            np.testing.assert_allclose(numbers, [*(window * kernel).ravel(), total[m, n]], **DIGITS)
            named = re.findall(r"<i>w</i><span class=\"scripts\"><sub>(\d)(\d)</sub>",
                               "".join(re.findall('<span class="symbols">(.*?)</span><span class="factors"', written)))
            assert [W[int(p) - 1][int(q) - 1] for p, q in named] == kernel.ravel().tolist()
            errors = re.findall(r"<i>δ</i><span class=\"scripts\"><sub>(\d)(\d)</sub>",
                                "".join(re.findall('<span class="symbols">(.*?)</span><span class="factors"', written)))
            inside = framed_indices(np.shape(delta), (kh, kw), framed)[m:m + kh, n:n + kw].ravel()
            assert [int(i + j) for i, j in errors] == [x for x in inside if x]


def framed_indices(shape, kernel, framed):
    """The matrix of the indices of δ, 11, 12 …, in a frame of zeros or without one."""
    names = np.add.outer(10 * np.arange(1, shape[0] + 1), np.arange(1, shape[1] + 1))
    return np.pad(names, [(k - 1, k - 1) for k in kernel]) if framed else names


def agree_on_the_window(source, delta, W):
    """The weight that stands small on each error of the window, and on no other."""
    kh, kw = np.shape(W)
    for turned, framed in SWITCHES:
        _, kernel = operands(delta, W, turned, framed)
        total = result(delta, W, turned, framed)
        row, column = total.shape[0] - 1, total.shape[1] - 1
        for m, n in {(0, 0), (row, column), (row, 0)}:
            drawn = call(source, "body", state(delta, W, turned, framed),
                         {"row": m, "column": n, "shown": "all", "hot": None})
            above, beside = (kh - 1, kw - 1) if framed else (0, 0)
            found = {(i + above - m, j + beside - n): text[1:].replace("−", "-")
                     for (i, j), (_, inside) in cells(drawn, "delta").items()
                     for text in re.findall('aria-hidden="true">([^<]+)</small>', inside)}
            assert found == {(p, q): call(source, "format", kernel[p, q]).replace("−", "-")
                             for p, q in np.ndindex(kh, kw)}


def agree_on_the_paths(source, delta, W):
    """The marked paths between a and z are those of the layer forward, by moving one input at a time."""
    grad_a = true_gradient(delta, W)
    names = 10 * np.arange(1, len(W) + 1)[:, None] + np.arange(1, len(W[0]) + 1)  # in place of the weights: their indices

    def reached(m, n):
        a = np.zeros(grad_a.shape)
        a[m, n] = 1
        return conv.forward([[names]], None, [[a]])[0, 0].round().astype(int)

    def told(drawn, name, shape):
        marks = cells(drawn, name)
        weights = [re.search(r"<sub>(\d\d)</sub>", marks[at][1].split("<small")[1]) for at in np.ndindex(shape)]
        on = ["on" in marks[at][0].split() for at in np.ndindex(shape)]
        return np.array([int(w[1]) if w else 0 for w in weights]).reshape(shape), np.array(on).reshape(shape)

    for turned, framed in SWITCHES:
        now = state(delta, W, turned, framed)
        total = result(delta, W, turned, framed)
        inset = np.array([0, 0] if framed else np.array(np.shape(W)) - 1)
        for entry in {(0, 0), (total.shape[0] - 1, total.shape[1] // 2)}:
            drawn = call(source, "paths", now, {"row": entry[0], "column": entry[1], "shown": "all", "hot": None})
            weights, on = told(drawn, "z", np.shape(delta))
            expected = reached(*(entry + inset))
            np.testing.assert_array_equal(weights, expected)
            np.testing.assert_array_equal(on, expected > 0)
            assert told(drawn, "a", grad_a.shape)[1].nonzero() == tuple(entry + inset)
        for i, j in {(0, 0), (len(delta) - 1, len(delta[0]) - 1)}:
            drawn = call(source, "paths", now, {"row": 0, "column": 0, "shown": "all", "hot": ["delta", i, j]})
            weights, on = told(drawn, "a", grad_a.shape)
            expected = np.array([[reached(m, n)[i, j] for n in range(grad_a.shape[1])] for m in range(grad_a.shape[0])])
            np.testing.assert_array_equal(weights, expected)
            np.testing.assert_array_equal(on, expected > 0)


def agree_on_what_breaks(source, delta, W):
    """The count of wrong entries, the sum and the mean; and no label says turned, or ∇a, of what is not."""
    for turned, framed in SWITCHES:
        now = state(delta, W, turned, framed)
        is_, should = result(delta, W, turned, framed), true_gradient(delta, W)
        if not framed:
            kh, kw = np.shape(W)
            should = should[kh - 1:kh - 1 + is_.shape[0], kw - 1:kw - 1 + is_.shape[1]]
        text = call(source, "note", now)
        np.testing.assert_allclose([number_of(text, "sum"), number_of(text, "mean")], [is_.sum(), is_.mean()], **DIGITS)
        if not turned:
            assert number_of(text, "wrong") == np.sum(abs(is_ - should) > 1e-9)
        drawn = call(source, "body", now, {"row": 0, "column": 0, "shown": "all", "hot": None})
        assert ("rot180(" in drawn) == turned
        assert ("pad(" in drawn) == framed
        assert ('data-quantity="grad_a"' in drawn) == (turned and framed)
        assert len(re.findall("≠ ", drawn)) == np.sum(abs(is_ - should) > 1e-9)


def agree_on_the_question(source, delta, W):
    """The reply calls right what a central difference of ∇a says, and names a kernel not turned where that was thought."""
    kh, kw = np.shape(W)
    places = {f"{letter}_{i + 1}{j + 1}": (M, i, j) for letter, M in (("w", W), ("delta", delta))
              for i, row in enumerate(M) for j in range(len(row))}
    m, n = (np.array(true_gradient(delta, W).shape) - 1) // 2

    def slope(entry, turned):
        M, i, j = places[entry]
        x, ends = M[i][j], []
        for step in (0.5, -0.5):
            M[i][j] = x + step
            ends.append(result(delta, W, turned, True)[m, n])
        M[i][j] = x
        return 0 if abs(ends[0] - ends[1]) < 1e-9 else int(np.sign(ends[0] - ends[1]))

    for entry in places:
        replies = {choice: call(source, "judge", state(delta, W, entry=entry), str(choice)) for choice in (1, -1, 0)}
        assert [choice for choice in replies if "Right" in replies[choice]] == [slope(entry, True)], entry
        for choice, reply in replies.items():
            if "not turned" in reply:
                assert choice == slope(entry, False) != slope(entry, True), entry
        if 0 not in (slope(entry, False), slope(entry, True)) and slope(entry, False) != slope(entry, True):
            assert "not turned" in replies[slope(entry, False)], entry


AGREEMENTS = (agree_on_the_result, agree_on_the_sums, agree_on_the_window, agree_on_the_paths, agree_on_what_breaks,
              agree_on_the_question)


def grid():
    """Errors and kernels of several shapes whose entries all differ, and one kernel that looks the same turned."""
    for shape, kernel in (((2, 2), (2, 2)), ((3, 2), (2, 1)), ((2, 4), (1, 3)), ((4, 2), (2, 2)), ((4, 3), (3, 2))):
        count = np.prod(shape)
        entries = 3 * np.sin(1.7 * np.arange(1, count + np.prod(kernel) + 1))
        yield entries[:count].reshape(shape).tolist(), entries[count:].reshape(kernel).tolist()
    yield [[1.0, -1.0], [4.0, 2.0]], [[1.0, 2.0], [-1.0, 4.0]]
    yield [[1.0, -1.0], [4.0, 0.0]], [[1.0, 2.0], [2.0, 1.0]]


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=lambda agreement: agreement.__name__)
def test_browser_and_python_agree_over_a_grid(agreement):
    for point in grid():
        agreement(script("conv_gradient"), *point)


def matrices(rows, columns):
    return st.lists(st.lists(st.floats(-10, 10), min_size=columns, max_size=columns), min_size=rows, max_size=rows)


@st.composite
def states(draw):
    kh, kw = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    rows, columns = draw(st.integers(kh, 7 - kh)), draw(st.integers(kw, 7 - kw))
    return draw(matrices(rows, columns)), draw(matrices(kh, kw))


@settings(max_examples=40)
@given(states())
def test_browser_and_python_agree_on_any_state(point):
    agree_on_the_result(script("conv_gradient"), *point)
    drawn = call(script("conv_gradient"), "markup", state(*point))
    assert not re.search("NaN|Infinity|undefined", drawn)


MUTANTS = [  # what stands there, what a slip would make of it
    ("[...W].reverse().map((row) => [...row].reverse())", "[...W].reverse()"),
    ("[...W].reverse().map((row) => [...row].reverse())", "W.map((row) => [...row].reverse())"),
    ("[W.length - 1, W[0].length - 1];\n  const zeros", "[W[0].length - 1, W.length - 1];\n  const zeros"),
    ("part + a[i + p][j + q] * w", "part - a[i + p][j + q] * w"),
    ("part + a[i + p][j + q] * w", "part + a[i + q][j + p] * w"),
    ("part + a[i + p][j + q] * w", "a[i + p][j + q] * w"),
    ("framed ? pad(delta, W) : delta, turned ?", "!framed ? pad(delta, W) : delta, turned ?"),
    ("turned ? rot180(W) : W),", "turned ? W : rot180(W)),"),
    ("grad_a: star(pad(delta, W), rot180(W))", "grad_a: star(pad(delta, W), W)"),
    ("[row + W.length - 1, column + W[0].length - 1];", "[row, column];"),
    ("[row + r - above, column + c - beside]", "[row + r + above, column + c - beside]"),
    ("[row + r - above, column + c - beside]", "[row + c - above, column + r - beside]"),
    ("turned ? [W.length - 1 - r, weights.length - 1 - c] : [r, c]", "[r, c]"),
    ("turned ? [W.length - 1 - r, weights.length - 1 - c] : [r, c]", "[W.length - 1 - r, weights.length - 1 - c]"),
    ("weight: W[p][q], astray", "weight: W[r][c], astray"),
    ("(error ?? 0) * w,", "-(error ?? 0) * w,"),
    ("total: result[row][column]", "total: result[0][0]"),
    ("delta(i, j)) + weight(p, q)", "delta(j, i)) + weight(p, q)"),
    ("delta(i, j)) + weight(p, q)", "delta(i, j)) + weight(q, p)"),
    ("[input[0] - output[0], input[1] - output[1]]", "[output[0] - input[0], input[1] - output[1]]"),
    ("between([m, n], [r, c])]", "between([r, c], [m, n])]"),
    ("between([r, c], [i, j])", "between([c, r], [i, j])"),
    ("total(result) / entries", "total(result) / all"),
    ("return compute(state).grad_a[m][n];", "return compute(state).grad_a[row][column];"),
    ("const [r, c] = [m - i, n - j]", "const [r, c] = [m + i, n - j]"),
    ('name === "W" ? 1 : -1', 'name === "W" ? -1 : 1'),
    ("Math.sign(slope ?? 0) === Number(choice)", "-Math.sign(slope ?? 0) === Number(choice)"),
    ("i + way * (m - W.length + 1)", "i + way * (m - W.length)"),
    ("met ? `×${format(met.weight)}`", "met ? `×${format(-met.weight)}`"),
    ("term.i === i && term.j === j);\n        return small", "term.i === j && term.j === i);\n        return small"),
]


@pytest.mark.thorough
def test_every_wrong_sign_and_index_is_noticed(told):
    notices_every_slip("conv_gradient", MUTANTS, AGREEMENTS, list(grid()), told)


# Seen from Python


@pytest.fixture
def figure():
    return ConvGradient()


def test_the_gradient_follows_whatever_is_assigned_and_the_result_the_switches(figure):
    figure.W = [[3, -2], [0.5, 1]]
    figure.delta = np.array([[1, 2], [-1, 0.25]])
    for turned, framed in SWITCHES:
        figure.turned, figure.framed = turned, framed
        np.testing.assert_array_equal(figure.grad_a, true_gradient(figure.delta, figure.W))
        np.testing.assert_array_equal(figure.result, result(figure.delta, figure.W, turned, framed))


@pytest.mark.parametrize("name, wrong, words", [
    ("W", [[1, 2], [3, 4], [5, 6]], r"W has shape \(3, 2\), but delta has shape \(2, 2\): W needs to fit into delta"),
    ("delta", [[1, 2, 3, 4, 5, 6]] * 2, r"room for a kernel of 3 and an image of 6"),
    ("delta", [[1, 2], [3, 10.5]], r"delta\[1, 1\] is 10.5"),
    ("delta", [[1, 2], [3, float("nan")]], r"delta\[1, 1\] is nan"),
    ("entry", "a_11", "entry is 'a_11'; it needs to be one of w_11"),
    ("value", 11, "value is 11"),
    ("turned", "yes", "turned"),
    ("grad_a", [[0]], "read-only"),
])
def test_what_cannot_be_shown_is_refused_in_words_and_nothing_changes(figure, name, wrong, words):
    before = figure.get_state()
    with pytest.raises(TraitError, match=words):
        setattr(figure, name, wrong)
    assert figure.get_state() == before


@pytest.mark.parametrize("wrong, words", [
    ({"delta": [[1, 2]], "W": [[1], [2]], "entry": "w_11"}, "W needs to fit into delta"),
    ({"delta": np.ones((6, 6))}, "room for a kernel of 3 and an image of 6"),
    ({"delta": np.ones((4, 4)), "W": np.ones((4, 1)), "entry": "w_11"}, "room for"),
])
def test_a_figure_that_does_not_fit_together_is_not_made(wrong, words):
    with pytest.raises(TraitError, match=words):
        ConvGradient(**wrong)


def test_shapes_may_change_and_the_entry_stays_one_that_there_is(figure):
    figure.entry = "w_22"
    figure.W = [[1, 2]]
    assert np.shape(figure.grad_a) == (2, 3) and figure.entry == "w_11" and figure.value == 1
    with figure.hold_trait_notifications():
        figure.W, figure.delta = np.ones((3, 3)), np.ones((4, 3))
    np.testing.assert_array_equal(figure.grad_a, true_gradient(figure.delta, figure.W))


def test_the_sizes_that_can_be_chosen_are_those_that_python_takes():
    now, every = state(np.ones((2, 2)), np.ones((2, 2))), {}
    taken = ConvGradient()
    for name in ("image rows", "image columns", "kernel rows", "kernel columns"):
        drawn = re.search(f'data-size="{name}" aria-label="{name}">(.*?)</select>', call(script("conv_gradient"), "markup", now))
        every[name] = [int(value) for value in re.findall(r"<option[^>]*>(\d)</option>", drawn[1])]
        for value in every[name]:
            engine(script("conv_gradient")).eval(f"var changed = sizes['{name}'].resize({json.dumps(now)}, '{value}')")
            changed = json.loads(engine(script("conv_gradient")).eval("JSON.stringify(changed)"))
            with taken.hold_trait_notifications():
                taken.delta, taken.W = changed["delta"], changed["W"]
            sizes = dict(zip(("image rows", "image columns", "kernel rows", "kernel columns"),
                             (*np.shape(taken.grad_a), *np.shape(taken.W))))
            assert sizes == {"image rows": 3, "image columns": 3, "kernel rows": 2, "kernel columns": 2} | {name: value}
    assert every == {"image rows": [3, 4, 5, 6], "image columns": [3, 4, 5, 6], "kernel rows": [1, 2], "kernel columns": [1, 2]}


def test_repr_makes_the_figure_again_and_its_title_tells_the_state(figure):
    figure.turned = False
    again = eval(repr(figure), {"ConvGradient": ConvGradient})
    assert (again.W, again.result) == (figure.W, figure.result)
    assert again.title() == "The padded gradient: not ∇a = pad(δ) ⋆ W"
    assert figure._repr_mimebundle_()[0]["text/plain"].splitlines()[1:] == [
        "delta         W             result", " 1.00 −1.00    1.00  2.00    4.00 −5.00  1.00",
        " 4.00  2.00   −1.00  4.00   18.00  3.00 −3.00", "                             8.00  8.00  2.00"]
