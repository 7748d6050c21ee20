"""Gradients without backpropagation, to check it against: they need the function alone, no formula for its derivative.
"""

import numpy as np

from mathref.arrays import array, finite_result, nonnegative, same_shape

COMPLEX_STEP = 1e-30
"""h of the complex step. Nothing is subtracted, so it can be far below the rounding error of x."""


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
        small that it is lost beside an entry of x.
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
        two_h = x_plus[i] - x_minus[i]  # 2h as it comes out after rounding
        if not 0 < two_h < np.inf:
            raise ValueError(f"step is {step}, but x{list(i) or ''} is {x[i]}: adding it changes nothing; "
                             "step needs to be larger")
        gradient[i] = (_real_value(f, x_plus) - _real_value(f, x_minus)) / two_h
    return gradient[()]


@finite_result
def complex_step(f, x):
    """Return the gradient of f at x by Im f(x + ih) / h with h = 10⁻³⁰, one entry of x at a time.

    Exact to rounding, as no difference is taken [1]_. It needs an f that is analytic at x and carries the imaginary
    part from its argument to its value. An f that does not is refused: if it returns a real number, or if its values
    at two real points near x do not rise as the gradient says.

    Parameters
    ----------
    f : callable
        Takes a complex array of the shape of x, returns a complex scalar.
    x : array_like, any shape
        Real numbers. f gets them as complex128.

    Returns
    -------
    ndarray, as x
        ∂f/∂x in float64; a scalar for a scalar.

    Raises
    ------
    TypeError
        If f is not callable, x is not real, or f(x + ih) is no complex number.
    ValueError
        If an entry of x or a value of f is not finite, f(x + ih) is no scalar, or f is not analytic at x.
    OverflowError
        If the gradient is too large for float64.

    References
    ----------
    .. [1] W. Squire and G. Trapp, "Using complex variables to estimate derivatives of real functions",
       SIAM Review 40 (1998), 110-112.
    """
    x = _real(x)

    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        x_plus_ih = x.astype(np.complex128)
        x_plus_ih[i] += 1j * COMPLEX_STEP
        gradient[i] = _complex_value(f, x_plus_ih).imag / COMPLEX_STEP
    _refuse_unless_analytic(f, x, gradient)
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
    a, b = same_shape("a", a, "b", b)

    size = np.maximum(np.abs(a), np.abs(b))
    floor = max(1e-3 * np.max(size), 1e-8)
    return float(np.max(np.abs(a - b) / np.maximum(size, floor)))


def _real(x):
    x = array("x", x)
    if np.iscomplexobj(x):
        raise TypeError(f"x has dtype {x.dtype}; it needs to be real: the derivative is taken at a real point")
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
