"""The cells of the book: what the first line says, and the equations under it."""

import re
from dataclasses import dataclass

from .conditions import Conditions, read_conditions
from .errors import ConditionError, LatexError, naming

KINDS = ("definition", "claim", "update", "refuted", "informal", "exercise")
LINES = 20  # equations in one cell

_LABEL = re.compile(r"\\label\{([^{}]*)\}")
_WORD = re.compile(r"(?:\{(?:[^{}]|\{[^{}]*\})*\}|\S)+")  # a space inside braces belongs to the word
_LABEL_NAME = re.compile(r"[a-z][a-z0-9-]*")
_NO_LABEL = "{} is no label: a label is of lower-case letters, digits and hyphens, such as eq-fc-z."


@dataclass(frozen=True)
class Cell:
    """One equation cell: its kind, its conditions, and its equations as (label or "", LaTeX) pairs."""

    kind: str
    conditions: Conditions
    equations: tuple


def is_equation_cell(source):
    """Say whether a code cell's source is one of the book's equation cells."""
    return source.startswith(tuple(f"%%{kind}" for kind in KINDS)) and source.split()[0][2:] in KINDS


def read_source(source):
    """Return the `Cell` that a whole code cell holds."""
    first, _, body = source.partition("\n")
    kind, *rest = first.removeprefix("%%").split(None, 1)
    return read_cell(kind, rest[0] if rest else "", body)


def read_cell(kind, line, body):
    r"""Return the `Cell` that a magic of this kind holds.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    line : str
        The label, if the cell has one equation, and the conditions.
    body : str
        LaTeX and nothing else; each of several equations ends in its ``\label{…}``.

    Raises
    ------
    ConditionError, LatexError
        If line one or the labels cannot be read.
    """
    words = _WORD.findall(line)
    label = words.pop(0) if words and not set(words[0]) & set("=<>") else ""
    if label and not _LABEL_NAME.fullmatch(label):
        raise LatexError(_NO_LABEL.format(label))
    with naming(label):
        conditions = read_conditions(words)
        equations = _split(label, body)
        if kind == "definition" and not all(name for name, _ in equations):
            raise ConditionError("A definition needs a label: %%definition eq-name.")
        if kind == "definition" and (conditions.depth or conditions.activations):
            raise ConditionError("A definition gives a meaning for every L and every σ: only N and l can restrict it.")
        if kind == "exercise" and not conditions.find:
            raise ConditionError(r"An exercise says what is to be found, such as find=\delta^{L}.")
        if kind != "exercise" and (conditions.find or conditions.using):
            raise ConditionError("find and using belong to an exercise.")
    return Cell(kind, conditions, equations)


def _split(label, body):
    pieces = _LABEL.split(body)
    if len(pieces) == 1:
        return ((label, body.strip()),)
    *pairs, rest = pieces
    if label:
        raise LatexError(f"Label it once: on line one ({label}) or by \\label, not both.")
    if rest.strip():
        raise LatexError(f"Each of several equations ends in its \\label{{…}}; this one does not:\n  {rest.strip()}")
    names, texts = pairs[1::2], pairs[0::2]
    if len(names) > LINES:
        raise LatexError(f"{len(names)} equations in one cell; at most {LINES} are read.")
    for name in names:
        if not _LABEL_NAME.fullmatch(name):
            raise LatexError(_NO_LABEL.format(name))
        if names.count(name) > 1:
            raise LatexError(f"The label {name} stands twice in this cell.")
    return tuple((name, text.strip()) for name, text in zip(names, texts))
