"""The symbols of an equation: as they are written, and with their layer and indices filled in."""

import re
from typing import NamedTuple

import numpy as np


class Key(NamedTuple):
    """A symbol with its layer filled in: W^2 is ("W", 2).

    `part` is the sample of C_i, or the plane of a_{n,c}, counted from zero; or the digits of the number w_1.
    """

    name: str
    layer: int | None = None
    part: tuple | str | None = None

    def __str__(self):
        layer = "" if self.layer is None else f"^{{{self.layer}}}"
        part = self.part or ""
        if isinstance(part, tuple):
            part = ",".join(str(index + 1) for index in part)
        return f"{self.name}{layer}{f'_{{{part}}}' if part else ''}"


class Symbol(NamedTuple):
    """A symbol as it is written: name, layer as text (l, l-1, L, 2 or None), indices, whether it is transposed.

    `comma` says whether a comma stands between the indices; `sampled` whether it is followed by a step, as in u_{\\downarrow s}.
    """

    name: str
    layer: str | None
    indices: tuple
    transposed: bool
    comma: bool = False
    sampled: bool = False


def read_symbol(tree):
    """Return the `Symbol` that a node of the rule `symbol` holds."""
    if not hasattr(tree, "as_symbol"):  # kept with the node: a symbol is read thousands of times in a check
        tree.as_symbol = _read_symbol(tree)
    return tree.as_symbol


def _read_symbol(tree):
    name, layer, indices, transposed, comma, sampled = "".join(tree.children[0].split()), None, (), False, False, False
    name = name.replace(r"\nabla", r"\nabla ")
    for part in tree.children[1:]:
        if part.data == "transpose_mark":
            transposed = True
        elif part.data in ("keep_every", "insert_zeros"):
            sampled = True
        elif part.data in ("subscript", "comma_subscript"):
            indices, comma = read_indices(part), part.data == "comma_subscript"
        else:
            sign = {"layer_above": "+", "layer_below": "-"}.get(part.data, "")
            layer = sign.join(str(token) for token in part.children)
    return Symbol(name, layer, indices, transposed, comma, sampled)


def read_indices(tree):
    """Return the indices of a subscript, each as text: i, 2 or i+p-1."""
    return tuple("".join(index.children) if hasattr(index, "children") else str(index) for index in tree.children)


def symbols(tree):
    """Return every `Symbol` in a tree."""
    if not hasattr(tree, "all_symbols"):  # kept like `as_symbol`
        tree.all_symbols = [read_symbol(node) for node in tree.find_data("symbol")]
    return tree.all_symbols


def letters(tree):
    """Return every letter that counts something in a tree."""
    subscripts = [node for rule in ("subscript", "comma_subscript") for node in tree.find_data(rule)]
    return {letter for node in subscripts for index in read_indices(node) for letter in re.findall("[a-z]", index)}


def matrix_name(symbol):
    """The entries of W are written w_{jk}."""
    return symbol._replace(name="W") if symbol.name == "w" and symbol.indices else symbol


def shape_text(value):
    """Return a shape as the book prints it: 3×1, or "a number"."""
    return "×".join(map(str, np.shape(value))) if np.ndim(value) else "a number"
