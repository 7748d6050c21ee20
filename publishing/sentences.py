r"""The equations that stand in sentences: each is computed, where that can be done, and its sides are compared.

    python -m publishing.sentences           say which equations nobody has read, and which are no longer there
    python -m publishing.sentences --read    write down that you have read them

A displayed equation is a cell, and the engine runs it. One in a sentence, such as $0.5 \cdot 2 - 1 = 0$, is read here. It is
*computed* if its sides are found equal: with the numbers that the chapter gave its symbols before, with random ones if it
is an identity, or by the engine, if it is true of the chapter's definitions. If not, it may be *given*: it gives a symbol
its value, as $x = 2$ and $C = (0.5 - 1)^2 / 2 = 0.125$ do, and later equations use that; what is worked out in it agrees, but
whether it is that symbol was not computed. The rest is *unread*: outside of what is understood here.

What is not computed stands in `sentences.json`, word for word, as somebody has read it: a change of one has to be read again.
"""

import argparse
import json
import re
from difflib import ndiff
from pathlib import Path

import numpy as np

from mathref.engine.check import check
from mathref.engine.conditions import read_conditions
from mathref.engine.errors import EquationError
from publishing.arithmetic import ACTIVATIONS, Side, Unread, entry, power
from publishing.notebooks import ROOT, read_chapters
from publishing.variants import replay

DATA = Path(__file__).with_name("sentences.json")

_FENCE = re.compile(r"\s*(`{3,}|:{3,})(\{?)")
_DISPLAY_OR_CODE = re.compile(r"\$\$.*?\$\$|(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_PARAGRAPH = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*|#>]|\d+\.) )")
_FORMULA = re.compile(r"(?<![\\$])\$([^$]+?)\$(?!\$)( million)?")
_RELATION = re.compile(r"=|\\approx(?![A-Za-z])")


def paragraphs_of(text):
    """Return the paragraphs of a text, each with the equations in its sentences, in order.

    A formula that begins with a sign goes on with the one before.
    """
    paragraphs = []
    for paragraph in _PARAGRAPH.split(_DISPLAY_OR_CODE.sub(" ", _prose(text))):
        formulas = []
        for written, million in _FORMULA.findall(paragraph):
            formula = _bare(written) + (r" \cdot 10^{6}" if million else "")
            if formulas and (re.match(r"[=+]|\\approx", formula) or re.match(r"\{-[^=]*$", written) or formulas[-1].endswith(("=", r"\approx"))):
                formulas[-1] += f" {formula}"
            else:
                formulas.append(formula)
        paragraphs.append((paragraph, [formula for formula in formulas if re.search(r"\w.*(=|\\approx).*\w", formula)]))
    return paragraphs


def _prose(text):
    """Return a cell of text without blocks of code; directives hold text."""
    kept, code = [], None
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if code:
            code = None if fence and fence[1] == code else code
        elif fence:
            code = None if fence[2] or line.strip() == fence[1] else fence[1]
        elif not line.lstrip().startswith(":"):
            kept.append(line)
    return "\n".join(kept)


def _bare(formula):
    """Return a formula in one line, without the marks of its sentence and the braces that keep it together."""
    formula = re.sub(r"[\s.,;]*(\\quad)?\s*$", "", re.sub(r"\{\} *", "", " ".join(formula.split())))
    depths = [formula[:place].count("{") - formula[:place].count("}") for place in range(1, len(formula))]
    if formula.startswith("{") and formula.endswith("}") and 0 not in depths:
        return formula[1:-1].strip(" ,.;")
    return formula


class Known(dict):
    """The numbers that a chapter has given to symbols."""

    def unknown(self, *symbol):
        raise Unread(" ".join(symbol))


class Drawn(dict):
    """Random numbers for symbols, in the shape of each letter."""

    def __init__(self, seed, shape):
        self.rng, self.shape = np.random.default_rng(seed), shape

    def unknown(self, letter, above, below):
        if above.isdigit():
            return power(self.unknown(letter, "", below), int(above))
        if letter == "i" and not below:
            return 1j
        shape = self.shape(letter)
        return self.setdefault((letter, above, below), self.rng.uniform(0.5, 2, shape) * self.rng.choice([-1, 1], shape))


_MATRICES = re.compile(r"\\(top|odot|star|operatorname)|[A-Z]")  # between numbers, what is said of these could not be false
_NUMBERS_AND_MATRICES = [lambda letter: (3, 3) if letter.isupper() else ()]
_COLUMNS_AND_MATRICES = [lambda letter: (3, 3) if letter.isupper() else (3, 1), lambda letter: (3, 3)]
_IMAGES_AND_KERNELS = [lambda letter: (2, 2) if letter in "BW" else (4, 3)]

# What a symbol has to be by the first of these whose numbers are there; k is its layer, and a derivative is written as
# `Side` reads it. What is said of an entry is said of the whole.
_HAS_TO_BE = {
    "z": [r"W^{k} a^{k-1} + b^{k}", r"W^{k} a^{k-1}", r"W^{k} x + b^{k}", r"W^{k} x", "W a + b", "W x + b", "w x + b", r"a \star W + b", r"a \star W"],
    "a": [r"\sigma(z^{k})", r"\sigma(z)"],
    "C": [r"\frac{1}{2} \lVert a^{3} - y \rVert^{2}", r"\frac{1}{2} \lVert a - y \rVert^{2}", r"\frac{1}{2} \lVert z - y \rVert^{2}"],
    r"\delta": [r"(a^{k} - y) \odot \sigma'(z^{k})", r"((W^{k+1})^{\top} \delta^{k+1}) \odot \sigma'(z^{k})", "z^{k} - y",
                r"(a - y) \odot \sigma'(z)", "z - y"],
    r"\frac{\partialC}{\partialW}": [r"\delta^{k} (a^{k-1})^{\top}", r"\delta^{k} x^{\top}", r"\delta x^{\top}", r"\delta a^{\top}", r"a \star \delta"],
    r"\frac{\partialC}{\partialw}": [r"\delta x"],
    r"\frac{\partialC}{\partialb}": [r"\delta^{k}"],
    r"\nabla a": [r"\operatorname{pad}(\delta) \star \operatorname{rot180}(W)"],
}


def judge(latex, known, sigma, holds):
    """Say whether an equation is computed, given or unread, and take over the value that it gives to a symbol.

    Parameters
    ----------
    latex : str
    known : Known
        The numbers of the chapter's symbols so far.
    sigma : list of str
        The activations that the text has named: σ is one of them, or any if it has named none. An equation that says which is
        taken over.
    holds : callable
        Says whether the engine finds an equation to hold.
    """
    if latex == r"\sigma(z) = z":
        sigma[:] = ["identity"]
        return "given"
    latex = re.sub(r"(?<=\d)\\,(?=\d{3})", "", latex)
    sides = list(zip(["", *_RELATION.findall(latex)], _RELATION.split(latex), strict=True))  # each after its sign

    among = any if sigma else all

    def equal(sides, names=known):
        return among(_true(lambda: _equal(sides, names, one)) for one in sigma or ACTIVATIONS)

    with np.errstate(all="ignore"):
        symbol, literal = _symbol(sides[0][1]), _is_literal(sides[1][1])
        computed, gives = equal(sides), symbol and equal(sides[1:])
        if gives:
            computed = computed or among(_is_owed(symbol, *sides[1], known, one) for one in sigma or ACTIVATIONS)
            known[symbol] = Side(sides[-1][1], known, *sigma[:1]).value()
        shapes = _IMAGES_AND_KERNELS if r"\star" in latex else _COLUMNS_AND_MATRICES
        shapes = shapes if _MATRICES.search(latex) else [*_NUMBERS_AND_MATRICES, *shapes]
        computed = computed or any(all(equal(sides, Drawn(seed, one)) for seed in range(3)) for one in shapes)
    worked = gives and (literal or len(sides) > 2)
    if computed or not worked and holds(latex):
        return "computed"
    return "given" if worked else "unread"


_NO_VALUE = ZeroDivisionError, ValueError, TypeError, IndexError, AttributeError, OverflowError


def _true(attempt):
    try:
        return attempt()
    except (Unread, *_NO_VALUE):
        return False


def _equal(sides, names, sigma):
    """Say whether sides are equal, each to as many digits as the next one is printed with, if it is printed rounded."""
    values = [Side(side, names, sigma).value() for _, side in sides]
    for value, after, (sign, side) in zip(values, values[1:], sides[1:], strict=False):
        room = _room(sign, side, names, sigma, after)
        if not _same(value, after, room, any(re.search(r",(?!\d)", one) and "pmatrix" not in one for _, one in sides)):
            return False
    return True


def _room(sign, side, names, sigma, value):
    """Return how far from its value something may be to be equal to a side, as that is printed."""
    room = 0
    if sign != "=" or re.search(r"\.\d{3}|10\^", side):
        low, high = (Side(side, names, sigma, half).value() for half in (-1, 1))
        room = np.abs(high - low) / 2 * 1.0001
    if sign != "=" and not np.any(room):
        room = _half_a_unit(side) or 0.1 * np.abs(value)  # by and large
    return room


def _half_a_unit(side):
    """Return half a unit of the last digit of a whole number that is not 0, and nothing for what is no whole number."""
    whole = re.fullmatch(r"\s*-?(\d*[1-9])(0*)((?: \\cdot 10\^\{?-?\d+\}?)?)\s*", side)
    return whole and Side(f"1{whole[2]}{whole[3]}", Known()).value() / 2


def _same(x, y, room, listed):
    """Say whether numbers or matrices are equal; a list of numbers, such as (1, 2), may be a row or a column."""
    x, y, room = np.asarray(x), np.asarray(y), np.broadcast_to(room, np.shape(y))
    if listed and 1 in x.shape and 1 in y.shape:
        x, y, room = x.ravel(), y.ravel(), room.ravel()
    return x.shape == y.shape and bool(np.all(np.abs(x - y) <= room + np.where(y == 0, 1e-12, 1e-9 * np.abs(y))))


class _Names(dict):
    def unknown(self, *symbol):
        return {"symbol": symbol}


def _symbol(side):
    """Return the symbol that a side is, and nothing if it is more than that."""
    value = None
    try:
        value = Side(side, _Names()).value()
    except (Unread, TypeError, ValueError, AttributeError):
        pass
    return value["symbol"] if isinstance(value, dict) else None


def _is_owed(symbol, sign, side, known, sigma):
    """Say whether a symbol has to be what a side says, by the first rule whose numbers are there."""
    letter, layer, below = symbol
    if derivative := re.fullmatch(r"(\\frac\{\\partialC\}\{\\partial)([A-Za-z])(?:\^\{(\d)\})?(?:_\{?(\d+)\}?)?\}", letter):
        letter, layer, below = f"{derivative[1]}{derivative[2]}}}", derivative[3] or "", derivative[4] or ""
        letter = letter.replace("w}", "W}") if len(below) == 2 else letter
    layers = {"k-1": int(layer) - 1, "k+1": int(layer) + 1, "k": layer} if layer.isdigit() else {}
    for rule in _HAS_TO_BE.get(letter, ()):
        if ("{k" in rule) != bool(layers):
            continue
        try:
            owed = Side(re.sub(r"(?<=\{)k([-+]1)?", lambda found: str(layers[found[0]]), rule), known, sigma).value()
            owed = entry(owed, below) if below else owed
        except (Unread, *_NO_VALUE):
            continue
        value = Side(side, known, sigma).value()
        return _same(owed, value, _room(sign, side, known, sigma, value), "," in side)
    return False


_NUMBERS = re.compile(r"[0-9.]+ \\cdot 10\^\{?-?\d+\}?|10\^\{?-?\d+\}?|\\frac\{\d+\}\{\d+\}|\^\{\\top\}")


def _is_literal(side):
    """Say whether a side is numbers, and nothing that is computed with them."""
    return not re.search(r"\\(cdot|star|odot|sigma|frac)|[+/^]|(?<=[\w)}]) *-", _NUMBERS.sub("", side))


_CONDITIONS = ("", "1<=l<L", "N=1", "N=1 1<=l<L")


def held_by(session):
    """Return what says whether an equation holds in one of the worlds of a chapter's session, on a condition or none."""
    def holds(latex):
        for world in session.worlds:
            for conditions in _CONDITIONS:
                try:
                    check("", latex, read_conditions(conditions.split()), *session.program(world))
                    return True
                except EquationError:
                    continue
        return False
    return holds


def judged(notebook, holds):
    """Return the equations in the sentences of a chapter, each with what it is found to be.

    Parameters
    ----------
    notebook : NotebookNode
    holds : callable
        As `held_by` returns it.

    Returns
    -------
    list of (str, str)
    """
    known, sigma, found = Known(), [], []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for paragraph, equations in paragraphs_of(cell.source):
                name_activations(paragraph, sigma)
                found += [(latex, judge(latex, known, sigma, holds)) for latex in equations]
    return found


_NAMES = {"logistic": "sigmoid|logistic", "relu": "ReLU", "tanh": "tanh", "identity": "identity|linear"}


def name_activations(paragraph, sigma):
    """Let σ be what a paragraph names, if it does."""
    sigma[:] = [one for one in ACTIVATIONS if re.search(rf"\b({_NAMES[one]})\b", paragraph)] or sigma


def summed(found):
    """Return what goes on record of a chapter: how many are computed, and which are not."""
    return {"computed": sum(what == "computed" for _, what in found),
            **{kind: [latex for latex, what in found if what == kind] for kind in ("given", "unread")}}


def recorded():
    """Return what is on record: {chapter: {"computed": how many, "given": [LaTeX, …], "unread": [LaTeX, …]}}."""
    return json.loads(DATA.read_text(encoding="utf-8"))


def differences(stem, new, old):
    """Return a line for each equation of a chapter that is on record and not there (-), or there and not on record (+)."""
    lines = []
    for kind in ("given", "unread"):
        lines += [f"{line[0]} {stem}, {kind}: {line[2:]}" for line in ndiff(old.get(kind, ()), new[kind]) if line[0] in "-+"]
    return lines or [f"{stem}: {new['computed']} computed, and {old.get('computed', 0)} on record"] * (new["computed"] != old.get("computed"))


def main():
    """Say how the book differs from what is on record, and put it on record if asked."""
    parser = argparse.ArgumentParser(prog="python -m publishing.sentences", description=__doc__.splitlines()[0])
    parser.add_argument("--read", action="store_true", help="write down that you have read them")
    keep, old = parser.parse_args().read, recorded() if DATA.exists() else {}
    new = {stem: summed(judged(notebook, held_by(replay(notebook)[0]))) for stem, notebook in read_chapters(ROOT).items()}
    for line in (line for stem, found in new.items() for line in differences(stem, found, old.get(stem, {}))):
        print(line)
    if keep:
        DATA.write_text(json.dumps(new, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
