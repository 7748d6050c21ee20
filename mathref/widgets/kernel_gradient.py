"""Figure 7: the gradients of a kernel and its bias, window by window, and the arguments swapped."""

import numpy as np
import traitlets

from mathref import conv
from mathref.widgets.figure import Figure, Matrix, bundle, stylesheet
from mathref.widgets.still import Quantity

LARGEST = 3


class KernelGradient(Figure):
    """∂C/∂W = a ⋆ δ and ∂C/∂b = Σ δ for one plane, entry by entry.

    Whatever moves, here or in the browser, both follow. Shapes may change as long as they fit together; two that change
    at once are assigned in `with figure.hold_trait_notifications():`.

    Parameters
    ----------
    a_prev : array_like, shape (H, W)
        Activations of the layer before, the image.
    delta : array_like, shape (H', W')
        Error of the layer; it must fit into the image.
    swapped : bool
        Whether the figure shows what becomes of δ ⋆ a. The gradients stay what they are.
    entry : str
        The entry that `value` stands for and that the figure asks about: `a_12` or `delta_21`.

    Attributes
    ----------
    value : float
        The number at `entry`. Both ways: setting it moves the entry, so a slider can be linked to it.
    dW : nested list, shape (H - H' + 1, W - W' + 1)
        ∂C/∂W, as `mathref.conv.gradients` computes it. It cannot be set.
    db : nested list, shape (1, 1)
        ∂C/∂b. It cannot be set.

    Raises
    ------
    TraitError
        If something is no matrix of finite numbers between −10 and 10, δ does not fit into the image, δ or ∂C/∂W is larger
        than the figure has room for, or there is no such entry.

    Equations
    ---------
    dW : eq-conv-grad-w eq-conv-grad-w-entry
    db : eq-conv-grad-b-plane
    """

    _esm = bundle("kernel_gradient")
    _css = stylesheet("kernel_gradient")
    letters = {"a": "a_prev", "delta": "delta"}

    a_prev = Matrix(resizable=True).tag(sync=True)
    delta = Matrix(resizable=True).tag(sync=True)
    swapped = traitlets.Bool(False).tag(sync=True)
    dW = Matrix(read_only=True).tag(sync=True)
    db = Matrix(read_only=True).tag(sync=True)

    def __init__(self, a_prev=((1.0, 2.0, 0.0), (0.0, 1.0, 3.0), (4.0, 0.0, 1.0)), delta=((2.0, -1.0), (1.0, 4.0)),
                 swapped=False, entry="a_12", **kwargs):
        super().__init__(a_prev=a_prev, delta=delta, swapped=swapped, entry=entry, **kwargs)

    def title(self):
        return "The gradients of a kernel and its bias: ∂C/∂W = a ⋆ δ, ∂C/∂b = Σ δ"

    def quantities(self):
        return [Quantity("a_prev", "a", "a", self.a_prev), Quantity("delta", "δ", "delta", self.delta, "⋆"),
                Quantity("dW", "∂C/∂W", "grad", self.dW, "="), Quantity("db", "∂C/∂b", "grad", self.db)]

    def __repr__(self):
        return f"KernelGradient(a_prev={self.a_prev}, delta={self.delta}, swapped={self.swapped}, entry={self.entry!r})"

    @traitlets.validate("a_prev", "delta")
    def _fit(self, proposal):
        shapes = {"a_prev": np.shape(self.a_prev), "delta": np.shape(self.delta)}
        shapes[proposal.trait.name] = np.shape(proposal.value)
        image, delta = shapes.values()
        kernel = tuple(rows - n + 1 for rows, n in zip(image, delta))
        if min(kernel) < 1:
            raise traitlets.TraitError(f"delta has shape {delta}, but a_prev has shape {image}: delta needs to fit into a_prev")
        if max(*delta, *kernel) > LARGEST:
            raise traitlets.TraitError(f"delta has shape {delta} and the kernel {kernel}; the figure has room for {LARGEST} "
                                       "rows and columns of each")
        return proposal.value

    @traitlets.observe("a_prev", "delta")
    def _compute(self, change):
        dW, db = conv.gradients([[self.delta]], [[self.a_prev]])
        self.set_trait("dW", dW[0, 0])
        self.set_trait("db", [db])
