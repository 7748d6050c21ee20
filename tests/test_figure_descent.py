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
from mathref.widgets.descent import FAR, PAIRS, PARAMETERS, REACH, SIZES, UPDATES, minibatches
from mathref.widgets.figure import script

DIGITS = 1e-12
FIRST = Descent()


def state(**changes):
    """A figure's state as the model holds it, at first or with changes."""
    names = ("W1", "b1", "W2", "learning_rate", "x", "y", "chosen", "size", "updates", "activation", "entry", "bound")
    return {name: getattr(FIRST, name) for name in names} | changes


def near(found, expected, size=1.0):
    """Check that numbers agree to 1e-12 of `size`, the largest number they are made from, or of themselves."""
    found, expected = np.array(found, dtype=float), np.array(expected, dtype=float)
    assert found.shape == expected.shape
    assert np.all(abs(found - expected) <= DIGITS * np.maximum(abs(expected), size)), (found, expected)


SIGMA = {"identity": (lambda z: z, lambda z: 1 + 0 * z), "tanh": (np.tanh, lambda z: np.cosh(np.clip(z, -300, 300))**-2.0)}


PLACES = {"w1_11": ("W1", 0, 0), "w1_12": ("W1", 0, 1), "b1_1": ("b1", 0, 0), "w2_11": ("W2", 0, 0)}
SAID = {"w1_11": "weight of layer 1, column 1", "w1_12": "weight of layer 1, column 2", "b1_1": "bias of layer 1",
        "w2_11": "weight of layer 2"}


def the_two(now):
    return now["chosen"].split(" and ")


def start(now):
    return [now[name][i][j] for name, i, j in map(PLACES.get, the_two(now))]


def all_at(now, p):
    """All four parameters where the two that are chosen stand at p."""
    return ({name: now[matrix][i][j] for name, (matrix, i, j) in PLACES.items()} | dict(zip(the_two(now), p))).values()


def by_numpy(now):
    """C as a function of the two, and its gradient by them for chosen samples, straight from their definitions."""
    x, y = np.array(now["x"]), np.array(now["y"])[0]
    sigma, prime = SIGMA[now["activation"]]

    def cost(p):
        w_1, w_2, b, v = all_at(now, p)
        return np.mean((v * sigma(w_1 * x[0] + w_2 * x[1] + b) - y)**2) / 2

    def gradient(p, chosen):
        w_1, w_2, b, v = all_at(now, p)
        total = dict.fromkeys(PLACES, 0.0)
        for i in chosen:
            z = w_1 * x[0, i] + w_2 * x[1, i] + b
            miss = v * sigma(z) - y[i]
            for name, factor in zip(PLACES, (v * prime(z) * x[0, i], v * prime(z) * x[1, i], v * prime(z), sigma(z))):
                total[name] += miss * factor / len(chosen)
        return np.array([total[name] for name in the_two(now)])

    return cost, gradient


def sizes(now, p):
    """How large the terms are that C, its gradient and its second derivatives are made of."""
    w_1, w_2, b, v = map(abs, all_at(now, p))
    x = max(1, np.max(np.abs(now["x"])))
    z = (w_1 + w_2) * x + b + 1
    miss, first = v * z + np.max(np.abs(now["y"])), max(v * x, z)
    return 100 + miss**2, 100 + miss * first, 100 + first**2 + miss * (v + 1) * x**2


def agree_on_the_minibatches(source, now):
    """The shuffling of Python; each sample once in an epoch."""
    batches = call(source, "minibatches", 6, now["size"], now["updates"])
    assert batches == minibatches(now["size"], now["updates"]) and len(batches) == now["updates"]
    per_epoch = 6 // now["size"]
    for start in range(0, len(batches) - per_epoch + 1, per_epoch):
        assert sorted(sum(batches[start:start + per_epoch], [])) == list(range(6))


def agree_on_the_path(source, now):
    """Each update by itself: from where it stands, against the gradient of its minibatch; what is not chosen stays."""
    cost, gradient = by_numpy(now)
    run = call(source, "descend", now)
    (eta,), = now["learning_rate"]
    assert run["path"][0] == start(now)
    assert len(run["path"]) == len(run["costs"]) == len(run["grads"]) + 1
    early = len(run["grads"]) < now["updates"]
    assert early == (np.max(np.abs(run["path"][-1])) > FAR and early)
    assert all(np.max(np.abs(w)) <= FAR for w in run["path"][:-1])
    for p, grad, batch, then in zip(run["path"], run["grads"], minibatches(now["size"], now["updates"]), run["path"][1:]):
        near(grad, gradient(p, batch), sizes(now, p)[1])
        near(then, np.array(p) - eta * np.array(grad), np.max(np.abs(p)) + eta * np.max(np.abs(grad)))
    for p, C in zip(run["path"], run["costs"]):
        near(C, [cost(p)], sizes(now, p)[0])


def in_python(now):
    return Descent(**{name: value for name, value in now.items() if name != "bound"})


def is_bowl(now):
    return now["activation"] == "identity" and "w2_11" not in now["chosen"]


def agree_on_the_curvature(source, now):
    """In Python it is a complex step of the gradient; over a bowl the singular values of what the two are multiplied with."""
    found = call(source, "curvature", now)
    near(found, in_python(now).curvature, sizes(now, start(now))[2])
    if is_bowl(now):
        inputs = np.array(now["W2"]) * [{"w1_11": now["x"][0], "w1_12": now["x"][1], "b1_1": [1] * 6}[name] for name in the_two(now)]
        near(found, max(np.linalg.norm(inputs[:, batch], 2)**2 / len(batch) for batch in minibatches(now["size"], now["updates"])),
             sizes(now, start(now))[2])
    told = re.search('data-number="curvature" data-value="([^"]*)"', call(source, "body", now, {"step": 1}))[1]
    assert float(told) == found


def cells(markup, name):
    return {(int(i), int(j)): float(x) for i, j, x in re.findall(
        rf'data-name="{name}" data-row="(\d+)" data-column="(\d+)"[^>]*?data-value="([^"]*)"', markup)}


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
            parts = re.fullmatch(r"\s*(\S+) ← (\S+) − (\S+)·\(?(.*?)\)? = (\S+)", plain).groups()
            assert parts[0] == the_two(now)[j].replace("_", "")
            printed = [call(source, "format", x) for x in (run["path"][k - 1][j], eta, run["grads"][k - 1][j], run["path"][k][j])]
            assert list(parts[1:]) == printed
        marked = {int(column) for classes, column in re.findall(
            r'class="entry movable([^"]*)" data-name="[xy]" data-row="\d" data-column="(\d)"', drawn) if "on" in classes.split()}
        batch = minibatches(now["size"], now["updates"])[k - 1]
        assert marked == set(batch)
        moving = re.findall(r'class="entry movable[^"]* on" data-name="(W1|b1|W2)" data-row="(\d)" data-column="(\d)"', drawn)
        assert [(name, int(i), int(j)) for name, i, j in moving] == [PLACES[name] for name in the_two(now)]
        told = re.search(r"on (all six|samples? [^<]*?)(?: samples)?:", lines[0])[1]
        assert f'aria-label="Update {k} on {told}{" samples" * (len(batch) == 6)}: {SAID[the_two(now)[0]]} becomes ' in drawn
        assert f"; {SAID[the_two(now)[1]]} becomes " in drawn
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
    assert np.all(abs(there(4.8 * left, 4.8 * top) - start(now)) < 0.001)
    names = [re.sub("<[^>]*>", "", text) for text in re.findall(r'<text x="[24][57]0" y="2[46]2?"[^>]*>(.*?)</text>', drawn)]
    printed = [PARAMETERS[name] for name in the_two(now)]
    assert names == [f"{name} = {REACH}" for name in printed], "the first goes across, the second up"
    assert re.findall(r"<option value=[^>]* selected>([^<]*)<", drawn) == [" and ".join(printed)]
    one, other = map(SAID.get, the_two(now))
    assert f"The cost over {one} across and {other} upwards" in drawn and f'aria-label="start, {one} ' in drawn


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
    if is_bowl(now):
        factor = 1 - now["learning_rate"][0][0] * call(source, "curvature", now)
        printed = float(re.search(r"1 − ηλ = (\S+):", words)[1].replace("−", "-"))
        assert abs(printed - factor) <= 0.0051 * max(1, abs(factor) / 1e4)
        assert ("diverge" in words) == (factor < -1 - 1e-9)
        assert ("comes nearer" in words) == (abs(factor) < 1 - 1e-9 and abs(factor) > 1e-9)
    else:
        assert "No bowl" in words and "border is" not in words
        assert ("in one product" in words) == ("w2_11" in now["chosen"])
        assert ("saturated" in words) == (now["activation"] == "tanh")


def agree_on_the_question(source, now):
    """The reply calls right what happens when the entry is doubled; of two paths that end beyond a million, the shorter is higher."""
    for entry, (name, i, j) in {"eta_1": ("learning_rate", 0, 0), **PLACES, "x_26": ("x", 1, 5), "y_11": ("y", 0, 0)}.items():
        doubled = np.array(now[name])
        doubled[i, j] *= 2
        runs = [call(source, "descend", one)["costs"] for one in (now, {**now, name: doubled.tolist()})]
        ends = [costs[-1][0] for costs in runs]
        same = abs(ends[1] - ends[0]) <= 1e-9 * max(ends)
        truth = int(np.sign(len(runs[0]) - len(runs[1]))) or (0 if same else int(np.sign(ends[1] - ends[0])))
        replies = {choice: call(source, "judge", {**now, "entry": entry}, str(choice)) for choice in (-1, 1, 0)}
        assert [choice for choice, reply in replies.items() if "Right" in reply] == [truth], entry
        assert len(set(replies.values())) == (3 if truth else 2)
        if truth and name in ("W1", "b1", "W2"):
            assert ("farther from 0" if entry in the_two(now) else "stays where it is") in replies[-truth]
        plain = re.sub(r"<[^>]*>", "", replies[truth])
        sooner = r"(?:, beyond a million after \d+ updates)?"
        facts = re.search(rf"With \S+ = (\S+) it ends at (\S+?){sooner}, with \S+ = (\S+) at (\S+?){sooner}\.(?: |$)", plain).groups()
        assert plain.count("beyond a million after") == sum(len(costs) <= now["updates"] for costs in runs)
        assert list(facts) == [call(source, "format", now[name][i][j]), call(source, "times", ends[0]),
                               call(source, "format", 2 * now[name][i][j]), call(source, "times", ends[1])]


AGREEMENTS = (agree_on_the_minibatches, agree_on_the_path, agree_on_the_words, agree_on_the_curve, agree_on_the_curvature,
              agree_on_the_question, agree_on_what_is_written, agree_on_the_picture)  # what takes long comes last


def grid():
    """At first; beyond the border; minibatches of every size; tanh; numbers whose entries all differ; all zeros; every pair."""
    yield state()
    yield state(learning_rate=[[1.6]])
    yield state(learning_rate=[[2.0]], updates=18)
    yield state(learning_rate=[[1.0]], updates=6)
    yield state(size=1, updates=30, learning_rate=[[0.9]], W1=[[0.5, 2.5]])
    yield state(size=2, updates=12, activation="tanh", W1=[[-0.7, 1.1]])
    x = (2 * np.sin(1.7 * np.arange(1, 13)) + 0.3).reshape(2, 6).tolist()
    yield state(x=x, y=[np.cos(2.3 * np.arange(6)).tolist()], size=3, learning_rate=[[0.5]], W1=[[1.5, -2]])
    yield state(x=[[10.0, -10, 10, 10, 10, -10], [-10.0, 10, 10, -10, 10, 10]], learning_rate=[[2.0]])
    yield state(x=[[0.0] * 6] * 2)
    yield state(learning_rate=[[1.99]], updates=30)  # ends between one million and ten
    yield state(learning_rate=[[2.0]], updates=30, size=1)
    yield state(learning_rate=[[0.5]], y=[[0.0] * 6], W1=[[0.0, 0.0]])
    for k, pair in enumerate(PAIRS):
        yield state(chosen=pair, W1=[[-1.2, 0.7]], b1=[[0.4]], W2=[[1.3 - 0.7 * k]], x=np.multiply(x, 0.5).tolist(), updates=6,
                    size=SIZES[k % 4], activation=["tanh", "identity"][k % 3 == 0])
    yield state(chosen="w1_12 and w2_11", learning_rate=[[0.1]])
    yield state(chosen="b1_1 and w2_11", learning_rate=[[2.0]], b1=[[3.0]], updates=30)  # leaves the plot and runs away


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=lambda agreement: agreement.__name__)
def test_browser_and_python_agree_over_a_grid(agreement):
    for now in grid():
        agreement(script("descent"), now)


def matrices(rows, columns, low=-10.0, high=10.0):
    return st.lists(st.lists(st.floats(low, high), min_size=columns, max_size=columns), min_size=rows, max_size=rows)


states = st.builds(state, W1=matrices(1, 2, -3.0, 3.0), b1=matrices(1, 1, -3.0, 3.0), W2=matrices(1, 1, -3.0, 3.0),
                   chosen=st.sampled_from(PAIRS), learning_rate=matrices(1, 1, 0.0, 2.0), x=matrices(2, 6),
                   y=matrices(1, 6), size=st.sampled_from(SIZES), updates=st.sampled_from(UPDATES),
                   activation=st.sampled_from(["identity", "tanh"]))


@settings(max_examples=40, deadline=None)
@given(states)
def test_browser_and_python_agree_on_any_state(now):
    agree_on_the_path(script("descent"), now)
    agree_on_the_curvature(script("descent"), now)
    drawn = call(script("descent"), "markup", now)
    assert not re.search("NaN|Infinity|undefined|null", drawn)


@settings(max_examples=25, deadline=None)
@given(states.filter(is_bowl))
def test_over_a_bowl_the_whole_path_agrees_with_the_figure_in_python(now):
    figure = in_python(now)
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
    ("sum + term(item, i), 0) / list.length", "sum + term(item, i), 0)"),
    ("sum + term(item, i), 0) / list.length", "sum + term(item, i), 0) / 6"),
    ("+ b) - y_i) ** 2 / 2)", "+ b) - y_i) ** 2)"),
    ("+ b) - y_i) ** 2 / 2)", "+ b) + y_i) ** 2 / 2)"),
    ("(v * sigma(w_1", "(sigma(w_1"),
    ("w_1 * x_1[i] + w_2 * x_2[i]", "w_2 * x_1[i] + w_1 * x_2[i]"),
    ("error: a.map((a_i, i) => v * a_i - y[0][i])", "error: a.map((a_i, i) => y[0][i] - v * a_i)"),
    ("v * e * prime[i]", "v * e"),
    ("v * e * prime[i]", "e * prime[i]"),
    ("delta[i] * u)", "delta[i])"),
    ("error[i] * a_i)]", "error[i] * v * a_i)]"),
    ("a.map(() => 1)", "a.map(() => 0)"),
    ("slice(k + 1).map((other) => `${one} and ${other}`)", "slice(k + 1).map((other) => `${other} and ${one}`)"),
    ("row[k] = p[n]", "row[k] = p[1 - n]"),
    ("b1: [[row[2]]]", "b1: [[0]]"),
    ("W2: [[row[LAST]]]", "W2: [[1]]"),
    ("map((k) => inRow(state)[k])", "map((k) => inRow(state)[k % 2])"),
    ("two.map((k) => all[k])", "[all[0], all[1]]"),
    ("p_k - eta * grad[k]", "p_k + eta * grad[k]"),
    ("p_k - eta * grad[k]", "p_k - eta * grad[1 - k]"),
    ("p_k - eta * grad[k]", "p_k - grad[k]"),
    ("columns(x, batch), columns(y, batch), activation);", "x, y, activation);"),
    ("const p = path.at(-1);", "const p = path[0];"),
    ("Math.abs(p_k) > FAR", "Math.abs(p_k) > 10 * FAR"),
    ("cost(at(state, p), x, y, activation)", "cost(at(state, p), columns(x, batches[0]), columns(y, batches[0]), activation)"),
    ("(p + r) / 2 + Math.hypot((p - r) / 2, q)", "(p + r) / 2 + Math.hypot((p - r) / 2, 0)"),
    ("(p + r) / 2 + Math.hypot((p - r) / 2, q)", "(p + r) / 2 - Math.hypot((p - r) / 2, q)"),
    ("Math.max(...minibatches(", "Math.min(...minibatches("),
    ("-2 * a[i] * prime[i]", "2 * a[i] * prime[i]"),
    ("-2 * a[i] * prime[i]", "-2 * a[i]"),
    ("(k === LAST ? a[i] : v * prime[i] * inputs[k][i])", "v * prime[i] * (inputs[k] ?? a)[i]"),
    ("v * bend(i) * inputs[k][i] * inputs[l][i]", "bend(i) * inputs[k][i] * inputs[l][i]"),
    ("v * bend(i) * inputs[k][i] * inputs[l][i]", "v * bend(i) * inputs[k][i]"),
    ("return k < LAST ? prime[i] * inputs[k][i] : 0", "return k < LAST ? v * prime[i] * inputs[k][i] : 0"),
    ("return k < LAST ? prime[i] * inputs[k][i] : 0", "return prime[i] * (inputs[k] ?? a)[i]"),
    ("+ error[i] * second(k, l, i)", "- error[i] * second(k, l, i)"),
    ("[there(j), -there(i)]), x", "[there(j), there(i)]), x"),
    ("[there(j), -there(i)]), x", "[there(i), -there(j)]), x"),
    ("`${across(p_1)} ${across(-p_2)}`", "`${across(p_1)} ${across(p_2)}`"),
    ("`${across(p_1)} ${across(-p_2)}`", "`${across(p_2)} ${across(-p_1)}`"),
    ("${name(first)} = ", "${name(second)} = "),
    ("pair === state.chosen", "pair !== state.chosen"),
    ("aria-label=\"start, ${called(first)}", "aria-label=\"start, ${called(second)}"),
    ("taken(name, j) || moving.includes([name, i, j].join())", "taken(name, j) || moving.includes([name, i, 0].join())"),
    ("`<p>${two(state)[j]} ← ", "`<p>${two(state)[0]} ← "),
    ("=== \"identity\" && !chosen.includes(\"w2\")", "=== \"identity\""),
    ("if (two(state).includes(moved)) return", "if (!two(state).includes(moved)) return"),
    ("(50 - 50 * up / REACH)", "(50 + 50 * up / REACH)"),
    ("j + part * (l - j)", "j - part * (l - j)"),
    ("(level - heights[i][j]) / (heights[k][l]", "(heights[k][l] - level) / (heights[k][l]"),
    ("${parts[k - 1].map((end", "${parts[k].map((end"),
    ("REACH - side * from[k]", "REACH + side * from[k]"),
    ("last = Math.min(last, room / slope)", "last = Math.max(last, room / slope)"),
    ("[k - 1, chosenOf(state)]", "[0, chosenOf(state)]"),
    ("on ${samples(batches[before])}:", "on ${samples(batches[k] ?? [])}:"),
    ("cells(state, run.batches[k - 1])", "cells(state, run.batches[0])"),
    ("− <span class=\"q-muted\">${format(eta)}", "− <span class=\"q-muted\">${format(-eta)}"),
    ("1 - eta * steepest", "1 + eta * steepest"),
    ("1 - eta * steepest", "1 - 2 * eta * steepest"),
    ("findLastIndex((w) => !isOut(w)) + 1", "findIndex(isOut)"),
    ("costs[last][0] / costs[0][0]", "costs[0][0] / costs[last][0]"),
    ("Math.sign(then.cost - now.cost)", "Math.sign(now.cost - then.cost)"),
    ("Math.sign(now.updates - then.updates)", "Math.sign(then.updates - now.updates)"), ("Math.sign(now.updates - then.updates) ||", ""),
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
    figure.W1, figure.learning_rate = [[1, 1]], [[0.25]]
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


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("activation", ["identity", "tanh"])
def test_only_the_two_that_are_chosen_move_and_each_against_its_own_gradient(pair, activation):
    figure = Descent(W1=[[-1.5, 0.5]], b1=[[0.3]], W2=[[0.8]], chosen=pair, activation=activation, learning_rate=[[0.1]])
    cost, gradient = by_numpy(figure.get_state())
    assert figure.path[0] == start(figure.get_state())
    for p, grad, then, (C,) in zip(figure.path, figure.grads, figure.path[1:], figure.costs):
        near(grad, gradient(p, range(6)))
        near(then, p - 0.1 * np.array(grad))
        near(C, cost(p))
    assert (figure.W1, figure.b1, figure.W2) == ([[-1.5, 0.5]], [[0.3]], [[0.8]]), "the start stays as it was given"
    p, step = np.array(figure.path[0]), 1e-4
    second = [(gradient(p + step * axis, range(6)) - gradient(p - step * axis, range(6))) / (2 * step) for axis in np.eye(2)]
    assert figure.curvature == pytest.approx(np.max(np.linalg.eigvals(second)), rel=1e-6)


def test_another_choice_makes_another_path_from_the_same_parameters(figure):
    ends = []
    for pair in PAIRS:
        figure.chosen = pair
        ends.append(figure.path[-1])
        assert figure.title().startswith(f"Descent of {' and '.join(PARAMETERS[name] for name in pair.split(' and '))}: ")
    assert len(set(map(tuple, ends))) == len(PAIRS)


@pytest.mark.parametrize("name, wrong, words", [
    ("learning_rate", [[-0.1]], r"learning_rate\[0, 0\] is -0.1; it needs to lie between 0 and 2"),
    ("learning_rate", [[2.5]], r"it needs to lie between 0 and 2"),
    ("W1", [[3.5, 0]], r"W1\[0, 0\] is 3.5; it needs to lie between −3 and 3"),
    ("W1", [[1], [2]], r"W1 has shape \(2, 1\); in this figure it keeps its shape \(1, 2\)"),
    ("b1", [[-3.5]], r"b1\[0, 0\] is -3.5; it needs to lie between −3 and 3"),
    ("W2", [[1, 2]], r"W2 has shape \(1, 2\)"),
    ("chosen", "w1_11", r"'chosen' trait .* expected any of \['w1_11 and w1_12', "),
    ("chosen", "w1_12 and w1_11", "expected any of"),
    ("x", [[float("inf")] * 6] * 2, r"x\[0, 0\] is inf"),
    ("size", 4, "size"),
    ("updates", 1000, "updates"),
    ("activation", "relu", "activation"),
    ("entry", "eta_11", "entry is 'eta_11'; it needs to be one of eta_1, w1_11, w1_12, b1_1, w2_11"),
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
    figure.size, figure.learning_rate, figure.chosen, figure.b1 = 2, [[0.5]], "w1_12 and b1_1", [[0.25]]
    again = eval(repr(figure), {"Descent": Descent})
    assert (again.path, again.costs) == (figure.path, figure.costs)
    lines = figure._repr_mimebundle_()[0]["text/plain"].splitlines()
    assert lines[0] == "Descent of w¹₁₂ and b¹₁: 18 updates on 2 of 6 samples, σ = identity, η = 0.5"
    assert lines[2].split() == [f"{x:.2f}".replace("-", "−") for x in (
        0.5, -2.5, -0.5, 0.25, 1, *figure.path[-1], figure.costs[0][0], figure.costs[-1][0])]
