"""Figure 5: a convolutional layer forward, window by window, and the true convolution beside it."""

import numpy as np
import traitlets

from mathref import conv
from mathref.widgets.figure import Figure, Matrix, bundle, stylesheet
from mathref.widgets.still import Quantity

LARGEST_IMAGE, LARGEST_KERNEL = 6, 3


class ConvForward(Figure):
    """z = a ⋆ W + b for one plane, entry by entry.

    Whatever moves, here or in the browser, z follows. Shapes may change as long as they fit together; two that change at
    once are assigned in `with figure.hold_trait_notifications():`.

    Parameters
    ----------
    a_prev : array_like, shape (H, W)
        Activations of the layer before, the image.
    W : array_like, shape (kh, kw)
        Kernel of the layer; it must fit into the image.
    b : array_like, shape (1, 1)
        Bias of the layer.
    flipped : bool
        Whether the kernel is turned by 180° first: then the result is a ∗ W + b, the true convolution.
    entry : str
        The entry that `value` stands for and that the figure asks about: `a_22`, `w_12` or `b_1`.

    Attributes
    ----------
    value : float
        The number at `entry`. Both ways: setting it moves the entry, so a slider can be linked to it.
    z : nested list, shape (H - kh + 1, W - kw + 1)
        The result, as `mathref.conv.forward` computes it with the kernel that the figure shows. It cannot be set.

    Raises
    ------
    TraitError
        If something is no matrix of finite numbers between −10 and 10, the kernel does not fit into the image, one of
        them is larger than the figure has room for, b is no single number, or there is no such entry.

    Equations
    ---------
    z : eq-conv-z eq-conv-star
    """

    _esm = bundle("conv_forward")
    _css = stylesheet("conv_forward")
    letters = {"a": "a_prev", "w": "W", "b": "b"}
    columns = ("b",)

    a_prev = Matrix(resizable=True).tag(sync=True)
    W = Matrix(resizable=True).tag(sync=True)
    b = Matrix().tag(sync=True)
    flipped = traitlets.Bool(False).tag(sync=True)
    z = Matrix(read_only=True).tag(sync=True)

    def __init__(self, a_prev=((1.0, 2.0, 0.0), (0.0, 1.0, 3.0), (4.0, 0.0, 1.0)), W=((1.0, 2.0), (3.0, -1.0)), b=((0.0,),),
                 flipped=False, entry="a_22", **kwargs):
        super().__init__(a_prev=a_prev, W=W, b=b, flipped=flipped, entry=entry, **kwargs)

    def title(self):
        return "A convolutional layer forward: " + ("a ∗ W + b, a true convolution" if self.flipped else "z = a ⋆ W + b")

    def quantities(self):
        operator, label = ("∗", "a ∗ W + b") if self.flipped else ("⋆", "z")
        return [Quantity("a_prev", "a", "a", self.a_prev), Quantity("W", "W", "W", self.W, operator),
                Quantity("b", "b", "b", self.b, "+"), Quantity("z", label, "z", self.z, "=")]

    def __repr__(self):
        return (f"ConvForward(a_prev={self.a_prev}, W={self.W}, b={self.b}, flipped={self.flipped}, "
                f"entry={self.entry!r})")

    @traitlets.validate("a_prev", "W", "b")
    def _fit(self, proposal):
        shapes = {name: np.shape(getattr(self, name)) for name in ("a_prev", "W", "b")}
        shapes[proposal.trait.name] = np.shape(proposal.value)
        image, W, b = shapes.values()
        if any(k > rows for k, rows in zip(W, image)):
            raise traitlets.TraitError(f"W has shape {W}, but a_prev has shape {image}: W needs to fit into a_prev")
        if max(image) > LARGEST_IMAGE or max(W) > LARGEST_KERNEL:
            raise traitlets.TraitError(
                f"W has shape {W} and a_prev {image}; the figure has room for a kernel of {LARGEST_KERNEL} and an image of "
                f"{LARGEST_IMAGE} rows and columns")
        if b != (1, 1):
            raise traitlets.TraitError(f"b has shape {b}; a plane has one bias, [[0.5]]")
        return proposal.value

    @traitlets.observe("a_prev", "W", "b", "flipped")
    def _compute(self, change):
        W = np.array([[self.W]])
        z = conv.forward(conv.rot180(W) if self.flipped else W, self.b[0], [[self.a_prev]])
        self.set_trait("z", z[0, 0])
