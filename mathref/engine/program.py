"""The definitions of a chapter, compiled together into a forward program, and its runs.

A definition gives one symbol its meaning. What no definition names is an input (x, y, W, b …) and gets numbers.
A `Run` is the program on one network: it computes the value of any symbol on demand, remembers it, and can be
run again with one symbol overridden, which recomputes only what depends on that symbol.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .conditions import Conditions
from .errors import MeaningError, ShapeError
from .networks import ACTIVATIONS, NETWORKS, numbers
from .parser import parse, source
from .registry import equations

EVALUATIONS = 300_000  # nodes evaluated for one equation: a few seconds; the largest of the book takes a fifth of it

# The shape of an input, by its name, in a network of layers (rows, columns); see the notation page.
_COLUMN_OF_INPUT, _COLUMN, _COLUMN_OF_OUTPUT = "input", "layer", "output"
_INPUTS = {"x": _COLUMN_OF_INPUT, "y": _COLUMN_OF_OUTPUT, "W": "matrix", "b": "bias"}
_NOT_YET_DEFINED = {"a": _COLUMN, "z": _COLUMN, r"\delta": _COLUMN}
_SCALARS = {"x", "y", "w", "b", "a"}


class Key(NamedTuple):
    """A symbol with its layer filled in: W^2 is ("W", 2). `part` is the sample of C_i, or the digits of w_1."""

    name: str
    layer: int | None = None
    part: int | str | None = None

    def __str__(self):
        layer = "" if self.layer is None else f"^{{{self.layer}}}"
        return f"{self.name}{layer}{'' if self.part is None else f'_{{{self.part}}}'}"


class Symbol(NamedTuple):
    """A symbol as it is written: name, layer as text (l, l-1, L, 2 or None), indices, whether it is transposed."""

    name: str
    layer: str | None
    indices: tuple
    transposed: bool


def read_symbol(tree):
    """Return the `Symbol` that a node of the rule `symbol` holds."""
    name, layer, indices, transposed = "".join(tree.children[0].split()), None, (), False
    name = name.replace(r"\nabla", r"\nabla ")
    for part in tree.children[1:]:
        if part.data == "transpose_mark":
            transposed = True
        elif part.data == "subscript":
            indices = tuple(str(index) for index in part.children)
        else:
            sign = {"layer_above": "+", "layer_below": "-"}.get(part.data, "")
            layer = sign.join(str(token) for token in part.children)
    return Symbol(name, layer, indices, transposed)


def symbols(tree):
    """Return every `Symbol` in a tree."""
    return [read_symbol(node) for node in tree.find_data("symbol")]


@dataclass(frozen=True, eq=False)
class Definition:
    """One equation that gives the symbol on its left a meaning."""

    label: str
    latex: str
    conditions: Conditions
    symbol: Symbol
    tree: object

    @classmethod
    def read(cls, label, latex, conditions):
        """Return the definition that `latex` states.

        Raises
        ------
        MeaningError
            If it is not one symbol = its meaning.
        """
        tree = parse(latex)
        left, *rest = tree.children
        if getattr(left, "data", None) != "symbol" or len(rest) != 1:
            raise MeaningError(f"{label}: a definition is one symbol = its meaning; "
                               f"the left side here is {source(left, latex)}.")
        symbol = read_symbol(left)
        if symbol.layer not in (None, "l", "L") and not symbol.layer.isdigit():
            raise MeaningError(f"{label}: a definition speaks of layer l, L or of one number, not of {symbol.layer}.")
        if symbol.transposed or symbol.name == "N" or not all(i == "i" or i.isdigit() for i in symbol.indices):
            raise MeaningError(f"{label}: a definition gives a meaning to a whole symbol, or to its sample i, but not to "
                               f"{source(left, latex)}.")
        return cls(label, latex, conditions, symbol, tree)

    @property
    def right_side(self):
        """The tree of the meaning."""
        return self.tree.children[1]


class Program:
    """The definitions that hold together.

    Raises
    ------
    MeaningError
        If two of them give one symbol different meanings for the same case.
    """

    def __init__(self, definitions):
        self.definitions = tuple(definitions)
        used = [symbol for d in self.definitions for symbol in symbols(d.tree)]
        self.layered = any(symbol.layer for symbol in used)
        self.scalar = not self.layered and not any(symbol.name == "W" for symbol in used)
        for i, first in enumerate(self.definitions):
            if not self.scalar and "".join(first.symbol.indices).isdigit():
                raise MeaningError(f"{first.label}: a definition gives no meaning to a single entry, such as "
                                   f"{source(first.tree.children[0], first.latex)}, but to the whole symbol.")
            for second in self.definitions[i + 1:]:
                self._refuse_two_meanings(first, second)

    def _refuse_two_meanings(self, first, second):
        same = first.symbol.name == second.symbol.name and _parts_meet(first.symbol, second.symbol)
        if same and _layers_meet(first, second) and first.conditions.overlap(second.conditions):
            raise MeaningError(f"{second.label}: {source(second.tree.children[0], second.latex)} already has a "
                               f"meaning, given by {first.label}. One symbol has one meaning in a chapter. "
                               "(If this is the same cell with a new label, restart the kernel.)")

    def meaning(self, key, network, samples):
        """Return the definition that gives `key` its meaning in this network, or None."""
        for d in self.definitions:
            if (d.symbol.name == key.name and _part_fits(d.symbol.indices, key.part)
                    and d.conditions.samples in (None, "N=1" if samples == 1 else "N>1")
                    and _layer_fits(d, key.layer, network.depth)):
                return d
        return None


def _part_fits(indices, part):
    if part is None:
        return not indices
    return "".join(indices) == part if isinstance(part, str) else len(indices) == 1 and indices[0].isalpha()


def _parts_meet(first, second):
    """Say whether two symbols of one name are the same, or one a sample of the other. C_i is a cost of its own."""
    return first.indices == second.indices or first.name != "C" and {first.indices, second.indices} == {(), ("i",)}


def _layers_meet(first, second):
    """Say whether a layer exists, in one of the networks, that both definitions speak of."""
    return any(_layer_fits(first, layer, network.depth) and _layer_fits(second, layer, network.depth)
               for network in NETWORKS for layer in (None, *range(network.depth + 1)))


def _layer_fits(definition, layer, depth):
    written = definition.symbol.layer
    if written is None or layer is None:
        return written is None and layer is None
    if written == "l":
        return layer in definition.conditions.layer_range(depth)
    return layer == (depth if written == "L" else int(written))


class Effort:
    """How many nodes of syntax trees may still be evaluated for one equation: sums inside sums must not run for ever."""

    def __init__(self):
        self.left = EVALUATIONS

    def spend(self):
        """Count one.

        Raises
        ------
        MeaningError
            If there were too many.
        """
        self.left -= 1
        if self.left < 0:
            raise MeaningError(f"This takes more than {EVALUATIONS} evaluations: too many sums inside one another.")


class Run:
    """A program on one network, with one sample or a batch.

    Parameters
    ----------
    program : Program
    network : Network
    samples : int
        The number N of columns.
    drafting : bool
        Whether a, z and δ may still lack a definition: so while a chapter's definitions are being written.
    """

    def __init__(self, program, network, samples, drafting=False):
        self.program, self.network, self.samples, self.drafting = program, network, samples, drafting
        self.activation = ACTIVATIONS[network.activation]
        self.effort = Effort()
        self.overrides = {}
        self.derivatives = {}
        self._values = {}
        self._needs = {}      # key: the keys that its value depends on
        self._computing = []

    def with_override(self, key, value):
        """Return a run in which `key` has the given value; all that does not depend on it is taken over."""
        run = Run(self.program, self.network, self.samples, self.drafting)
        run.effort = self.effort
        run.overrides = {**self.overrides, key: value}
        run._values = {k: v for k, v in self._values.items() if key not in self._needs[k]}
        run._needs = {k: self._needs[k] for k in run._values}
        return run

    def value(self, key):
        """Return the value of a symbol: a number, or an array (rows, columns).

        Raises
        ------
        MeaningError
            If nothing defines it, or it is defined in a circle.
        """
        if key not in self.overrides and key not in self._values:
            self._values[key] = self._computed(key)
        self._note({key} | self._needs.get(key, set()))
        return self.overrides[key] if key in self.overrides else self._values[key]

    def sample(self, key, i):
        """Return column i of a symbol, or its value for sample i where it is defined per sample."""
        own = self.sample_key(key, i)
        if own != key and np.ndim(self.overrides.get(key, 0)) == 0:
            self._note({key})  # moving the whole moves its columns
            return self.value(own)
        whole = self.value(key)
        if self.samples == 1:  # C_1 is C, and the only column is the whole
            return whole
        if np.ndim(whole) != 2 or whole.shape[1] != self.samples:
            raise ShapeError(f"{key} has no samples: it is {shape_text(whole)}.")
        return whole[:, i:i + 1]

    def sample_key(self, key, i):
        """Return the key of sample i of a symbol that is defined per sample, of the whole symbol if it is not."""
        own = Key(key.name, key.layer, i)
        return own if self.program.meaning(own, self.network, self.samples) else key

    def _note(self, keys):
        """Remember that the symbol being computed depends on these."""
        if self._computing:
            self._needs[self._computing[-1]] |= keys

    def _computed(self, key):
        if key in self._computing:
            circle = self._computing[self._computing.index(key):] + [key]
            raise MeaningError(f"Defined in a circle: {' needs '.join(map(str, circle))}.")
        self._computing.append(key)
        self._needs[key] = set()
        try:
            return self._from_meaning(key)
        finally:
            self._computing.pop()

    def _from_meaning(self, key):
        from .evaluate import Evaluator
        definition = self.program.meaning(key, self.network, self.samples)
        if definition:
            bound = {} if key.layer is None else {"l": key.layer}
            if isinstance(key.part, int):
                bound[definition.symbol.indices[0]] = key.part
            return Evaluator(self, definition.latex, bound).visit(definition.right_side)
        if key.part is None and self.program.meaning(Key(key.name, key.layer, 0), self.network, self.samples):
            columns = [np.atleast_2d(self.value(Key(key.name, key.layer, i))) for i in range(self.samples)]
            return np.hstack(columns)
        return self._input(key)

    def _input(self, key):
        """Return the numbers of a symbol that no definition names."""
        program, network = self.program, self.network
        if key == Key(r"\eta"):
            return float(abs(numbers(network.seed, key.name, ())))
        if program.scalar:
            if key.name in _SCALARS and key.layer is None and not isinstance(key.part, int):
                return float(numbers(network.seed, str(key), ()))
            raise self._undefined(key)
        kind = _INPUTS.get(key.name)
        if key.layer is not None and key.name in ("x", "y"):
            raise MeaningError(f"{key.name} has no layers: it is {'a^{0}' if key.name == 'x' else 'compared with a^{L}'}. "
                               f"A power is written with brackets, ({key.name})^{{{key.layer}}}.")
        if key.name == "a" and (key.layer == 0 or not program.layered):
            kind = _COLUMN_OF_INPUT
        elif self.drafting and kind is None:
            kind = _NOT_YET_DEFINED.get(key.name)
        if kind is None or key.part is not None:
            raise self._undefined(key)
        if key.layer is None and program.layered and kind in ("matrix", "bias", _COLUMN):
            raise MeaningError(f"{key} needs a layer: write {key.name}^{{l}}.")
        lowest = 0 if kind in (_COLUMN, _COLUMN_OF_INPUT) else 1
        layer = key.layer if key.layer is not None else network.depth
        if not lowest <= layer <= network.depth:
            raise self._outside(key)
        rows = network.widths[0 if kind == _COLUMN_OF_INPUT else layer]
        shape = {"matrix": (rows, network.widths[layer - 1] if program.layered else network.widths[0]),
                 "bias": (rows, 1)}.get(kind, (rows, self.samples))
        return numbers(network.seed, str(key), shape)

    def _outside(self, key):
        return MeaningError(f"{key} does not exist: this network's layers are 1 to {self.network.depth}. "
                            "State for which layers the equation holds, such as 1<=l<L.")

    def _undefined(self, key):
        if key.layer is not None and not 0 <= key.layer <= self.network.depth:
            return self._outside(key)
        elsewhere = [d for d in self.program.definitions if d.symbol.name == key.name and not isinstance(key.part, str)]
        if elsewhere and elsewhere[0].conditions.samples:
            return MeaningError(f"{key} is defined by {elsewhere[0].label} {elsewhere[0].conditions}: "
                                f"state {elsewhere[0].conditions.samples} on line one.")
        givers = [e.label for e in equations().values() if e.kind == "definition" and "world=" not in e.conditions
                  and re.match(re.escape(key.name) + (r"\s*=" if key.layer is None else r"\s*\^"), e.latex)]
        hint = f" The book defines it: %given {' or '.join(givers)}." if givers else ""
        return MeaningError(f"{key} has no meaning here: no definition of this chapter gives it one.{hint}")


def shape_text(value):
    """Return a shape as the book prints it: 3×1, or "a number"."""
    return "×".join(map(str, np.shape(value))) if np.ndim(value) else "a number"
