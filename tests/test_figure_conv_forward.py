"""Figure 5 computes in the browser what SciPy computes, with and without the turn of the kernel; seen from Python, `z`
follows whatever moves."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import convolve2d, correlate2d
from traitlets import TraitError

from javascript import call, engine, notices_every_slip
from mathref.widgets import ConvForward
from mathref.widgets.figure import script

DIGITS = {"rtol": 1e-12, "atol": 1e-12}
ALL = {"row": 0, "column": 0, "shown": "all", "hot": None}


def state(a_prev, W, b, flipped=False, entry="a_11"):
    return {"a_prev": np.array(a_prev, dtype=float).tolist(), "W": np.array(W, dtype=float).tolist(), "b": [[float(b)]],
            "flipped": flipped, "entry": entry, "bound": 10.0}


def result(a_prev, W, b, flipped):
    return (convolve2d if flipped else correlate2d)(np.array(a_prev, float), np.array(W, float), mode="valid") + b


def laid(W, flipped):
    """The kernel as it is laid on the image."""
    return np.array([row[::-1] for row in W[::-1]] if flipped else W)


def cells(markup, name):
    """What stands in the cells of a matrix: their classes and their markup, by row and column."""
    found = re.findall(rf'<(span|button)[^>]*?class="entry ([^"]*)"\s+data-name="{name}" data-row="(-?\d+)" '
                       r'data-column="(-?\d+)"(.*?)</\1>\s*(?=<span class="entry|<button|<span class="window|<span class="corner|</div>)',
                       markup, re.DOTALL)
    return {(int(i), int(j)): (classes.split(), inside) for _, classes, i, j, inside in found}


def subscripts(letter, text):
    return re.findall(rf'<i>{letter}</i><span class="scripts"><sub>(\d\d)</sub>', text)


def agree_on_the_result(source, a_prev, W, b):
    for flipped in (False, True):
        computed = call(source, "compute", state(a_prev, W, b, flipped))
        np.testing.assert_allclose(computed["z"], result(a_prev, W, b, flipped), **DIGITS)
        np.testing.assert_allclose(computed["other"], result(a_prev, W, b, not flipped), **DIGITS)


def agree_on_the_sums(source, a_prev, W, b):
    """Each product that the sum of an entry writes out, the bias and the total; each factor by its name and as printed."""
    kh, kw = np.shape(W)
    for flipped in (False, True):
        kernel, total = laid(W, flipped), result(a_prev, W, b, flipped)
        for i, j in np.ndindex(total.shape):
            written = call(source, "sum", state(a_prev, W, b, flipped), i, j)
            window = np.array(a_prev)[i:i + kh, j:j + kw]
            numbers = [float(x) for x in re.findall(r'data-value="([^"]*)"', written)]
            np.testing.assert_allclose(numbers, [*(window * kernel).ravel(), b, total[i, j]], **DIGITS)
            symbols = "".join(re.findall('<span class="symbols">(.*?)</span><span class="factors"', written))
            assert [W[int(p) - 1][int(q) - 1] for p, q in subscripts("w", symbols)] == kernel.ravel().tolist()
            assert [a_prev[int(m) - 1][int(n) - 1] for m, n in subscripts("a", symbols)] == window.ravel().tolist()
            factors = [call(source, "factor", float(x)) for pair in zip(window.ravel(), kernel.ravel()) for x in pair]
            assert re.findall(r'<span class="q-[aWb]">([^<]*)</span>', written) == [*factors, call(source, "factor", b)]
            assert re.search("∗" if flipped else r"<i>z</i><span class=\"scripts\"><sub>" f"{i + 1}{j + 1}", written)


def agree_on_the_window(source, a_prev, W, b):
    """The weight that stands small on each input of the window, and on no other; the frame lies there."""
    kh, kw = np.shape(W)
    for flipped in (False, True):
        kernel, shape = laid(W, flipped), result(a_prev, W, b, flipped).shape
        for i, j in {(0, 0), (shape[0] - 1, shape[1] - 1), (shape[0] - 1, 0)}:
            drawn = call(source, "body", state(a_prev, W, b, flipped), {**ALL, "row": i, "column": j})
            found = {(m - i, n - j): text[1:] for (m, n), (_, inside) in cells(drawn, "a_prev").items()
                     for text in re.findall('aria-hidden="true">([^<]+)</small>', inside)}
            assert found == {(p, q): call(source, "format", float(kernel[p, q])) for p, q in np.ndindex(kh, kw)}
            assert f'class="window" style="--row:{i};--column:{j};--rows:{kh};--wide:{kw}"' in drawn


def agree_on_where_an_input_goes(source, a_prev, W, b):
    """The outputs that are marked and named for an input are those that move when it moves, by the weights named."""
    names = 10.0 * np.arange(1, len(W) + 1)[:, None] + np.arange(1, len(W[0]) + 1)  # in place of the weights: their indices
    for flipped in (False, True):
        for m, n in {(0, 0), (len(a_prev) - 1, len(a_prev[0]) - 1), (len(a_prev) // 2, len(a_prev[0]) // 2)}:
            single = np.zeros(np.shape(a_prev))
            single[m, n] = 1
            reached = result(single, names, 0, flipped).round().astype(int)
            view = {**ALL, "hot": ["a_prev", m, n]}
            drawn = call(source, "body", state(a_prev, W, b, flipped), view)
            fed = np.array([["fed" in cells(drawn, "z")[i, j][0] for j in range(reached.shape[1])]
                            for i in range(reached.shape[0])])
            np.testing.assert_array_equal(fed, reached > 0)
            told = call(source, "told", state(a_prev, W, b, flipped), view)
            assert [int(x) for x in subscripts("w", told)] == reached[reached > 0].tolist()


def agree_on_what_the_turn_does(source, a_prev, W, b):
    """The count of entries that differ; and no label says turned of a kernel that is not, or z of a convolution."""
    differ = abs(result(a_prev, W, b, True) - result(a_prev, W, b, False)) > 1e-9
    for flipped in (False, True):
        now = state(a_prev, W, b, flipped)
        drawn = call(source, "body", now, ALL)
        labels = re.sub(r'<button type="button" data-trait.*?</button>', "", drawn)
        for word in ("turned", "∗", 'class="kernels flipped"'):
            assert (word in labels) == flipped
        assert drawn.count(">⋆ ") == (differ.sum() if flipped else 0)
        if flipped:
            assert int(re.search('data-number="other" data-value="([^"]*)"', call(source, "note", now))[1]) == differ.sum()
            assert ("nothing changes" in call(source, "note", now)) == np.array_equal(W, laid(W, True))


def agree_on_the_question(source, a_prev, W, b):
    """The reply calls right what a central difference of z says, and names a turned kernel where that was thought."""
    numbers = {"a": np.array(a_prev, float), "w": np.array(W, float), "b": np.array([[float(b)]])}
    shape = result(a_prev, W, b, False).shape
    i, j = [(k - 1) // 2 for k in shape]

    def slope(letter, m, n, flipped):
        ends = []
        for step in (0.5, -0.5):
            moved = {name: M.copy() for name, M in numbers.items()}
            moved[letter][m, n] += step
            ends.append(result(moved["a"], moved["w"], moved["b"][0, 0], flipped)[i, j])
        return 0 if abs(ends[0] - ends[1]) < 1e-9 else int(np.sign(ends[0] - ends[1]))

    for letter, M in numbers.items():
        for m, n in np.ndindex(M.shape):
            entry = f"{letter}_{m + 1}{'' if letter == 'b' else n + 1}"
            replies = {choice: call(source, "judge", state(a_prev, W, b, entry=entry), str(choice)) for choice in (1, -1, 0)}
            right, turned = slope(letter, m, n, False), slope(letter, m, n, True)
            assert [choice for choice in replies if "Right" in replies[choice]] == [right], entry
            for choice, reply in replies.items():
                if "kernel is turned" in reply:
                    assert choice == turned != right, entry
            if 0 not in (right, turned) and right != turned:
                assert "kernel is turned" in replies[turned], entry


AGREEMENTS = (agree_on_the_result, agree_on_the_sums, agree_on_the_window, agree_on_where_an_input_goes,
              agree_on_what_the_turn_does, agree_on_the_question)


def grid():
    """Images and kernels of several shapes whose entries all differ, and one kernel that looks the same turned."""
    for shape, kernel in (((3, 3), (2, 2)), ((4, 3), (2, 1)), ((2, 5), (1, 3)), ((5, 3), (2, 2)), ((4, 4), (3, 2)),
                          ((2, 2), (2, 2))):
        count = np.prod(shape)
        entries = 3 * np.sin(1.7 * np.arange(1, count + np.prod(kernel) + 1))
        yield entries[:count].reshape(shape).tolist(), entries[count:].reshape(kernel).tolist(), 0.75
    yield [[1.0, 2.0, 0.0], [0.0, 1.0, 3.0], [4.0, 0.0, 1.0]], [[1.0, 2.0], [3.0, -1.0]], 0.0
    yield [[1.0, -1.0, 2.0], [4.0, 0.0, -3.0]], [[1.0, 2.0], [2.0, 1.0]], -2.0


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=lambda agreement: agreement.__name__)
def test_browser_and_scipy_agree_over_a_grid(agreement):
    for point in grid():
        agreement(script("conv_forward"), *point)


def matrices(rows, columns):
    return st.lists(st.lists(st.floats(-10, 10), min_size=columns, max_size=columns), min_size=rows, max_size=rows)


@st.composite
def states(draw):
    kh, kw = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    rows, columns = draw(st.integers(kh, 6)), draw(st.integers(kw, 6))
    return draw(matrices(rows, columns)), draw(matrices(kh, kw)), draw(st.floats(-10, 10))


@settings(max_examples=40)
@given(states())
def test_browser_python_and_scipy_agree_on_any_state(point):
    agree_on_the_result(script("conv_forward"), *point)
    a_prev, W, b = point
    for flipped in (False, True):
        figure = ConvForward(a_prev, W, [[b]], flipped=flipped, entry="w_11")
        np.testing.assert_allclose(figure.z, result(a_prev, W, b, flipped), **DIGITS)
        drawn = call(script("conv_forward"), "markup", state(*point, flipped))
        assert not re.search("NaN|Infinity|undefined", drawn)


def test_no_sum_is_written_of_an_entry_that_is_still_covered():
    source, M = script("conv_forward"), np.zeros((3, 4)).tolist()
    for row, column, shown in np.ndindex(4, 5, 12):
        at = call(source, "lookedAt", {"row": row, "column": column, "shown": shown + 1}, M)
        assert 4 * at["row"] + at["column"] <= shown
        if row < 3 and column < 4 and 4 * row + column <= shown:
            assert (at["row"], at["column"]) == (row, column)


MUTANTS = [  # what stands there, what a slip would make of it
    ("[...W].reverse().map((row) => [...row].reverse())", "[...W].reverse()"),
    ("[...W].reverse().map((row) => [...row].reverse())", "W.map((row) => [...row].reverse())"),
    ("part + a[i + p][j + q] * w", "part - a[i + p][j + q] * w"),
    ("part + a[i + p][j + q] * w", "part + a[i + q][j + p] * w"),
    ("part + a[i + p][j + q] * w", "a[i + p][j + q] * w"),
    ("Array(n - k + 1)", "Array(n - k)"),
    ("(x) => x + b[0][0]", "(x) => x - b[0][0]"),
    ("(x) => x + b[0][0]", "(x) => x"),
    ("[layer(W), layer(rot180(W))]", "[layer(rot180(W)), layer(W)]"),
    ("return flipped ? { z: convolution", "return !flipped ? { z: convolution"),
    ("other: convolution }", "other: correlation }"),
    ("const [m, n] = [row + r, column + c]", "const [m, n] = [row + c, column + r]"),
    ("const [m, n] = [row + r, column + c]", "const [m, n] = [r, c]"),
    ("flipped ? [W.length - 1 - r, weights.length - 1 - c] : [r, c]", "[r, c]"),
    ("flipped ? [W.length - 1 - r, weights.length - 1 - c] : [r, c]", "[W.length - 1 - r, weights.length - 1 - c]"),
    ("flipped ? [W.length - 1 - r, weights.length - 1 - c]", "flipped ? [W.length - 1 - r, c]"),
    ("weight: W[p][q] }", "weight: W[r][c] }"),
    ("term.input * term.weight,", "-term.input * term.weight,"),
    ("input(term.m, term.n) + weight(term.p, term.q)", "input(term.n, term.m) + weight(term.p, term.q)"),
    ("input(term.m, term.n) + weight(term.p, term.q)", "input(term.m, term.n) + weight(term.q, term.p)"),
    ('coloured("W", factor(term.weight))', 'coloured("W", factor(-term.weight))'),
    ('coloured("b", factor(bias)), bias,', 'coloured("b", factor(bias)), -bias,'),
    ("compute(state).z[row][column];\n  const bias", "compute(state).other[row][column];\n  const bias"),
    ("met ? `×${format(met.weight)}`", "met ? `×${format(met.input)}`"),
    ("term.m === m && term.n === n);\n        return small", "term.m === n && term.n === m);\n        return small"),
    ("over: windowAt(row, column, W)", "over: windowAt(column, row, W)"),
    ("products(state, i, j).some(", "products(state, j, i).some("),
    ("row.filter((x, j) => differs(x, other[i][j]))", "row.filter((x, j) => !differs(x, other[i][j]))"),
    ("[m + i, n + j] : [i - m, j - n]", "[m - i, n - j] : [i - m, j - n]"),
    ("[m + i, n + j] : [i - m, j - n]", "[m + i, n + j] : [m - i, n - j]"),
    ("[m + h - i, n + k - j] : [h - r, k - c]", "[m + h + i, n + k - j] : [h - r, k - c]"),
    ("[m + h - i, n + k - j] : [h - r, k - c]", "[m + h - i, n + k - j] : [r, c]"),
    ("Math.sign(slope ?? 0) === Number(choice)", "-Math.sign(slope ?? 0) === Number(choice)"),
    ('name === "b" ? 1 : M[r]?.[c]', 'name === "b" ? -1 : M[r]?.[c]'),
]


@pytest.mark.thorough
def test_every_wrong_sign_and_index_is_noticed(told):
    notices_every_slip("conv_forward", MUTANTS, AGREEMENTS, list(grid()), told)


# Seen from Python


@pytest.fixture
def figure():
    return ConvForward()


def test_z_follows_whatever_is_assigned_and_whether_the_kernel_is_turned(figure):
    assert figure.z == [[4, 2], [14, 6]]
    figure.flipped = True
    assert figure.z == [[6, 3], [11, 9]]
    figure.W, figure.b, figure.a_prev = [[3, -2], [0.5, 1]], [[2.5]], np.arange(9).reshape(3, 3)
    np.testing.assert_array_equal(figure.z, result(figure.a_prev, figure.W, 2.5, True))


def test_shapes_may_change_and_the_entry_stays_one_that_there_is(figure):
    figure.entry = "a_33"
    figure.a_prev = np.ones((2, 4))
    assert np.shape(figure.z) == (1, 3) and figure.entry == "a_11" and figure.value == 1
    with figure.hold_trait_notifications():
        figure.W, figure.a_prev = np.ones((3, 1)), np.ones((3, 2))
    assert figure.z == [[3, 3]]


def test_the_sizes_that_can_be_chosen_are_those_that_python_takes(figure):
    names = ("image rows", "image columns", "kernel rows", "kernel columns")
    now = {**figure.get_state(["a_prev", "W", "b", "flipped", "entry", "bound"])}
    offered = {}
    for name in names:
        drawn = re.search(f'data-size="{name}" aria-label="{name}">(.*?)</select>', call(script("conv_forward"), "markup", now))
        offered[name] = [int(value) for value in re.findall(r"<option[^>]*>(\d)</option>", drawn[1])]
        for value in offered[name]:
            engine(script("conv_forward")).eval(f"var changed = sizes['{name}'].resize({json.dumps(now)}, '{value}')")
            changed = json.loads(engine(script("conv_forward")).eval("JSON.stringify(changed)"))
            with figure.hold_trait_notifications():
                figure.a_prev, figure.W = changed["a_prev"], changed["W"]
            sizes = dict(zip(names, (*np.shape(figure.a_prev), *np.shape(figure.W))))
            assert sizes == {"image rows": 3, "image columns": 3, "kernel rows": 2, "kernel columns": 2} | {name: value}
    assert offered == {"image rows": [2, 3, 4, 5, 6], "image columns": [2, 3, 4, 5, 6],
                       "kernel rows": [1, 2, 3], "kernel columns": [1, 2, 3]}


@pytest.mark.parametrize("name, wrong, words", [
    ("W", np.ones((3, 4)), r"W has shape \(3, 4\), but a_prev has shape \(3, 3\): W needs to fit into a_prev"),
    ("a_prev", [[1, 2, 3]], "W needs to fit into a_prev"),
    ("a_prev", np.ones((7, 3)), "room for a kernel of 3 and an image of 6"),
    ("b", [[1, 2]], r"b has shape \(1, 2\); in this figure it keeps its shape"),
    ("b", [[-11]], r"b\[0, 0\] is -11"),
    ("a_prev", [[1, 2], [3, float("nan")]], r"a_prev\[1, 1\] is nan"),
    ("entry", "z_11", "entry is 'z_11'; it needs to be one of a_11"),
    ("value", 11, "value is 11"),
    ("flipped", "yes", "flipped"),
    ("z", [[0]], "read-only"),
])
def test_what_cannot_be_shown_is_refused_in_words_and_nothing_changes(figure, name, wrong, words):
    before = figure.get_state()
    with pytest.raises(TraitError, match=words):
        setattr(figure, name, wrong)
    assert figure.get_state() == before


@pytest.mark.parametrize("wrong, words", [
    ({"a_prev": [[1]], "entry": "a_11"}, "W needs to fit into a_prev"),
    ({"b": [[1], [2]]}, "a plane has one bias"),
    ({"a_prev": np.ones((4, 4)), "W": np.ones((4, 1))}, "room for"),
])
def test_a_figure_that_does_not_fit_together_is_not_made(wrong, words):
    with pytest.raises(TraitError, match=words):
        ConvForward(**wrong)


def test_repr_makes_the_figure_again_and_its_title_tells_the_state(figure):
    figure.flipped, figure.b = True, [[0.5]]
    again = eval(repr(figure), {"ConvForward": ConvForward})
    assert again.z == figure.z == [[6.5, 3.5], [11.5, 9.5]]
    assert figure._repr_mimebundle_()[0]["text/plain"].splitlines() == [
        "A convolutional layer forward: a ∗ W + b, a true convolution",
        "a_prev           W             b      z", "1.00 2.00 0.00    1.00  2.00   0.50    6.50  3.50",
        "0.00 1.00 3.00    3.00 −1.00          11.50  9.50", "4.00 0.00 1.00"]
