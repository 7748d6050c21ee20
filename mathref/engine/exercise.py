"""Judges a reader's own equation: whether it is right, out of the symbols it may use, without giving it away."""

from .check import check
from .errors import EquationError, NotTrue, ShapeError
from .parser import parse, source
from .symbols import symbols

BLANK = "?"
_RULES = {"activation": r"\sigma", "activation_prime": r"\sigma'", "derivative": r"\partial", "logarithm": r"\log",
          "exponential": r"\exp"}


def judge(label, latex, conditions, program, runs):
    """Return the status ("open", "right" or "wrong") and a report for an answer.

    Parameters
    ----------
    label, latex : str
        The reader's equation; while it holds a `?` it is not answered.
    conditions : Conditions
        `find` is the side to find; `using` the symbols an answer may use, `\\partial` among them if derivatives are.
    program, runs
        As for `check`.

    Returns
    -------
    status : str
    report : tuple of str
    """
    allowed = f"Use only {', '.join(conditions.using)}." if conditions.using else ""
    if BLANK in latex:
        return "open", (f"Put your answer in place of the ? and run the cell. {allowed}".strip(),)
    try:
        fault = _fault(latex, conditions)
        if fault:
            return "wrong", (f"Not an answer yet: {fault}",)
        check(label, latex, conditions, program, runs)
    except ShapeError as error:
        return "wrong", ("Not right: the shapes do not fit.", str(error).splitlines()[-2].strip())
    except NotTrue as error:
        return "wrong", ("Not right: the shapes fit, but the numbers differ. A sign, a factor, a prime, a layer?",
                         str(error).splitlines()[-1].strip())
    except EquationError as error:
        return "wrong", (f"Not an answer yet: {error}",)
    return "right", ("Right: it holds in every network and every entry.",)


def _fault(latex, conditions):
    """Return what keeps an equation from being an answer, or None."""
    tree = parse(latex)
    left, *answers = tree.children
    if _bare(source(left, latex)) != _bare(conditions.find):
        return f"the left side has to stay {conditions.find}."
    if any(_bare(source(node, latex)) == _bare(conditions.find) for answer in answers for node in answer.iter_subtrees()):
        return f"it says {conditions.find} again."
    if conditions.using is None:
        return None
    allowed = {_bare(symbol) for symbol in conditions.using}
    for answer in answers:
        used = [(symbol.name, _say(symbol)) for symbol in symbols(answer)]
        used += [(name, name) for rule, name in _RULES.items() for _ in answer.find_data(rule)]
        for name, written in used:
            if not {name, _bare(written)} & allowed:
                return f"it may not use {written}; only {', '.join(conditions.using)}."
    return None


def _bare(latex):
    return "".join(latex.split()).replace("{", "").replace("}", "")


def _say(symbol):
    return symbol.name + (f"^{{{symbol.layer}}}" if symbol.layer else "")
