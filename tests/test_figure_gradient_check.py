"""Figure 8 computes in the browser what `mathref` computes in Python, as closely as rounding lets two machines agree; seen
from Python, everything follows whatever moves.

What is well conditioned agrees to 1e-12: C, its derivatives, the complex step, the estimates. A difference quotient is not:
it multiplies the last digits of two costs by 1/h. Browser and Python form the same w ± h and the same z = w x + b, bit by
bit; their σ may differ by a few units in the last place, so the quotients by that over h, and no more. For the identity
there is nothing to differ, and they are equal in every bit.
"""

import re
from decimal import Decimal
from math import inf, log10

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from traitlets import TraitError

from javascript import call, notices_every_slip
from mathref import activations, gradcheck
from mathref.widgets import GradientCheck
from mathref.widgets.figure import script

NAMES = ("sigmoid", "tanh", "softplus", "identity")
EPSILON = 2.0**-53
QUOTIENTS = ("forward", "central", "complex")


def state(w, x, b, y, exponent, activation, entry="exponent_1"):
    numbers = {"w": w, "x": x, "b": b, "y": y, "exponent": exponent}
    return {**{name: [[float(number)]] for name, number in numbers.items()}, "activation": activation, "entry": entry,
            "bound": 10.0}


def cost(w, x, b, y, activation):
    """C by NumPy alone but for σ, for a real or a complex w."""
    return (activations.by_name(activation)(w * x + b) - y)**2 / 2


def close(found, expected, size):
    """Whether two numbers agree to 1e-12 of the size of what they were computed from."""
    assert abs(found - expected) <= 1e-12 * size + 1e-250, (found, expected, size)


def third_derivative(f, z, radius=0.5, points=32):
    """f'''(z) of an analytic f by Cauchy's formula: the mean over a circle around z. Also the largest |f'| on it."""
    turn = np.exp(2j * np.pi * np.arange(points) / points)
    prime = f.prime(z + radius * turn)
    return np.mean(prime * turn**-2).real * 2 / radius**2, np.max(np.abs(prime))


def agree_on_sigma(source, w, x, b, y, exponent, activation):
    """σ of a complex number, down to imaginary parts that are far below the rounding of the real one."""
    sigma, z = activations.by_name(activation), w * x + b
    for imaginary in (10**exponent * x, 1e-20, 0.9, -0.4):
        found, expected = call(source, f"complexActivations.{activation}", [z, imaginary]), sigma(complex(z, imaginary))
        close(found[0], expected.real, abs(expected))
        close(found[1], expected.imag, max(abs(expected.imag), abs(imaginary) * abs(expected) * (abs(imaginary) > 0.1)))
    one, two, three = call(source, f"slopes.{activation}", z)
    true, size = third_derivative(sigma, z)
    close(one, sigma.prime(z), sigma.prime(z))
    close(two, gradcheck.complex_step(sigma.prime, z) if activation != "identity" else 0, size)
    close(three, true, size)


def agree_on_derivatives(source, w, x, b, y, exponent, activation):
    sigma, z = activations.by_name(activation), w * x + b
    found = call(source, "compute", state(w, x, b, y, exponent, activation))
    size = abs(sigma(z)) + abs(y)
    assert found["h"] == 10.0**exponent
    close(found["cost"], cost(w, x, b, y, activation), size**2)
    slope = np.imag(cost(w + 1e-30j, x, b, y, activation)) / 1e-30
    close(found["gradient"], slope, abs(x) * sigma.prime(z) * size)
    second, third = call(source, "derivatives", dict(w=w, x=x, b=b, y=y, activation=activation))[1:]
    one, (three, largest) = sigma.prime(z), third_derivative(sigma, z)
    two = gradcheck.complex_step(sigma.prime, z) if activation != "identity" else 0.0
    close(second, x**2 * (one**2 + (sigma(z) - y) * two), x**2 * largest * (largest + size))
    close(third, x**3 * (3 * one * two + (sigma(z) - y) * three), abs(x)**3 * largest * (3 * largest + size))


def rounding_bound(w, x, b, y, h, activation):
    """How much the quotients of two machines may differ that agree on σ but for two units in the last place."""
    a = np.array([activations.by_name(activation)((w + step) * x + b) for step in (-h, 0, h)])
    return np.max(np.abs(a - y) * 4 * EPSILON * np.abs(a) + 4 * EPSILON * (a - y)**2) * 2 / h


def allowances(figure):
    """By how much browser and Python may differ in each trait of a figure that is made of differences."""
    w, x, b, y = (getattr(figure, name)[0][0] for name in "wxby")
    bound = rounding_bound(w, x, b, y, figure.h, figure.activation)
    relative = 2 * bound / max(abs(figure.gradient), 1e-8)
    return {"forward": bound, "central": bound, "forward_error": relative, "central_error": relative}


def agree_on_quotients(source, w, x, b, y, exponent, activation):
    h, sigma = 10.0**exponent, activations.by_name(activation)
    found = call(source, "quotients", dict(w=w, x=x, b=b, y=y, activation=activation), h)

    def C(w):
        return cost(w, x, b, y, activation)

    expected = {"forward": (C(w + h) - C(w)) / ((w + h) - w), "central": (C(w + h) - C(w - h)) / ((w + h) - (w - h))}
    for name, slope in expected.items():
        assert abs(found[name] - slope) <= (0 if activation == "identity" else rounding_bound(w, x, b, y, h, activation))
    a = sigma(complex(w * x + b, h * x))
    close(found["complex"], C(complex(w, h)).imag / h, (abs(a) + abs(y)) * abs(a.imag) / h)


def agree_on_errors(source, w, x, b, y, exponent, activation):
    """Each error is that of its own quotient; the estimates are those of C and C'''; the best step is the best."""
    found = call(source, "compute", state(w, x, b, y, exponent, activation))
    for name in QUOTIENTS:
        close(found[f"{name}_error"], gradcheck.relative_error(found[name], found["gradient"]), 1)
    third = call(source, "derivatives", dict(w=w, x=x, b=b, y=y, activation=activation))[2]
    h = found["h"]
    close(found["truncation"], h**2 * abs(third) / 6, found["truncation"])
    close(found["rounding"], 2.0**-53 * found["cost"] / h, found["rounding"])

    def total(exponent):
        return abs(third) / 6 * 100**exponent + EPSILON * found["cost"] / 10**exponent

    ends = -15, -1
    assert ends[0] <= found["best"] <= ends[1]
    if found["cost"] or third:
        for other in (found["best"] - 0.02, found["best"] + 0.02):
            assert total(found["best"]) <= total(other) or not ends[0] <= other <= ends[1]


def agree_on_the_curves(source, w, x, b, y, exponent, activation):
    """The curves and the lines of the estimates over all steps, and where the points of this step are drawn."""
    now = state(w, x, b, y, exponent, activation)
    curves = call(source, "errors", now)
    found = call(source, "compute", now)
    gradient = found["gradient"]
    for name in QUOTIENTS:
        assert [e for e, _ in curves[name]] == np.arange(-15, -0.9, 0.25).tolist()
        for e, error in curves[name][::7]:
            there = call(source, "compute", state(w, x, b, y, e, activation))
            assert error == there[f"{name}_error"]
    for name, power, here in (("truncation", 2, found["truncation"]), ("rounding", -1, found["rounding"])):
        for e, error in curves[name]:
            line = here * 10**(power * (e - exponent)) / max(abs(gradient), 1e-8)
            assert error == pytest.approx(line, rel=1e-9, abs=1e-300)
    drawn = call(source, "plot", now)
    circles = {name: (float(x), float(y)) for name, x, y in re.findall(
        r'<circle class="(\w+)"[^>]* cx="([^"]*)" cy="([^"]*)"', drawn)}
    for name in QUOTIENTS:
        error = found[f"{name}_error"]
        height = 352 - 326 * (np.clip(log10(error) if error else -inf, -16.5, 0.5) + 16.5) / 17
        assert circles[name] == pytest.approx((74 + 552 * (exponent + 15) / 14, height), abs=0.06)
    best = float(re.search(r'class="best" d="M([\d.]+)', drawn)[1])
    assert best == pytest.approx(74 + 552 * (found["best"] + 15) / 14, abs=0.06)
    now = float(re.search(r'class="now" d="M([\d.]+)', drawn)[1])
    assert now == pytest.approx(74 + 552 * (exponent + 15) / 14, abs=0.06)


def agree_on_what_is_written(source, w, x, b, y, exponent, activation):
    """All sixteen digits, cut at the first that is wrong; and every number of the figure, under its name."""
    now = state(w, x, b, y, exponent, activation)
    found = call(source, "compute", now)
    text = call(source, "body", now)
    shown = {name: float(value) for name, value in re.findall(r'data-number="(\w+)" data-value="([^"]*)"', text)}
    assert shown == found
    rows = {name: (right, wrong) for name, right, wrong in re.findall(
        r'data-number="(\w+)" data-value="[^"]*">([^<]*)<u>([^<]*)</u>', text)}
    assert rows["gradient"][1] == ""
    for name in QUOTIENTS:
        right, wrong = rows[name]
        assert float((right + wrong).replace("−", "-")) == pytest.approx(found[name], rel=1e-14, abs=1e-14 * abs(
            found["gradient"]) if found["gradient"] else 1e-14)
        told = int(re.search(rf'class="quotient {name}"[^>]*digits that are right: (\d+)', text)[1])
        off, whole = Decimal(abs(found[name] - found["gradient"])), right + wrong
        last = Decimal(10)**(len(right.partition(".")[2].partition("e")[0]) * -1 + int(whole.partition("e")[2].replace("−", "-") or 0))
        if "." in right and wrong:  # right to half a unit of the last right digit, and not to half of one of the next
            assert off <= last / 2 * Decimal(1.001) and off >= last / 20 * Decimal(0.999)
        first = Decimal(abs(found["gradient"])).adjusted() if found["gradient"] else 0
        assert told == 16 or Decimal(10)**(first - told) / 20 <= off * Decimal(1.001) or told == 0
        assert told == 0 or off <= Decimal(10)**(first + 1 - told) / 2 * Decimal(1.001)
    note = text.split('class="note"')[1]
    is_best = exponent == found["best"] and (found["truncation"], found["rounding"]) != (0, 0)
    assert ("No other step does better" in note) == is_best
    if found["truncation"] and found["rounding"] and not is_best:
        for words, factor in (("a smaller step", 0.3), ("a larger step", 3)):
            better = found["truncation"] * factor**2 + found["rounding"] / factor < found["truncation"] + found["rounding"]
            assert better or words not in note
            much = found["truncation"] * factor**2 + found["rounding"] / factor < (found["truncation"] + found["rounding"]) / 9
            assert not much or words in note or factor == 3 and "about as large" in note
    assert ("nothing is cut off" in note) == (found["truncation"] == 0 and found["rounding"] != 0 and not is_best)


def plain(reply):
    return re.sub(r"<[^>]*>", "", reply)


def agree_on_the_question(source, w, x, b, y, exponent, activation):
    """The reply calls right what both estimates say of a tenth of h, and of the others what a difference of C says."""
    found = call(source, "compute", state(w, x, b, y, exponent, activation))
    before, after = (found["truncation"] * t**2 + found["rounding"] / t for t in (1, 0.1))
    right = {"exponent": int(np.sign(after - before))}
    numbers = {"w": w, "x": x, "b": b, "y": y}
    for name, number in numbers.items():
        slope = gradcheck.complex_step(lambda moved: cost(**{**numbers, name: moved}, activation=activation), number)
        away = [cost(**{**numbers, name: number + step}, activation=activation) for step in (-0.1, 0.1)]
        bottom = found["cost"] == 0 and min(away) > 0
        right[name] = 1 if bottom else int(np.sign(slope)) if abs(slope) > 1e-9 or slope == 0 else None
    for name, sign in right.items():
        replies = {choice: plain(call(source, "judge", state(w, x, b, y, exponent, activation, f"{name}_1"), str(choice)))
                   for choice in (1, -1, 0)}
        if sign is not None:
            assert [choice for choice in replies if "Right" in replies[choice]] == [sign], name
        if name == "exponent":
            estimates = {1: ("rounding", "C is 0"), -1: ("truncation", "C‴ is 0")}
            for choice in {1, -1} - {sign}:
                error, none = estimates[choice]
                assert f"thought of {error}" in replies[choice]
                assert (none in replies[choice]) == (found[error] == 0) and ("alone" in replies[choice]) == (found[error] != 0)
        elif sign is not None:
            slope = gradcheck.complex_step(lambda moved: cost(**{**numbers, name: moved}, activation=activation), numbers[name])
            told = float(re.search(r"= (−?[\d.]+(?:e−?\d+)?): when", replies[1])[1].replace("−", "-"))
            assert told == pytest.approx(slope, abs=0.0051)
            agree_on_the_slips(source, name, {choice: reply for choice, reply in replies.items() if choice != sign}, numbers, activation)


def agree_on_the_slips(source, name, replies, numbers, activation):
    """What a reply to a wrong choice names, with its number, makes just that choice; and it is no more than was asked about."""
    w, x, b, y = numbers.values()
    sigma, z = activations.by_name(activation), w * x + b
    miss = sigma(z) - y
    factors = {"w": {"σ′(z)": sigma.prime(z), "x": x}, "x": {"σ′(z)": sigma.prime(z), "w": w}, "b": {"σ′(z)": sigma.prime(z)}, "y": {}}[name]

    def shown(text, number):
        return f"{text} = {call(source, 'format', float(number))}"

    for choice, reply in replies.items():
        slip = re.match(r"Not quite\. (.*?\.) ∂C/∂", reply)[1]
        zero = [text for text, number in factors.items() if number == 0]
        both = {1: shown("a − y", miss), -1: shown("y − a", -miss)}
        if miss == 0:
            expected = f"{shown(zero[0], 0)} lets nothing through" if zero else {0: "the bottom", -1: "no square is less"}[choice]
        elif zero:
            expected = f"You took the sign of {both[choice * np.sign(miss)]} alone, but {shown(zero[0], 0)} lets nothing through."
        elif choice == 0:
            expected = f"only {both[1]} stands between" if name == "y" else ", ".join(
                [f"You took one of the factors for 0, but {both[1]}", *(shown(*one) for one in factors.items())]) + "."
        else:  # with one sign turned the slope has the sign that was chosen
            minus = [shown(*one) for one in factors.items() if one[1] < 0]
            named = (miss if name == "y" or minus else -miss)
            assert np.sign(named) == choice
            expected = (f"You took the sign of {both[1]}, but there y has a minus." if name == "y"
                        else f"You took the sign of {both[1]} alone, and left out the factor {minus[0]}, which turns it." if minus
                        else f"You took the sign of {both[-1]}, target minus answer. In the slope stands {both[1]}.")
        assert expected in slip, (name, choice, slip, expected)


AGREEMENTS = (agree_on_sigma, agree_on_derivatives, agree_on_quotients, agree_on_errors, agree_on_the_curves,
              agree_on_what_is_written, agree_on_the_question)


def grid():
    """Neurons of every σ, with a step in each of the two parts of the V and one between; one saturated, one at its target."""
    steps = ((-1, -7.5), (-2.5, -11), (-5.25, -15), (-4, -9))
    for activation, exponents in zip(NAMES, steps):
        for k, exponent in enumerate(exponents):
            yield 0.6 + k, 1.5 - 2.1 * k, -0.2 + 0.5 * k, 1.0 - 0.3 * k, float(exponent), activation
    yield 0.6, 1.5, -0.2, 1.0, -4.65, "sigmoid"
    yield 5.0, 8.0, 1.0, 0.5, -3.0, "sigmoid"
    yield 1.0, 0.0, 0.5, -1.0, -3.0, "tanh"
    yield 1.0, 2.0, 0.5, 2.5, -6.0, "identity"
    yield 0.0, 0.0, 0.5, 0.5, -6.0, "identity"
    yield 1.0, -2.0, 0.5, -1.0, -6.0, "identity"


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=lambda agreement: agreement.__name__)
def test_browser_and_python_agree_over_a_grid(agreement):
    for point in grid():
        agreement(script("gradient_check"), *point)


numbers = st.floats(-10, 10)
points = st.tuples(numbers, numbers, numbers, numbers, st.floats(-15, -1), st.sampled_from(NAMES))


@settings(max_examples=40)
@given(points)
def test_browser_and_python_agree_on_any_state(point):
    for agreement in (agree_on_derivatives, agree_on_quotients, agree_on_errors):
        agreement(script("gradient_check"), *point)
    drawn = call(script("gradient_check"), "markup", state(*point))
    assert not re.search("NaN|Infinity|undefined", drawn)


@settings(max_examples=40)
@given(points)
def test_the_traits_are_what_the_browser_computes(point):
    w, x, b, y, exponent, activation = point
    figure = GradientCheck([[w]], [[x]], [[b]], [[y]], [[exponent]], activation)
    found = call(script("gradient_check"), "compute", state(*point))
    assert all(figure.has_trait(name) for name in found)
    sigma, z = activations.by_name(activation), w * x + b
    size = abs(sigma(z)) + abs(y)
    for name in ("forward", "central"):
        bound = 0 if activation == "identity" else rounding_bound(w, x, b, y, figure.h, activation)
        assert abs(getattr(figure, name) - found[name]) <= bound
    for name in ("cost", "rounding"):
        close(getattr(figure, name), found[name], size**2 * (EPSILON / figure.h if name == "rounding" else 1))
    close(figure.gradient, found["gradient"], abs(x) * sigma.prime(z) * size)
    largest = third_derivative(sigma, z)[1]
    close(figure.truncation, found["truncation"], figure.h**2 * abs(x)**3 * largest * (3 * largest + size))
    a = sigma(complex(z, figure.h * x))
    close(figure.complex, found["complex"], (abs(a) + abs(y)) * abs(a.imag) / figure.h)
    if figure.truncation > 1e-3 * figure.h**2 * abs(x)**3 * largest**2 and figure.cost > 1e-3 * size**2:
        assert figure.best == pytest.approx(found["best"], abs=1e-8)


MUTANTS = [  # what stands there, what a slip would make of it
    ("(a * c + b * d) / (c * c + d * d), (b * c - a * d)", "(a * c + b * d) / (c * c + d * d), (b * c + a * d)"),
    ("(a * c + b * d) / (c * c", "(a * c - b * d) / (c * c"),
    ("a < 0 ? size * Math.sin(b) : -size * Math.sin(b)", "size * Math.sin(b)"),
    ("z[0] < 0 ? [a, b] : [1, 0], [1 + a, b]", "[1, 0], [1 + a, b]"),
    ("Math.cosh(2 * a) + Math.cos(2 * b)", "Math.cosh(2 * a) - Math.cos(2 * b)"),
    ("Math.sin(2 * b) / below", "Math.sin(b) / below"),
    ("Math.log1p(a * (2 + a) + b * b) / 2", "Math.log1p(a * (2 + a) - b * b) / 2"),
    ("d + Math.atan2(b, 1 + a)", "d - Math.atan2(b, 1 + a)"),
    ("slope * (1 - 2 * s), slope * (1 - 6 * slope)", "slope * (1 + 2 * s), slope * (1 - 6 * slope)"),
    ("slope * (1 - 2 * s), slope * (1 - 6 * slope)", "slope * (1 - 2 * s), slope * (1 - 4 * slope)"),
    ("const slope = 4 * sigmoid(2 * z).slope", "const slope = 2 * sigmoid(2 * z).slope"),
    ("[slope, -2 * Math.tanh(z) * slope,", "[slope, 2 * Math.tanh(z) * slope,"),
    ("slope * (4 - 6 * slope)", "slope * (4 - 5 * slope)"),
    ("return [s, slope, slope * (1 - 2 * s)]", "return [s, slope, slope * (2 * s - 1)]"),
    ("identity: () => [1, 0, 0]", "identity: () => [1, 1, 0]"),
    ("- y) ** 2 / 2;", "- y) ** 2;"),
    ("(activations[activation](w * x + b) - y) ** 2", "(activations[activation](w * x - b) - y) ** 2"),
    ("return [delta * x,", "return [-delta * x,"),
    ("return [delta * x,", "return [delta,"),
    ("(3 * one * two + miss * three) * x ** 3", "(2 * one * two + miss * three) * x ** 3"),
    ("(3 * one * two + miss * three) * x ** 3", "(3 * one * two + miss * three) * x ** 2"),
    ("(one * one + miss * two) * x ** 2", "(one * one - miss * two) * x ** 2"),
    ("(C(above) - C(w)) / (above - w)", "(C(w) - C(below)) / (w - below)"),
    ("(C(above) - C(w)) / (above - w)", "(C(above) - C(w)) / h"),
    ("(C(above) - C(below)) / (above - below)", "(C(above) - C(below)) / h"),
    ("(C(above) - C(below)) / (above - below)", "(C(above) + C(below)) / (above - below)"),
    ("([w * x + b, h * x])", "([w * x + b, h])"),
    ("((real - y) * imaginary) / h", "((real + y) * imaginary) / h"),
    ("Math.max(Math.abs(a), Math.abs(b), SMALLEST)", "Math.max(Math.abs(b), SMALLEST)"),
    ("Math.max(Math.abs(a), Math.abs(b), SMALLEST)", "Math.max(Math.abs(a), Math.abs(b), 1e-300)"),
    ("(h ** 2 * Math.abs(third)) / 6", "(h ** 2 * Math.abs(third)) / 3"),
    ("(h ** 2 * Math.abs(third)) / 6", "(h * Math.abs(third)) / 6"),
    ("(ROUNDING * cost(neuron, neuron.w)) / h", "ROUNDING * cost(neuron, neuron.w) * h"),
    ("2 ** -53", "2 ** -52"),
    ("(3 * ROUNDING * cost(neuron, neuron.w)) / Math.abs(third)) / 3", "(3 * ROUNDING * cost(neuron, neuron.w)) / Math.abs(third)) / 2"),
    ("Math.log10((3 * ROUNDING *", "Math.log10((6 * ROUNDING *"),
    ("Math.abs(third) === 0 ? greatest", "Math.abs(third) === 0 ? least"),
    ("relativeError(found[name], gradient)])", "relativeError(found.central, gradient)])"),
    ("leading(exact) + 1 - off", "leading(exact) - off"),
    ("Math.log10(2 * Math.abs(x - exact))", "Math.log10(Math.abs(x - exact) / 2)"),
    ("(last < 0 ? 1 - last : -last)", "(last < 0 ? -last : -last)"),
    ("k + 1 - n - (fixed ? 0 : leading(x))", "k - n - (fixed ? 0 : leading(x))"),
    ("(exponent - LEAST)) / (GREATEST - LEAST))", "(exponent + LEAST)) / (GREATEST - LEAST))"),
    ("Math.min(CEILING, Math.max(FLOOR, y)) - FLOOR)", "Math.min(CEILING, Math.max(FLOOR, y)))"),
    ("relativeError(quotients(unit, h)[name], gradient))", "relativeError(quotients(unit, h).central, gradient))"),
    ("truncation / 100 + 10 * rounding", "truncation / 100 + 100 * rounding"),
    ("String(right) === choice", "String(-right) === choice"),
    ("x: slopes[unit.activation](z)[0]", "x: slopes[unit.activation](z)[1]"),
    ('{ w: "x", x: "w" }[name]', '{ w: "w", x: "x" }[name]'),
    ('name === "y" ? -miss.x : miss.x', "miss.x"),
    ("miss.x === 0 && !shut ? 1 : Math.sign(value)", "Math.sign(value)"),
    ("miss.x === 0 && !shut ? 1 : Math.sign(value)", "miss.x === 0 ? 1 : Math.sign(value)"),
    ("miss.x === 0 && !shut ? 1 : Math.sign(value)", "miss.x === 0 && !shut ? 1 : -Math.sign(value)"),
    ("String(Math.sign(miss.x)) === choice ? is(miss) : turned", "String(Math.sign(miss.x)) === choice ? turned : is(miss)"),
    ("factors.find(({ x }) => x < 0)", "factors.find(({ x }) => x > 0)"),
    ("x: -miss.x })", "x: miss.x })"),
    ('choice === "-1" && truncation === 0', 'choice === "1" && truncation === 0'),
    ('choice === "1" && rounding === 0', 'choice === "-1" && rounding === 0'),
    ('return choice === "-1"\n', 'return choice === "1"\n'),
    ("truncation > rounding\n", "truncation < rounding\n"),
    ("estimates(unit, h)[name] / Math.max(Math.abs(gradient), SMALLEST)", "estimates(unit, h)[name]"),
]


@pytest.mark.thorough
def test_every_wrong_sign_and_index_is_noticed(told):
    notices_every_slip("gradient_check", MUTANTS, AGREEMENTS, list(grid()), told)


# Seen from Python


@pytest.fixture
def figure():
    return GradientCheck()


def test_the_slopes_follow_whatever_is_assigned(figure):
    figure.w, figure.x, figure.b, figure.y = [[0.0]], [[2.0]], [[0.0]], [[1.0]]
    assert figure.cost == 0.125 and figure.gradient == -0.25
    figure.exponent = [[-5]]
    assert figure.central_error < 1e-9 < figure.forward_error < 1e-4
    figure.activation = "identity"
    assert figure.gradient == -2 and figure.truncation == 0 and figure.best == -1
    figure.y = [[0]]
    assert (figure.cost, figure.gradient, figure.rounding) == (0, 0, 0)


def test_the_value_of_the_exponent_may_go_below_minus_ten(figure):
    figure.value = -14.5
    assert figure.exponent == [[-14.5]] and figure.h == 10**-14.5


@pytest.mark.parametrize("name, wrong, words", [
    ("w", [[1, 2]], r"w has shape \(1, 2\); in this figure it keeps its shape \(1, 1\)"),
    ("x", [[10.5]], r"x\[0, 0\] is 10.5; it needs to lie between −10 and 10"),
    ("y", [[float("nan")]], r"y\[0, 0\] is nan"),
    ("exponent", [[-16]], r"exponent\[0, 0\] is -16; it needs to lie between −15 and −1"),
    ("exponent", [[0]], r"exponent\[0, 0\] is 0; it needs to lie between −15 and −1"),
    ("value", -0.5, "value is -0.5; it needs to lie between −15 and −1"),
    ("value", float("nan"), "value is nan"),
    ("entry", "h_1", "entry is 'h_1'; it needs to be one of w_1"),
    ("activation", "relu", "relu"),
    ("central", 1.0, "read-only"),
])
def test_what_cannot_be_shown_is_refused_in_words_and_nothing_changes(figure, name, wrong, words):
    before = figure.get_state()
    with pytest.raises(TraitError, match=words):
        setattr(figure, name, wrong)
    assert figure.get_state() == before


def test_a_figure_of_more_than_one_neuron_is_not_made():
    with pytest.raises(TraitError, match=r"w has shape \(1, 2\); it needs to be one number"):
        GradientCheck(w=[[1, 2]])


def test_repr_makes_the_figure_again_and_its_title_tells_the_state(figure):
    figure.exponent, figure.activation = [[-6]], "tanh"
    again = eval(repr(figure), {"GradientCheck": GradientCheck})
    assert (again.exponent, again.central) == (figure.exponent, figure.central)
    assert again.title() == "Gradient check: ∂C/∂w of one neuron with step 10^-6, σ = tanh"
    assert "tanh" in figure._repr_mimebundle_()[0]["text/plain"].splitlines()[0]
