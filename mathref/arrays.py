"""What the functions of this package accept, and what they refuse.

Every function begins by passing its arguments through here, so that a wrong one is named at once: an array must hold
finite numbers and its shape must fit the shapes beside it. float32, float64, complex64 and complex128 are kept as they
are, integers and float16 become float64. Booleans are refused, since a mask among the numbers is a slip far more often
than a wish; so are masked arrays, whose hidden entries would count.
"""

import re
from functools import lru_cache, wraps
from numbers import Integral, Real
from sys import float_info

import numpy as np

KEPT = (np.float32, np.float64, np.complex64, np.complex128)


def array(name, value):
    """Return `value` as an array of finite numbers.

    Parameters
    ----------
    name : str
        The argument's name, for the error.
    value : array_like
        Numbers in any shape with at least one entry.

    Returns
    -------
    ndarray
        The argument itself if it is such an array already: do not change it in place.

    Raises
    ------
    TypeError
        If `value` does not hold numbers: booleans, strings, objects, a masked array.
    ValueError
        If it is ragged or empty, or has an entry that is not finite.
    """
    entries = numbers(name, value)
    if not np.isfinite(entries).all():
        place = tuple(map(int, np.argwhere(~np.isfinite(entries))[0]))
        raise ValueError(f"{name}{list(place) or ''} is {entries[place]}; every entry needs to be a finite number")
    return entries


def numbers(name, value):
    """Return `value` as an array of numbers, finite or not: for a caller in whose result it shows, see `finite`.

    Parameters
    ----------
    name : str
        The argument's name, for the error.
    value : array_like
        Numbers in any shape with at least one entry.

    Returns
    -------
    ndarray
        The argument itself if it is such an array already.

    Raises
    ------
    TypeError, ValueError
        As `array`, but for an entry that is not finite.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array; it needs to be an array whose entries are all there")
    try:
        entries = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} is ragged: its rows differ in length; it needs rows of one length") from None

    dtype = entries.dtype
    if dtype.type not in KEPT and not (dtype.kind in "iu" or dtype.type is np.float16):
        raise TypeError(f"{name} has type {type(value).__name__} and dtype {dtype}; it needs to hold numbers: integers, "
                        "float32, float64, complex64 or complex128")
    entries = entries.astype(dtype.type if dtype.type in KEPT else np.float64, copy=False)

    if entries.size == 0:
        raise ValueError(f"{name} is empty, shape {entries.shape}; it needs at least one entry")
    return entries


def shaped(**arguments):
    """Return the arguments as arrays whose shapes fit together.

    Each argument comes with the names of its axes, as in
    ``shaped(W=(W, "n", "m"), b=(b, "n", 1), a_prev=(a_prev, "m", "N"))``. The same name stands for the same number
    everywhere; a number stands for itself. An axis may also say what it needs: ``"H >= kh"`` is an axis H that is no
    shorter than kh, ``"H' + kh - 1"`` has the length that it says, and ``"5 or 6"`` is one of the two.

    Parameters
    ----------
    **arguments : tuple of (array_like, str or int, ...)
        Each argument under its own name, with its axes.

    Returns
    -------
    list of ndarray
        The arguments in the order given.

    Raises
    ------
    TypeError, ValueError
        If an argument is no array of finite numbers (see `array`).
    ValueError
        If one does not have that many dimensions, or its shape does not fit those before it.
    """
    found = [array(name, value) for name, (value, *_) in arguments.items()]
    fit(**{name: (value.shape, *axes) for value, (name, (_, *axes)) in zip(found, arguments.items())})
    return found


def fit(**shapes):
    """Refuse shapes that do not fit together.

    Parameters
    ----------
    **shapes : tuple of (tuple of int, str or int, ...)
        As for `shaped`, with a shape in place of each array.

    Returns
    -------
    None

    Raises
    ------
    ValueError
        As `shaped`.
    """
    _fit(tuple(shapes.items()))


@lru_cache(maxsize=1000)  # the same shapes come again and again
def _fit(arguments):
    shapes, sizes, owners = {name: shape for name, (shape, *_) in arguments}, {}, {}
    for name, (shape, *axes) in arguments:
        needed = [_needed(axis, sizes) for axis in axes]
        if len(shape) != len(axes):
            raise ValueError(f"{name} has shape {shape}; it needs {_DIMENSIONS[len(axes)]}, {_text(needed)}"
                             f"{_hint(shape, len(axes))}")
        names = [_NAME.findall(str(axis)) for axis in axes]
        if not all(map(_fits, shape, needed)):
            others = dict.fromkeys(owners[known] for known in sum(names, []) if known in owners)
            others = " and ".join(f"{other} has shape {shapes[other]}" for other in others)
            raise ValueError(f"{name} has shape {shape}, but {others}: {name} needs shape {_text(needed)}" if others else
                             f"{name} has shape {shape}; it needs shape {_text(needed)}")
        for words, size in zip(names, shape):
            if words:
                sizes.setdefault(words[0], size)
                owners.setdefault(words[0], name)


_DIMENSIONS = {1: "one dimension", 2: "two dimensions", 3: "three dimensions", 4: "four dimensions"}
_NAME = re.compile(r"(?!or\b)[A-Za-z]\w*'?")


def _needed(axis, sizes):
    """Return what an axis needs, with the sizes that are known in place of their names: "n", "7", "H >= 3"."""
    text = _NAME.sub(lambda name: str(sizes.get(name[0], name[0])), str(axis))
    total = re.fullmatch(r"(\d+) \+ (\d+) - 1", text)
    return str(int(total[1]) + int(total[2]) - 1) if total else text


def _fits(size, needed):
    _, _, least = needed.partition(" >= ")
    if least:
        return size >= int(least)
    lengths = needed.split(" or ")
    return str(size) in lengths if lengths[0].isdigit() else True


def _text(shape):
    return f"({', '.join(shape)}{',' if len(shape) == 1 else ''})"


def _hint(shape, dimensions):
    if (len(shape), dimensions) == (1, 2):
        return f"; one column is written with shape ({shape[0]}, 1)"
    if (len(shape), dimensions) == (2, 4):
        return f"; one image or kernel is written with shape (1, 1, {shape[0]}, {shape[1]})"
    return ""


def same_shape(name, value, other_name, other):
    """Return both arguments as arrays of finite numbers and of one shape, whatever it is.

    Parameters
    ----------
    name, other_name : str
        The names of the arguments, for the error.
    value, other : array_like
        Numbers.

    Returns
    -------
    tuple of ndarray
        Both arguments.

    Raises
    ------
    TypeError, ValueError
        If one is no array of finite numbers (see `array`).
    ValueError
        If the shapes differ.
    """
    value, other = array(name, value), array(other_name, other)
    if value.shape != other.shape:
        raise ValueError(f"{other_name} has shape {other.shape}, but {name} has shape {value.shape}: "
                         "they need one shape")
    return value, other


def lengths(name, shape, needed):
    """Return a shape as a tuple of Python's integers.

    Parameters
    ----------
    name : str
        The argument's name, for the error.
    shape : tuple or list of int
        NumPy's integers will do; booleans will not.
    needed : str
        What it needs to be, for the error.

    Returns
    -------
    tuple of int

    Raises
    ------
    TypeError
        If it is something else.
    """
    if not isinstance(shape, (tuple, list)) or not all(isinstance(n, Integral) and not isinstance(n, bool) for n in shape):
        raise TypeError(f"{name} is {shape!r}; it needs to be {needed}")
    return tuple(map(int, shape))


def nonnegative(name, value):
    """Return `value` as a Python float, which leaves float32 arrays float32 when it multiplies them.

    Parameters
    ----------
    name : str
        The argument's name, for the error.
    value : real number
        Finite, zero or positive.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If `value` is no real number; booleans are none.
    ValueError
        If it is negative, infinite or NaN.
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} is a {type(value).__name__}; it needs to be a real number")
    if not 0 <= value <= float_info.max:
        raise ValueError(f"{name} is {value}; it needs to be finite and not negative")
    return float(value)


def finite(function, result, **arguments):
    """Return a result that is finite wherever the arguments are: so it tells of them too, and they need not be looked through.

    Parameters
    ----------
    function : str
        The name of the function whose result it is, for the error.
    result : ndarray
        What was computed, or a part of it.
    **arguments : ndarray
        What it was computed of.

    Returns
    -------
    ndarray
        The result.

    Raises
    ------
    ValueError
        If an entry of the result is not finite because one of an argument is not: as `array`.
    OverflowError
        If an entry of the result is not finite, though every argument is.
    """
    if not np.isfinite(result).all():
        for name, value in arguments.items():
            array(name, value)
        raise OverflowError(f"{function}: the result is too large for {np.asarray(result).dtype}, though every argument is finite")
    return result


def finite_result(function):
    """Make `function` raise an error where its result overflows, in place of returning inf or NaN.

    Parameters
    ----------
    function : callable
        Returns a number, an array, or a tuple or list of them.

    Returns
    -------
    callable
        The same function; it raises OverflowError if an entry of the result is not finite.
    """
    @wraps(function)
    def checked(*args, **kwargs):
        with np.errstate(over="ignore", invalid="ignore"):
            result = function(*args, **kwargs)
        for part in result if isinstance(result, (tuple, list)) else (result,):
            finite(function.__name__, part)
        return result
    return checked
