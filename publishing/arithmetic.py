r"""What a side of an equation comes to, for the numbers of its symbols: the LaTeX of the book's sentences, computed.

This reader shares no code with the engine and no formula with `mathref`: it knows arithmetic, matrices, and what the
activations are. A symbol is a letter with what stands above and below it, as `("W", "2", "")` for $W^{2}$.
"""

import re

import numpy as np
from scipy.signal import correlate2d


class Unread(Exception):
    """What cannot be read, or has no value."""


class _Framed:
    """A matrix in a frame of zeros, as wide as the kernel that comes to it needs."""

    def __init__(self, delta):
        self.delta = delta


ACTIVATIONS = {  # each with its derivative
    "logistic": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "identity": (lambda z: z, lambda z: z * 0 + 1.0),
}
_FUNCTIONS = {"rot180": lambda W: W[::-1, ::-1], "diag": lambda v: np.diag(v.ravel()), "vec": lambda a: a.reshape(-1, 1), "pad": _Framed}
_LETTERS = {r"\delta", r"\eta", r"\alpha", r"\beta", r"\gamma", r"\varepsilon", r"\mu", r"\Delta"}
_TOKEN = re.compile(r"(?:\s|\\[,;!:]|\\quad|\\left(?=[(\[\\])|\\right(?=[)\]\\]))*(\\[A-Za-z]+|\\\\|[0-9]+(?:\.[0-9]+)?|\S|$)")
_CLOSING = {"(": ")", "[": "]", "{": "}", "|": "|"}


class Side:
    r"""A side of an equation, computed while it is read: a method is a rule of the language, and returns a value.

    Parameters
    ----------
    latex : str
    names : dict
        The values of symbols. Its method `unknown(letter, above, below)` is asked for those that it does not have.
    sigma : str
        Which of `ACTIVATIONS` σ is.
    half : int
        −1 or 1 moves each decimal number by half of its last digit, as far as rounding may have.
    """

    def __init__(self, latex, names, sigma="logistic", half=0):
        self.latex, self.names, self.sigma, self.half = latex, names, ACTIVATIONS[sigma], half
        self.place, self.within_bars = 0, False

    def value(self):
        """Return what it comes to.

        Raises
        ------
        Unread
            If it cannot be read.
        """
        value = self.sum()
        self.take("")
        return value

    def peek(self):
        return _TOKEN.match(self.latex, self.place)[1]

    def take(self, *wanted):
        token = _TOKEN.match(self.latex, self.place)
        if wanted and token[1] not in wanted:
            raise Unread(f"{self.latex}: {token[1]} where {' or '.join(wanted)} was expected")
        self.place = token.end()
        return token[1]

    def takes(self, token):
        """Take a token if it is the next one, and say whether it was."""
        return self.peek() == token and bool(self.take())

    def sum(self):
        value = self.signed(self.term)
        while self.peek() in ("+", "-"):
            value = _alike(np.add if self.take() == "+" else np.subtract, value, self.term())
        return value

    def signed(self, rule):
        return -rule() if self.takes("-") else rule()

    def term(self):
        value = self.quotient()
        while self.peek() in (r"\odot", r"\star"):
            value = _alike(np.multiply, value, self.quotient()) if self.take() == r"\odot" else _star(value, self.quotient())
        return value

    def quotient(self):
        value = self.product()
        if self.takes("/"):
            value = value / self.factor()
            if self.peek() in (r"\cdot", r"\times") or self.begins_a_factor():
                raise Unread(f"{self.latex}: what is below the stroke")
        return value

    def product(self):
        value = self.factor()
        while True:
            if self.peek() in (r"\cdot", r"\times"):
                self.take()
                value = _times(value, self.signed(self.factor))
            elif self.begins_a_factor():
                value = _times(value, self.factor())
            else:
                return value

    def begins_a_factor(self):
        return bool(re.match(r"\\(?!(star|odot|rVert|rfloor|end|\\)$)|[A-Za-z({\[]", self.peek())) or self.peek() == "|" and not self.within_bars

    def factor(self):
        """An atom with its powers and transposes."""
        value = self.atom()
        while self.takes("^"):
            if re.match(r"\s*\{?\\top", self.latex[self.place:]):
                self.script()
                value = np.transpose(value)
            else:
                value = power(value, self.braced())
        return value

    def braced(self):
        """Return what stands in braces comes to, or the one token without."""
        if not self.takes("{"):
            return Side(self.one(), self.names).value()
        return self.up_to("}")

    def one(self):
        """Take a token that stands without braces: of a number, LaTeX would take the first digit alone."""
        if len(self.peek()) > 1 and self.peek()[0] != "\\":
            raise Unread(f"{self.latex}: {self.peek()} without braces")
        return self.take()

    def up_to(self, closing):
        value = self.sum()
        self.take(closing)
        return value

    def script(self):
        """Return what stands in braces as it is written, or the one token without."""
        start, depth = self.place, 0
        while True:
            token = self.take() if depth else self.one()
            depth += {"{": 1, "}": -1, "": -depth}.get(token, 0)
            if not depth:
                return self.latex[start:self.place].strip().removeprefix("{").removesuffix("}").replace(" ", "")

    def atom(self):
        token = self.take()
        if token[:1].isdigit():
            decimals = len(token.partition(".")[2])
            return float(token) + (self.half / 2 / 10**decimals if decimals else 0)
        if token in _CLOSING:
            return self.bracket(token)
        if token == r"\frac":
            if self.latex.startswith(r"{\partial", self.place):
                return self.named(rf"\frac{{{self.script()}}}{{{self.script()}}}", "", "")
            above = self.braced()
            return above / self.braced()
        if token == r"\sqrt":
            return np.sqrt(self.braced())
        if token == r"\lfloor":
            return np.floor(self.up_to(r"\rfloor"))
        if token == r"\lVert":
            value = self.up_to(r"\rVert")
            self.take("^")
            return np.sum(value**2) ** (self.braced() / 2)
        if token == r"\begin":
            return self.matrix()
        if token in (r"\log", r"\ln"):
            return np.log(self.factor())
        if token == "e" and self.takes("^"):
            return np.exp(self.braced())
        if token == r"\tanh":
            return np.tanh(self.bracket(self.take("(")))
        if token == r"\max":
            return np.max(self.bracket(self.take("(")))
        if token == r"\sigma":
            return self.sigma[self.takes("'")](self.bracket(self.take("(")))
        if token == r"\operatorname" and (name := self.script()) in _FUNCTIONS:
            return _FUNCTIONS[name](self.bracket(self.take("(")))
        if token == r"\nabla":
            return self.symbol(rf"\nabla {self.take()}")
        if token in _LETTERS or re.fullmatch("[A-Za-z]", token):
            return self.symbol(token)
        raise Unread(f"{self.latex}: {token}")

    def bracket(self, opened):
        """What stands in brackets; several numbers are a column."""
        around, self.within_bars = self.within_bars, opened == "|"
        values = [self.sum()]
        while opened == "(" and self.takes(","):
            values.append(self.sum())
        self.take(_CLOSING[opened])
        self.within_bars = around
        value = values[0] if len(values) == 1 else np.array(values, dtype=float).reshape(-1, 1)
        return np.abs(value) if opened == "|" else value

    def matrix(self):
        self.script()
        rows = [[self.sum()]]
        while (token := self.take("&", r"\\", r"\end")) != r"\end":
            if token == r"\\":
                rows.append([])
            rows[-1].append(self.sum())
        self.script()
        return np.array(rows, dtype=float)

    def symbol(self, letter):
        while self.takes("'"):
            letter += "'"
        scripts = {"^": "", "_": ""}
        while self.peek() in scripts and not scripts[self.peek()]:
            before = self.place
            mark, script = self.take(), self.script()
            if script == r"\top":  # that is no part of its name
                self.place = before
                break
            scripts[mark] = script
        return self.named(letter, scripts["^"], scripts["_"])

    def named(self, letter, above, below):
        """Return the value of a symbol, of an entry of it, or of a power of it."""
        names = self.names
        if (letter, above, below) in names:
            return names[letter, above, below]
        if below and (letter, above, "") in names:
            return entry(names[letter, above, ""], below)
        if above and (letter, "", below) in names:
            return power(names[letter, "", below], Side(above, names).value())
        return names.unknown(letter, above, below)


def power(x, k):
    """Return a power of a number; a matrix has none."""
    if np.ndim(x) or np.ndim(k):
        raise Unread("a power of a matrix")
    return x**k


def entry(M, below):
    """Return an entry of a matrix, or of a column, by the digits below its letter."""
    if not np.ndim(M) or not re.fullmatch("[1-9]{1,2}", below):
        raise Unread(f"the entry {below}")
    return M.ravel()[int(below) - 1] if len(below) == 1 else M[int(below[0]) - 1, int(below[1]) - 1]


def _alike(operation, x, y):
    """Apply an entrywise operation, to a number and a matrix too, but to no two shapes."""
    if np.ndim(x) and np.ndim(y) and np.shape(x) != np.shape(y):
        raise Unread("matrices of different shapes")
    return operation(x, y)


def _times(x, y):
    if not np.ndim(x) or not np.ndim(y):
        return x * y
    product = x @ y
    return product[0, 0] if product.shape == (1, 1) else product


def _star(a, W):
    if isinstance(a, _Framed):
        return correlate2d(a.delta, W, "full")
    if np.ndim(a) != 2 or np.ndim(W) != 2 or np.any(np.less(a.shape, W.shape)):
        raise Unread("a kernel that does not fit")
    return correlate2d(a, W, "valid")
