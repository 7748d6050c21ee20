"""Figure 7 computes in the browser what SciPy computes, and says of swapped arguments what SciPy does with them; seen from
Python, `dW` and `db` follow whatever moves."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d
from traitlets import TraitError

from javascript import call, engine, notices_every_slip
from mathref.widgets import KernelGradient
from mathref.widgets.figure import script

DIGITS = {"rtol": 1e-12, "atol": 1e-12}
ALL = {"row": 0, "column": 0, "shown": "all", "bias": False, "hot": None}


def state(a_prev, delta, swapped=False, entry="a_11"):
    return {"a_prev": np.array(a_prev, dtype=float).tolist(), "delta": np.array(delta, dtype=float).tolist(),
            "swapped": swapped, "entry": entry, "bound": 10.0}


def gradient(a_prev, delta):
    return correlate2d(np.array(a_prev, float), np.array(delta, float), mode="valid")


def cells(markup, name):
    """What stands in the cells of a matrix: their classes and their markup, by row and column."""
    found = re.findall(rf'<(span|button)[^>]*?class="entry ([^"]*)"\s+data-name="{name}" data-row="(-?\d+)" '
                       r'data-column="(-?\d+)"(.*?)</\1>\s*(?=<span class="entry|<button|<span class="window|</div>)',
                       markup, re.DOTALL)
    return {(int(i), int(j)): (classes.split(), inside) for _, classes, i, j, inside in found}


def marked(markup, name, mark):
    return sorted(place for place, (classes, _) in cells(markup, name).items() if mark in classes)


def subscripts(letter, text):
    return re.findall(rf'<i>{letter}</i><span class="scripts"><sub>(\d\d)</sub>', text)


def agree_on_the_gradients(source, a_prev, delta):
    computed = call(source, "compute", state(a_prev, delta))
    np.testing.assert_allclose(computed["dW"], gradient(a_prev, delta), **DIGITS)
    np.testing.assert_allclose(computed["db"], [[np.sum(delta)]], **DIGITS)


def agree_on_the_sums(source, a_prev, delta):
    """Each product that the sum of an entry writes out, and its total; each factor by its name and as printed."""
    rows, columns = np.shape(delta)
    total, errors = gradient(a_prev, delta), np.array(delta)
    for p, q in np.ndindex(total.shape):
        written = call(source, "sum", state(a_prev, delta), p, q)
        window = np.array(a_prev)[p:p + rows, q:q + columns]
        numbers = [float(x) for x in re.findall(r'data-value="([^"]*)"', written)]
        np.testing.assert_allclose(numbers, [*(window * errors).ravel(), total[p, q]], **DIGITS)
        symbols = "".join(re.findall('<span class="symbols">(.*?)</span><span class="factors"', written))
        assert [delta[int(i) - 1][int(j) - 1] for i, j in subscripts("δ", symbols)] == errors.ravel().tolist()
        assert [a_prev[int(m) - 1][int(n) - 1] for m, n in subscripts("a", symbols)] == window.ravel().tolist()
        factors = [call(source, "factor", float(x)) for pair in zip(window.ravel(), errors.ravel()) for x in pair]
        assert re.findall(r'<span class="q-(?:a|delta)">([^<]*)</span>', written) == factors
        assert subscripts("∂C/∂w", written) == [f"{p + 1}{q + 1}"]


def agree_on_the_sum_of_the_errors(source, a_prev, delta):
    written = call(source, "sumOfErrors", state(a_prev, delta))
    numbers = [float(x) for x in re.findall(r'data-value="([^"]*)"', written)]
    np.testing.assert_allclose(numbers, [*np.ravel(delta), np.sum(delta)], **DIGITS)
    assert subscripts("δ", written) == [f"{i + 1}{j + 1}" for i, j in np.ndindex(np.shape(delta))]
    drawn = call(source, "body", state(a_prev, delta), {**ALL, "bias": True})
    assert marked(drawn, "delta", "hot") == list(np.ndindex(np.shape(delta)))
    assert written in drawn and "window" not in re.findall('class="([^"]*)"', drawn)


def agree_on_the_window(source, a_prev, delta):
    """The error that stands small on each input of the window, and on no other; the frame lies there."""
    rows, columns = np.shape(delta)
    last = [n - 1 for n in gradient(a_prev, delta).shape]
    for p, q in {(0, 0), tuple(last), (last[0], 0)}:
        drawn = call(source, "body", state(a_prev, delta), {**ALL, "row": p, "column": q})
        found = {(m - p, n - q): text[1:] for (m, n), (_, inside) in cells(drawn, "a_prev").items()
                 for text in re.findall('aria-hidden="true">([^<]+)</small>', inside)}
        assert found == {(i, j): call(source, "format", float(delta[i][j])) for i, j in np.ndindex(rows, columns)}
        assert f'class="window" style="--row:{p};--column:{q};--rows:{rows};--wide:{columns}"' in drawn


def agree_on_what_meets(source, a_prev, delta):
    """For an error, the inputs whose gradients it is in, and for an input the gradients, by moving one number at a time."""
    shape = gradient(a_prev, delta).shape

    def single(like, at):
        M = np.zeros(np.shape(like))
        M[at] = 1
        return M

    for at in {(0, 0), tuple(n - 1 for n in np.shape(delta))}:
        met = [place for place in np.ndindex(np.shape(a_prev)) if gradient(single(a_prev, place), single(delta, at)).any()]
        drawn = call(source, "body", state(a_prev, delta), {**ALL, "hot": ["delta", *at]})
        assert marked(drawn, "a_prev", "met") == met
        told = subscripts("a", call(source, "told", state(a_prev, delta), {**ALL, "hot": ["delta", *at]}))
        assert {told[0], told[-1]} == {f"{m + 1}{n + 1}" for m, n in (met[0], met[-1])}
    for at in {(0, 0), tuple(n // 2 for n in np.shape(a_prev)), tuple(n - 1 for n in np.shape(a_prev))}:
        fed = gradient(single(a_prev, at), np.ones(np.shape(delta)))
        drawn = call(source, "body", state(a_prev, delta), {**ALL, "hot": ["a_prev", *at]})
        assert marked(drawn, "dW", "fed") == [place for place in np.ndindex(shape) if fed[place]]
    for p, q in {(0, 0), tuple(n - 1 for n in shape)}:  # the inputs that w_pq met, and for which outputs
        told = call(source, "told", state(a_prev, delta), {**ALL, "row": p, "column": q})
        for a, z in zip(subscripts("a", told), subscripts("z", told), strict=True):
            assert [int(x) for x in a] == [int(z[0]) + p, int(z[1]) + q]


def agree_on_swapped_arguments(source, a_prev, delta):
    """What is said to come from SciPy comes from SciPy; no sum is written where there is none."""
    of_scipy = correlate2d(np.array(delta, float), np.array(a_prev, float), mode="valid")
    now, true = state(a_prev, delta, swapped=True), gradient(a_prev, delta)
    drawn = call(source, "body", now, ALL)
    found = {place: float(re.search('data-value="([^"]*)"', inside)[1])
             for place, (_, inside) in cells(drawn, "exchanged").items()}
    np.testing.assert_allclose([found[place] for place in np.ndindex(true.shape)], of_scipy.ravel(), **DIGITS)
    assert drawn.count("≠ ") == np.sum(abs(of_scipy - true) > 1e-9)
    assert "data-row" in drawn and 'class="sum' not in drawn and 'class="steps"' not in drawn
    text = call(source, "note", now)
    assert ("fits nowhere" in text) == (np.shape(a_prev) != np.shape(delta))
    assert ("with these numbers is the same" in text) == (true.size > 1 and np.array_equal(true, true[::-1, ::-1]))


def agree_on_the_question(source, a_prev, delta):
    """The reply calls right what a central difference says, and names a turned δ where that was thought."""
    numbers = {"a": np.array(a_prev, float), "delta": np.array(delta, float)}
    p, q = [(n - 1) // 2 for n in gradient(a_prev, delta).shape]

    def slope(name, i, j, turned):
        ends = []
        for step in (0.5, -0.5):
            moved = {key: M.copy() for key, M in numbers.items()}
            moved[name][i, j] += step
            kernel = moved["delta"][::-1, ::-1] if turned else moved["delta"]
            ends.append(gradient(moved["a"], kernel)[p, q])
        return 0 if abs(ends[0] - ends[1]) < 1e-9 else int(np.sign(ends[0] - ends[1]))

    for name, M in numbers.items():
        for i, j in np.ndindex(M.shape):
            entry = f"{name}_{i + 1}{j + 1}"
            replies = {choice: call(source, "judge", state(a_prev, delta, entry=entry), str(choice)) for choice in (1, -1, 0)}
            right, turned = slope(name, i, j, False), slope(name, i, j, True)
            assert [choice for choice in replies if "Right" in replies[choice]] == [right], entry
            for choice, reply in replies.items():
                if "is turned" in reply:
                    assert choice == turned != right, entry
            if 0 not in (right, turned) and right != turned:
                assert "is turned" in replies[turned], entry


AGREEMENTS = (agree_on_the_gradients, agree_on_the_sums, agree_on_the_sum_of_the_errors, agree_on_the_window,
              agree_on_what_meets, agree_on_swapped_arguments, agree_on_the_question)


def grid():
    """Images and errors of several shapes whose entries all differ, and numbers whose gradient looks the same turned."""
    for shape, error in (((3, 3), (2, 2)), ((4, 3), (3, 2)), ((2, 5), (1, 3)), ((5, 3), (3, 1)), ((5, 3), (3, 3)), ((3, 2), (3, 2))):
        count = np.prod(shape)
        entries = 3 * np.sin(1.7 * np.arange(1, count + np.prod(error) + 1))
        yield entries[:count].reshape(shape).tolist(), entries[count:].reshape(error).tolist()
    yield [[1.0, 2.0, 0.0], [0.0, 1.0, 3.0], [4.0, 0.0, 1.0]], [[2.0, -1.0], [1.0, 4.0]]
    yield [[1.0, 0.0, 1.0], [0.0, 2.0, 0.0]], [[1.0, 1.0]]


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=lambda agreement: agreement.__name__)
def test_browser_and_scipy_agree_over_a_grid(agreement):
    for point in grid():
        agreement(script("kernel_gradient"), *point)


def matrices(rows, columns):
    return st.lists(st.lists(st.floats(-10, 10), min_size=columns, max_size=columns), min_size=rows, max_size=rows)


@st.composite
def states(draw):
    sizes = st.integers(1, 3)
    (rows, columns), (kh, kw) = draw(st.tuples(sizes, sizes)), draw(st.tuples(sizes, sizes))
    return draw(matrices(rows + kh - 1, columns + kw - 1)), draw(matrices(rows, columns))


@settings(max_examples=40)
@given(states())
def test_browser_python_and_scipy_agree_on_any_state(point):
    agree_on_the_gradients(script("kernel_gradient"), *point)
    figure = KernelGradient(*point, entry="a_11")
    np.testing.assert_allclose(figure.dW, gradient(*point), **DIGITS)
    np.testing.assert_allclose(figure.db, [[np.sum(point[1])]], **DIGITS)
    for swapped in (False, True):
        assert not re.search("NaN|Infinity|undefined", call(script("kernel_gradient"), "markup", state(*point, swapped)))


def test_the_steps_show_each_gradient_and_the_bias_last():
    source, now = script("kernel_gradient"), state(*next(grid()))
    assert engine(source).eval(f"steps.count({json.dumps(now)})") == 5
    for k in range(1, 6):
        view = json.loads(engine(source).eval(f"JSON.stringify(steps.to({json.dumps(now)}, {json.dumps(ALL)}, {k}))"))
        drawn = call(source, "body", now, view)
        assert len(re.findall(r"\bcovered\b", drawn)) == 5 - k
        assert ('data-bias="true"' in drawn) == (k == 5)
        assert f"{k} of 5" in drawn


MUTANTS = [  # what stands there, what a slip would make of it
    ("part + a[i + p][j + q] * w", "part - a[i + p][j + q] * w"),
    ("part + a[i + p][j + q] * w", "part + a[i + q][j + p] * w"),
    ("part + a[i + p][j + q] * w", "a[i + p][j + q] * w"),
    ("Array(n - k + 1)", "Array(n - k)"),
    ("dW: star(a_prev, errors)", "dW: star(a_prev, rot180(errors))"),
    ("(sum, x) => sum + x, 0)]]", "(sum, x) => sum - x, 0)]]"),
    ("(sum, x) => sum + x, 0)]]", "(sum, x) => x, 0)]]"),
    ("const [m, n] = [p + i, q + j];", "const [m, n] = [p + j, q + i];"),
    ("const [m, n] = [p + i, q + j];", "const [m, n] = [p, q];"),
    ("input: a_prev[m][n], error }", "input: a_prev[n][m], error }"),
    ("term.input * term.error,", "-term.input * term.error,"),
    ("input(term.m, term.n) + delta(term.i, term.j)", "input(term.n, term.m) + delta(term.i, term.j)"),
    ("input(term.m, term.n) + delta(term.i, term.j)", "input(term.m, term.n) + delta(term.j, term.i)"),
    ('coloured("delta", factor(term.error))}`', 'coloured("delta", factor(-term.error))}`'),
    ("of: gradient(row, column)", "of: gradient(column, row)"),
    ("compute(state).dW[row][column];\n  const terms", "compute(state).dW[0][0];\n  const terms"),
    ("compute(state).db[0][0];\n  const terms", "compute(state).dW[0][0];\n  const terms"),
    ("met ? `×${format(met.error)}`", "met ? `×${format(met.input)}`"),
    ("term.m === m && term.n === n);\n        return small", "term.m === n && term.n === m);\n        return small"),
    ("windowAt(row, column, errors)", "windowAt(column, row, errors)"),
    ("m >= i && m < i + rows", "m >= i && m < i + columns"),
    ("n >= j && n < j + columns", "n > j && n < j + columns"),
    ("products(state, p, q).some(", "products(state, q, p).some("),
    ("const M = rot180(dW);", "const M = dW;"),
    ("[i + rows - 1, j + columns - 1]", "[i + rows, j + columns - 1]"),
    ("`${input(term.m, term.n)} for ${output(term.i, term.j)}`", "`${input(term.m, term.n)} for ${output(term.j, term.i)}`"),
    ("dW.flat().length === 1", "dW.flat().length === 2"),
    ("[p + i, q + j] : [i - p, j - q]", "[p - i, q - j] : [i - p, j - q]"),
    ("[p + i, q + j] : [i - p, j - q]", "[p + i, q + j] : [p - i, q - j]"),
    ("[p + h - i, q + k - j] : [h - r, k - c]", "[p + h + i, q + k - j] : [h - r, k - c]"),
    ("[p + h - i, q + k - j] : [h - r, k - c]", "[p + h - i, q + k - j] : [r, c]"),
    ("Math.sign(slope ?? 0) === Number(choice)", "-Math.sign(slope ?? 0) === Number(choice)"),
]


@pytest.mark.thorough
def test_every_wrong_sign_and_index_is_noticed(told):
    notices_every_slip("kernel_gradient", MUTANTS, AGREEMENTS, list(grid()), told)


# Seen from Python


@pytest.fixture
def figure():
    return KernelGradient()


def test_both_gradients_follow_whatever_is_assigned(figure):
    assert figure.dW == [[4, 17], [3, 3]] and figure.db == [[6]]
    figure.delta, figure.a_prev = [[3, -2], [0.5, 1]], np.arange(9).reshape(3, 3)
    np.testing.assert_array_equal(figure.dW, gradient(figure.a_prev, figure.delta))
    assert figure.db == [[2.5]]
    figure.swapped = True
    np.testing.assert_array_equal(figure.dW, gradient(figure.a_prev, figure.delta))


def test_shapes_may_change_and_the_entry_stays_one_that_there_is(figure):
    figure.entry = "delta_22"
    figure.delta = [[1, 2, 3]]
    assert np.shape(figure.dW) == (3, 1) and figure.entry == "a_11" and figure.value == 1
    with figure.hold_trait_notifications():
        figure.delta, figure.a_prev = np.ones((3, 1)), np.ones((5, 2))
    assert figure.dW == [[3, 3]] * 3 and figure.db == [[3]]


def test_the_sizes_that_can_be_chosen_are_those_that_python_takes(figure):
    names = ("image rows", "image columns", "kernel rows", "kernel columns")
    now = figure.get_state(["a_prev", "delta", "swapped", "entry", "bound"])
    offered = {}
    for name in names:
        drawn = re.search(f'data-size="{name}" aria-label="{name}">(.*?)</select>',
                          call(script("kernel_gradient"), "markup", now))
        offered[name] = [int(value) for value in re.findall(r"<option[^>]*>(\d)</option>", drawn[1])]
        for value in offered[name]:
            engine(script("kernel_gradient")).eval(f"var changed = sizes['{name}'].resize({json.dumps(now)}, '{value}')")
            changed = json.loads(engine(script("kernel_gradient")).eval("JSON.stringify(changed)"))
            with figure.hold_trait_notifications():
                figure.a_prev, figure.delta = changed["a_prev"], changed["delta"]
            sizes = dict(zip(names, (*np.shape(figure.a_prev), *np.shape(figure.dW))))
            assert sizes == {"image rows": 3, "image columns": 3, "kernel rows": 2, "kernel columns": 2} | {name: value}
    assert offered == {"image rows": [2, 3, 4], "image columns": [2, 3, 4], "kernel rows": [1, 2, 3],
                       "kernel columns": [1, 2, 3]}


@pytest.mark.parametrize("name, wrong, words", [
    ("delta", np.ones((3, 4)), r"delta has shape \(3, 4\), but a_prev has shape \(3, 3\): delta needs to fit into a_prev"),
    ("a_prev", [[1, 2, 3]], "delta needs to fit into a_prev"),
    ("a_prev", np.ones((5, 3)), r"delta has shape \(2, 2\) and the kernel \(4, 2\); the figure has room for 3"),
    ("delta", [[1, 2], [3, 10.5]], r"delta\[1, 1\] is 10.5"),
    ("a_prev", [[1, 2], [3, float("nan")]], r"a_prev\[1, 1\] is nan"),
    ("entry", "w_11", "entry is 'w_11'; it needs to be one of a_11"),
    ("value", 11, "value is 11"),
    ("swapped", "yes", "swapped"),
    ("dW", [[0]], "read-only"),
    ("db", [[0]], "read-only"),
])
def test_what_cannot_be_shown_is_refused_in_words_and_nothing_changes(figure, name, wrong, words):
    before = figure.get_state()
    with pytest.raises(TraitError, match=words):
        setattr(figure, name, wrong)
    assert figure.get_state() == before


@pytest.mark.parametrize("wrong, words", [
    ({"a_prev": [[1, 2]], "entry": "a_11"}, "delta needs to fit into a_prev"),
    ({"a_prev": np.ones((4, 4)), "delta": np.ones((4, 4))}, "room for 3"),
])
def test_a_figure_that_does_not_fit_together_is_not_made(wrong, words):
    with pytest.raises(TraitError, match=words):
        KernelGradient(**wrong)


def test_repr_makes_the_figure_again(figure):
    figure.swapped = True
    again = eval(repr(figure), {"KernelGradient": KernelGradient})
    assert (again.dW, again.db, again.swapped) == (figure.dW, figure.db, True)
    assert figure._repr_mimebundle_()[0]["text/plain"].splitlines() == [
        "The gradients of a kernel and its bias: ∂C/∂W = a ⋆ δ, ∂C/∂b = Σ δ",
        "a_prev           delta         dW            db", "1.00 2.00 0.00    2.00 −1.00    4.00 17.00   6.00",
        "0.00 1.00 3.00    1.00  4.00    3.00  3.00", "4.00 0.00 1.00"]
