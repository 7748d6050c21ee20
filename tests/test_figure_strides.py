"""Figure 9 computes in the browser what the definition of a convolution with steps says, entry by entry; seen from Python,
z and ∇a follow whatever moves, and δ has the shape of z."""

import json
import re
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from traitlets import TraitError

from javascript import call, engine, notices_every_slip
from mathref.widgets import Strides
from mathref.widgets.figure import script

DIGITS = {"rtol": 1e-12, "atol": 1e-12}
ALL = {"row": 0, "column": 0, "shown": "all", "hot": None}


def counted(n, k, s, p, d):
    """How many places a kernel has along an axis, and at which of them it is laid."""
    places = [at for at in range(n + 2 * p) if at + d * (k - 1) < n + 2 * p]
    return len(places), [at for at in places if at % s == 0]


def state(a_prev, W, stride, padding, dilation, backward=False, delta=None, entry="w_11"):
    shape = tuple(len(counted(n, k, stride, padding, dilation)[1]) for n, k in zip(np.shape(a_prev), np.shape(W)))
    if delta is None:
        delta = 3 * np.cos(1.3 * np.arange(1, np.prod(shape) + 1)).reshape(shape)
    return {"a_prev": np.array(a_prev, float).tolist(), "W": np.array(W, float).tolist(), "delta": np.array(delta).tolist(),
            "stride": stride, "padding": padding, "dilation": dilation, "backward": backward, "entry": entry, "bound": 10.0}


def pairs(state, row, column):
    """The weights that lie on an entry of the framed image when the kernel is laid at (row, column), and what they lie on:
    {(p, q): (m, n)}, the indices of the image, outside of it on the frame."""
    return {(p, q): (row + state["dilation"] * p - state["padding"], column + state["dilation"] * q - state["padding"])
            for p, q in np.ndindex(np.shape(state["W"]))}


def geometry(state):
    return [counted(n, k, state["stride"], state["padding"], state["dilation"])
            for n, k in zip(np.shape(state["a_prev"]), np.shape(state["W"]))]


def true(state):
    """u, z, ∂C/∂f and ∇a by their definition: sums over what each weight lies on, place by place."""
    a, W, delta, p = np.array(state["a_prev"]), np.array(state["W"]), np.array(state["delta"]), state["padding"]
    (rows, kept_rows), (columns, kept_columns) = geometry(state)
    u, grad_f = np.zeros((rows, columns)), np.zeros(np.add(a.shape, 2 * p))
    for row, column in np.ndindex(u.shape):
        for at, (m, n) in pairs(state, row, column).items():
            if 0 <= m < a.shape[0] and 0 <= n < a.shape[1]:
                u[row, column] += a[m, n] * W[at]
    for (i, row), (j, column) in product(enumerate(kept_rows), enumerate(kept_columns)):
        for at, (m, n) in pairs(state, row, column).items():
            grad_f[m + p, n + p] += delta[i, j] * W[at]
    return {"u": u, "z": u[np.ix_(kept_rows, kept_columns)], "grad_f": grad_f,
            "grad_a": grad_f[p:p + a.shape[0], p:p + a.shape[1]]}


def large(state):
    """The plane that is shown whole, and where its kept entries lie: {(row, column): (i, j) of what is kept}."""
    if state["backward"]:
        p = state["padding"]
        return true(state)["grad_f"], {(m + p, n + p): (m, n) for m, n in np.ndindex(np.shape(state["a_prev"]))}
    (_, rows), (_, columns) = geometry(state)
    return true(state)["u"], {(row, column): (i, j) for (i, row), (j, column) in product(enumerate(rows), enumerate(columns))}


def met(state, row, column):
    """The products of an entry of the large plane: {(p, q): (i, j) of the input or of the error, or nothing on a zero}."""
    if not state["backward"]:
        inside = np.ndindex(np.shape(state["a_prev"]))
        there = set(inside)
        return {at: place if place in there else None for at, place in pairs(state, row, column).items()}
    (_, rows), (_, columns) = geometry(state)
    found = dict.fromkeys(np.ndindex(np.shape(state["W"])))
    for (i, r), (j, c) in product(enumerate(rows), enumerate(columns)):
        for at, (m, n) in pairs(state, r, c).items():
            if (m + state["padding"], n + state["padding"]) == (row, column):
                found[at] = i, j
    return found


def both(state):
    return [{**state, "backward": backward} for backward in (False, True)]


def cells(markup, name):
    """What stands in the cells of a matrix: their classes and their markup, by row and column."""
    found = re.findall(rf'<(span|button)[^>]*?class="entry ([^"]*)"\s+data-name="{name}" data-row="(-?\d+)" '
                       r'data-column="(-?\d+)"(.*?)</\1>\s*(?=<span class="entry|<button|<span class="window|</div>)',
                       markup, re.DOTALL)
    return {(int(i), int(j)): (classes.split(), inside) for _, classes, i, j, inside in found}


def agree_on_the_result(source, state):
    computed = call(source, "compute", state)
    for name, numbers in true(state).items():
        np.testing.assert_allclose(computed[name], numbers, err_msg=name, **DIGITS)


def agree_on_what_is_kept(source, state):
    """The marks, the order of the steps, and what is drawn in each plane."""
    for now in both(state):
        M, kept = large(now)
        drawn = call(source, "body", now, ALL)
        marked = cells(drawn, "grad_f" if now["backward"] else "u")
        assert {at for at, (classes, _) in marked.items() if "dropped" not in classes} == set(kept)
        assert len(marked) == M.size
        for k, at in enumerate(kept, start=1):
            engine(source).eval(f"var seen = strides.steps.to({json.dumps(now)}, {json.dumps(ALL)}, {k})")
            seen = json.loads(engine(source).eval("JSON.stringify(seen)"))
            assert (seen["row"], seen["column"], seen["shown"]) == (*at, k)
        half = cells(call(source, "body", now, {**ALL, "shown": 1}), "grad_a" if now["backward"] else "z")
        assert [at for at, (classes, _) in half.items() if "covered" not in classes] == [(0, 0)]


def agree_on_the_sums(source, state):
    """Each product that the sum of an entry writes out, by its names, its factors and its value; and what becomes of it."""
    W = np.array(state["W"])
    for now in both(state):
        M, kept = large(now)
        numbers, letter = (np.array(now["delta"]), "δ") if now["backward"] else (np.array(now["a_prev"]), "a")
        for row, column in np.ndindex(M.shape):
            written = call(source, "sum", now, row, column)
            products = met(now, row, column)
            order = list(products)[::-1] if now["backward"] else list(products)
            values = [float(x) for x in re.findall(r'data-value="([^"]*)"', written)]
            np.testing.assert_allclose(
                values, [*(W[at] * (numbers[products[at]] if products[at] else 0) for at in order), M[row, column]], **DIGITS)
            symbols = re.findall('<span class="symbols">(.*?)</span><span class="factors">(.*?)</span>\n', written, re.DOTALL)
            for at, (names, factors) in zip(order, symbols, strict=True):
                found = re.findall(r"<i>(.)</i><span class=\"scripts\"><sub>(\d\d)</sub>", names)
                at_error = [(letter, f"{products[at][0] + 1}{products[at][1] + 1}")] if products[at] else []
                assert found == [*at_error, ("w", f"{at[0] + 1}{at[1] + 1}")]
                expected = [numbers[products[at]]] if products[at] else []
                assert re.findall(r'class="q-\w+">([^<]*)<', factors) == [
                    call(source, "factor", float(x)) for x in (*expected, W[at])]
            assert ("It is kept" in written) == ((row, column) in kept)
            if (row, column) in kept:
                i, j = kept[row, column]
                assert f"<sub>{i + 1}{j + 1}</sub>" in written.split("It is kept")[1]


def agree_on_the_window(source, state):
    """The weight that stands small on each entry under the kernel, and on no other; the kernel with its zeros."""
    W, d, p = np.array(state["W"]), state["dilation"], state["padding"]
    reach = [d * (k - 1) + 1 for k in W.shape]
    for now in both(state):
        M, _ = large(now)
        for row, column in {(0, 0), (M.shape[0] - 1, M.shape[1] - 1), (M.shape[0] // 2, 0)}:
            drawn = call(source, "body", now, {**ALL, "row": row, "column": column})
            name, edge = ("spread", [k - 1 for k in reach]) if now["backward"] else ("a_prev", [p, p])
            found = {(r + edge[0] - row, c + edge[1] - column): text[1:] for (r, c), (_, inside) in cells(drawn, name).items()
                     for text in re.findall('aria-hidden="true">([^<]+)</small>', inside)}
            laid = np.flip(W) if now["backward"] else W
            assert found == {(d * r, d * c): call(source, "format", float(laid[r, c])) for r, c in np.ndindex(W.shape)}
            assert f'class="window" style="--row:{row};--column:{column};--rows:{reach[0]};--wide:{reach[1]}"' in drawn
            kernel = cells(drawn, "kernel")
            values = {at: float(re.search(r'data-value="([^"]*)"', inside)[1]) for at, (_, inside) in kernel.items()}
            assert values == {(r, c): laid[r // d, c // d] if r % d == c % d == 0 else 0 for r, c in np.ndindex(*reach)}
            assert all(("between" in classes) == bool(r % d or c % d) for (r, c), (classes, _) in kernel.items())


def agree_on_the_zeros_between_errors(source, state):
    s, drawn = state["stride"], call(source, "body", {**state, "backward": True}, ALL)
    (rows, _), (columns, _) = geometry(state)
    inner = {at: inside for at, (classes, inside) in cells(drawn, "spread").items() if "frame" not in classes}
    values = {at: float(re.search(r'data-value="([^"]*)"', inside)[1]) for at, inside in inner.items()}
    assert values == {(r, c): state["delta"][r // s][c // s] if r % s == c % s == 0 else 0
                      for r, c in np.ndindex(rows, columns)}


def agree_on_what_an_entry_feeds(source, state):
    """The results that are marked for a number that is pointed at are those that contain it."""
    for now in both(state):
        name = "delta" if now["backward"] else "a_prev"
        M, _ = large(now)
        for i, j in {(0, 0), tuple(k - 1 for k in np.shape(now[name])), tuple(k // 2 for k in np.shape(now[name]))}:
            drawn = call(source, "body", now, {**ALL, "hot": [name, i, j]})
            marked = cells(drawn, "grad_f" if now["backward"] else "u")
            assert {at for at, (classes, _) in marked.items() if "fed" in classes} == {
                at for at in np.ndindex(M.shape) if (i, j) in met(now, *at).values()}


def agree_on_the_note(source, state):
    """The size of z, what is passed over at the end, and how many inputs no output reads."""
    def numbers(text):
        return {name: float(x) for name, x in re.findall('data-number="([^"]*)" data-value="([^"]*)"', text)}

    read = {place for at in large({**state, "backward": False})[1] for place in met({**state, "backward": False}, *at).values()}
    unread = np.size(state["a_prev"]) - len(read - {None})
    (rows, kept_rows), (columns, kept_columns) = geometry(state)
    left = {"left rows": rows - 1 - kept_rows[-1], "left columns": columns - 1 - kept_columns[-1]}
    assert numbers(call(source, "note", state)) == {
        "rows": len(kept_rows), "columns": len(kept_columns), "unread": unread,
        **{name: count for name, count in left.items() if count}}
    assert numbers(call(source, "note", {**state, "backward": True})) == {"unread": unread}


NOTHING = float("nan")


def without_steps(state, letter, moved, watched):
    """What a number meets in the plain layer, in the sum of the watched entry of z or ∇a; `NOTHING` if it meets none."""
    way = -1 if state["backward"] else 1
    ahead, behind = np.add(watched, np.multiply(way, moved)), np.multiply(way, np.subtract(moved, watched))
    numbers, at = (state["delta"] if state["backward"] else state["a_prev"], ahead) if letter == "w" else (state["W"], behind)
    inside = all(0 <= k < length for k, length in zip(at, np.shape(numbers)))
    return numbers[at[0]][at[1]] if inside else NOTHING


def agree_on_the_question(source, state):
    """The reply calls right what a difference of z, or of ∇a, says; and names the steps forgotten where that was thought."""
    for now in both(state):
        result = "grad_a" if now["backward"] else "z"
        shape = true(now)[result].shape
        i, j = ((k - 1) // 2 for k in shape)
        for letter, name in (("a", "a_prev"), ("w", "W"), ("delta", "delta")):
            for m, n in np.ndindex(np.shape(now[name])):
                ends = []
                for step in (0.5, -0.5):
                    moved = np.array(now[name])
                    moved[m, n] += step
                    ends.append(true({**now, name: moved.tolist()})[result][i, j])
                right = 0 if abs(ends[0] - ends[1]) < 1e-9 else int(np.sign(ends[0] - ends[1]))
                asked = {**now, "entry": f"{letter}_{m + 1}{n + 1}"}
                replies = {choice: call(source, "judge", asked, str(choice)) for choice in (1, -1, 0)}
                assert [choice for choice in replies if "Right" in replies[choice]] == [right], (asked["entry"], result)
                assert not re.search("NaN|undefined", "".join(replies.values()))
                plain = np.sign(without_steps(now, letter, (m, n), (i, j)))
                is_read = letter != ("a" if now["backward"] else "delta")
                for choice, reply in replies.items():
                    assert ("no padding" in reply) == (is_read and choice == plain and choice != right), (asked["entry"], result)


AGREEMENTS = (agree_on_the_result, agree_on_what_is_kept, agree_on_the_sums, agree_on_the_window,
              agree_on_the_zeros_between_errors, agree_on_what_an_entry_feeds, agree_on_the_note, agree_on_the_question)


def grid():
    """Images and kernels of several shapes whose entries all differ, with every step."""
    for shape, kernel, *steps in (((3, 4), (2, 1), 2, 1, 2), ((4, 3), (2, 3), 1, 2, 1), ((5, 4), (2, 2), 3, 0, 1),
                                  ((3, 5), (1, 2), 2, 2, 2), ((4, 4), (3, 2), 3, 1, 1)):
        count = np.prod(shape)
        entries = 3 * np.sin(1.7 * np.arange(1, count + np.prod(kernel) + 1))
        yield (state(entries[:count].reshape(shape), entries[count:].reshape(kernel), *steps),)


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=lambda agreement: agreement.__name__)
def test_browser_and_definition_agree_over_a_grid(agreement):
    for point in grid():
        agreement(script("strides"), *point)


@st.composite
def states(draw):
    """All that the figure has room for."""
    shape, kernel = draw(st.tuples(st.integers(1, 5), st.integers(1, 5))), draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    stride, padding, dilation = draw(st.sampled_from(list(product((1, 2, 3), (0, 1, 2), (1, 2)))))
    numbers = st.floats(-10, 10)
    matrix = [draw(st.lists(numbers, min_size=prod(size), max_size=prod(size))) for size in (shape, kernel)]
    return np.reshape(matrix[0], shape), np.reshape(matrix[1], kernel), stride, padding, dilation


@settings(max_examples=60)
@given(states())
def test_browser_python_and_definition_agree_on_any_state_and_refuse_the_same(drawn):
    a_prev, W, *steps = drawn
    source = script("strides")
    rough = {"a_prev": a_prev.tolist(), "W": W.tolist(), **dict(zip(("stride", "padding", "dilation"), steps))}
    why = call(source, "impossible", rough)
    try:
        figure = Strides(a_prev, W, stride=steps[0], padding=steps[1], dilation=steps[2], entry="w_11")
    except TraitError as error:
        assert ("no place" in str(error)) == ("No place" in re.sub(r"\s+", " ", why)) and why
        return
    assert not why
    now = state(a_prev, W, *steps, delta=figure.delta)
    agree_on_the_result(source, now)
    for name, numbers in true(now).items():
        np.testing.assert_allclose(getattr(figure, name), numbers, **DIGITS)
    for backward in (False, True):
        assert not re.search("NaN|Infinity|undefined", call(source, "markup", {**now, "backward": backward}))


def test_whatever_the_model_sends_first_the_errors_have_the_shape_of_z():
    """In a notebook Python sends a stride and the δ that goes with it one after the other."""
    for point, in grid():
        for shape in ((1, 1), (5, 4)):
            early = {**point, "delta": np.ones(shape).tolist(), "backward": True}
            assert np.shape(call(script("strides"), "compute", early)["delta"]) == np.shape(point["delta"])
            assert "NaN" not in call(script("strides"), "markup", early)


@pytest.mark.parametrize("backward", [False, True])
def test_no_sum_is_written_of_an_entry_that_is_still_covered(backward):
    source, now = script("strides"), state(np.eye(4), np.ones((2, 2)), 2, 1, 1, backward)
    for row, column, shown in np.ndindex(5, 5, 4):
        at = call(source, "standsAt", now, {"row": row, "column": column, "shown": shown + 1})
        assert not call(source, "isCovered", now, at, at["row"], at["column"])
        if not call(source, "isCovered", now, at, row, column):
            assert (at["row"], at["column"]) == (row, column)


MUTANTS = [  # what stands there, what a slip would make of it
    ("n + 2 * padding", "n + padding"),
    ("dilation * (k - 1) + 1", "dilation * k"),
    ("dilation * (k - 1) + 1", "k"),
    ("framed - reach + 1", "framed - reach"),
    ("Math.floor((places - 1) / stride) + 1", "Math.floor(places / stride)"),
    ("lengths(state, a_prev[0].length, W[0].length)", "lengths(state, a_prev.length, W.length)"),
    ("M[(r - from) / by]?.[(c - from) / by]", "M[(c - from) / by]?.[(r - from) / by]"),
    ("M[(r - from) / by]?.[(c - from) / by]", "M[r / by]?.[c / by]"),
    ("laid(W, down.reach, across.reach, dilation)", "laid(W, down.reach, across.reach, 1)"),
    ("laid(delta, down.places, across.places, stride)", "laid(delta, down.places, across.places, dilation)"),
    ("star(pad(spread, V), rot180(V))", "star(pad(spread, V), V)"),
    ("u[stride * i][stride * j]", "u[i][j]"),
    ("grad_f[m + padding][n + padding]", "grad_f[m][n]"),
    ("[grad_f, grad_a, (r) => r - padding]", "[grad_f, grad_a, (r) => r]"),
    ("[u, z, (r) => r / stride]", "[u, z, (r) => Math.floor(r / stride)]"),
    ("(i) => i + padding : (i) => stride * i;", "(i) => i : (i) => stride * i;"),
    ("i === undefined || i * kept[0].length + j >= shown", "i * kept[0].length + j > shown"),
    ("[row + dilation * p, column + dilation * q]", "[row + p, column + q]"),
    ("[row + dilation * p, column + dilation * q]", "[row + dilation * q, column + dilation * p]"),
    ("const [i, j] = [r - padding, c - padding]", "const [i, j] = [r, c]"),
    ("[row - dilation * p, column - dilation * q]", "[row + dilation * p, column - dilation * q]"),
    ("[row - dilation * p, column - dilation * q]", "[row - p, column - q]"),
    ("const [i, j] = [r / stride, c / stride]", "const [i, j] = [r, c]"),
    ("return backward ? all.reverse() : all", "return all"),
    ("name === \"W\" ? p === row && q === column", "name === \"W\" ? q === row && p === column"),
    ("name !== undefined && i === row && j === column", "name !== undefined && i === row"),
    ("x === undefined ? \"0 \" : name(i, j)) + weight(p, q)", "x === undefined ? \"0 \" : name(j, i)) + weight(p, q)"),
    ("x === undefined ? \"0 \" : name(i, j)) + weight(p, q)", "x === undefined ? \"0 \" : name(i, j)) + weight(q, p)"),
    ("(x ?? 0) * w,", "-(x ?? 0) * w,"),
    ("(backward ? gradient : output)(...at)", "(backward ? gradient : output)(row, column)"),
    ("r % dilation === 0 && c % dilation === 0", "r % stride === 0 && c % stride === 0"),
    ("one.r === r && one.c === c", "one.r === c && one.c === r"),
    ("M: backward ? rot180(V) : V, still", "M: V, still"),
    ("over: windowAt(row, column, V), ...markOf", "over: windowAt(column, row, V), ...markOf"),
    ("!keptAt(r, c) && \"dropped\"", "keptAt(r, c) && \"dropped\""),
    ("places - 1 - stride * (axis.kept - 1)", "places - stride * (axis.kept - 1)"),
    ("a_prev.flat().length - read.size", "read.size"),
    ("backward ? -1 : 1;", "1;"),
    ("(isOfW ? term.x : term.w)", "(isOfW ? term.w : term.x)"),
    ("order[m * kept[0].length + n]", "order[n * kept[0].length + m]"),
    ("const reads = name === \"W\" || (name === \"delta\") === backward", "const reads = true"),
    ("frame: [down.reach - 1, across.reach - 1]", "frame: [across.reach - 1, down.reach - 1]"),
]


@pytest.mark.thorough
def test_every_wrong_sign_and_index_is_noticed(told):
    notices_every_slip("strides", MUTANTS, AGREEMENTS, list(grid()), told)


# What is chosen


def chosen(now, kind, name, value):
    """What a choice changes, or why it cannot be, as the module says it."""
    engine(script("strides")).eval(
        f"var then = strides.{kind}({json.dumps(now)}, {json.dumps(value)})".replace("KEY", json.dumps(name)))
    return json.loads(engine(script("strides")).eval("JSON.stringify(then)"))


@pytest.fixture
def figure():
    return Strides()


def test_every_choice_is_what_python_makes_of_it_or_is_refused_in_words_by_both(figure):
    names = ("a_prev", "W", "delta", "stride", "padding", "dilation")
    seen = {"taken": 0, "refused": 0}
    for start in ({}, {"W": np.ones((3, 3)), "padding": 0}, {"a_prev": np.ones((2, 5)), "stride": 1}):
        figure = Strides(**start)
        now = {**figure.get_state(names), "backward": False, "entry": "w_11", "bound": 10.0}
        for name, values in (("stride", (1, 2, 3)), ("padding", (0, 1, 2)), ("dilation", (1, 2)),
                             ("image rows", range(1, 6)), ("image columns", range(1, 6)),
                             ("kernel rows", range(1, 4)), ("kernel columns", range(1, 4))):
            for value in values:
                twin = Strides(**start)
                changes = (chosen(now, "options[KEY].change", name, value) if name in names
                           else chosen(now, "sizes[KEY].resize", name, str(value)))
                if isinstance(changes, str):
                    seen["refused"] += 1
                    assert re.match("Impossible: the kernel would reach over|Too large for this figure: ", changes)
                    if name in names:
                        with pytest.raises(TraitError, match="no place is left|has room"):
                            setattr(twin, name, value)
                    continue
                seen["taken"] += 1
                for key, change in changes.items():
                    if key != "delta":
                        setattr(twin, key, change)
                assert twin.delta == changes["delta"], "δ grows and shrinks as in Python"
    assert min(seen.values()) >= 5, seen


# Seen from Python


def test_z_and_the_gradient_follow_whatever_is_assigned_and_the_error_takes_the_shape_of_z(figure):
    assert figure.z == [[-1, 6, 3], [-4, 6, 5], [-4, 1, 3]]
    figure.dilation = 2
    assert np.shape(figure.delta) == np.shape(figure.z) == (2, 2)
    figure.W = [[1, 0.5, -1]]
    assert np.shape(figure.delta) == np.shape(figure.z) == (3, 1)
    figure.delta = [[1], [-2], [4]]
    for name, numbers in true(state(figure.a_prev, figure.W, 2, 1, 2, delta=figure.delta)).items():
        np.testing.assert_allclose(getattr(figure, name), numbers, **DIGITS)


def test_what_changes_together_is_assigned_together(figure):
    with figure.hold_trait_notifications():
        figure.a_prev, figure.W, figure.stride = np.ones((5, 3)), np.ones((1, 3)), 3
    assert figure.z == [[0], [2], [0]] and np.shape(figure.delta) == (3, 1)


@pytest.mark.parametrize("name, wrong, words", [
    ("W", np.ones((3, 4)), "room for an image of 5, a kernel of 3"),
    ("a_prev", np.ones((6, 2)), "room for an image of 5"),
    ("delta", [[1, 2]], r"delta has shape \(1, 2\), but z has shape \(3, 3\)"),
    ("a_prev", [[1, 2], [3, 10.5]], r"a_prev\[1, 1\] is 10.5"),
    ("stride", 0, "stride"),
    ("padding", -1, "padding"),
    ("dilation", 3, "dilation"),
    ("entry", "z_11", "entry is 'z_11'; it needs to be one of a_11"),
    ("value", 11, "value is 11"),
    ("backward", "yes", "backward"),
    ("z", [[0]], "read-only"),
])
def test_what_cannot_be_shown_is_refused_in_words_and_nothing_changes(figure, name, wrong, words):
    before = figure.get_state()
    with pytest.raises(TraitError, match=words):
        setattr(figure, name, wrong)
    assert figure.get_state() == before


def test_a_kernel_without_a_place_is_refused_and_nothing_changes():
    figure = Strides(a_prev=np.ones((3, 4)), W=np.ones((2, 3)), padding=0)
    before = figure.get_state()
    with pytest.raises(TraitError, match=r"the kernel reaches over \(3, 5\) rows and columns, but the image with its frame "
                                         r"has \(3, 4\): no place is left for it"):
        figure.dilation = 2
    assert figure.get_state() == before
    with pytest.raises(TraitError, match="no place is left"):
        Strides(a_prev=[[1]], padding=0)


def test_repr_makes_the_figure_again_and_its_title_tells_the_state(figure):
    figure.backward, figure.stride = True, 3
    again = eval(repr(figure), {"Strides": Strides})
    assert again.grad_a == figure.grad_a and again.delta == figure.delta
    assert figure._repr_mimebundle_()[0]["text/plain"].splitlines()[0] == (
        "Stride 3, padding 1, dilation 1: ∇a = crop(pad(δ↑s) ⋆ rot180(W↑d))")
