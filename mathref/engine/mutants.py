"""False variants of a true equation, made from its syntax tree: the slips that people make.

Every variant is LaTeX again, so that it can be read, printed and run like any other equation. A check that lets
one pass is not a check; the tests ask that each is refused, or listed with the reason why it is the same equation.
"""

import re

from .parser import parse
from .symbols import read_indices, read_symbol

_OTHER_FUNCTION = {"frame": ("crop",), "crop": ("frame",), "pad": ("ring",), "rot180": ("vec",), "vec": ("rot180",)}
_OTHER_LETTER = {"W": r"\delta", r"\delta": "a", "a": "z", "z": "a", "x": "y", "y": "x", "b": "z", "w": "x",
                 "f": "a", "u": "z", "V": "W"}
_LAYERS = {"l": ("l+1", "l-1", "L"), "l-1": ("l", "l+1"), "l+1": ("l", "l-1"), "L": ("L-1", "1"), "L-1": ("L",),
           "0": ("1",)}


def mutants(latex, numbers_only=False):
    """Return the false variants of an equation.

    Numbers commute, are their own transpose, and have no other product than their product: such variants would be
    the same equation and are not made.

    Parameters
    ----------
    latex : str
    numbers_only : bool
        Whether every symbol is a number.

    Returns
    -------
    dict of str to str
        The LaTeX of each variant, and what was done to it.
    """
    found = {}
    for node in parse(latex).iter_subtrees_topdown():
        for what, start, stop, replacement in _RULES.get(node.data, lambda *_: ())(node, latex):
            if what in _SAME_FOR_NUMBERS and (numbers_only or _concerns_a_number(node)):
                continue
            variant = latex[:start] + replacement + latex[stop:]
            if "".join(variant.split()) != "".join(latex.split()):
                found.setdefault(variant, what)
    return found


_SAME_FOR_NUMBERS = {"factors swapped", "product made entrywise", "transpose added", "entrywise product made a product"}


def _concerns_a_number(node):
    return _is_number(node) or any(_is_number(child) for child in node.children)


def _is_number(node):
    """Say whether a node is a number by its form alone: a literal, a fraction, N, η, one entry, or made of those."""
    if getattr(node, "data", None) == "symbol":
        symbol = read_symbol(node)
        a_plane = symbol.comma and all(len(index) == 1 for index in symbol.indices)
        return symbol.name in ("N", "C", r"\eta") or bool(symbol.indices) and symbol.indices != ("i",) and not a_plane
    if getattr(node, "data", None) in ("derivative", "add", "subtract", "times", "hadamard", "negate", "activation", "logarithm",
                                     "exponential"):
        return all(_is_number(child) for child in node.children)
    if getattr(node, "data", None) == "activation_prime":
        return _is_number(node.children[-1])
    return getattr(node, "data", None) in ("number", "fraction", "norm_squared", "entry")


def _text(node, latex):
    """The node's own text; `\\left` in front of its bracket belongs to it."""
    start, stop = _span(node, latex)
    return latex[start:stop]


def _span(node, latex):
    start, stop = node.meta.start_pos, node.meta.end_pos
    if latex[:start].rstrip().endswith(r"\left"):
        start = latex.rindex(r"\left", 0, start)
    return start, stop


def _whole(node, latex, what, replacement):
    return (what, *_span(node, latex), replacement)


def _sum(node, latex):
    left, right = (_text(child, latex) for child in node.children)
    sign = {"add": "-", "subtract": "+"}[node.data]
    yield _whole(node, latex, "sign changed", f"{left} {sign} {right}")
    yield _whole(node, latex, "second term dropped", left)
    yield _whole(node, latex, "first term dropped", right if node.data == "add" else f"(-{right})")


def _product(node, latex):
    left, right = (_text(child, latex) for child in node.children)
    yield _whole(node, latex, "factors swapped", f"({right}) ({left})")
    yield _whole(node, latex, "product made entrywise", rf"(({left}) \odot ({right}))")
    yield _whole(node, latex, "first factor dropped", f"({right})")
    yield _whole(node, latex, "second factor dropped", f"({left})")


def _hadamard(node, latex):
    texts = [_text(child, latex) for child in node.children]
    yield _whole(node, latex, "entrywise product made a product", " ".join(f"({text})" for text in texts))
    for i in range(len(texts)):
        kept = texts[:i] + texts[i + 1:]
        yield _whole(node, latex, "factor dropped", r" \odot ".join(f"({text})" for text in kept))


def _equation(node, latex):
    last = node.children[-1]
    yield _whole(last, latex, "sign of the last side changed", f"-({_text(last, latex)})")


def _symbol(node, latex):
    symbol = read_symbol(node)
    text = _text(node, latex)
    name = re.escape(symbol.name) if symbol.name != r"\nabla a" else r"\\nabla\s*a"
    if symbol.name in _OTHER_LETTER:
        other = re.sub(name, lambda _: _OTHER_LETTER[symbol.name] + " ", text, count=1)
        yield _whole(node, latex, f"{_OTHER_LETTER[symbol.name]} for {symbol.name}", other)
    for layer in _LAYERS.get(symbol.layer, ()):
        shifted = re.sub(r"\^(\{[^{}]*\}|[lL0-9])", rf"^{{{layer}}}", text, count=1)
        yield _whole(node, latex, f"layer {layer} for {symbol.layer}", shifted)
    yield from _indices(node, latex, symbol.indices, "," if symbol.comma else "")
    if symbol.transposed:
        yield _whole(node, latex, "transpose dropped", re.sub(r"\^\{?\\top\}?", "", text))


def _indices(node, latex, indices, comma):
    """Swap two indices, and shift a number or a sum among them by one."""
    text = _text(node, latex)

    def below(changed):
        at = text.rindex("_")
        return text[:at] + re.sub(r"_\s*(\{[^{}]*\}|\w)", f"_{{{comma.join(changed)}}}", text[at:], count=1)

    if len(indices) == 2 and indices[0] != indices[1]:
        yield _whole(node, latex, "indices swapped", below(indices[::-1]))
    for i, index in enumerate(indices if len(indices) == 2 else ()):
        for other in _shifted(index):
            yield _whole(node, latex, "index shifted", below([*indices[:i], other, *indices[i + 1:]]))


def _shifted(index):
    if index.isdigit():
        return [str(number) for number in (int(index) - 1, int(index) + 1) if number > 0]
    return [re.sub(r"[+-]\w$", "", index)] if len(index) > 1 else []


def _factor_symbol(node, latex):
    """Add a transpose where a symbol stands as a factor of a product."""
    for child in node.children:
        if child.data == "symbol" and not read_symbol(child).transposed:
            yield _whole(child, latex, "transpose added", rf"({_text(child, latex)})^{{\top}}")


def _transpose(node, latex):
    yield _whole(node, latex, "transpose dropped", f"({_text(node.children[0], latex)})")


def _prime(node, latex):
    yield _whole(node, latex, "prime dropped", rf"\sigma({_text(node.children[-1], latex)})")
    yield _whole(node, latex, "activation dropped", f"({_text(node.children[-1], latex)})")


def _activation(node, latex):
    yield _whole(node, latex, "prime added", rf"\sigma'({_text(node.children[0], latex)})")
    yield _whole(node, latex, "activation dropped", f"({_text(node.children[0], latex)})")


def _fraction(node, latex):
    above, below = (_text(child, latex) for child in node.children)
    yield _whole(node, latex, "fraction turned over", rf"\frac{{{below}}}{{{above}}}")


def _power(node, latex):
    yield _whole(node, latex, "power dropped", f"({_text(node.children[0], latex)})")


def _correlation(node, latex):
    left, right = (_text(child, latex) for child in node.children)
    yield _whole(node, latex, "arguments swapped", rf"(({right}) \star ({left}))")
    yield _whole(node, latex, "true convolution", rf"(({left}) \star \operatorname{{rot180}}({right}))")
    yield _whole(node, latex, "entrywise product", rf"(({left}) \odot ({right}))")
    yield _whole(node, latex, "first plane alone", f"({left})")
    yield _whole(node, latex, "second plane alone", f"({right})")


def _function(node, latex):
    name, argument = node.children
    yield _whole(node, latex, f"{name} dropped", f"({_text(argument, latex)})")
    for other in _OTHER_FUNCTION.get(name, ()):
        yield _whole(node, latex, f"{other} for {name}", rf"\operatorname{{{other}}}({_text(argument, latex)})")


def _elementary(node, latex):
    argument, = node.children
    other = {"logarithm": "exp", "exponential": "log"}[node.data]
    yield _whole(node, latex, "function dropped", f"({_text(argument, latex)})")
    yield _whole(node, latex, f"{other} for the other", rf"\{other}({_text(argument, latex)})")


def _total(node, latex):
    yield _whole(node, latex, "sum dropped", f"({_text(node.children[-1], latex)})")


def _entry(node, latex):
    subscript = node.children[-1]
    yield from _indices(node, latex, read_indices(subscript), "," if subscript.data == "comma_subscript" else "")


def _sampling(node, latex):
    letter, = node.children
    arrow, other = {"keep_every": (r"\downarrow", r"\uparrow"), "insert_zeros": (r"\uparrow", r"\downarrow")}[node.data]
    yield _whole(node, latex, "step dropped", "")
    yield _whole(node, latex, f"{other} for {arrow}", f"_{{{other} {letter}}}")
    yield _whole(node, latex, "other step", f"_{{{arrow} {'d' if letter == 's' else 's'}}}")


def _matrix(node, latex):
    """Turn the matrix by half a turn, and on its diagonal."""
    rows = [[_text(entry, latex) for entry in row.children] for row in node.children]
    turned = [row[::-1] for row in rows[::-1]]
    flipped = [list(column) for column in zip(*rows)]
    for what, entries in (("matrix turned", turned), ("matrix flipped", flipped)):
        body = r" \\ ".join(" & ".join(row) for row in entries)
        yield _whole(node, latex, what, rf"\begin{{pmatrix}} {body} \end{{pmatrix}}")


def _products_with_transposes(node, latex):
    yield from _product(node, latex)
    yield from _factor_symbol(node, latex)


_RULES = {
    "equation": _equation, "update": _equation, "add": _sum, "subtract": _sum, "times": _products_with_transposes, "hadamard": _hadamard,
    "symbol": _symbol, "transpose": _transpose, "activation_prime": _prime, "activation": _activation,
    "fraction": _fraction, "power": _power, "correlation": _correlation, "named_function": _function, "total": _total,
    "logarithm": _elementary, "exponential": _elementary,
    "entry": _entry, "keep_every": _sampling, "insert_zeros": _sampling, "matrix": _matrix,
}
