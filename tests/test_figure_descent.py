"""Figure 4 computes in the browser the descent that `mathref.dense`, `mathref.cost` and `mathref.sgd` compute in Python;
seen from Python, the path follows whatever moves."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from traitlets import TraitError

from javascript import call, notices_every_slip
from mathref.widgets import Descent
from mathref.widgets.descent import FAR, REACH, SIZES, UPDATES, minibatches
from mathref.widgets.figure import script

DIGITS = 1e-12
FIRST = Descent()


def state(**changes):
    """A figure's state as the model holds it, at first or with changes."""
    names = ("W", "learning_rate", "x", "y", "size", "updates", "activation", "entry", "bound")
    return {name: getattr(FIRST, name) for name in names} | changes


def near(found, expected, size=1.0):
    """Check that numbers agree to 1e-12 of `size`, the largest number they are made from, or of themselves."""
    found, expected = np.array(found, dtype=float), np.array(expected, dtype=float)
    assert found.shape == expected.shape
    assert np.all(abs(found - expected) <= DIGITS * np.maximum(abs(expected), size)), (found, expected)


SIGMA = {"identity": (lambda z: z, lambda z: 1 + 0 * z), "tanh": (np.tanh, lambda z: np.cosh(np.clip(z, -300, 300))**-2.0)}


def by_numpy(now):
    """C as a function of the weights, and the gradient of chosen samples, straight from their definitions."""
    x, y = np.array(now["x"]), np.array(now["y"])[0]
    sigma, prime = SIGMA[now["activation"]]

    def cost(w):
        return np.mean((sigma(np.dot(w, x)) - y)**2) / 2

    def gradient(w, chosen):
        each = [(sigma(np.dot(w, x[:, i])) - y[i]) * prime(np.dot(w, x[:, i])) * x[:, i] for i in chosen]
        return np.mean(each, axis=0)

    return cost, gradient


def agree_on_the_minibatches(source, now):
    """The shuffling of Python; each sample once in an epoch."""
    batches = call(source, "minibatches", 6, now["size"], now["updates"])
    assert batches == minibatches(now["size"], now["updates"]) and len(batches) == now["updates"]
    per_epoch = 6 // now["size"]
    for start in range(0, len(batches) - per_epoch + 1, per_epoch):
        assert sorted(sum(batches[start:start + per_epoch], [])) == list(range(6))


def agree_on_the_path(source, now):
    """Each update by itself: from the weights where it stands, against the gradient of its minibatch."""
    cost, gradient = by_numpy(now)
    run = call(source, "descend", now)
    (eta,), = now["learning_rate"]
    assert run["path"][0] == now["W"][0]
    assert len(run["path"]) == len(run["costs"]) == len(run["grads"]) + 1
    early = len(run["grads"]) < now["updates"]
    assert early == (np.max(np.abs(run["path"][-1])) > FAR and early)
    assert all(np.max(np.abs(w)) <= FAR for w in run["path"][:-1])
    for w, grad, batch, then in zip(run["path"], run["grads"], minibatches(now["size"], now["updates"]), run["path"][1:]):
        size = np.max(np.abs(np.array(now["x"])))**2 * np.max(np.abs(w)) + 100
        near(grad, gradient(w, batch), size)
        near(then, np.array(w) - eta * np.array(grad), np.max(np.abs(w)) + eta * np.max(np.abs(grad)))
    for w, C in zip(run["path"], run["costs"]):
        near(C, [cost(w)], np.max(np.abs(now["x"]))**2 * np.max(np.abs(w))**2 + 100)


def agree_on_the_curvature(source, now):
    x = np.array(now["x"])
    expected = max(np.linalg.norm(x[:, batch], 2)**2 / len(batch) for batch in minibatches(now["size"], now["updates"]))
    near(call(source, "curvature", now), expected)
    told = re.search('data-number="curvature" data-value="([^"]*)"', call(source, "body", now, {"step": 1}))[1]
    near(float(told), expected)


def cells(markup, name):
    return {(int(i), int(j)): float(x) for i, j, x in re.findall(
        rf'data-name="{name}" data-row="(\d+)" data-column="(\d+)"[^>]*?data-value="([^"]*)"', markup)}


def numbers_in(text):
    """The numbers in a line, as they are printed."""
    return [float(x.replace("−", "-")) for x in re.findall(r"−?\d+\.\d+(?:e−?\d+)?|−?\d+e−?\d+", text)]


def agree_on_what_is_written(source, now):
    """Every step writes its own numbers, and marks its own samples."""
    run = call(source, "descend", now)
    (eta,), = now["learning_rate"]
    for k in {1, 2, len(run["grads"])}:
        drawn = call(source, "body", now, {"step": k})
        assert cells(drawn, "path") == {(n, j): run["path"][n][j] for n in (k - 1, k) for j in (0, 1)}
        assert cells(drawn, "grads") == {(k - 1, j): run["grads"][k - 1][j] for j in (0, 1)}
        assert cells(drawn, "costs") == {(n, 0): run["costs"][n][0] for n in (k - 1, k)}
        assert f"{k} of {len(run['grads'])}</span>" in drawn
        lines = re.findall(r"<p>(.*?)</p>", drawn.split('data-update=')[1], re.DOTALL)
        for j in (0, 1):
            plain = re.sub("<[^>]*>", "", lines[1 + j]).replace("\n", "")
            parts = re.fullmatch(r"\s*w1(\d) ← (\S+) − (\S+)·\(?(.*?)\)? = (\S+)", plain).groups()
            assert int(parts[0]) == j + 1
            printed = [call(source, "format", x) for x in (run["path"][k - 1][j], eta, run["grads"][k - 1][j], run["path"][k][j])]
            assert list(parts[1:]) == printed
        marked = {int(column) for classes, column in re.findall(
            r'class="entry movable([^"]*)" data-name="[xy]" data-row="\d" data-column="(\d)"', drawn) if "on" in classes.split()}
        batch = minibatches(now["size"], now["updates"])[k - 1]
        assert marked == set(batch)
        told = re.search(r"on (all six|samples? [^<]*?)(?: samples)?:", lines[0])[1]
        assert f'aria-label="Update {k} on {told}{" samples" * (len(batch) == 6)}: weight 1 becomes ' in drawn
        assert told == "all six" if len(batch) == 6 else [int(n) - 1 for n in re.findall(r"\d", told)] == batch


def within(one, other):
    """The ends of the part of a segment that lies in the picture: from its innermost point on, by bisection."""
    def far(part):  # convex along the segment
        return np.max(np.abs(one + part * (other - one)))

    low, high = 0.0, 1.0
    for _ in range(150):
        thirds = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, thirds[1]) if far(thirds[0]) <= far(thirds[1]) else (thirds[0], high)
    innermost = min((0.0, 1.0, low), key=far)
    if far(innermost) > REACH:
        return None

    def edge(outer):
        inner = innermost
        if far(outer) <= REACH:
            return one + outer * (other - one)
        for _ in range(60):
            inner, outer = ((inner + outer) / 2, outer) if far((inner + outer) / 2) <= REACH else (inner, (inner + outer) / 2)
        return one + inner * (other - one)

    return edge(0.0), edge(1.0)


def agree_on_the_picture(source, now):
    """The lines lie at their heights, labels beside them; the path goes through its points; the handle is at the start."""
    cost, _ = by_numpy(now)
    surface = call(source, "surface", now)

    def there(x, y):
        return np.array([x / 480 * 2 - 1, 1 - y / 480 * 2]) * REACH

    assert len(surface["lines"]) == 5
    heights = [line["height"] for line in surface["lines"]]
    assert heights == sorted(heights) and surface["low"] <= heights[0] and heights[-1] <= surface["high"]
    step = 480 / 48
    for line in surface["lines"]:
        assert line["lines"] or surface["low"] == surface["high"]
        for x, y in (point for points in line["lines"] for point in points):
            around = [cost(there(x + step * p, y + step * q)) for p in (-0.25, 0, 0.25) for q in (-0.25, 0, 0.25)]
            assert min(around) - 1e-9 <= line["height"] <= max(around) + 1e-9
    for x, y in np.ndindex(5, 5):
        assert surface["low"] - 1e-9 <= cost(there(120 * x, 120 * y)) <= surface["high"] + 1e-9
    drawn = call(source, "body", now, {"step": 2})
    path = call(source, "descend", now)["path"]

    def segments(name):
        found = []
        for piece in re.search(f'class="{name}" d="([^"]*)"', drawn)[1].split("M")[1:]:
            points = [there(*map(float, point.split())) for point in piece.split("L")]
            found += zip(points, points[1:])
        return found

    expected = [within(np.array(one), np.array(other)) for one, other in zip(path, path[1:])]
    for found, wanted in ((segments("way"), [ends for ends in expected if ends]), (segments("now"), [expected[1]])):
        wanted = [ends for ends in wanted if ends]
        assert len(found) == len(wanted)
        assert np.all(np.abs(np.array(found) - np.array(wanted)) < 0.02) if wanted else True
    stops = re.search('class="stops" d="([^"]*)"', drawn)[1].split("h0")[:-1]
    assert len(stops) == sum(np.max(np.abs(w)) <= REACH for w in path)
    left, top = map(float, re.search(r'class="handle" style="left:([\d.]*)%;top:([\d.]*)%', drawn).groups())
    near(there(4.8 * left, 4.8 * top), now["W"][0], 1e9)
    assert np.all(abs(there(4.8 * left, 4.8 * top) - now["W"][0]) < 0.001)


def agree_on_the_curve(source, now):
    """C against the update: as high as its power of ten says, between the marks beside it."""
    run = call(source, "descend", now)
    drawn = call(source, "curve", run, now["updates"], 1)
    marks = [(float(y) - 3.5, float(text.replace("−", "-"))) for y, text in re.findall(
        r'class="end" x="35" y="([-\d.]+)">([^<]*)<', drawn)]
    points = [tuple(map(float, point.split())) for point in re.search('class="way" d="M([^"]*)"', drawn)[1].split("L")]
    (y_0, C_0), (y_1, C_1) = marks[0], marks[-1]
    slope = (y_1 - y_0) / np.log10(C_1 / C_0)
    assert slope < 0, "more is higher up"
    assert y_1 - 8 < marks[0][0] - marks[1][0] + 0.2, "the marks go up to the top"
    for n, ((x, y), (C,)) in enumerate(zip(points, run["costs"])):
        assert abs(x - 40 - 192 * n / now["updates"]) < 0.06
        assert abs(y - y_0 - slope * np.log10(max(C, 1e-9) / C_0)) < 0.2
        assert 7.9 <= y <= 84.1


def agree_on_the_words(source, now):
    """Whether the path has left the plot, and when, how much larger C is, and when it is given up."""
    run = call(source, "descend", now)
    words = re.sub("<[^>]*>", "", call(source, "note", now, run))
    outside = [np.max(np.abs(w)) > REACH for w in run["path"]]
    last = len(outside) - 1
    if outside[-1]:
        first = max(k for k, out in enumerate(outside) if not out) + 1
        assert f"leaves the plot at update {first}." in words
    else:
        assert "leaves the plot" not in words
    assert f"After update {last} C is " in words
    ratio = re.search(r", (\S+) times what it was", words)
    if run["costs"][0][0] > 0:
        expected = run["costs"][-1][0] / run["costs"][0][0]
        assert np.isclose(float(ratio[1].replace("−", "-")), expected, rtol=0.51, atol=0.0051)
    assert ("beyond a million" in words) == (last < now["updates"])
    if now["activation"] == "identity":
        factor = 1 - now["learning_rate"][0][0] * call(source, "curvature", now)
        printed = float(re.search(r"1 − ηλ = (\S+):", words)[1].replace("−", "-"))
        assert abs(printed - factor) <= 0.0051 * max(1, abs(factor) / 1e4)
        assert ("diverge" in words) == (factor < -1 - 1e-9)
        assert ("comes nearer" in words) == (abs(factor) < 1 - 1e-9 and abs(factor) > 1e-9)
    else:
        assert "No bowl" in words and "border is" not in words


def agree_on_the_question(source, now):
    """The reply calls right what happens when the entry is doubled."""
    for entry, name, i, j in (("eta_1", "learning_rate", 0, 0), ("w_12", "W", 0, 1), ("x_26", "x", 1, 5), ("y_11", "y", 0, 0)):
        doubled = np.array(now[name])
        doubled[i, j] *= 2
        ends = [call(source, "descend", one)["costs"][-1][0] for one in (now, {**now, name: doubled.tolist()})]
        same = abs(ends[1] - ends[0]) <= 1e-9 * max(ends)
        truth = 0 if same else int(np.sign(ends[1] - ends[0]))
        replies = {choice: call(source, "judge", {**now, "entry": entry}, str(choice)) for choice in (-1, 1, 0)}
        assert [choice for choice, reply in replies.items() if "Right" in reply] == [truth], entry
        assert len(set(replies.values())) == (3 if truth else 2)
        plain = re.sub(r"<[^>]*>", "", replies[truth])
        facts = re.search(r"With \S+ = (\S+) it ends at (\S+), with \S+ = (\S+) at (\S+)\.", plain).groups()
        assert list(facts) == [call(source, "format", now[name][i][j]), call(source, "times", ends[0]),
                               call(source, "format", 2 * now[name][i][j]), call(source, "times", ends[1])]


AGREEMENTS = (agree_on_the_minibatches, agree_on_the_path, agree_on_the_words, agree_on_the_curve, agree_on_the_curvature,
              agree_on_the_question, agree_on_what_is_written, agree_on_the_picture)  # what takes long comes last


def grid():
    """At first; beyond the border; minibatches of every size; tanh; numbers whose entries all differ; all zeros."""
    yield state()
    yield state(learning_rate=[[1.6]])
    yield state(learning_rate=[[1.0]], updates=6)
    yield state(size=1, updates=30, learning_rate=[[0.9]], W=[[0.5, 2.5]])
    yield state(size=2, updates=12, activation="tanh", W=[[-0.7, 1.1]])
    x = (2 * np.sin(1.7 * np.arange(1, 13)) + 0.3).reshape(2, 6).tolist()
    yield state(x=x, y=[np.cos(2.3 * np.arange(6)).tolist()], size=3, learning_rate=[[0.5]], W=[[1.5, -2]])
    yield state(x=[[10.0, -10, 10, 10, 10, -10], [-10.0, 10, 10, -10, 10, 10]], learning_rate=[[2.0]])
    yield state(x=[[0.0] * 6] * 2)
    yield state(learning_rate=[[1.99]], updates=30)  # ends between one million and ten
    yield state(learning_rate=[[2.0]], updates=30, size=1)
    yield state(learning_rate=[[0.5]], y=[[0.0] * 6], W=[[0.0, 0.0]])


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=lambda agreement: agreement.__name__)
def test_browser_and_python_agree_over_a_grid(agreement):
    for now in grid():
        agreement(script("descent"), now)


def matrices(rows, columns, low=-10.0, high=10.0):
    return st.lists(st.lists(st.floats(low, high), min_size=columns, max_size=columns), min_size=rows, max_size=rows)


states = st.builds(state, W=matrices(1, 2, -3.0, 3.0), learning_rate=matrices(1, 1, 0.0, 2.0), x=matrices(2, 6),
                   y=matrices(1, 6), size=st.sampled_from(SIZES), updates=st.sampled_from(UPDATES),
                   activation=st.sampled_from(["identity", "tanh"]))


@settings(max_examples=40, deadline=None)
@given(states)
def test_browser_and_python_agree_on_any_state(now):
    agree_on_the_path(script("descent"), now)
    drawn = call(script("descent"), "markup", now)
    assert not re.search("NaN|Infinity|undefined|null", drawn)


@settings(max_examples=25, deadline=None)
@given(states.filter(lambda now: now["activation"] == "identity"))
def test_over_a_bowl_the_whole_path_agrees_with_the_figure_in_python(now):
    figure = Descent(**{name: value for name, value in now.items() if name != "bound"})
    run = call(script("descent"), "descend", now)
    largest = np.maximum.accumulate(np.max(np.abs(figure.path), axis=1))
    assert np.shape(run["path"]) == np.shape(figure.path)
    assert np.all(np.abs(np.array(run["path"]) - figure.path) <= 1e-10 * largest[:, None])


def test_a_line_of_one_height_ends_where_it_begins_or_at_the_edge():
    heights = [[float(abs(i - 3) + abs(j - 4)) for j in range(9)] for i in range(7)]
    inner, = call(script("descent"), "contour", heights, 1.5)
    assert inner[0] == inner[-1] and len(inner) == 13
    assert {abs(x - 4) + abs(y - 3) for x, y in inner} == {1.5}
    for line in call(script("descent"), "contour", heights, 4.5):
        for x, y in (line[0], line[-1]):
            assert x in (0, 8) or y in (0, 6)
    assert call(script("descent"), "straightened", [[0, 0], [1, 0.1], [2, -0.1], [3, 0], [3, 3]], 0.5) == [[0, 0], [3, 0], [3, 3]]


MUTANTS = [  # what stands there, what a slip would make of it
    ("1664525", "1664527"),
    ("[order[last], order[other]] = [order[other], order[last]]", "[order[last], order[other]] = [order[last], order[other]]"),
    ("last > 0; last--", "last > 1; last--"),
    ("order.slice(k, k + size)", "order.slice(0, size)"),
    ("(a_i - y[0][i]) ** 2 / 2, 0) / a.length", "(a_i - y[0][i]) ** 2 / 2, 0)"),
    ("(a_i - y[0][i]) ** 2 / 2, 0) / a.length", "(a_i - y[0][i]) ** 2, 0) / a.length"),
    ("(a_i - y[0][i]) ** 2 / 2, 0)", "(a_i + y[0][i]) ** 2 / 2, 0)"),
    ("(a_i - y[0][i]) * prime[i]", "(a_i - y[0][i])"),
    ("(a_i - y[0][i]) * prime[i]", "(y[0][i] - a_i) * prime[i]"),
    ("sum + delta[i] * x_i, 0) / delta.length", "sum + delta[i] * x_i, 0)"),
    ("sum + delta[i] * x_i, 0) / delta.length", "sum + delta[i] * x_i, 0) / 6"),
    ("w_k - eta * grad[k]", "w_k + eta * grad[k]"),
    ("w_k - eta * grad[k]", "w_k - eta * grad[1 - k]"),
    ("w_k - eta * grad[k]", "w_k - grad[k]"),
    ("columns(x, batch), columns(y, batch), activation);", "x, y, activation);"),
    ("const w = path.at(-1);", "const w = path[0];"),
    ("Math.abs(w_k) > FAR", "Math.abs(w_k) > 10 * FAR"),
    ("cost([w], x, y, activation)", "cost([w], columns(x, batches[0]), columns(y, batches[0]), activation)"),
    ("(p + r) / 2 + Math.hypot((p - r) / 2, q)", "(p + r) / 2 + Math.hypot((p - r) / 2, 0)"),
    ("(p + r) / 2 + Math.hypot((p - r) / 2, q)", "(p + r) / 2 - Math.hypot((p - r) / 2, q)"),
    ("Math.max(...minibatches(", "Math.min(...minibatches("),
    ("cost([[at(j), -at(i)]], x", "cost([[at(j), at(i)]], x"),
    ("cost([[at(j), -at(i)]], x", "cost([[at(i), -at(j)]], x"),
    ("`${across(w_1)} ${across(-w_2)}`", "`${across(w_1)} ${across(w_2)}`"),
    ("`${across(w_1)} ${across(-w_2)}`", "`${across(w_2)} ${across(-w_1)}`"),
    ("(50 - 50 * up / REACH)", "(50 + 50 * up / REACH)"),
    ("j + part * (l - j)", "j - part * (l - j)"),
    ("(level - heights[i][j]) / (heights[k][l]", "(heights[k][l] - level) / (heights[k][l]"),
    ("${parts[k - 1].map((end", "${parts[k].map((end"),
    ("REACH - side * from[k]", "REACH + side * from[k]"),
    ("end = Math.min(end, room / slope)", "end = Math.max(end, room / slope)"),
    ("const before = k - 1;", "const before = 0;"),
    ("on ${samples(batches[before])}:", "on ${samples(batches[k] ?? [])}:"),
    ("cells(state, run.batches[k - 1])", "cells(state, run.batches[0])"),
    ("− <span class=\"q-muted\">${format(eta)}", "− <span class=\"q-muted\">${format(-eta)}"),
    ("1 - eta * steepest", "1 + eta * steepest"),
    ("1 - eta * steepest", "1 - 2 * eta * steepest"),
    ("findLastIndex((w) => !isOut(w)) + 1", "findIndex(isOut)"),
    ("costs[last][0] / costs[0][0]", "costs[0][0] / costs[last][0]"),
    ("Math.sign(then - now)", "Math.sign(now - then)"),
    ("? 2 * x : x)", "? x + 1 : x)"),
    ("76 * (power - low)", "76 * (high - power)"),
    ("40 + 192 * n / updates", "40 + 192 * n / grads.length"),
    ("low + n * every", "low + n"),
]


@pytest.mark.thorough
def test_every_wrong_sign_and_index_is_noticed(told):
    notices_every_slip("descent", MUTANTS, AGREEMENTS, [(now,) for now in grid()], told)


# Seen from Python


@pytest.fixture
def figure():
    return Descent()


def test_the_path_follows_whatever_is_assigned(figure):
    figure.W, figure.learning_rate = [[1, 1]], [[0.25]]
    figure.size, figure.updates, figure.activation = 2, 6, "tanh"
    cost, gradient = by_numpy(figure.get_state())
    assert np.shape(figure.path) == (7, 2) and np.shape(figure.grads) == (6, 2) and figure.path[0] == [1, 1]
    for w, grad, batch, then, (C,) in zip(figure.path, figure.grads, minibatches(2, 6), figure.path[1:], figure.costs):
        near(grad, gradient(w, batch))
        near(then, np.array(w) - 0.25 * gradient(w, batch))
        near(C, cost(w))


def test_the_border_is_where_the_bowl_is_jumped_to_and_fro(figure):
    assert figure.curvature == pytest.approx(2, rel=1e-12)
    figure.updates = 30
    last = {}
    for eta in (0.99, 1.01):
        figure.learning_rate = [[eta]]
        last[eta] = figure.costs[-1][0] < figure.costs[10][0]
    assert last == {0.99: True, 1.01: False}


def test_a_path_that_runs_away_is_given_up_with_finite_numbers(figure):
    figure.x, figure.learning_rate = np.full((2, 6), 10), [[2]]
    assert len(figure.path) < figure.updates and abs(figure.path[-1][0]) > FAR
    assert np.all(np.isfinite(figure.costs)) and figure.costs[-1][0] > 1e12


@pytest.mark.parametrize("name, wrong, words", [
    ("learning_rate", [[-0.1]], r"learning_rate\[0, 0\] is -0.1; it needs to lie between 0 and 2"),
    ("learning_rate", [[2.5]], r"it needs to lie between 0 and 2"),
    ("W", [[3.5, 0]], r"W\[0, 0\] is 3.5; it needs to lie between −3 and 3"),
    ("W", [[1], [2]], r"W has shape \(2, 1\); in this figure it keeps its shape \(1, 2\)"),
    ("x", [[float("inf")] * 6] * 2, r"x\[0, 0\] is inf"),
    ("size", 4, "size"),
    ("updates", 1000, "updates"),
    ("activation", "relu", "activation"),
    ("entry", "eta_11", "entry is 'eta_11'; it needs to be one of eta_1, w_11, w_12"),
    ("value", 2.5, "value is 2.5; it needs to lie between 0 and 2"),
    ("path", [[0, 0]], "read-only"),
])
def test_what_cannot_be_shown_is_refused_in_words_and_nothing_changes(figure, name, wrong, words):
    before = figure.get_state()
    with pytest.raises(TraitError, match=words):
        setattr(figure, name, wrong)
    assert figure.get_state() == before


def test_a_figure_that_does_not_fit_together_is_not_made():
    with pytest.raises(TraitError, match=r"y has shape \(1, 2\); it needs shape \(1, 6\)"):
        Descent(y=[[1, 2]])


def test_repr_makes_the_figure_again_and_its_text_tells_start_and_end(figure):
    figure.size, figure.learning_rate = 2, [[0.5]]
    again = eval(repr(figure), {"Descent": Descent})
    assert (again.path, again.costs) == (figure.path, figure.costs)
    lines = figure._repr_mimebundle_()[0]["text/plain"].splitlines()
    assert lines[0] == "Descent: 18 updates on 2 of 6 samples, σ = identity, η = 0.5"
    assert lines[2].split() == [f"{x:.2f}".replace("-", "−") for x in (0.5, -2.5, -0.5, *figure.path[-1], figure.costs[0][0],
                                                                      figure.costs[-1][0])]
