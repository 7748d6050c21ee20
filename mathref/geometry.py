"""What a convolution takes and makes, with any stride, padding and dilation, and what does not fit together.

`mathref.conv` and `mathref.im2col` begin by passing their arguments through here.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mathref.arrays import array, fit, lengths

_KERNELS = "C_out", "C_in", "kh", "kw"
_ERRORS = "N", "C_out", "H'", "W'"


class Geometry(NamedTuple):
    """Stride, padding and dilation, for rows and for columns; `geometry` makes and checks one.

    Shapes may be whole ones or the rows and columns alone.
    """

    stride: tuple
    padding: tuple
    dilation: tuple

    def places(self, images, kernels):
        """Return in how many rows and columns of places the kernel fits on the framed image: u of eq-strides-u."""
        return tuple(length + before + after - reach + 1
                     for length, (before, after), reach in zip(images[-2:], self.padding, spread(kernels, self.dilation)))

    def output(self, images, kernels):
        """Return the rows and columns of z: H' = floor((H + top + bottom - dh (kh - 1) - 1) / sh) + 1, so for columns."""
        return tuple((places - 1) // step + 1 for places, step in zip(self.places(images, kernels), self.stride))

    def of_forward(self, W, b, a_prev, taken=array):
        """Return the arguments of a forward pass as arrays; zeros in place of no bias.

        They are `taken` as arrays of finite numbers, or by `mathref.arrays.numbers` if the caller sees to that.

        Raises
        ------
        TypeError, ValueError
            If one is no array of finite numbers, or the shapes do not fit.
        """
        W = taken("W", W)
        b = np.zeros(W.shape[:1], W.dtype) if b is None else taken("b", b)
        a_prev = taken("a_prev", a_prev)
        self._fit_forward(W.shape, b.shape, a_prev.shape)
        return W, b, a_prev

    def of_input_gradient(self, W, delta, input_shape, taken=array):
        """Return W and delta as arrays, and the shape of a_prev: the given one, or the only one that leads to delta.

        Raises
        ------
        TypeError, ValueError
            If an array is none of finite numbers, the shapes do not fit, or `input_shape` is None where the stride
            leaves a choice.
        """
        W, delta = array("W", W), taken("delta", delta)
        return W, delta, _chosen("input_shape", input_shape, *self._inputs(W.shape, delta.shape))

    def of_gradients(self, delta, a_prev, kernel_shape, taken=array):
        """Return delta and a_prev as arrays, and the shape of W: the given one, or the only one that leads to delta.

        Raises
        ------
        TypeError, ValueError
            If an array is none of finite numbers, the shapes do not fit, or `kernel_shape` is None where the stride
            leaves a choice.
        """
        delta, a_prev = taken("delta", delta), taken("a_prev", a_prev)
        return delta, a_prev, _chosen("kernel_shape", kernel_shape, *self._kernels(delta.shape, a_prev.shape))

    @lru_cache(maxsize=1000)  # the same shapes come again and again
    def _fit_forward(self, W, b, a_prev):
        """Refuse shapes that do not fit together."""
        fit(W=(W, *_KERNELS))
        fit(W=(W, *_KERNELS), b=(b, "C_out"), a_prev=(a_prev, "N", "C_in", *self._with_room(spread(W, self.dilation))))

    @lru_cache(maxsize=1000)
    def _inputs(self, W, delta):
        """Return the shape of a_prev, as axes; refuse shapes that do not fit together."""
        fit(W=(W, *_KERNELS), delta=(delta, *_ERRORS))
        return delta[0], W[1], *self.images(W, delta)

    @lru_cache(maxsize=1000)
    def _kernels(self, delta, a_prev):
        """Return the shape of W, as axes; refuse shapes that do not fit together."""
        fit(delta=(delta, *_ERRORS))
        fit(delta=(delta, *_ERRORS), a_prev=(a_prev, "N", "C_in", *self._with_room(spread(delta, self.stride))))
        return delta[1], a_prev[1], *self.kernels(a_prev, delta)

    def kernels(self, images, errors):
        """Return how many rows and columns a kernel may have that makes planes of the size of `errors` of these images.

        As axes for `mathref.arrays.shaped`: "2", "5 or 6".

        Raises
        ------
        ValueError
            If there is no such kernel.
        """
        most = max(self.places(images, (1, 1)))
        axes = [_lengths(most, lambda kernel: self.output(images, kernel)[axis], errors[-2:][axis]) for axis in (0, 1)]
        if not all(axes):
            raise ValueError(f"delta has shape {errors}, but a_prev has shape {images}: with {self} no kernel leads from "
                             "one to the other")
        return axes

    def images(self, kernels, errors):
        """Return how many rows and columns an image may have that these kernels make planes of the size of `errors` of.

        As axes for `mathref.arrays.shaped`: "2", "5 or 6".

        Raises
        ------
        ValueError
            If there is no such image: all of it would be padding.
        """
        most = max(spread(errors, self.stride)) + max(spread(kernels, self.dilation)) + max(self.stride)
        axes = [_lengths(most, lambda image: self.output(image, kernels)[axis], errors[-2:][axis]) for axis in (0, 1)]
        if not all(axes):
            raise ValueError(f"padding is {self.padding}, but delta has planes of {errors[-2]}×{errors[-1]}: with "
                             f"stride {self.stride} and {kernels[-2]}×{kernels[-1]} kernels of dilation {self.dilation} "
                             "nothing would be left of the image")
        return axes

    def _with_room(self, reach):
        """Return the axes of the images whose frame has room for so many rows and columns."""
        return [f"{name} >= {max(length - before - after, 1)}"
                for name, length, (before, after) in zip("HW", reach, self.padding)]

    def __str__(self):
        return f"stride {self.stride}, padding {self.padding} and dilation {self.dilation}"


def geometry(stride=1, padding=0, dilation=1):
    """Return the `Geometry` of a convolution.

    Parameters
    ----------
    stride, dilation : int or pair of int
        One number for rows and columns, or (rows, columns).
    padding : int, pair of int, or pair of pairs of int
        One number for all sides, (rows, columns), or ((top, bottom), (left, right)).

    Returns
    -------
    Geometry

    Raises
    ------
    TypeError, ValueError
        If stride or dilation are not whole numbers from 1, or padding not whole numbers from 0, or there are more of
        them than that.
    """
    return Geometry(pair("stride", stride), sides(padding), pair("dilation", dilation))


def pair(name, value, least=1):
    """Return a number for rows and one for columns.

    Parameters
    ----------
    name : str
        The argument's name, for the error.
    value : int or pair of int
        One number for both, or two.
    least : int
        The smallest number that will do.

    Returns
    -------
    tuple of int

    Raises
    ------
    TypeError, ValueError
        If it is something else, or too small.
    """
    rows, columns = value if isinstance(value, (tuple, list)) and len(value) == 2 else (value, value)
    for number in (rows, columns):
        if not isinstance(number, (int, np.integer)) or isinstance(number, bool):
            raise TypeError(f"{name} is {value!r}; it needs to be a whole number, or one for rows and one for columns")
        if number < least:
            raise ValueError(f"{name} is {value!r}; it needs to be at least {least}")
    return int(rows), int(columns)


def sides(padding):
    """Return ((top, bottom), (left, right)).

    Parameters
    ----------
    padding : int, pair of int, or pair of pairs of int
        As for `geometry`.

    Returns
    -------
    tuple of pairs of int

    Raises
    ------
    TypeError, ValueError
        If it is something else, or one is negative.
    """
    rows, columns = padding if isinstance(padding, (tuple, list)) and len(padding) == 2 else (padding, padding)
    return pair("padding", rows, 0), pair("padding", columns, 0)


def spread(shape, step):
    """Return the rows and columns of a plane once step - 1 zeros stand between one and the next.

    Parameters
    ----------
    shape : tuple of int
        Of planes: the last two count.
    step : pair of int
        For rows and for columns.

    Returns
    -------
    tuple of int
    """
    return tuple(by * (length - 1) + 1 for length, by in zip(shape[-2:], step))


def _lengths(most, size, wanted):
    """Return the lengths up to `most` of a square plane whose size is the wanted one, as an axis: "5 or 6"."""
    return " or ".join(str(length) for length in range(1, most + 1) if size((length, length)) == wanted)


def _chosen(name, shape, *axes):
    """Return the shape that is given, or the only one that the axes allow."""
    choices = [[int(length) for length in str(axis).split(" or ")] for axis in axes]
    needed = f"({', '.join(map(str, axes))})"
    if shape is None:
        if max(map(len, choices)) > 1:
            raise ValueError(f"{name} is None, but the stride leaves it open: it needs to be {needed}")
        return tuple(length for length, in choices)
    shape = lengths(name, shape, "a shape, four whole numbers")
    if len(shape) != len(axes) or not all(length in choice for length, choice in zip(shape, choices)):
        raise ValueError(f"{name} is {shape}; it needs to be {needed}")
    return shape
