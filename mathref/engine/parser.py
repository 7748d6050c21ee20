"""LaTeX in, tree out; what cannot be read is refused with its position."""

import re
import sys
from pathlib import Path

import lark

from .errors import LatexError

LONGEST = 2000  # characters of an equation
DEEPEST = 40    # brackets within brackets

_GRAMMAR = lark.Lark(Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8"), start="statement",
                     parser="lalr", propagate_positions=True, maybe_placeholders=False)

_WORDS = {
    "LPAR": "(", "RPAR": ")", "LBRACE": "{", "RBRACE": "}", "EQUAL": "=", "PLUS": "+", "MINUS": "-",
    "CIRCUMFLEX": "^", "NAME": "a symbol", "NUMBER": "a number", "WHOLE": "a whole number",
    "PMATRIX": "pmatrix", "INDEX": "an index", "LAYER": "a layer",
    "TOP": r"\top", "$END": "the end", "PRIME": "'", "FUNCTION": "a function's name",
}


def parse(latex):
    """Return the syntax tree of one equation or update.

    Parameters
    ----------
    latex : str
        One equation, without its label.

    Returns
    -------
    lark.Tree
        A tree of the rules of `grammar.lark`; every node knows its span in `latex`.

    Raises
    ------
    LatexError
        Naming what is wrong, with a caret under the position.
    """
    _check_bounds(latex)
    _check_commands(latex)
    _check_brackets(latex)
    try:
        tree = _GRAMMAR.parse(latex)
    except lark.exceptions.UnexpectedCharacters as error:
        raise LatexError(_pointed(latex, error.pos_in_stream, _misplaced(latex, error))) from None
    except lark.exceptions.UnexpectedToken as error:
        position = len(latex) if error.token.type == "$END" else error.token.start_pos
        raise LatexError(_pointed(latex, position, _unexpected(latex, error))) from None
    for node in tree.iter_subtrees():
        node.data = sys.intern(str(node.data))  # a token compares slower, and a check visits each node thousands of times
    return tree


def source(tree, latex):
    r"""Return the part of `latex` that a node was read from, without the sizes \left and \right."""
    return re.sub(r"\\(left|right)(?![A-Za-z])\s*", "", latex[tree.meta.start_pos:tree.meta.end_pos])


def _check_bounds(latex):
    if not latex.strip():
        raise LatexError("There is no equation here: write one, with an = in it.")
    if len(latex) > LONGEST:
        raise LatexError(f"The equation is {len(latex)} characters long; at most {LONGEST} are read.")
    digits = re.search(r"[0-9.]{16,}", latex)
    if digits:
        raise LatexError(_pointed(latex, digits.start(), "A number has at most 15 digits."))


def _check_commands(latex):
    r"""Refuse an unknown command, before its first letters are read as a known one: \deltax is not \delta x."""
    for command in re.finditer(r"\\([A-Za-z]+|.)", latex):
        if command.group(1).isalpha() and command.group() not in _COMMANDS:
            message = f"Unknown command {command.group()}: it is not in the language of this book."
            raise LatexError(_pointed(latex, command.start(), message))
        bracket = {r"\left": "(", r"\right": ")"}.get(command.group())
        if bracket and not latex[command.end():].lstrip().startswith(bracket):
            raise LatexError(_pointed(latex, command.start(), f"{command.group()} stands before a {bracket} only."))


def _check_brackets(latex):
    """Match { } and ( ) first, since a missing one is the commonest slip and would be reported far away."""
    closing = {"{": "}", "(": ")"}
    opened = []
    for position, character in enumerate(latex):
        before = latex[:position].rstrip()
        if character in closing:
            opened.append((position, character, before.endswith(r"\left")))
        elif character in closing.values():
            if not opened or closing[opened[-1][1]] != character:
                raise LatexError(_pointed(latex, position, f"This {character} closes nothing."))
            if opened.pop()[2] != before.endswith(r"\right"):
                raise LatexError(_pointed(latex, position, r"\left and \right belong together."))
        if len(opened) > DEEPEST:
            raise LatexError(_pointed(latex, position, f"More than {DEEPEST} brackets inside one another."))
    if opened:
        position, character, _ = opened[-1]
        raise LatexError(_pointed(latex, position, f"This {character} is never closed."))


def _pointed(latex, position, message):
    """Put a caret under the position, on the line where it is."""
    before = latex[:position]
    line_start = before.rfind("\n") + 1
    line = latex[line_start:].split("\n", 1)[0]
    return f"{message}\n  {line}\n  {' ' * (position - line_start)}^"


def _misplaced(latex, error):
    found = re.match(r"\\[A-Za-z]+|.", latex[error.pos_in_stream:], re.DOTALL).group()
    return f"'{found}' cannot stand here. {_expected(error.allowed or ())}".rstrip()


def _unexpected(latex, error):
    token = error.token
    if token.type == "$END":
        return "The equation stops too early." if "=" in latex else "An equation has two sides: there is no = here."
    hint = _expected(error.accepts or error.expected)
    if token == "T" and re.search(r"\^\{?[lL0-9+\-\s]*$", latex[:token.start_pos]):
        hint = r"Write the transpose as W^{\top}, with a layer as (W^{l})^{\top}."
    return f"'{token}' cannot stand here. {hint}".rstrip()


def _expected(terminals):
    words = sorted({_WORDS[name] for name in terminals if name in _WORDS})
    return f"Expected: {', '.join(words)}." if words else ""


# The backslash of a command stands twice where the terminal is a regular expression.
_COMMANDS = {f"\\{word}" for terminal in _GRAMMAR.terminals for word in re.findall(
    r"\\\\([A-Za-z]+)" if terminal.pattern.type == "re" else r"\\([A-Za-z]+)", terminal.pattern.value)}
