"""The figure of digits reads in the browser as `mathref.network` reads in Python: layers, scores, shares and gradients.

Beside `mathref` stand SciPy's cross-correlation, loops, and differences of the scores, which share no code with either.
"""

import re

import numpy as np
import pytest
from scipy.signal import correlate2d
from scipy.special import softmax
from traitlets import TraitError

from javascript import call, notices_every_slip
from mathref.widgets import Digits
from mathref.widgets.digits import examples, network
from mathref.widgets.figure import script

KERNELS, BIASES, WEIGHTS, LAST = network().parameters


def state(x, digit, entry="x_45"):
    return {"x": np.asarray(x).tolist(), "digit": digit, "entry": entry, "bound": 10.0}


def drawings():
    rng = np.random.default_rng(4)
    yield from examples()[3::5]
    yield np.zeros((8, 8))
    yield np.ones((8, 8))
    yield rng.uniform(0, 1, (8, 8)).round(2)
    yield np.eye(8)[::-1] * np.arange(1, 9) / 8
    yield np.pad(np.ones((5, 2)), ((2, 1), (1, 5)))  # here the slope of a pixel is 0


POINTS = [(x, digit) for x, digit in zip(drawings(), ["none", "0", "9", "3", "7", "5", "1", "none", "8", "2"])]


def close(found, expected):
    assert np.shape(found) == np.shape(expected)
    assert np.max(np.abs(np.subtract(found, expected))) <= 1e-12 * (1 + np.max(np.abs(expected)))


def layers(x):
    """Maps behind relu, pooled planes and scores, by SciPy and loops."""
    maps = [np.maximum(correlate2d(x, kernel[0], mode="same") + bias, 0) for kernel, bias in zip(KERNELS, BIASES)]
    pooled = [[[np.max(plane[2 * i:2 * i + 2, 2 * j:2 * j + 2]) for j in range(4)] for i in range(4)] for plane in maps]
    return maps, pooled, WEIGHTS @ np.reshape(pooled, (-1, 1)) + LAST


def agree_on_the_layers(source, x, digit):
    found = call(source, "compute", state(x, digit))
    maps, pooled, z = layers(np.asarray(x))
    close(found["maps"], maps)
    close(found["pooled"], pooled)
    close(found["z"], z)
    close(found["a"], softmax(z, axis=0))
    assert found["answer"] == np.argmax(z)


def agree_with_python(source, x, digit):
    found, figure = call(source, "compute", state(x, digit)), Digits(x=x, digit=digit)
    for name in ("z", "a", "gradient", "answer"):
        close(found[name], getattr(figure, name))


def agree_on_the_gradient(source, x, digit):
    """A small change of a pixel changes the score by the gradient, on drawings in which no two numbers are tied."""
    x = 0.9 * np.asarray(x) + 0.1 * np.random.default_rng(8).uniform(size=(8, 8))
    found = np.array(call(source, "compute", state(x, digit))["gradient"])
    if digit == "none":
        assert not found.any()
        return
    for i, j in [(0, 0), (0, 7), (3, 4), (4, 2), (7, 5), (6, 7)]:
        step = np.zeros((8, 8))
        step[i, j] = 1e-7
        slope = (layers(x + step)[2] - layers(x - step)[2])[int(digit), 0] / 2e-7
        assert found[i, j] == pytest.approx(slope, rel=1e-6, abs=1e-6), (i, j)


def agree_on_what_is_shown(source, x, digit):
    text = call(source, "body", state(x, digit))
    found = call(source, "compute", state(x, digit))
    cells = {}
    for name, i, j, value in re.findall(r'data-name="(\w+)" data-row="(\d)" data-column="(\d)"[^>]*data-value="([^"]*)"', text):
        cells.setdefault(name, {})[int(i), int(j)] = float(value)
    assert set(cells) == {"x", "z", "a"} | ({"gradient"} if digit != "none" else set())
    for name, numbers in cells.items():
        expected = np.asarray(x) if name == "x" else np.array(found[name])
        assert len(numbers) == expected.size
        assert all(expected[place] == value for place, value in numbers.items())
    assert float(re.search(r'data-number="answer" data-value="([^"]*)"', text)[1]) == found["answer"]
    bars = [float(width) for width in re.findall(r'style="width:([\d.]+)%"', text)]
    assert bars == pytest.approx([100 * share for share, in found["a"]], abs=0.06)
    assert text.count('class="share answer"') == 1
    alive = int(re.search(r"(\d+) of them find something", text)[1])
    assert alive == sum(np.max(plane) > 0 for plane in found["maps"])


def agree_on_the_pictures(source, x, digit):
    """A filter is drawn with its own kernel, map and pooled plane: the deeper, the larger; a stroke where it is negative."""
    text = call(source, "body", state(x, digit))
    found = call(source, "compute", state(x, digit))
    drawn = re.findall(r'<svg class="plane q-(\w)".*?</svg>', text, re.DOTALL)
    assert drawn == ["W", "a", "a"] * len(KERNELS)
    pictures = [match[0] for match in re.finditer(r'<svg class="plane.*?</svg>', text, re.DOTALL)]
    planes = [plane for k, kernel in enumerate(KERNELS) for plane in (kernel[0], found["maps"][k], found["pooled"][k])]
    for picture, plane in zip(pictures, planes, strict=True):
        plane = np.array(plane)
        depth = np.zeros(plane.shape)
        for level, path in re.findall(r'class="depth-(\d)" d="([^"]*)"', picture):
            for j, i in re.findall(r"M(\d) (\d)h1", path):
                depth[int(i), int(j)] = int(level)
        order = np.argsort(np.abs(plane), axis=None)
        assert np.all(np.diff(depth.ravel()[order]) >= 0)
        assert np.array_equal(depth > 0, plane != 0)
        strokes = re.search(r'class="strokes" d="([^"]*)"', picture)[1]
        assert strokes.count("M") == np.sum(plane < 0)


def ways(x, digit, i, j):
    """All ways from a pixel to the score of a digit: filter, weight of the kernel, weight of the last layer, whether it is open."""
    for k, kernel in enumerate(KERNELS):
        z = correlate2d(x, kernel[0], mode="same") + BIASES[k]
        for row, column in np.ndindex(8, 8):
            if abs(row - i) <= 1 and abs(column - j) <= 1:
                m, n = row // 2, column // 2
                window = np.maximum(z, 0)[2 * m:2 * m + 2, 2 * n:2 * n + 2]
                first = np.argmax(window) == 2 * (row % 2) + column % 2
                yield k, kernel[0][i - row + 1][j - column + 1], WEIGHTS[digit].reshape(-1, 4, 4)[k, m, n], first and z[row, column] > 0


def agree_on_the_question(source, x, digit):
    """Of three answers one is right: what more ink on the pixel does to the score of the answer. To the others the reply
    names the ways that were overlooked."""
    for entry in ("x_11", "x_45", "x_83", "x_26", "x_54"):
        i, j = int(entry[2]) - 1, int(entry[3]) - 1
        now = state(x, digit, entry)
        answer = call(source, "compute", now)["answer"]
        slope = Digits(x=x, digit=str(answer)).gradient[i][j]
        asked = call(source, "asked", now)
        assert f"row {entry[2]}, column {entry[3]}" in asked and f"score of {answer}?" in asked
        replies = {choice: re.sub("<[^>]*>", "", call(source, "judge", now, str(choice))) for choice in (1, -1, 0)}
        right, = [choice for choice, reply in replies.items() if "Right." in reply]
        assert right == np.sign(slope)
        found = list(ways(np.asarray(x), answer, i, j))
        is_open = [way for way in found if way[3]]
        assert sum(kernel * last for _, kernel, last, _ in is_open) == slope
        agree_on_the_slips(source, {choice: reply for choice, reply in replies.items() if choice != right}, found, is_open,
                           np.asarray(x)[i, j])


def agree_on_the_slips(source, replies, found, is_open, ink):
    """What a reply to a wrong choice tells, with its numbers, is so, and leads to that choice."""
    def shown(number):
        return call(source, "format", float(number))

    through = [sum(kernel * last for k, kernel, last, _ in is_open if k == number) for number in range(len(KERNELS))]
    for choice, reply in replies.items():
        slip = re.match(r"Not quite\. (.*?) The slope there is", reply)[1]
        followed, missed = [part for part in through if part * choice > 0], [part for part in through if part * choice < 0]
        opened = f"of {len(found)} ways to the score {'one is' if len(is_open) == 1 else f'{len(is_open)} are'} open"
        if sum(through) == 0:
            assert slip == f"You followed some of its ways: {opened}, but together they have the slope 0."
        elif choice == 0:
            assert ("looked at the ink that is there, which is 0" in slip) == (ink == 0)
            assert slip.endswith(f": {opened}.")
        elif followed:
            numbers = re.search(r"followed the (\d+) filters? that (raise|lower)s? it, with the slope (\S+)\. But (\d+) others? (?:raise|lower)s? "
                                r"it, with (\S+), and that outweighs", slip).groups()
            assert numbers == (str(len(followed)), "raise" if choice == 1 else "lower", shown(sum(followed)), str(len(missed)), shown(sum(missed)))
        else:
            kernels = sum(kernel for _, kernel, _, _ in is_open)
            assert ("the kernels alone" in slip) == (np.sign(kernels) == choice)
            assert (f"add up to {shown(kernels)}." in slip) != (f"looked for a filter that {['lowers', 'raises'][choice == 1]} it" in slip)
            assert slip.endswith(("the only one that counts {}s it." if len(missed) == 1 else f"all {len(missed)} that count {{}} it.").format(
                "lower" if choice == 1 else "raise"))


def agree_on_the_pen(source, x, digit):
    """Ink spreads round the pen and is never lost; the eraser takes the pixels that it passes, and no others."""
    x = np.asarray(x, float)
    for start, end in [((1.5, 2.5), (1.5, 2.5)), ((0.5, 0.5), (6.5, 3.5)), ((7.9, 7.2), (2.1, 7.2)), ((4.0, 1.0), (4.0, 6.9))]:
        after = np.array(call(source, "stroke", x.tolist(), start, end, False))
        assert np.all(after >= x) and np.max(after) <= 1
        along = [np.add(np.multiply(start, 1 - t), np.multiply(end, t)) for t in np.linspace(0, 1, 400)]
        for i, j in np.ndindex(8, 8):
            distance = min(np.hypot(j + 0.5 - u, i + 0.5 - v) for u, v in along)
            ink = max(x[i, j], min(1, max(0, 1.3 - distance)))
            assert after[i, j] == pytest.approx(ink, abs=0.04)
        erased = np.array(call(source, "stroke", x.tolist(), start, end, True))
        passed = {(int(v), int(u)) for u, v in along}
        for i, j in np.ndindex(8, 8):
            assert erased[i, j] == x[i, j] or (erased[i, j] == 0 and (i, j) in passed)
        for u, v in (start, end):
            assert erased[int(v), int(u)] == 0


AGREEMENTS = [agree_on_the_layers, agree_with_python, agree_on_the_gradient, agree_on_what_is_shown, agree_on_the_pictures,
              agree_on_the_question, agree_on_the_pen]


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=lambda agreement: agreement.__name__)
def test_the_browser_computes_what_python_and_scipy_compute(agreement):
    for point in POINTS:
        agreement(script("digits"), *point)


MUTANTS = [  # what stands there, what a slip would make of it
    ("step / 2 ** power", "step / 2 ** (power + 1)"),
    ("flat.slice(k * size, (k + 1) * size)", "flat.slice(k * size, k * size + 1)"),
    ("kernel[p + 1][q + 1] * (x[i + p]", "kernel[q + 1][p + 1] * (x[i + p]"),
    ("kernel[p + 1][q + 1] * (x[i + p]", "kernel[1 - p][1 - q] * (x[i + p]"),
    ("(x[i + p]?.[j + q] ?? 0)", "(x[i + p]?.[j + q] ?? 1)"),
    ("met(kernel, i, j) + BIASES[k]", "met(kernel, i, j) - BIASES[k]"),
    ("Math.max(score, 0)", "Math.abs(score)"),
    ("map[place[0]][place[1]] > map[best[0]][best[1]]", "map[place[0]][place[1]] < map[best[0]][best[1]]"),
    ("[2 * i + p, 2 * j + q]", "[2 * i + q, 2 * j + p + 0 * (i + j) - (p && !q ? 1 : 0)]"),
    ("[2 * i + p, 2 * j + q]", "[i + p, j + q]"),
    ("weights[k] * a) + LAST[d][0]", "weights[k] * a)"),
    ("pooled.flat(2)", "[...pooled].reverse().flat(2)"),
    ("Math.exp(score - largest)", "Math.exp(score / largest)"),
    ("share / total(e, (other) => other)", "share / Math.max(...e)"),
    ("z.indexOf(Math.max(...z))", "z.indexOf(Math.min(...z))"),
    ("filtered[k][row][column] <= 0", "filtered[k][row][column] >= 0"),
    ("if (filtered[k][row][column] <= 0) return;", ""),
    ("WEIGHTS[digit][(k * POOLED + i) * POOLED + j]", "WEIGHTS[digit][(k * POOLED + j) * POOLED + i]"),
    ("delta * KERNELS[k][0][p + 1][q + 1]", "delta * KERNELS[k][0][1 - p][1 - q]"),
    ("delta * KERNELS[k][0][p + 1][q + 1]", "-delta * KERNELS[k][0][p + 1][q + 1]"),
    ("gradient[row + p][column + q] += delta", "gradient[row + p][column + q] = delta"),
    ("scoreGradient(x, Number(digit))", "scoreGradient(x, (Number(digit) + 1) % 10)"),
    ("a[d][0]).toFixed(1)", "z[d][0]).toFixed(1)"),
    ("share${d === answer ? \" answer\" : \"\"}", "share${d >= answer ? \" answer\" : \"\"}"),
    ('data-name="z" data-row="${d}" data-column="0" data-value="${z[d][0]}"', 'data-name="z" data-row="${d}" data-column="0" data-value="${a[d][0]}"'),
    ("picture(pooled[k], \"a\")", "picture(pooled[0], \"a\")"),
    ("picture(KERNELS[k][0], \"W\")", "picture(KERNELS[0][0], \"W\")"),
    ("filter(([x]) => x < 0 && depth(x))", "filter(([x]) => x > 0 && depth(x))"),
    ("Math.ceil(8 * squeeze(Math.abs(x)))", "Math.floor(8 * squeeze(Math.abs(x)))"),
    ("`M${j} ${i}h1v1h-1z`", "`M${i} ${j}h1v1h-1z`"),
    ("row.some((x) => x > 0)", "row.some((x) => x >= 0)"),
    ("scoreGradient(x, answer)[i][j]", "scoreGradient(x, answer)[j][i]"),
    ("String(Math.sign(slope)) === answered", "String(-Math.sign(slope)) === answered"),
    ("row: i - p, column: j - q, weight", "row: i + p, column: j + q, weight"),
    ("chosen(maps[k], m, n).join() === ", "chosen(maps[0], m, n).join() === "),
    ("part: weight * WEIGHTS[digit]", "part: -weight * WEIGHTS[digit]"),
    ("[(k * POOLED + m) * POOLED + n]", "[(k * POOLED + n) * POOLED + m]"),
    ("open: filtered[k][row][column] > 0 && ", "open: "),
    ("way.open", "!way.open"),
    ("if (slope === 0) return", "if (slope === 1) return"),
    ("ink === 0 ? \"You looked", "ink !== 0 ? \"You looked"),
    ("way.k === k", "way.k <= k"),
    ("[Number(answered), -Number(answered)]", "[-Number(answered), Number(answered)]"),
    ('answered === "1" ? ["raise", "lower"]', 'answered === "-1" ? ["raise", "lower"]'),
    ("String(Math.sign(kernels)) === answered", "String(Math.sign(kernels)) !== answered"),
    ("total(open, ({ weight }) => weight)", "total(all, ({ weight }) => weight)"),
    ("Number(entry[2]) - 1, Number(entry[3]) - 1", "Number(entry[3]) - 1, Number(entry[2]) - 1"),
    ("`pixel in row ${i + 1}, column ${j + 1}`", "`pixel in row ${j + 1}, column ${i + 1}`"),
    ("Math.max(x, Math.round(100", "Math.min(x, Math.round(100"),
    ("Math.hypot(j + 0.5 - u, i + 0.5 - v)", "Math.hypot(i + 0.5 - u, j + 0.5 - v)"),
    ("Math.hypot(j + 0.5 - u, i + 0.5 - v)", "Math.hypot(j - u, i - v)"),
    ("c + (k / count) * (to[axis] - c)", "c + (to[axis] - c)"),
    ("Math.floor(u) === j && Math.floor(v) === i ? 0 : ink", "Math.floor(v) === j && Math.floor(u) === i ? 0 : ink"),
    ("Math.max(1, Math.ceil(4 *", "Math.max(1, Math.ceil(0.4 *"),
]


@pytest.mark.thorough
def test_every_wrong_sign_and_index_is_noticed(told):
    notices_every_slip("digits", MUTANTS, AGREEMENTS, POINTS, told)


# Seen from Python


@pytest.fixture
def figure():
    return Digits()


def test_all_follows_whatever_is_assigned(figure):
    for image in examples():
        figure.x = image
        z = layers(image)[2]
        close(figure.z, z)
        assert figure.answer == np.argmax(z) and sum(share for share, in figure.a) == pytest.approx(1)
    figure.digit = "4"
    assert np.any(figure.gradient)
    figure.digit = "none"
    assert not np.any(figure.gradient)


def test_a_slider_moves_one_pixel(figure):
    figure.entry, figure.value = "x_12", 0.25
    assert figure.x[0][1] == 0.25
    figure.x = np.full((8, 8), 0.5)
    assert figure.value == 0.5


@pytest.mark.parametrize("name, wrong, words", [
    ("x", np.zeros((8, 7)), r"x has shape \(8, 7\); in this figure it keeps its shape \(8, 8\)"),
    ("x", np.full((8, 8), 1.5), r"x\[0, 0\] is 1.5; it needs to lie between 0 and 1"),
    ("x", np.full((8, 8), -0.1), r"x\[0, 0\] is -0.1; it needs to lie between 0 and 1"),
    ("x", np.full((8, 8), np.nan), r"x\[0, 0\] is nan"),
    ("x", "digit", "x has type str"),
    ("value", 1.01, "value is 1.01; it needs to lie between 0 and 1"),
    ("entry", "x_91", "entry is 'x_91'; it needs to be one of x_11"),
    ("digit", "10", "digit"),
    ("digit", 3, "digit"),
    ("z", [[0.0]] * 10, "read-only"),
])
def test_what_cannot_be_shown_is_refused_in_words_and_nothing_changes(figure, name, wrong, words):
    before = figure.get_state()
    with pytest.raises(TraitError, match=words):
        setattr(figure, name, wrong)
    assert figure.get_state() == before


def test_a_drawing_of_another_size_is_not_made():
    with pytest.raises(TraitError, match=r"x has shape \(2, 2\); it needs shape \(8, 8\)"):
        Digits(x=np.zeros((2, 2)))


def test_repr_makes_the_figure_again_and_its_title_says_what_is_read(figure):
    figure.digit = "8"
    again = eval(repr(figure), {"Digits": Digits})
    assert (again.x, again.digit, again.z) == (figure.x, figure.digit, figure.z)
    assert again.title() == f"A network that reads digits: it says {figure.answer}"
