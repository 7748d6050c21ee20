"""What the symbols of a chapter are: numbers, columns and matrices, or the planes of a convolution.

A world says which networks an equation is tried on, what its indices count, and which numbers a symbol gets that
no definition names. It is read off the definitions.
"""

import re

import numpy as np

from .errors import ConditionError, MeaningError, ShapeError
from .networks import GEOMETRIES, NETWORKS, STRIDED, numbers
from .places import Place
from .registry import equations
from .symbols import Key, Symbol, letters, matrix_name, read_indices, read_symbol, shape_text, symbols

SAMPLE = "i"  # the index that counts the columns of a batch


def _is_step(node):
    return node.data in ("keep_every", "insert_zeros")


def world_of(definitions):
    """Return the world that the definitions of a chapter speak of."""
    trees = [definition.tree for definition in definitions]
    used = [symbol for tree in trees for symbol in symbols(tree)]
    layered = any(symbol.layer for symbol in used)
    indexed = any(symbol.comma for symbol in used)
    if indexed or any(True for tree in trees for _ in tree.find_data("correlation")):
        return Planes(layered, indexed, strided=any(True for tree in trees for _ in tree.find_pred(_is_step)))
    if layered or any(symbol.name == "W" for symbol in used):
        return Columns(layered)
    return Numbers()


class World:
    """What all worlds share."""

    layered = indexed = has_planes = False
    networks = NETWORKS
    batch = 6  # the number of samples of a batch: no width of any network

    def sample_counts(self, conditions):
        """Return the numbers of samples to test with."""
        return conditions.sample_counts(self.batch)

    def key(self, evaluator, symbol, part=None):
        """Return the key of a symbol, with its layer filled in."""
        return Key(symbol.name, evaluator.layer(symbol), part)

    def extent(self, evaluator, index, tree):
        """Return how many values an index takes, from all that carries it.

        Raises
        ------
        MeaningError, ShapeError
            If nothing carries it, or what carries it is not equally long.
        """
        sizes = dict(self._sizes(evaluator, index, tree))
        for node in tree.find_data("entry"):
            body, subscript = node.children
            for axis, carried in enumerate(read_indices(subscript)):
                if carried == index:
                    value = evaluator.with_first(letters(body)).visit(body)
                    if axis >= np.ndim(value):
                        raise ShapeError(f"({evaluator.text(body)}) is {shape_text(value)}: it has no index {index}.")
                    sizes[value.shape[axis]] = f"the {'columns' if axis else 'rows'} of {evaluator.text(body)}"
        if not sizes:
            raise MeaningError(f"Nothing here carries the index {index}.")
        if len(sizes) > 1:
            raise ShapeError(f"the index {index} would count {' and '.join(sizes.values())}, which are not equally many: "
                             f"{' and '.join(map(str, sizes))}.")
        return sizes.popitem()[0]

    def undefined(self, run, key):
        """Return the error for a symbol that has no meaning."""
        depth = run.network.depth
        if key.layer is not None and not 0 <= key.layer <= depth:
            return _outside(key, depth)
        elsewhere = [d for d in run.program.definitions if d.symbol.name == key.name and not isinstance(key.part, str)]
        if elsewhere and elsewhere[0].conditions.samples:
            return MeaningError(f"{key} is defined by {elsewhere[0].label} {elsewhere[0].conditions}: "
                                f"state {elsewhere[0].conditions.samples} on line one.")
        if elsewhere and elsewhere[0].symbol.layer == "l" and key.part is None and key.layer is not None:
            return MeaningError(f"{key} has no meaning: {elsewhere[0].label} gives one to {key.name}^{{l}} for other layers.")
        givers = [e.label for e in equations().values()
                  if e.kind == "definition" and "world=" not in e.conditions
                  and (r"\star" in e.latex) <= isinstance(self, Planes)
                  and re.match(re.escape(key.name) + (r"\s*=" if key.layer is None else r"\s*\^"), e.latex)]
        hint = f" The book defines it: %given {' or '.join(givers)}." if givers else ""
        return MeaningError(f"{key} has no meaning here: no definition of this chapter gives it one.{hint}")


class Numbers(World):
    """Every symbol is a number; the digits below it belong to its name."""

    _INPUTS = {"x", "y", "w", "b", "a"}

    def sample_counts(self, conditions):
        if conditions.samples == "N>1":
            raise ConditionError("N>1 leaves nothing to test: every symbol here is a number, so there are no batches.")
        return (1,)

    def case(self, network):
        """Return a network in words, as the reports print it."""
        return f"σ = {network.activation}"

    def place(self, evaluator, tree):
        if tree.data == "entry":
            raise MeaningError(f"{evaluator.text(tree)}: every symbol here is a number and has no entries.")
        symbol = read_symbol(tree)
        return Place(self.key(evaluator, symbol, "".join(symbol.indices) or None))

    def extent(self, evaluator, index, tree):
        raise MeaningError(f"Every symbol here is a number: nothing carries the index {index}.")

    def input(self, run, key):
        if key.name in self._INPUTS and key.layer is None and not isinstance(key.part, tuple):
            return float(numbers(run.network.seed, str(key), ()))
        raise self.undefined(run, key)


class Columns(World):
    """Fully connected layers: W is a matrix, everything else a column for each sample."""

    # The shape of an input, by its name, in a network of layers (rows, columns); see the notation page.
    _INPUTS = {"x": "input", "y": "output", "t": "output", "W": "matrix", "b": "bias"}
    _NOT_YET_DEFINED = {"a": "layer", "z": "layer", r"\delta": "layer"}

    def __init__(self, layered):
        self.layered = layered

    def case(self, network):
        return str(network) if self.layered else f"{network.widths[0]} → {network.widths[-1]} {network.activation}"

    def counts_samples(self, evaluator, index, tree):
        """Say whether an index counts samples."""
        return index == SAMPLE

    def place(self, evaluator, tree):
        entry = ()
        if tree.data == "entry":
            tree, subscript = tree.children
            entry = read_indices(subscript)
        symbol = matrix_name(read_symbol(tree))
        if symbol.comma:
            raise MeaningError(f"{evaluator.text(tree)}: a comma selects planes, and there are none here.")
        if symbol == Symbol("N", None, (), False):
            return Place(None, number=float(evaluator.run.samples))
        key = self.key(evaluator, symbol)
        if len(symbol.indices) > 2 or entry and symbol.indices:
            raise MeaningError(f"{evaluator.text(tree)} has more than two indices.")
        if symbol.indices == (SAMPLE,):
            return Place(key, sample=evaluator.index(SAMPLE))
        return Place(key, entry=tuple(map(evaluator.index, entry or symbol.indices)))

    def _sizes(self, evaluator, index, tree):
        if index == SAMPLE:
            yield evaluator.run.samples, "the samples"
        for symbol in map(matrix_name, symbols(tree)):
            for axis, carried in enumerate(symbol.indices if symbol.indices != (SAMPLE,) else ()):
                if carried == index:
                    yield _size(evaluator, self.key(evaluator, symbol), axis, index)

    def input(self, run, key):
        network = run.network
        kind = self._INPUTS.get(key.name)
        if key.layer is not None and key.name in ("x", "y"):
            raise _no_layers(key)
        if key.name == "a" and (key.layer == 0 or not self.layered):
            kind = "input"
        elif run.drafting and kind is None:
            kind = self._NOT_YET_DEFINED.get(key.name)
        if kind is None or key.part is not None:
            raise self.undefined(run, key)
        if key.layer is None and self.layered and kind in ("matrix", "bias", "layer"):
            raise MeaningError(f"{key} needs a layer: write {key.name}^{{l}}.")
        layer = key.layer if key.layer is not None else network.depth
        if not (0 if kind in ("layer", "input") else 1) <= layer <= network.depth:
            raise _outside(key, network.depth)
        rows = network.widths[0 if kind == "input" else layer]
        shape = {"matrix": (rows, network.widths[layer - 1] if self.layered else network.widths[0]),
                 "bias": (rows, 1)}.get(kind, (rows, run.samples))
        return numbers(network.seed, str(key), shape)


class Planes(World):
    """Convolutional layers: an image, a kernel and an error are planes.

    Either there is one sample, one channel and one filter, and an index counts positions; or commas select the plane,
    as in a_{n,c} and W_{k,c}, and an entry of it is (a_{n,c})_{ij}.
    """

    has_planes = True
    batch = 3  # no number of channels of any geometry

    # What the indices select: a sample, a channel of the symbol's own layer, or of the layer before.
    _PLANE = ("sample", "own")
    _SLOTS = {**dict.fromkeys(("x", "a", "z", "y", r"\delta", r"\nabla a"), _PLANE),
              **dict.fromkeys(("f", "u"), _PLANE), "W": ("own", "before"), "V": ("own", "before"), "b": ("own",), "C": ("sample",)}
    _SUCH_AS = {**dict.fromkeys(_SLOTS, "_{n,c}"), "W": "_{k,c}", "V": "_{k,c}", "b": "_{k}", "C": "_{n}"}

    def __init__(self, layered, indexed, strided=False):
        self.layered, self.indexed, self.strided = layered, indexed, strided
        # With channels and samples one of the document's three is enough: there are so many more numbers in each.
        self.networks = STRIDED if strided else GEOMETRIES[2:] if indexed else GEOMETRIES

    def sample_counts(self, conditions):
        if self.indexed:
            return super().sample_counts(conditions)
        if conditions.samples == "N>1":
            raise ConditionError("N>1 leaves nothing to test: without the index of a sample there is one.")
        return (1,)

    def case(self, network):
        depth = network.depth if self.layered else 1
        sizes = " ⋆ ".join(f"{rows}×{columns}" for rows, columns in (network.image, *network.kernels[:depth]))
        channels = f", channels {'-'.join(map(str, network.channels[:depth + 1]))}" if self.indexed else ""
        steps = ""
        if self.strided:
            stride, dilation = (f"{rows}×{columns}" for rows, columns in (network.stride, network.dilation))
            padding = " and ".join(f"{before}+{after}" for before, after in network.padding)
            steps = f", stride {stride}, padding {padding}, dilation {dilation}"
        return f"{sizes} {network.activation}{channels}{steps}"

    def counts_samples(self, evaluator, index, tree):
        return self.indexed and all(slot == "sample" for symbol in symbols(tree)
                                    for slot, carried in zip(self._SLOTS.get(symbol.name, ()), symbol.indices)
                                    if carried == index)

    def place(self, evaluator, tree):
        entry = ()
        if tree.data == "entry":
            tree, subscript = tree.children
            entry = read_indices(subscript)
        symbol = read_symbol(tree)
        if symbol[:3] == ("N", None, ()):
            return Place(None, number=float(evaluator.run.samples))
        if self.indexed:
            return Place(self.key(evaluator, symbol, self._part(evaluator, symbol, tree)),
                         entry=tuple(map(evaluator.index, entry)))
        symbol = matrix_name(symbol)
        if entry and symbol.indices or len(entry or symbol.indices) not in (0, 2):
            raise MeaningError(f"{evaluator.text(tree)}: an entry of a plane has two indices, a row and a column.")
        return Place(self.key(evaluator, symbol), entry=tuple(map(evaluator.index, entry or symbol.indices)))

    def _part(self, evaluator, symbol, tree):
        """Return which plane, or which number, the indices select."""
        slots = self._SLOTS.get(symbol.name, ())
        if symbol.name == "C" and not symbol.indices or not slots:
            slots = ()
        if len(slots) == 2 == len(symbol.indices) and not symbol.comma:
            raise MeaningError(f"{evaluator.text(tree)}: a comma selects planes, {symbol.name}{self._SUCH_AS[symbol.name]}; "
                               f"an entry of one is ({symbol.name}{self._SUCH_AS[symbol.name]})_{{ij}}.")
        if len(symbol.indices) != len(slots):
            such_as = f"write {symbol.name}{self._SUCH_AS[symbol.name]}" if slots else "it has no planes"
            raise MeaningError(f"{evaluator.text(tree)}: {such_as}.")
        return tuple(map(evaluator.index, symbol.indices)) or None

    def counts(self, run, key):
        """Return how many planes, or numbers, each index of a symbol selects from."""
        layer = self._layer(run, key)
        sizes = {"sample": lambda: run.samples, "own": lambda: run.network.channels[layer],
                 "before": lambda: run.network.channels[layer - 1]}
        return tuple(sizes[slot]() for slot in self._SLOTS.get(key.name, ()))

    def _layer(self, run, key):
        if self.layered:
            return {"x": 0, "y": run.network.depth}.get(key.name, key.layer)
        return {"x": 0, "a": 0, "f": 0, r"\nabla a": 0}.get(key.name, 1)

    def _sizes(self, evaluator, index, tree):
        for symbol in symbols(tree):
            symbol = symbol if self.indexed else matrix_name(symbol)
            for axis, carried in enumerate(symbol.indices):
                if carried != index:
                    continue
                key = self.key(evaluator, symbol)
                if not self.indexed:
                    yield _size(evaluator, key, axis, index)
                elif axis < len(self._SLOTS.get(key.name, ())):
                    self._refuse_outside(evaluator.run, key)
                    what = "samples" if self._SLOTS[key.name][axis] == "sample" else f"channels at index {axis + 1} of {key}"
                    yield self.counts(evaluator.run, key)[axis], f"the {what}"

    def kernel_shape(self, evaluator, symbol):
        """Return the shape of the kernel of the layer that a symbol belongs to."""
        key = self.key(evaluator, symbol)
        layer = self._layer(evaluator.run, key)
        if layer is None or not 1 <= layer <= evaluator.run.network.depth:
            raise MeaningError(f"{key} belongs to no layer with a kernel.")
        return evaluator.run.network.spread(evaluator.run.network.kernels[layer - 1])

    def input(self, run, key):
        if key.layer is not None and key.name in ("x", "y"):
            raise _no_layers(key)
        free = {"x", "y", "W", "b"} | ({"a", "z", r"\delta", r"\nabla a"} if run.drafting else set())
        if key.name not in free and not (key.name == "a" and (key.layer == 0 or not self.layered)):
            raise self.undefined(run, key)
        if key.layer is None and self.layered and key.name not in ("x", "y"):
            raise MeaningError(f"{key} needs a layer: write {key.name}^{{l}}.")
        self._refuse_outside(run, key)
        if key.part and not all(0 <= index < count for index, count in zip(key.part, self.counts(run, key))):
            raise MeaningError(f"{key} does not exist: its indices count to {' and '.join(map(str, self.counts(run, key)))}.")
        layer = self._layer(run, key)
        shape = {"W": run.network.kernels[layer - 1], "b": ()}.get(key.name, run.network.planes[layer])
        return numbers(run.network.seed, str(key), shape)[()]

    def _refuse_outside(self, run, key):
        layer = self._layer(run, key)
        lowest = 1 if key.name in ("W", "b") else 0
        if key.name in self._SLOTS and key.name != "C" and (layer is None or not lowest <= layer <= run.network.depth):
            raise _outside(key, run.network.depth)


def _size(evaluator, key, axis, index):
    value = evaluator.run.value(key)
    if axis >= np.ndim(value):
        raise ShapeError(f"{key} is {shape_text(value)}: it has no index {index}.")
    return value.shape[axis], f"the {'columns' if axis else 'rows'} of {key}"


def _no_layers(key):
    return MeaningError(f"{key.name} has no layers: it is {'a^{0}' if key.name == 'x' else 'compared with a^{L}'}. "
                        f"A power is written with brackets, ({key.name})^{{{key.layer}}}.")


def _outside(key, depth):
    return MeaningError(f"{key} does not exist: this network's layers are 1 to {depth}. "
                        "State for which layers the equation holds, such as 1<=l<L.")
