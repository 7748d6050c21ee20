"""What each rule of the grammar means: one method per rule, in the order of `grammar.lark`."""

import numpy as np
from lark.visitors import Interpreter

from .derivative import derivative, entrywise_derivative
from .errors import MeaningError, ShapeError
from .parser import source
from .program import Key, read_symbol, shape_text, symbols

SAMPLE = "i"  # the index that counts samples; every other letter counts entries


class Evaluator(Interpreter):
    """Evaluates a side of an equation in a `Run`.

    Parameters
    ----------
    run : Run
    latex : str
        The equation that the trees come from, for messages.
    bound : dict
        The layer l and the indices, counted from zero, that have a value.
    """

    def __init__(self, run, latex, bound):
        self.run, self.latex, self.bound = run, latex, dict(bound)

    def visit(self, tree):
        """Evaluate a node, and count it."""
        self.run.effort.spend()
        return super().visit(tree)

    # Sums and differences

    def add(self, tree):
        left, right = self._operands(tree, "+")
        return left + right

    def subtract(self, tree):
        left, right = self._operands(tree, "-")
        return left - right

    def negate(self, tree):
        return -self.visit(tree.children[0])

    # Products

    def hadamard(self, tree):
        product = self.visit(tree.children[0])
        for child in tree.children[1:]:
            factor = self.visit(child)
            if np.shape(product) != np.shape(factor):
                raise self._clash(tree.children[0], product, child, factor, r"\odot needs two equal shapes")
            product = product * factor
        return product

    def times(self, tree):
        left, right = map(self.visit, tree.children)
        if np.ndim(left) == 0 or np.ndim(right) == 0:
            return left * right
        if left.shape[1] != right.shape[0]:
            raise self._clash(tree.children[0], left, tree.children[1], right,
                              "a product needs as many columns on the left as rows on the right")
        product = left @ right
        return product[0, 0] if product.shape == (1, 1) else product

    def total(self, tree):
        index, *bounds, body = tree.children
        if index.isdigit():
            raise MeaningError(f"A sum runs over a letter, not over {index}.")
        if index in self.bound:
            raise MeaningError(f"The index {index} is summed over twice.")
        if bounds and (index, *map(str, bounds)) != (SAMPLE, "1", "N"):
            raise MeaningError(f"The sum over {index} runs over all of it: write \\sum_{{{index}}}"
                               f"{', or i=1 to N for the samples' if index != SAMPLE else ''}.")
        terms = []
        for self.bound[str(index)] in range(self.extent(index, body)):
            terms.append(self.visit(body))
        del self.bound[index]
        return sum(terms[1:], terms[0])

    # Factors

    def number(self, tree):
        return np.float64(tree.children[0])

    def symbol(self, tree):
        value = self.place(tree).value(self.run)
        return value.T if read_symbol(tree).transposed and np.ndim(value) else value

    def derivative(self, tree):
        if any(read_symbol(child).transposed for child in tree.children):
            raise MeaningError("A derivative is by a symbol as it is: transpose the derivative, in brackets, instead.")
        numerator, denominator = map(self.place, tree.children)
        return derivative(self.run, numerator, denominator)

    def fraction(self, tree):
        above, below = map(self.visit, tree.children)
        if np.ndim(below):
            raise ShapeError(f"You can divide by a number only; {source(tree.children[1], self.latex)} "
                             f"is {shape_text(below)}.")
        if below == 0:
            raise MeaningError(f"Division by zero: {source(tree.children[1], self.latex)} is 0.")
        return above / below

    def norm_squared(self, tree):
        body, power = tree.children
        if power != "2":
            raise MeaningError("Only the squared norm is in the language: the power is 2.")
        # The sum of squares, not of absolute values: the complex step must pass through it.
        return np.sum(self.visit(body) ** 2)

    def activation(self, tree):
        return self._apply(self.run.activation, tree)

    def activation_prime(self, tree):
        return self._apply(lambda z: entrywise_derivative(self.run.activation, z), tree, -1)

    def named_function(self, tree):
        name, argument = tree.children
        if name != "diag":
            raise MeaningError(f"There is no function {name}; there is diag.")
        column = self.visit(argument)
        if np.ndim(column) != 2 or column.shape[1] != 1:
            raise ShapeError(f"diag takes one column; {source(argument, self.latex)} is {shape_text(column)}.")
        return np.diag(column[:, 0])

    # Groups

    def transpose(self, tree):
        value = self.visit(tree.children[0])
        return value.T if np.ndim(value) else value

    def power(self, tree):
        base, exponent = self.visit(tree.children[0]), tree.children[1]
        if np.ndim(base):
            raise ShapeError(f"Only a number has powers; {source(tree.children[0], self.latex)} is {shape_text(base)}.")
        if "." in exponent or len(exponent) > 1:
            raise MeaningError(f"The power {exponent} is not a whole number from 0 to 9.")
        return base ** int(exponent)

    def matrix(self, tree):
        rows = [[self.visit(entry) for entry in row.children] for row in tree.children]
        if len({len(row) for row in rows}) > 1:
            raise MeaningError("The rows of a pmatrix have different lengths.")
        if any(np.ndim(entry) for row in rows for entry in row):
            raise ShapeError("The entries of a pmatrix are numbers.")
        return np.array(rows)

    # What the rules above share

    def extent(self, index, tree):
        """Return how many values an index takes: the samples, or the rows or columns of all symbols that carry it."""
        if self.run.program.scalar:
            raise MeaningError(f"Every symbol here is a number: nothing carries the index {index}.")
        sizes = {self.run.samples: "the samples"} if index == SAMPLE else {}
        for symbol in map(_matrix_name, symbols(tree)):
            for axis, carried in enumerate(symbol.indices if symbol.indices != (SAMPLE,) else ()):
                if carried == index:
                    key = self._key(symbol)
                    value = self.run.value(key)
                    if axis >= np.ndim(value):
                        raise ShapeError(f"{key} is {shape_text(value)}: it has no index {index}.")
                    sizes[value.shape[axis]] = f"the {'columns' if axis else 'rows'} of {key}"
        if not sizes:
            raise MeaningError(f"Nothing here carries the index {index}.")
        if len(sizes) > 1:
            raise ShapeError(f"the index {index} would count {' and '.join(sizes.values())}, which are not equally many: "
                             f"{' and '.join(map(str, sizes))}.")
        return sizes.popitem()[0]

    def _operands(self, tree, sign):
        left, right = map(self.visit, tree.children)
        shapes = np.shape(left), np.shape(right)
        of_every_column = (self._is_added_to_columns(tree.children[0], *shapes)
                           or self._is_added_to_columns(tree.children[1], *reversed(shapes)))
        if shapes[0] != shapes[1] and () not in shapes and not of_every_column:
            raise self._clash(tree.children[0], left, tree.children[1], right, f"{sign} needs two equal shapes")
        return left, right

    def _is_added_to_columns(self, tree, shape, other):
        """Say whether a term is, as b is, a column that belongs to no sample: it is added to every column of a batch."""
        return (len(other) == 2 and shape == (other[0], 1) and other[1] == self.run.samples
                and not any(SAMPLE in symbol.indices for symbol in symbols(tree)))

    def _clash(self, left, left_value, right, right_value, need):
        return ShapeError(f"shape clash: {source(left, self.latex)} is {shape_text(left_value)}, "
                          f"{source(right, self.latex)} is {shape_text(right_value)}; {need}.")

    def _apply(self, function, tree, argument=0):
        z = self.visit(tree.children[argument])
        if np.ndim(z) == 0 and self.run.network.activation == "softmax":
            raise ShapeError(r"softmax needs a whole column, not a number.")
        return function(z)

    def place(self, tree):
        """Return the symbol with its layer and indices filled in."""
        symbol = read_symbol(tree)
        if self.run.program.scalar:
            return Place(self._key(symbol, "".join(symbol.indices) or None))
        symbol = _matrix_name(symbol)
        if symbol == ("N", None, (), False):
            return Place(None, number=float(self.run.samples))
        key = self._key(symbol)
        if len(symbol.indices) > 2:
            raise MeaningError(f"{source(tree, self.latex)} has more than two indices.")
        if symbol.indices == (SAMPLE,):
            return Place(key, sample=self._index(SAMPLE))
        return Place(key, entry=tuple(map(self._index, symbol.indices)))

    def _key(self, symbol, part=None):
        return Key(symbol.name, self._layer(symbol), part)

    def _layer(self, symbol):
        if symbol.layer is None:
            return None
        if not self.run.program.layered and symbol.layer.isdigit():
            raise MeaningError(f"There are no layers here: write ({symbol.name})^{{{symbol.layer}}} for a power.")
        letter, shift = symbol.layer[0], int(symbol.layer[1:] or 0) if not symbol.layer.isdigit() else 0
        if letter == "L":
            return self.run.network.depth + shift
        if letter == "l":
            if "l" not in self.bound:
                raise MeaningError(f"{symbol.name}^{{{symbol.layer}}}: nothing says which layer l is here.")
            return self.bound["l"] + shift
        return int(symbol.layer)

    def _index(self, index):
        if index.isdigit():
            return int(index) - 1
        if index not in self.bound:
            raise MeaningError(f"The index {index} has no value here.")
        return self.bound[index]


class Place:
    """Where a symbol points: a whole value, one sample of it, or one entry."""

    def __init__(self, key, sample=None, entry=(), number=None):
        self.key, self.sample, self.entry, self.number = key, sample, entry, number

    def value(self, run):
        """Return what stands there in a run."""
        if self.number is not None:
            return self.number
        if self.sample is not None:
            return run.sample(self.key, self.sample)
        return self.cut(run.value(self.key))

    def cut(self, whole):
        """Return the entry out of a whole value; one row of one column is a number."""
        if not self.entry:
            return whole
        if np.ndim(whole) != 2:
            raise ShapeError(f"{self.key} is a number and has no entries.")
        for axis, index in enumerate(self.entry):
            if not 0 <= index < whole.shape[axis]:
                raise MeaningError(f"{self.key} is {shape_text(whole)}: it has no {'row' if axis == 0 else 'column'} "
                                 f"{index + 1}.")
        part = whole[self.entry] if len(self.entry) == 2 else whole[self.entry[0]:self.entry[0] + 1, :]
        return part[0, 0] if np.shape(part) == (1, 1) else part


def _matrix_name(symbol):
    """The entries of W are written w_{jk}."""
    return symbol._replace(name="W") if symbol.name == "w" and symbol.indices else symbol
