"""Figure 6: the padded gradient, window by window, and what breaks without the turn or without the frame."""

import numpy as np
import traitlets

from mathref import conv
from mathref.widgets.figure import Figure, Matrix, bundle, stylesheet
from mathref.widgets.still import Quantity

LARGEST_IMAGE, LARGEST_KERNEL = 6, 3


class ConvGradient(Figure):
    """∇a = pad(δ) ⋆ rot180(W) for one plane, entry by entry.

    Whatever moves, here or in the browser, ∇a follows. Shapes may change as long as they fit together; two that change at
    once are assigned in `with figure.hold_trait_notifications():`.

    Parameters
    ----------
    delta : array_like, shape (H', W')
        Error of the layer.
    W : array_like, shape (kh, kw)
        Kernel of the layer; it must fit into δ, so that something is left without the frame.
    turned, framed : bool
        Whether the kernel is turned, and whether δ stands in its frame of zeros. Without one of them `result` is not ∇a.
    entry : str
        The entry that `value` stands for and that the figure asks about: `w_12` or `delta_21`.

    Attributes
    ----------
    value : float
        The number at `entry`. Both ways: setting it moves the entry, so a slider can be linked to it.
    grad_a : nested list, shape (H' + kh - 1, W' + kw - 1)
        ∇a, as `mathref.conv.input_gradient` computes it, whatever was forgotten. It cannot be set.
    result : nested list
        What the figure shows: `grad_a`, or what is computed without the turn or the frame. It cannot be set.

    Raises
    ------
    TraitError
        If something is no matrix of finite numbers between −10 and 10, the kernel does not fit into δ, the image or the
        kernel is larger than the figure has room for, or there is no such entry.

    Equations
    ---------
    grad_a : eq-conv-nabla-a-frame
    """

    _esm = bundle("conv_gradient")
    _css = stylesheet("conv_gradient")
    letters = {"w": "W", "delta": "delta"}

    delta = Matrix(resizable=True).tag(sync=True)
    W = Matrix(resizable=True).tag(sync=True)
    turned = traitlets.Bool(True).tag(sync=True)
    framed = traitlets.Bool(True).tag(sync=True)
    grad_a = Matrix(read_only=True).tag(sync=True)
    result = Matrix(read_only=True).tag(sync=True)

    def __init__(self, delta=((1.0, -1.0), (4.0, 2.0)), W=((1.0, 2.0), (-1.0, 4.0)), turned=True, framed=True,
                 entry="w_12", **kwargs):
        super().__init__(delta=delta, W=W, turned=turned, framed=framed, entry=entry, **kwargs)

    def title(self):
        delta, W = "pad(δ)" if self.framed else "δ", "rot180(W)" if self.turned else "W"
        return f"The padded gradient: {'∇a' if self.turned and self.framed else 'not ∇a'} = {delta} ⋆ {W}"

    def quantities(self):
        right = self.turned and self.framed
        return [Quantity("delta", "δ", "delta", self.delta), Quantity("W", "W", "W", self.W),
                Quantity("grad_a" if right else "result", "∇a" if right else "not ∇a", "grad", self.result, "→")]

    def __repr__(self):
        return (f"ConvGradient(delta={self.delta}, W={self.W}, turned={self.turned}, framed={self.framed}, "
                f"entry={self.entry!r})")

    @traitlets.validate("delta", "W")
    def _fit(self, proposal):
        shapes = {"delta": np.shape(self.delta), "W": np.shape(self.W), proposal.trait.name: np.shape(proposal.value)}
        delta, W = shapes["delta"], shapes["W"]
        image = tuple(rows + k - 1 for rows, k in zip(delta, W))
        if any(k > rows for k, rows in zip(W, delta)):
            raise traitlets.TraitError(f"W has shape {W}, but delta has shape {delta}: W needs to fit into delta")
        if max(image) > LARGEST_IMAGE or max(W) > LARGEST_KERNEL:
            raise traitlets.TraitError(
                f"W has shape {W} and the image {image}; the figure has room for a kernel of {LARGEST_KERNEL} and an image "
                f"of {LARGEST_IMAGE} rows and columns")
        return proposal.value

    @traitlets.observe("delta", "W", "turned", "framed")
    def _compute(self, change):
        delta, W = np.array([[self.delta]]), np.array([[self.W]])
        self.set_trait("grad_a", conv.input_gradient(W, delta)[0, 0])
        image = conv.pad(delta, W) if self.framed else delta
        kernel = conv.rot180(W) if self.turned else W
        self.set_trait("result", conv.forward(kernel, None, image)[0, 0])
