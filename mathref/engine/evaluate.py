"""What each rule of the grammar means: one method per rule, in the order of `grammar.lark`."""

import re

import numpy as np
from lark.visitors import Interpreter
from numpy.lib.stride_tricks import sliding_window_view

from .derivative import derivative, entrywise_derivative
from .errors import MeaningError, ShapeError
from .parser import source
from .places import cut
from .symbols import read_indices, read_symbol, shape_text, symbols
from .worlds import SAMPLE, Columns


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
        return getattr(self, tree.data)(tree)

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
                raise self._clash(tree.children[0], product, child, factor, "⊙ needs two equal shapes")
            product = product * factor
        return product

    def correlation(self, tree):
        image, kernel = map(self.visit, tree.children)
        if np.ndim(image) == 0 or np.ndim(kernel) == 0:
            number = tree.children[0 if np.ndim(image) == 0 else 1]
            raise ShapeError(f"⋆ stands between two planes; {self.text(number)} is a number.")
        rows, columns = np.subtract(image.shape, kernel.shape) + 1
        if min(rows, columns) < 1:
            raise self._clash(tree.children[0], image, tree.children[1], kernel,
                              "⋆ needs a right side that fits into the left one")
        return sum(kernel[p, q] * image[p:p + rows, q:q + columns] for p, q in np.ndindex(kernel.shape))

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
        places = self._range(index, bounds, body)
        if not places:
            raise MeaningError(f"The sum over {index} has no terms.")
        terms = []
        for self.bound[str(index)] in places:
            terms.append(self.visit(body))
        del self.bound[index]
        return sum(terms[1:], terms[0])

    # Factors

    def number(self, tree):
        return np.float64(tree.children[0])

    def symbol(self, tree):
        value = self.place(tree).value(self.run)
        if read_symbol(tree).sampled:
            return self._sampled(value, tree.children[1], tree.children[0])
        return value.T if read_symbol(tree).transposed and np.ndim(value) else value

    def derivative(self, tree):
        if any(symbol.transposed or symbol.sampled for symbol in symbols(tree)):
            raise MeaningError("A derivative is by a symbol as it is: transpose the derivative, or step through it, in brackets.")
        numerator, denominator = map(self.place, tree.children)
        return derivative(self.run, numerator, denominator)

    def fraction(self, tree):
        above, below = map(self.visit, tree.children)
        if np.ndim(below):
            raise ShapeError(f"You can divide by a number only; {self.text(tree.children[1])} "
                             f"is {shape_text(below)}.")
        if below == 0:
            raise MeaningError(f"Division by zero: {self.text(tree.children[1])} is 0.")
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

    def logarithm(self, tree):
        value = self.visit(tree.children[0])
        if np.any(np.real(value) <= 0):
            raise MeaningError(f"Only a positive number has a logarithm; in {self.text(tree.children[0])} there is another.")
        return np.log(value)

    def exponential(self, tree):
        return np.exp(self.visit(tree.children[0]))

    def named_function(self, tree):
        name, argument = tree.children
        if name not in self._FUNCTIONS:
            raise MeaningError(f"There is no function {name}; there are {', '.join(self._FUNCTIONS)}.")
        return self._FUNCTIONS[name](self, argument)

    def diag(self, argument):
        column = self.visit(argument)
        if np.ndim(column) != 2 or column.shape[1] != 1:
            raise ShapeError(f"diag takes one column; {self.text(argument)} is {shape_text(column)}.")
        return np.diag(column[:, 0])

    def rot180(self, argument):
        return self._plane(argument, "rot180")[::-1, ::-1]

    def vec(self, argument):
        return self._plane(argument, "vec").reshape(-1, 1)

    def pad(self, argument):
        if argument.data not in ("symbol", "sampled", "derivative") or not self.run.program.world.has_planes:
            raise MeaningError(f"pad frames the error of a convolutional layer, not {self.text(argument)}.")
        rows, columns = self.run.program.world.kernel_shape(self, symbols(argument)[-1])
        return np.pad(self._plane(argument, "pad"), [(rows - 1,) * 2, (columns - 1,) * 2])

    def ring(self, argument):
        return np.pad(self._plane(argument, "ring"), 1)

    def frame(self, argument):
        return np.pad(self._plane(argument, "frame"), self._of_network("padding", "frame"))

    def crop(self, argument):
        plane = self._plane(argument, "crop")
        (top, bottom), (left, right) = self._of_network("padding", "crop")
        if top + bottom >= plane.shape[0] or left + right >= plane.shape[1]:
            raise ShapeError(f"crop would leave nothing of {self.text(argument)}, which is {shape_text(plane)}.")
        return plane[top:plane.shape[0] - bottom, left:plane.shape[1] - right]

    def columns(self, argument):
        image, kernel, places = self._of_the_kernel("columns")
        plane = self._plane(argument, "columns")
        if plane.shape != image:
            raise ShapeError(f"columns takes an image, {image[0]}×{image[1]}; {self.text(argument)} is {shape_text(plane)}.")
        return sliding_window_view(plane, places).reshape(kernel[0] * kernel[1], -1)

    def images(self, argument):
        image, kernel, (rows, columns) = self._of_the_kernel("images")
        matrix = self._plane(argument, "images")
        if matrix.shape != (kernel[0] * kernel[1], rows * columns):
            raise ShapeError(f"images takes what columns returns, {kernel[0] * kernel[1]}×{rows * columns}; "
                             f"{self.text(argument)} is {shape_text(matrix)}.")
        total = np.zeros(image, matrix.dtype)
        for (p, q), row in zip(np.ndindex(kernel), matrix):
            total[p:p + rows, q:q + columns] += row.reshape(rows, columns)
        return total

    def _of_the_kernel(self, name):
        world, network = self.run.program.world, self.run.network
        if not world.has_planes or world.layered or world.strided:
            raise MeaningError(f"{name} has a meaning where there is one convolutional layer, of stride 1 and without padding.")
        return network.image, network.kernels[0], network.planes[1]

    _FUNCTIONS = {"diag": diag, "rot180": rot180, "pad": pad, "ring": ring, "vec": vec, "frame": frame, "crop": crop,
                  "columns": columns, "images": images}

    def _plane(self, argument, name):
        plane = self.visit(argument)
        if np.ndim(plane) != 2:
            raise ShapeError(f"{name} takes a plane; {self.text(argument)} is a number.")
        return plane

    # Groups

    def transpose(self, tree):
        value = self.visit(tree.children[0])
        return value.T if np.ndim(value) else value

    def entry(self, tree):
        body, subscript = tree.children
        return cut(self.visit(body), tuple(map(self.index, read_indices(subscript))), f"({self.text(body)})")

    def sampled(self, tree):
        body, sampling = tree.children
        return self._sampled(self.visit(body), sampling, f"({self.text(body)})")

    def _sampled(self, plane, sampling, name):
        letter, = sampling.children
        if letter not in ("s", "d"):
            raise MeaningError(f"A step is the stride s or the dilation d, not {letter}.")
        if np.ndim(plane) != 2:
            raise ShapeError(f"{name} is {shape_text(plane)}; a step is taken through the rows and columns of a plane.")
        rows, columns = self._of_network("stride" if letter == "s" else "dilation", letter)
        if sampling.data == "keep_every":
            return plane[::rows, ::columns]
        size = [(length - 1) * step + 1 for length, step in zip(plane.shape, (rows, columns))]
        if letter == "s" and plane.shape == self.run.network.planes[1]:  # zeros too where the stride passed over the end
            size = self.run.network.places
        spread = np.zeros(size, plane.dtype)
        spread[::rows, ::columns] = plane
        return spread

    def _of_network(self, what, name):
        if not getattr(self.run.program.world, "strided", False):
            raise MeaningError(f"{name} has no meaning here: no definition of this chapter has a stride, a padding or a dilation.")
        return getattr(self.run.network, what)

    def power(self, tree):
        base, exponent = self.visit(tree.children[0]), tree.children[1]
        if np.ndim(base):
            raise ShapeError(f"Only a number has powers; {self.text(tree.children[0])} is {shape_text(base)}.")
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

    def place(self, tree):
        """Return where a symbol points, with its layer and indices filled in."""
        return self.run.program.world.place(self, tree)

    def extent(self, index, tree):
        """Return how many values an index takes."""
        return self.run.program.world.extent(self, index, tree)

    def with_first(self, indices):
        """Return an evaluator in which those of the indices that have no value yet count their first."""
        return Evaluator(self.run, self.latex, {**dict.fromkeys(indices, 0), **self.bound})

    def text(self, tree):
        """Return the LaTeX that a node was read from."""
        return source(tree, self.latex)

    def _range(self, index, bounds, body):
        if not bounds:
            return range(self.extent(index, body))
        first, last = map(str, bounds)
        if last.isdigit():
            return range(int(first) - 1, int(last))
        if (first, last) == ("1", "N"):
            extent = self.extent(index, body)
            if self.run.program.world.counts_samples(self, index, body):
                return range(extent)
        raise MeaningError(f"The sum over {index} runs over all of it: write \\sum_{{{index}}}"
                           f"{', or i=1 to N for the samples' if index != SAMPLE else ''}.")

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
        return (isinstance(self.run.program.world, Columns) and len(other) == 2 and shape == (other[0], 1) and other[1] == self.run.samples
                and not any(SAMPLE in symbol.indices for symbol in symbols(tree)))

    def _clash(self, left, left_value, right, right_value, need):
        return ShapeError(f"shape clash: {source(left, self.latex)} is {shape_text(left_value)}, "
                          f"{source(right, self.latex)} is {shape_text(right_value)}; {need}.")

    def _apply(self, function, tree, argument=0):
        z = self.visit(tree.children[argument])
        if self.run.network.activation == "softmax" and (np.ndim(z) == 0 or self.run.program.world.has_planes):
            raise ShapeError(f"softmax needs a whole column, not a {'plane' if np.ndim(z) else 'number'}.")
        return function(z)

    def layer(self, symbol):
        """Return the layer of a symbol as a number, or None."""
        if symbol.layer is None:
            return None
        if not self.run.program.world.layered and symbol.layer.isdigit():
            raise MeaningError(f"There are no layers here: write ({symbol.name})^{{{symbol.layer}}} for a power.")
        letter, shift = symbol.layer[0], int(symbol.layer[1:] or 0) if not symbol.layer.isdigit() else 0
        if letter == "L":
            return self.run.network.depth + shift
        if letter == "l":
            if "l" not in self.bound:
                raise MeaningError(f"{symbol.name}^{{{symbol.layer}}}: nothing says which layer l is here.")
            return self.bound["l"] + shift
        return int(symbol.layer)

    def index(self, text):
        """Return the value, counted from zero, of an index such as i, 2 or i+p-1."""
        if text in self.bound:
            return self.bound[text]
        value = 0
        for sign, term in re.findall("([+-]?)([a-z0-9])", text):
            if not term.isdigit() and term not in self.bound:
                raise MeaningError(f"The index {term} has no value here.")
            number = int(term) if term.isdigit() else self.bound[term] + 1
            value += -number if sign == "-" else number
        return value - 1
