"""Figure 9: a convolution with stride, padding and dilation, forward and backward, and what each of them does to the planes."""

import numpy as np
import traitlets

from mathref import conv
from mathref.geometry import geometry, spread
from mathref.strides import frame, insert_zeros
from mathref.widgets.figure import Figure, Matrix, bundle, stylesheet
from mathref.widgets.still import Quantity

LARGEST_IMAGE, LARGEST_KERNEL, LARGEST_PLANE = 5, 3, 10


class Strides(Figure):
    """u = frame(a) ⋆ W↑d and z = u↓s for one plane, and ∇a = crop(pad(δ↑s) ⋆ rot180(W↑d)).

    Whatever moves, here or in the browser, the rest follows. δ has the shape of z: when that changes, δ grows or shrinks
    with it. Several things that change at once are assigned in `with figure.hold_trait_notifications():`.

    Parameters
    ----------
    a_prev : array_like, shape (H, W)
        The image.
    W : array_like, shape (kh, kw)
        The kernel.
    delta : array_like, shape (H', W'), optional
        The error of the layer, of the shape of z.
    stride, padding, dilation : int
        The same for rows and columns: 1, 2 or 3; 0, 1 or 2; 1 or 2.
    backward : bool
        Whether the figure shows the way back.
    entry : str
        The entry that `value` stands for and that the figure asks about: `a_22`, `w_12` or `delta_21`.

    Attributes
    ----------
    value : float
        The number at `entry`. Both ways: setting it moves the entry, so a slider can be linked to it.
    u : nested list
        The plain convolution at every place, of which z is every `stride`-th row and column. It cannot be set.
    z : nested list, shape (H', W')
        As `mathref.conv.forward` computes it. It cannot be set.
    grad_f : nested list
        ∂C/∂f, the gradient of the image with its frame. It cannot be set.
    grad_a : nested list, shape (H, W)
        ∇a, as `mathref.conv.input_gradient` computes it. It cannot be set.

    Raises
    ------
    TraitError
        If something is no matrix of finite numbers between −10 and 10, the kernel finds no place on the image, the planes
        are larger than the figure has room for, δ has another shape than z, or there is no such entry or step.

    Equations
    ---------
    z : eq-strides-z
    grad_a : eq-strides-nabla-a
    """

    _esm = bundle("strides")
    _css = stylesheet("strides")
    letters = {"a": "a_prev", "w": "W", "delta": "delta"}

    a_prev = Matrix(resizable=True).tag(sync=True)
    W = Matrix(resizable=True).tag(sync=True)
    delta = Matrix(resizable=True).tag(sync=True)
    stride = traitlets.Enum([1, 2, 3], 1).tag(sync=True)
    padding = traitlets.Enum([0, 1, 2], 0).tag(sync=True)
    dilation = traitlets.Enum([1, 2], 1).tag(sync=True)
    backward = traitlets.Bool(False).tag(sync=True)
    u = Matrix(read_only=True).tag(sync=True)
    z = Matrix(read_only=True).tag(sync=True)
    grad_f = Matrix(read_only=True).tag(sync=True)
    grad_a = Matrix(read_only=True).tag(sync=True)

    def __init__(self, a_prev=((1.0, 2.0, 0.0, 1.0), (0.0, 1.0, 3.0, -1.0), (4.0, 0.0, 1.0, 2.0), (-2.0, 1.0, 0.0, 3.0)),
                 W=((1.0, 2.0), (3.0, -1.0)), delta=((2.0, -1.0, 1.0), (1.0, 4.0, -2.0), (0.0, 3.0, -1.0)), stride=2, padding=1,
                 dilation=1, backward=False, entry="w_12", **kwargs):
        of, images, kernels = geometry(stride, padding, dilation), np.shape(a_prev), np.shape(W)
        if len(images) == len(kernels) == 2 and min(of.places(images, kernels)) > 0:
            delta = _resized(delta, of.output(images, kernels))
        super().__init__(a_prev=a_prev, W=W, delta=delta, stride=stride, padding=padding, dilation=dilation,
                         backward=backward, entry=entry, **kwargs)

    def title(self):
        way = "∇a = crop(pad(δ↑s) ⋆ rot180(W↑d))" if self.backward else "z = (frame(a) ⋆ W↑d)↓s"
        return f"Stride {self.stride}, padding {self.padding}, dilation {self.dilation}: {way}"

    def quantities(self):
        if self.backward:
            return [Quantity("delta", "δ", "delta", self.delta), Quantity("W", "W", "W", self.W),
                    Quantity("grad_f", "∂C/∂f", "grad", self.grad_f, "→"), Quantity("grad_a", "∇a", "grad", self.grad_a, "→")]
        return [Quantity("a_prev", "a", "a", self.a_prev), Quantity("W", "W", "W", self.W),
                Quantity("u", "u", "z", self.u, "→"), Quantity("z", "z", "z", self.z, "→")]

    def __repr__(self):
        return (f"Strides(a_prev={self.a_prev}, W={self.W}, delta={self.delta}, stride={self.stride}, "
                f"padding={self.padding}, dilation={self.dilation}, backward={self.backward}, entry={self.entry!r})")

    @traitlets.validate("a_prev", "W", "delta", "stride", "padding", "dilation")
    def _possible(self, proposal):
        held = {name: getattr(self, name) for name in ("a_prev", "W", "stride", "padding", "dilation")}
        held[proposal.trait.name] = proposal.value
        image, kernel = np.shape(held["a_prev"]), np.shape(held["W"])
        of = geometry(held["stride"], held["padding"], held["dilation"])
        reach, framed = spread(kernel, of.dilation), tuple(length + 2 * held["padding"] for length in image)
        if min(of.places(image, kernel)) < 1:
            raise traitlets.TraitError(f"the kernel reaches over {reach} rows and columns, but the image with its frame has "
                                       f"{framed}: no place is left for it")
        if max(image) > LARGEST_IMAGE or max(kernel) > LARGEST_KERNEL or max(np.add(framed, reach)) - 1 > LARGEST_PLANE:
            raise traitlets.TraitError(
                f"the image has shape {image}, with its frame {framed}, and the kernel reaches over {reach}; the figure has "
                f"room for an image of {LARGEST_IMAGE}, a kernel of {LARGEST_KERNEL}, and for {LARGEST_PLANE} rows and "
                "columns of δ in its frame")
        needed = of.output(image, kernel)
        if proposal.trait.name == "delta" and np.shape(proposal.value) != needed:
            raise traitlets.TraitError(f"delta has shape {np.shape(proposal.value)}, but z has shape {needed}")
        return proposal.value

    @traitlets.observe("a_prev", "W", "delta", "stride", "padding", "dilation")
    def _compute(self, change):
        image, W = np.array([[self.a_prev]]), np.array([[self.W]])
        steps = geometry(self.stride, self.padding, self.dilation)
        needed = steps.output(image.shape, W.shape)
        if np.shape(self.delta) != needed:
            self.delta = _resized(self.delta, needed)  # computes all of this
            return
        delta = np.array([[self.delta]])
        self.set_trait("u", conv.forward(insert_zeros(W, self.dilation), None, frame(image, self.padding))[0, 0])
        self.set_trait("z", conv.forward(W, None, image, *steps)[0, 0])
        self.set_trait("grad_f", conv.input_gradient(W, delta, self.stride, 0, self.dilation,
                                                     frame(image, self.padding).shape)[0, 0])
        self.set_trait("grad_a", conv.input_gradient(W, delta, *steps, image.shape)[0, 0])


def _resized(matrix, shape):
    """Return a matrix of this shape: what it had stays, and what is new are small numbers without symmetry."""
    i, j = np.indices(shape)
    resized = ((3 * i + 5 * j + 2 * i * j) % 7 - 2).astype(float)
    rows, columns = np.minimum(shape, np.shape(matrix))
    resized[:rows, :columns] = np.asarray(matrix)[:rows, :columns]
    return resized
