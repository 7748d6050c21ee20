"""A question that marks itself: a number to work out, or an entry to choose in a matrix.

It is a live figure of the smallest kind. The answer is computed by `mathref` from the numbers of a chapter, and judged in
the browser, so that a page needs no kernel. What is wrong gets a hint, never the answer.
"""

import re
from numbers import Real

import anywidget
import numpy as np
import traitlets

from mathref import arrays, colours
from mathref.widgets import still
from mathref.widgets.figure import bundle, stylesheet

SLIPS = {
    "sign": "The size is right, the sign is not.",
    "transpose": "Rows and columns have changed places.",
    "no sigma'": "The slope σ′ is missing.",
    "sigma for sigma'": "That has σ where its slope σ′ belongs.",
    "sigma' of a": "The slope is to be taken at z, not at a.",
    "no error": "The miss, a − y, is missing.",
    "no half": "The ½ of the cost is missing.",
    "half": "There is a ½ too many.",
    "no mean": "That is the sum over the samples: the 1/N is missing.",
    "mean": "There is a 1/N too many: nothing is averaged here.",
    "no bias": "The bias is missing.",
    "no weight": "The weight that it comes through is missing.",
    "no input": "What came in over the weight is missing.",
    "no step": "That is the gradient: the learning rate η is missing.",
    "uphill": "That step goes uphill: the minus is missing.",
    "one path": "There is more than one way back, and what they bring adds up.",
    "not turned": "The kernel, or its place, is not turned by 180°.",
    "turned": "The kernel is turned, and here it should not be.",
    "no frame": "The frame of zeros is missing, or too narrow.",
    "from zero": "Python counts from 0, this book from 1.",
    "one off": "It is off by one: count both ends.",
    "no square": "It has to be squared.",
    "no root": "That is the square of it.",
}
"""The usual slips, and what is said of each. None of these words holds an answer."""

_READ = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)(?: */ *([0-9]+\.?[0-9]*|\.[0-9]+))?",
                   re.IGNORECASE)
_THOUSANDS = re.compile("[0-9]{1,3}(?:,[0-9]{3})+")  # 93,000 is read as a decimal, unless that misses


def number(exercise, ask, answer, slips, digits=3):
    """Return a question for a number.

    What is typed may be `0.5`, `-0,5`, `1e-3` or `1/2`. It is right if it differs from the answer by no more than
    rounding to `digits` digits can make of it: relative to the answer, 0.005 for three digits.

    Parameters
    ----------
    exercise : str
        What the question is called where a reader's progress is kept, `ex-fc-delta`.
    ask : str
        What is asked for, as it stands before the `=`: `∂C/∂w₁₂`. Plain text.
    answer : float
        The answer, computed.
    slips : dict
        The answers that a slip leads to: the name of a slip in `SLIPS`, or a hint of your own, a sentence; and the
        number, computed as well. At least one. A wrong sign is recognised without being named.
    digits : int
        How many digits are asked for, from 2 to 6.

    Returns
    -------
    Question

    Raises
    ------
    TypeError
        If the answer, or that of a slip, is no number.
    ValueError
        If one of them is not finite, a slip has no hint, or two of them cannot be told apart.
    """
    if digits not in range(2, 7):
        raise ValueError(f"digits is {digits!r}; it needs to be a whole number from 2 to 6")
    right = _real("answer", answer)
    found = [(_hint(name), _real(f"the slip {name!r}", x, 1e-12 * (abs(right) or 1))) for name, x in _given(slips)]
    tolerance = 5 / 10**digits

    def alike(x, y):
        return abs(x - y) <= tolerance * (abs(x) + abs(y))

    for k, (hint, x) in enumerate(found):
        for other, y in [("The answer", right), *found[:k]]:
            if alike(x, y):
                raise ValueError(f"slips has {x:g} for {hint!r} and {y:g} for {other!r}, which a reader's answer could not "
                                 "tell apart; take other numbers, or leave one out")
    if right and not any(alike(x, -right) for _, x in found):
        found.append((SLIPS["sign"], -right))
    return Question(exercise=exercise, ask=ask, answer=right, slips=[[x, hint] for hint, x in found], digits=digits)


def entry(exercise, ask, matrix, which, slips, kind="W"):
    """Return a question for an entry of a matrix, which is chosen by pointing at it.

    Parameters
    ----------
    exercise, ask : str
        As for `number`; what is asked for is a sentence here.
    matrix : array_like, shape (n, m)
        The numbers to choose from, or names as text.
    which : (int, int) or array_like of bool, shape (n, m)
        The entry, counted from 0 as in Python, or a mask that is true there alone.
    slips : dict
        The name of a slip in `SLIPS`, or a hint of your own, and the entries that it leads to: a pair, or a mask.
    kind : str
        The colour of the matrix, one of `mathref.colours.KINDS`.

    Returns
    -------
    Question

    Raises
    ------
    ValueError
        If the entry is not one of the matrix, a slip has no hint, or two of them share an entry.
    """
    if kind not in colours.KINDS:
        raise ValueError(f"kind is {kind!r}; it needs to be one of {', '.join(colours.KINDS)}")
    names = np.asarray(matrix)
    if names.ndim != 2 or names.size < 2:
        raise ValueError(f"matrix has shape {names.shape}; it needs two dimensions and more than one entry to choose from")
    if names.dtype.kind != "U":
        names = _written(arrays.array("matrix", matrix))
    right = _places("which", which, names.shape)
    if len(right) != 1:
        raise ValueError(f"which names {len(right)} entries; it needs to name one")
    taken, found = {right[0]: "The answer"}, []
    for name, where in _given(slips):
        hint = _hint(name)
        for place in _places(f"the slip {name!r}", where, names.shape):
            if place in taken:
                raise ValueError(f"slips has the entry {place} for {hint!r} and for {taken[place]!r}, "
                                 "which a reader's answer could not tell apart")
            taken[place] = hint
            found.append([list(place), hint])
    return Question(exercise=exercise, ask=ask, cells=names.tolist(), answer=list(right[0]), slips=found, kind=kind)


class Question(anywidget.AnyWidget):
    """A question that marks itself; `number` and `entry` make one.

    Attributes
    ----------
    exercise, ask : str
        Its name, and what it asks for.
    cells : nested list of str
        The entries to choose from, as text. None of them where a number is to be typed.
    answer : float or [int, int]
        The answer.
    slips : list
        Wrong answers that are recognised, each with its hint.
    digits : int
        How many digits of a number are asked for.
    kind : str
        The colour of the cells.
    """

    _esm = bundle("question")
    _css = stylesheet("question")

    exercise = traitlets.Unicode().tag(sync=True)
    ask = traitlets.Unicode().tag(sync=True)
    cells = traitlets.List().tag(sync=True)
    answer = traitlets.Any().tag(sync=True)
    slips = traitlets.List().tag(sync=True)
    digits = traitlets.Int(3).tag(sync=True)
    kind = traitlets.Unicode("W").tag(sync=True)

    @traitlets.validate("exercise")
    def _named(self, proposal):
        if not re.fullmatch(r"ex(-[a-z0-9]+)+", proposal.value):
            raise traitlets.TraitError(f"exercise is {proposal.value!r}; it needs to be such as ex-fc-delta")
        return proposal.value

    def judge(self, given):
        """Return what is said of an answer, as the page says it.

        Parameters
        ----------
        given : str or (int, int)
            What was typed, or the entry that was chosen.

        Returns
        -------
        verdict : str
            "right", "wrong" or "unread": what is unread is no attempt.
        words : str
            What the reader is told.
        """
        return self._entry_judged(list(given)) if self.cells else self._number_judged(given)

    def _entry_judged(self, given):
        if given == self.answer:
            return "right", "Right."
        for place, hint in self.slips:
            if given == place:
                return "wrong", hint
        (i, j), (row, column) = given, self.answer
        if min(len(self.cells), len(self.cells[0])) == 1:
            return "wrong", "Not this one."
        if i == row or j == column:
            return "wrong", "The row is right, the column is not." if i == row else "The column is right, the row is not."
        return "wrong", "Neither the row nor the column is right."

    def _number_judged(self, given):
        text = given.strip(" ")
        if not text:
            return "unread", "Write a number first."
        if _THOUSANDS.fullmatch(text) and float(text.replace(",", "")) == self.answer:
            return "right", "Right."
        found = _READ.fullmatch(re.sub("[−–]", "-", text).replace(",", "."))
        divisor = float(found[2]) if found and found[2] else 1.0
        x = float(found[1]) / divisor if found and divisor else np.inf
        if not np.isfinite(x):
            return "unread", f"“{text}” cannot be read as a number: write 0.5, −3, 1e−4 or 1/2."
        tolerance = 5 / 10**self.digits
        for y, words in [(self.answer, "Right."), *self.slips]:
            if abs(x - y) <= tolerance * abs(y):
                return "right" if words == "Right." else "wrong", words
        if abs(x - self.answer) <= 10 * tolerance * abs(self.answer):
            return "wrong", f"Close: give {self.digits} digits, or a fraction."
        if not self.answer or not x:
            return "wrong", "It is not zero." if self.answer else "The size is not right."
        return "wrong", "The sign is right, the size is not." if x * self.answer > 0 else "Neither the sign nor the size is right."

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        words = f"{self.ask} To be answered where the notebook runs, or on the page of the book." if self.cells else (
            f"{self.ask} = ? To be answered where the notebook runs, or on the page of the book.")
        return {**data, "text/plain": words}, metadata

    def __repr__(self):
        return f"Question({self.exercise!r}, {self.ask!r})"


def _given(slips):
    if not slips:
        raise ValueError("slips is empty; it needs at least one slip that a reader could make, and its answer")
    return slips.items()


def _hint(name):
    if name in SLIPS:
        return SLIPS[name]
    if not name.endswith((".", "?")):
        raise ValueError(f"slips has {name!r}, which is no slip of the list; it needs to be one of {', '.join(SLIPS)}, "
                         "or a sentence of your own")
    return name


def _written(matrix):
    """Return the numbers as text: whole ones as such, otherwise as in every figure."""
    whole = np.all(matrix == np.round(matrix))
    return np.vectorize(lambda x: f"{x:.0f}".replace("-", "−") if whole else still.number(x))(matrix + 0.0)


def _real(name, x, dust=1e-12):
    if isinstance(x, (bool, np.bool_)) or np.size(x) != 1:
        raise TypeError(f"{name} is {x!r}; it needs to be one number")
    x = np.asarray(x).item()
    if not isinstance(x, Real):
        raise TypeError(f"{name} is {x!r}; it needs to be one number")
    if not np.isfinite(x):
        raise ValueError(f"{name} is {x!r}; it needs to be finite")
    return 0.0 if abs(x) < dust else float(f"{x:.12g}")  # the last digits are the processor's


def _places(name, where, shape):
    """Return the entries that a pair or a mask names."""
    mask = np.asarray(where)
    if mask.dtype == bool:
        if mask.shape != shape:
            raise ValueError(f"{name} is a mask of shape {mask.shape}; it needs the shape of matrix, {shape}")
        return [tuple(place) for place in np.argwhere(mask).tolist()]
    if mask.shape != (2,) or mask.dtype.kind not in "iu" or not all(0 <= k < n for k, n in zip(mask, shape)):
        raise ValueError(f"{name} is {where!r}; it needs to be a row and a column of matrix, counted from 0, or a mask")
    return [tuple(mask.tolist())]
