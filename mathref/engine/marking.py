r"""Marks every symbol of an equation with the quantity it stands for, so that the page can colour and light it.

A mark is KaTeX's ``\htmlData{quantity=…}{\htmlClass{q-…}{…}}``; it is added when the site is built and never stored.
"""

import re

from .parser import parse
from .symbols import read_symbol

KINDS = {"a": "a", "x": "a", "W": "W", "w": "W", "b": "b", "z": "z", r"\delta": "delta", r"\nabla a": "grad"}
_NAMES = {r"\delta": "delta", r"\nabla a": "grad_a", "w": "W"}
_LAYERS = {"l-1": "_prev", "l+1": "_next", "L": "_out", "L-1": "_out_prev", "0": "_in"}


def marked(latex):
    """Return the LaTeX of an equation, or of a part of one, with its symbols marked.

    Parameters
    ----------
    latex : str

    Returns
    -------
    str

    Raises
    ------
    LatexError
        If it is not in the language.
    """
    # The grammar reads equations and updates; a part of one is made into one. The = of \sum_{i=1} is in braces.
    whole = latex if re.search(r"=|\\leftarrow", re.sub(r"\{[^{}]*\}", "", latex)) else latex + "=1"
    spans = []
    _collect(parse(whole), whole, spans)
    pieces, end = [], 0
    for start, stop, kind, quantity in spans:
        pieces += [latex[end:start], rf"\htmlData{{quantity={quantity}}}{{\htmlClass{{q-{kind}}}{{{latex[start:stop]}}}}}"]
        end = stop
    return "".join(pieces) + latex[end:]


def _collect(tree, latex, spans):
    if not hasattr(tree, "data"):
        return
    if tree.data == "derivative":
        numerator, denominator = (read_symbol(next(place.find_data("symbol"))) for place in tree.children)
        if numerator.name == "C":
            spans.append((tree.meta.start_pos, tree.meta.end_pos, "grad", _gradient(denominator)))
            return
    if tree.data == "symbol":
        symbol = read_symbol(tree)
        if symbol.name in KINDS:
            spans.append((tree.meta.start_pos, tree.meta.end_pos, KINDS[symbol.name], _quantity(symbol)))
        return
    for child in tree.children:
        _collect(child, latex, spans)


def _quantity(symbol):
    return _NAMES.get(symbol.name, symbol.name) + _LAYERS.get(symbol.layer, "")


def _gradient(symbol):
    """∂C/∂W is dW, ∂C/∂b is db, ∂C/∂z is delta, ∂C/∂a is grad_a."""
    name = {"W": "dW", "w": "dW", "b": "db", "z": "delta", "a": "grad_a"}.get(symbol.name, "d" + symbol.name.lstrip("\\"))
    return name + _LAYERS.get(symbol.layer, "")
