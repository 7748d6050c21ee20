"""Partial derivatives of the forward program, found by running it: never by a formula of the book.

The complex step: for a real-analytic f, f(x + ih) = f(x) + ih f'(x) + O(h²), so that f'(x) is the imaginary part
over h, with nothing subtracted and nothing cancelled (Squire and Trapp, 1998). Where σ is not analytic (ReLU)
central differences take its place.
"""

import numpy as np

from .errors import MeaningError

COMPLEX_STEP = 1e-30
CENTRAL_STEP = 1e-5
_NOT_ANALYTIC = {"relu"}


def analytic(activation_name):
    """Say whether the complex step passes through the activation."""
    return activation_name not in _NOT_ANALYTIC


def derivative(run, numerator, denominator):
    """Return the partial derivative of one place of a run with respect to another.

    A number by an array has the array's shape (a gradient); a column by a column is the Jacobian, a row for each
    entry of the numerator. Whatever lies downstream of the denominator follows it, the rest is held fixed.

    Parameters
    ----------
    run : Run
    numerator, denominator : Place

    Returns
    -------
    number or ndarray

    Raises
    ------
    MeaningError
        If the result would need more than two indices, or two columns of a batch meet: that is no false shape, but
        outside the language.
    """
    if run.overrides:
        raise MeaningError("A derivative of a derivative is not in the language.")
    for place in (numerator, denominator):
        if place.number is not None:
            raise MeaningError("N is a count: there is no derivative by it or of it.")
    # Asked for every time, so that the run knows what a remembered derivative depends on.
    above, below = numerator.value(run), denominator.value(run)
    asked = (numerator.key, numerator.sample, numerator.entry, denominator.key, denominator.sample, denominator.entry)
    if asked not in run.derivatives:
        run.derivatives[asked] = _derivative(run, numerator, above, denominator, below)
    return run.derivatives[asked]


def _derivative(run, numerator, above, denominator, below):
    _refuse_too_many_indices(run, numerator, above, denominator, below)
    key, whole = denominator.key, run.value(denominator.key)
    places = np.empty(np.shape(whole), dtype=bool)
    places[...] = denominator.sample is None and not denominator.entry
    if denominator.sample is not None and np.ndim(whole) == 0:  # C_i is no column of C, but a number of its own
        key, whole, places = run.sample_key(key, denominator.sample), below, np.array(True)
    elif denominator.sample is not None:
        places[:, denominator.sample] = True
    elif denominator.entry:
        places[denominator.entry] = True
    step = _complex_step if analytic(run.network.activation) else _central_difference
    columns = [step(run, numerator, key, whole, place) for place in np.argwhere(places)]
    if np.ndim(below) == 0:
        return columns[0]
    if np.ndim(above) == 0:
        return np.array(columns).reshape(np.shape(below))
    return np.hstack(columns)


def _complex_step(run, numerator, key, whole, place):
    stepped = _with_step(run, key, whole, place, 1j * COMPLEX_STEP)
    return np.imag(numerator.value(stepped)) / COMPLEX_STEP


def _central_difference(run, numerator, key, whole, place):
    above, below = (numerator.value(_with_step(run, key, whole, place, h)) for h in (CENTRAL_STEP, -CENTRAL_STEP))
    return (above - below) / (2 * CENTRAL_STEP)


def _with_step(run, key, whole, place, step):
    """Return the run in which one number is moved; it is kept, since many derivatives are by the same number."""
    asked = (key, tuple(place), step)
    if asked not in run.stepped:
        moved = np.array(whole, dtype=np.result_type(step, float))
        moved[tuple(place)] += step
        run.stepped[asked] = run.with_override(key, moved)
    run.stepped[asked].effort = run.effort
    return run.stepped[asked]


def _refuse_too_many_indices(run, numerator, above, denominator, below):
    if np.ndim(above) == 0 or np.ndim(below) == 0:
        return
    what = rf"\partial {numerator.key} / \partial {denominator.key}"
    if run.program.world.has_planes:
        raise MeaningError(f"{what} would have four indices; take an entry of each, and sum.")
    if np.shape(above)[1] > 1 and np.shape(above)[1] == run.samples:
        raise MeaningError(f"{what} is a Jacobian and speaks of one sample, but there are {run.samples}: state N=1.")
    if 1 not in np.shape(above)[1:] or 1 not in np.shape(below)[1:]:
        raise MeaningError(f"{what} would have three indices; take an entry of {numerator.key}, and sum.")


def entrywise_derivative(activation, z):
    """Return σ' at every entry of z: the derivative of each entry of σ(z) by the same entry of z."""
    if np.iscomplexobj(z):
        raise MeaningError(r"A derivative of \sigma' is not in the language.")
    if activation.name == "softmax":
        return _diagonal_derivative(activation, z)
    if not analytic(activation.name):
        return (activation(z + CENTRAL_STEP) - activation(z - CENTRAL_STEP)) / (2 * CENTRAL_STEP)
    return np.imag(activation(z + 1j * COMPLEX_STEP)) / COMPLEX_STEP


def _diagonal_derivative(activation, z):
    primes = np.empty_like(z)
    for j in range(len(z)):
        stepped = z.astype(complex)
        stepped[j] += 1j * COMPLEX_STEP
        primes[j] = np.imag(activation(stepped)[j]) / COMPLEX_STEP
    return primes
