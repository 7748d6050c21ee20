"""Where a symbol points in a run: a whole value, one sample of it, or one entry."""

import numpy as np

from .errors import MeaningError, ShapeError
from .symbols import shape_text


class Place:
    """A value, one sample of it, or one entry.

    Parameters
    ----------
    key : Key or None
    sample : int, optional
    entry : tuple of int
    number : float, optional
        What stands there, where it is no symbol's value: N.
    """

    def __init__(self, key, sample=None, entry=(), number=None):
        self.key, self.sample, self.entry, self.number = key, sample, entry, number

    def value(self, run):
        """Return what stands there in a run."""
        if self.number is not None:
            return self.number
        if self.sample is not None:
            return run.sample(self.key, self.sample)
        return cut(run.value(self.key), self.entry, self.key)


def cut(whole, entry, name):
    """Return an entry, or a row, out of a whole value; one row of one column is a number.

    Raises
    ------
    MeaningError, ShapeError
        If there is none.
    """
    if not entry:
        return whole
    if np.ndim(whole) != 2:
        raise ShapeError(f"{name} is a number and has no entries.")
    if len(entry) > 2:
        raise MeaningError(f"{name} has two indices, a row and a column.")
    for axis, index in enumerate(entry):
        if not 0 <= index < whole.shape[axis]:
            raise MeaningError(f"{name} is {shape_text(whole)}: it has no {'row' if axis == 0 else 'column'} "
                               f"{index + 1}.")
    part = whole[entry] if len(entry) == 2 else whole[entry[0]:entry[0] + 1, :]
    return part[0, 0] if np.shape(part) == (1, 1) else part
