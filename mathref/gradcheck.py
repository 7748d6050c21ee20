"""Gradients without backpropagation, to check it against: they need the function alone, no formula for its derivative.
"""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from typing import NamedTuple

import numpy as np

from mathref.arrays import array, finite, finite_result, nonnegative, same_shape

COMPLEX_STEP = 1e-30
"""h of the complex step. Nothing is subtracted, so it can be far below the rounding error of x."""


ROUNDING = 2.0**-53
"""ε: rounding to float64 moves a number by at most ε times its size."""

SMALL_STEP = 1e-8
"""A complex step that is no larger is exact to rounding: its error is of the order h²."""

SMALLEST_STEP = 1e-200
"""Below it h times a small derivative may be too small to be stored."""


@finite_result
def forward_difference(f, x, step=1e-8):
    """Return the gradient of f at x by (f(x + h) − f(x)) / h, one entry of x at a time.

    Its error is of the order h from the formula and, from rounding, 2 · 10⁻¹⁶ |f| / h: about 10⁻⁸ at best.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of x, returns a real scalar.
    x : array_like, any shape
        Real numbers. f gets them as float64.
    step : real number
        h, positive.

    Returns
    -------
    ndarray, as x
        ∂f/∂x in float64; a scalar for a scalar.

    Raises
    ------
    TypeError, ValueError, OverflowError
        As `central_difference`.
    """
    x = _real(x)
    step = nonnegative("step", step)

    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        x_plus = x.copy()
        x_plus[i] += step
        h = _felt(step, x, i, x_plus[i] - x[i])
        gradient[i] = (_real_value(f, x_plus) - _real_value(f, x.copy())) / h
    return gradient[()]


@finite_result
def central_difference(f, x, step=1e-5):
    """Return the gradient of f at x by (f(x + h) − f(x − h)) / 2h, one entry of x at a time.

    Its error is of the order h² from the formula and, from rounding, 10⁻¹⁶ |f| / h: about 10⁻¹⁰ for an f near 1.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of x, returns a real scalar.
    x : array_like, any shape
        Real numbers. f gets them as float64, since differences of float32 numbers keep hardly any digit.
    step : real number
        h, positive.

    Returns
    -------
    ndarray, as x
        ∂f/∂x in float64; a scalar for a scalar.

    Raises
    ------
    TypeError
        If f is not callable, x is not real, or f(x) is no real number.
    ValueError
        If an entry of x or a value of f is not finite, f(x) is no scalar, `step` is negative or not finite, or so
        small that it is lost beside an entry of x, or so large that their sum overflows.
    OverflowError
        If the gradient is too large for float64.
    """
    x = _real(x)
    step = nonnegative("step", step)

    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        x_plus, x_minus = x.copy(), x.copy()
        x_plus[i] += step
        x_minus[i] -= step
        two_h = _felt(step, x, i, x_plus[i] - x_minus[i])
        gradient[i] = (_real_value(f, x_plus) - _real_value(f, x_minus)) / two_h
    return gradient[()]


@finite_result
def complex_step(f, x, step=COMPLEX_STEP):
    """Return the gradient of f at x by Im f(x + ih) / h, one entry of x at a time.

    Exact to rounding for every h from 10⁻²⁰⁰ to 10⁻⁸, as no difference is taken [1]_. It needs an f that is analytic at x and carries the imaginary
    part from its argument to its value. An f that does not is refused: if it returns a real number, or if its values
    at two real points near x do not rise as the gradient says.

    Parameters
    ----------
    f : callable
        Takes a complex array of the shape of x, returns a complex scalar.
    x : array_like, any shape
        Real numbers. f gets them as complex128.
    step : real number
        h, at least 10⁻²⁰⁰. A large one has an error of the order h², like a central difference.

    Returns
    -------
    ndarray, as x
        ∂f/∂x in float64; a scalar for a scalar.

    Raises
    ------
    TypeError
        If f is not callable, x is not real, or f(x + ih) is no complex number.
    ValueError
        If an entry of x or a value of f is not finite, f(x + ih) is no scalar, f is not analytic at x, or `step` is
        less than 10⁻²⁰⁰ or not finite.
    OverflowError
        If the gradient is too large for float64.

    References
    ----------
    .. [1] W. Squire and G. Trapp, "Using complex variables to estimate derivatives of real functions",
       SIAM Review 40 (1998), 110-112.
    """
    x = _real(x)
    step = _positive(step, SMALLEST_STEP)

    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        x_plus_ih = x.astype(np.complex128)
        x_plus_ih[i] += 1j * step
        gradient[i] = _complex_value(f, x_plus_ih).imag / step
    _refuse_unless_analytic(f, x, gradient if step <= SMALL_STEP else complex_step(f, x))
    return gradient[()]


@finite_result
def relative_error(a, b):
    """Return the largest of |a − b| / max(|a|, |b|), entry by entry.

    The denominator is never less than a thousandth of the largest entry of both arrays, nor than 10⁻⁸: an entry that
    small is judged by that measure, or the rounding of large entries would count as an error of tiny ones.

    Parameters
    ----------
    a, b : array_like, any one shape
        The arrays to compare, real or complex.

    Returns
    -------
    float
        0 where they are equal, at most 2.

    Raises
    ------
    TypeError, ValueError
        If an argument is no array of finite numbers, or the shapes differ.
    OverflowError
        If a difference is too large for its dtype.
    """
    return float(np.max(_relative_errors(*same_shape("a", a, "b", b))))


@finite_result
def central_error(value, third, step):
    """Return what a central difference should be off by, as an estimate: by truncation and by rounding.

    Parameters
    ----------
    value : real number
        f(x).
    third : real number
        The third derivative f‴(x).
    step : real number
        h, positive.

    Returns
    -------
    truncation : float
        h² |f‴| / 6, the first term that the Taylor series leaves over.
    rounding : float
        ε |f| / h, if each of the two values of f is off by ε |f|. Roundings inside of f come on top.

    Raises
    ------
    TypeError, ValueError
        If an argument is no finite real number, or `step` is not positive.
    OverflowError
        If an estimate is too large for float64.
    """
    value, third, step = _number("value", value), _number("third", third), np.float64(_positive(step))
    return step**2 * abs(third) / 6, ROUNDING * abs(value) / step


@finite_result
def best_step(value, third):
    """Return the h where both errors of a central difference together are least, (3 ε |f| / |f‴|)^(1/3).

    Parameters
    ----------
    value : real number
        f(x), not zero.
    third : real number
        The third derivative f‴(x), not zero: without it there is no truncation, and a larger step is always better.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If an argument is no finite real number, or zero.
    OverflowError
        If it is too large for float64.
    """
    value, third = _number("value", value), _number("third", third)
    for name, number in (("value", value), ("third", third)):
        if number == 0:
            raise ValueError(f"{name} is 0; it needs to be another number, or no step is the best")
    return float(np.cbrt(3 * ROUNDING) * np.cbrt(abs(value)) / np.cbrt(abs(third)))  # each root is nearer to 1


@dataclass(frozen=True)
class Report:
    """What `check` found; true if the gradient passed.

    Attributes
    ----------
    passed : bool
        Whether no error is larger than `tolerance`.
    error : float
        The largest relative error, as `relative_error` measures it.
    place : str
        Where it is: the entry, `W[0, 2]`, or the direction, `direction 3`.
    gradient, slope : float
        There the gradient that was checked, and the slope that running f gives.
    wrong, compared : int
        How many entries or directions have an error larger than `tolerance`, of how many.
    kink : bool
        Whether at `place` the slopes to both sides of x differ and the gradient lies between them. f may have a kink
        there, as relu has at 0; then the difference proves nothing against the gradient: move x and check again.
    tolerance : float
    """

    passed: bool
    error: float
    place: str
    gradient: float
    slope: float
    wrong: int
    compared: int
    kink: bool
    tolerance: float

    def __bool__(self):
        return self.passed

    def __str__(self):
        if self.passed:
            return f"passed: {self.compared} compared, relative error below {self.tolerance:.0e}"
        told = (f"failed: {self.wrong} of {self.compared} wrong\n"
                f"worst: {self.place}, gradient {self.gradient:.6g}, slope {self.slope:.6g}, "
                f"relative error {self.error:.1e}")
        return told + "\nf may have a kink there: the slopes to both sides of x differ" * self.kink


TOLERANCES = {"central": 1e-6, "complex": 1e-10}


def check(f, gradient, x, by="central", tolerance=None, directions=None, rng=None):
    """Compare a gradient with what running f gives, and name the entry that is wrong most.

    For a layer whose output is an array, draw an array `delta` of the output's shape and check
    f(x) = Σ delta ⊙ layer(x): its gradient is what the layer's backward pass makes of `delta`.

    Parameters
    ----------
    f : callable
        Takes what x is, returns a real scalar; for `by="complex"`, a complex one.
    gradient : array_like or dict of array_like, as x; or callable
        ∂f/∂x as your code has it; or your code, which takes what x is and returns it.
    x : array_like or dict of array_like
        Real numbers: one array, or several with their names, `{"W": W, "b": b}`.
    by : str
        "central", by central differences; "complex", by the complex step, if f carries complex numbers.
    tolerance : real number, optional
        The largest relative error that passes; 1e-6 by central differences, 1e-10 by complex step.
    directions : int, optional
        Along how many random directions to compare, in place of every entry. Each costs two runs of f, or three by the
        complex step, however many entries x has.
    rng : numpy.random.Generator, optional
        The source of the directions, which need one.

    Returns
    -------
    Report
        True if the gradient passed; printed, it says what is wrong.

    Raises
    ------
    TypeError
        If f is not callable, x or the gradient does not hold real numbers, or `directions`, `tolerance` or `rng` is of
        another type.
    ValueError
        If the gradient does not have the names or shapes of x, an entry is not finite, `by` is unknown, `directions` is
        less than 1, or as `central_difference` and `complex_step`.
    OverflowError
        If a slope is too large for float64.
    """
    if by not in list(TOLERANCES):
        raise ValueError(f"by is {by!r}; it needs to be central or complex")
    tolerance = nonnegative("tolerance", TOLERANCES[by] if tolerance is None else tolerance)
    if not callable(f):
        raise TypeError(f"f is a {type(f).__name__}; it needs to be a function of x")

    def given(parts):  # as f and the gradient take them
        return parts if isinstance(x, dict) else parts[""]

    def run(parts):
        return f(given(parts))

    parts = _named_arrays("x", x)
    gradients = _like(parts, gradient(given(_copies(parts))) if callable(gradient) else gradient)
    if directions is None:
        groups = _along_entries(run, parts, gradients)
    else:
        groups = _along_directions(run, parts, gradients, directions, rng)

    found = []
    for lines in groups:
        slopes = np.array([_SLOPE[by](line.f, line.start) for line in lines])
        errors = _relative_errors(np.array([line.gradient for line in lines]), slopes)
        found += zip(errors, slopes, lines)
    error, slope, worst = max(found, key=lambda one: one[0])
    passed = bool(error <= tolerance)
    return Report(passed, float(error), worst.place, float(worst.gradient), float(slope),
                  wrong=sum(bool(error > tolerance) for error, *_ in found), compared=len(found),
                  kink=not passed and by == "central" and _has_kink(worst), tolerance=tolerance)


_SLOPE = {"central": central_difference, "complex": complex_step}


class _Line(NamedTuple):
    """f as a function of one number, near `start`, and the slope there that is to be checked."""

    place: str
    f: Callable
    start: float
    gradient: float


def _along_entries(f, parts, gradients):
    """Return, for each array, a line through x along each of its entries."""
    def moved(name, i):
        def along(entry):
            copies = _copies(parts)
            copies[name] = copies[name].astype(np.result_type(copies[name], entry))
            copies[name][i] = entry
            return f(copies)
        return along

    return [[_Line(f"{name or 'x'}{list(i) or ''}", moved(name, i), part[i], gradients[name][i])
             for i in np.ndindex(part.shape)] for name, part in parts.items()]


def _along_directions(f, parts, gradients, count, rng):
    """Return, as one group, lines through x along `count` random directions of length one."""
    if not isinstance(count, Integral) or isinstance(count, bool):
        raise TypeError(f"directions is a {type(count).__name__}; it needs to be an integer")
    if count < 1:
        raise ValueError(f"directions is {count}; it needs to be 1 or more")
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng is a {type(rng).__name__}; directions need a numpy.random.Generator, "
                        "as numpy.random.default_rng(0)")

    def line(number):
        v = {name: rng.normal(size=part.shape) for name, part in parts.items()}
        length = np.sqrt(sum(np.sum(part**2) for part in v.values()))
        v = {name: part / length for name, part in v.items()}
        with np.errstate(over="ignore", invalid="ignore"):
            slope = finite("check", sum(np.sum(gradients[name] * v[name]) for name in parts))
        return _Line(f"direction {number}", lambda t: f({name: parts[name] + t * v[name] for name in parts}), 0.0, slope)

    return [[line(number) for number in range(1, count + 1)]]


def _has_kink(line, step=1e-5):
    """Say whether the slopes to the left and to the right differ, and the gradient is one of them or between them."""
    f, x = (lambda t: _real_value(line.f, t)), line.start
    left, right = sorted(((f(x) - f(x - step)) / step, (f(x + step) - f(x)) / step))
    gap = right - left
    return bool(gap > 1e-3 * max(abs(left), abs(right)) and left - 1e-3 * gap <= line.gradient <= right + 1e-3 * gap)


def _named_arrays(name, value):
    """Return the real arrays in `value` by name; the name is empty where there is one alone."""
    if not isinstance(value, dict):
        return {"": _real(value, name)}
    if not value:
        raise ValueError(f"{name} is an empty dict; it needs at least one array")
    return {key: _real(part, f"{name}[{key!r}]") for key, part in value.items()}


def _copies(parts):
    return {name: part.copy() for name, part in parts.items()}


def _like(parts, gradient):
    """Return the gradient as real arrays with the names and shapes of x."""
    found = _named_arrays("gradient", gradient)
    if set(found) != set(parts):
        def told(names):
            return "one array" if set(names) == {""} else f"the arrays {', '.join(map(str, names))}"
        raise ValueError(f"gradient holds {told(found)}, but x holds {told(parts)}: they need the same")
    for name, part in parts.items():
        of = f"[{name!r}]" if name else ""
        if found[name].shape != part.shape:
            raise ValueError(f"gradient{of} has shape {found[name].shape}, but x{of} has shape {part.shape}: "
                             "they need one shape")
    return found


def _relative_errors(a, b):
    size = finite("relative_error", np.maximum(np.abs(a), np.abs(b)))  # a complex number may be larger than its parts
    floor = max(1e-3 * np.max(size), 1e-8)
    return np.abs(a - b) / np.maximum(size, floor)


def _felt(step, x, i, distance):
    """Return by how much x was really moved, after rounding."""
    if not distance < np.inf:
        raise ValueError(f"step is {step}, but x{list(i) or ''} is {x[i]}: together they are too large for float64; "
                         "step needs to be smaller")
    if not 0 < distance:
        raise ValueError(f"step is {step}, but x{list(i) or ''} is {x[i]}: adding it changes nothing; "
                         "step needs to be larger")
    return distance


def _positive(step, least=0.0):
    step = nonnegative("step", step)
    if step == 0:
        raise ValueError("step is 0.0; it needs to be positive")
    if step < least:
        raise ValueError(f"step is {step}; it needs to be at least {least}, or what it changes is lost")
    return step


def _number(name, value):
    value = _real(value, name)
    if value.ndim != 0:
        raise ValueError(f"{name} has shape {value.shape}; it needs to be a number")
    return float(value)


def _real(x, name="x"):
    x = array(name, x)
    if np.iscomplexobj(x):
        raise TypeError(f"{name} has dtype {x.dtype}; it needs to be real: the derivative is taken at a real point")
    return x.astype(np.float64)


def _value(f, x):
    if not callable(f):
        raise TypeError(f"f is a {type(f).__name__}; it needs to be a function of x")
    value = array("f(x)", f(x))
    if value.ndim != 0:
        raise ValueError(f"f(x) has shape {value.shape}; f needs to return a scalar")
    return value[()]


def _real_value(f, x):
    value = _value(f, x)
    if np.iscomplexobj(value):
        raise TypeError(f"f(x) is complex, {value}, for a real x; f needs to return a real number")
    return value


def _complex_value(f, x):
    value = _value(f, x)
    if not np.iscomplexobj(value):
        raise TypeError(f"f(x) is real, {value}, for a complex x: f needs to carry the imaginary part through to its "
                        "value, and something in it drops that part (np.abs, .real, float, a comparison)")
    return value


def _refuse_unless_analytic(f, x, gradient):
    """Compare the gradient with what f rises by from one real point close to x to another, in a skew direction."""
    h = 1e-6 * (1 + np.abs(x)) * (1 + np.sin(np.arange(x.size).reshape(x.shape))**2)
    x_plus, x_minus = x + h, x - h
    terms = gradient * (x_plus - x_minus)
    f_plus, f_minus = _value(f, x_plus).real, _value(f, x_minus).real

    rise, expected = f_plus - f_minus, np.sum(terms)
    rounding = 1e-12 * (1 + np.abs(f_plus))
    if np.abs(rise - expected) > 1e-3 * np.linalg.norm(terms) + rounding:
        raise ValueError(f"f rises by {rise:.3g} between two points near x, where the complex step expects "
                         f"{expected:.3g}: f needs to be analytic at x and to carry the imaginary part of every entry "
                         "through to its value; np.abs, .real, float and a kink at x break this")
