"""The definitions of a chapter, compiled together into a forward program, and its runs.

A definition gives one symbol its meaning. What no definition names is an input (x, y, W, b …) and gets numbers.
A `Run` is the program on one network: it computes the value of any symbol on demand, remembers it, and can be
run again with one symbol overridden, which recomputes only what depends on that symbol.
"""

from dataclasses import dataclass

import numpy as np

from .conditions import Conditions
from .errors import MeaningError, ShapeError
from .networks import ACTIVATIONS, numbers
from .parser import parse, source
from .symbols import Key, Symbol, read_symbol, shape_text
from .worlds import Numbers, world_of

EVALUATIONS = 300_000  # nodes evaluated for one equation: a few seconds; the largest of the book takes a fifth of it

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
        if symbol.transposed or symbol.sampled or symbol.name == "N":
            raise _not_whole(label, source(left, latex))
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
        self.world = world_of(self.definitions)
        self.scalar = isinstance(self.world, Numbers)
        for i, first in enumerate(self.definitions):
            self._refuse_entry(first)
            for second in self.definitions[i + 1:]:
                self._refuse_two_meanings(first, second)

    def _refuse_entry(self, definition):
        symbol, text = definition.symbol, source(definition.tree.children[0], definition.latex)
        indices = "".join(symbol.indices)
        if indices.isdigit() and not self.scalar:
            raise MeaningError(f"{definition.label}: a definition gives no meaning to a single entry, such as {text}, "
                               "but to the whole symbol.")
        of_each_plane = self.world.indexed and indices.isalpha() and len(set(indices)) == len(symbol.indices)
        if indices and not (indices.isdigit() or indices == "i" or of_each_plane):
            raise _not_whole(definition.label, text)

    def _refuse_two_meanings(self, first, second):
        same = first.symbol.name == second.symbol.name and _parts_meet(first.symbol, second.symbol)
        if same and self._layers_meet(first, second) and first.conditions.overlap(second.conditions):
            raise MeaningError(f"{second.label}: {source(second.tree.children[0], second.latex)} already has a "
                               f"meaning, given by {first.label}. One symbol has one meaning in a chapter. "
                               "(If this is the same cell with a new label, restart the kernel.)")

    def meaning(self, key, network, samples):
        """Return the definition that gives `key` its meaning in this network, or None."""
        for d in self.definitions:
            if (d.symbol.name == key.name and _part_fits(d.symbol.indices, key.part)
                    and d.conditions.samples in (None, "N=1" if samples == 1 else "N>1")
                    and d.conditions.geometry in (None, network.geometry)
                    and _layer_fits(d, key.layer, network.depth)):
                return d
        return None

    def _layers_meet(self, first, second):
        """Say whether a layer exists, in one of the networks, that both definitions speak of."""
        return any(_layer_fits(first, layer, network.depth) and _layer_fits(second, layer, network.depth)
                   for network in self.world.networks for layer in (None, *range(network.depth + 1)))


def _not_whole(label, text):
    return MeaningError(f"{label}: a definition gives a meaning to a whole symbol, or to its sample i, but not to {text}.")


def _part_fits(indices, part):
    if isinstance(part, str):
        return "".join(indices) == part
    return len(indices) == len(part or ()) and all(index.isalpha() for index in indices)


def _parts_meet(first, second):
    """Say whether two symbols of one name are the same, or one a sample of the other. C_i is a cost of its own."""
    if first.name != "C" and {first.indices, second.indices} == {(), ("i",)}:
        return True
    lettered = "".join(first.indices + second.indices).isalpha()  # z_{n,k} and z_{n,c} are the same symbol
    return len(first.indices) == len(second.indices) if lettered else first.indices == second.indices


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
        self.stepped = {}     # the runs in which one number is moved, for the derivatives by it
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

    def stack(self, key):
        """Return all planes of a symbol, or all its numbers, as one array: (N, C, H, W), (C_out, C_in, kh, kw) or (C_out,)."""
        counts = self.program.world.counts(self, key)
        if not self.program.world.indexed:
            return np.reshape(self.value(key), (1,) * len(counts) + np.shape(self.value(key)))
        planes = [self.value(key._replace(part=part)) for part in np.ndindex(*counts)]
        return np.reshape(planes, counts + np.shape(planes[0]))

    def sample_key(self, key, i):
        """Return the key of sample i of a symbol that is defined per sample, of the whole symbol if it is not."""
        own = Key(key.name, key.layer, (i,))
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
            if isinstance(key.part, tuple):
                bound |= zip(definition.symbol.indices, key.part)
            return Evaluator(self, definition.latex, bound).visit(definition.right_side)
        if key.part is None and self.program.meaning(Key(key.name, key.layer, (0,)), self.network, self.samples):
            columns = [np.atleast_2d(self.value(Key(key.name, key.layer, (i,)))) for i in range(self.samples)]
            return np.hstack(columns)
        if key == Key(r"\eta"):
            return float(abs(numbers(self.network.seed, key.name, ())))
        return self.program.world.input(self, key)
