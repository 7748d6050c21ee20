"""Figure 1: a layer forward, every number of which can be moved."""

import numpy as np
import traitlets

from mathref import activations, dense
from mathref.widgets.figure import Figure, Matrix, bundle, stylesheet
from mathref.widgets.still import Quantity

NAMES = ("sigmoid", "tanh", "relu", "softplus", "identity")
LARGEST = 6


class LayerForward(Figure):
    """z = W a_prev + b and a = σ(z) for one sample, entry by entry.

    Whatever moves, here or in the browser, z and a follow. A shape stays as it was made.

    Parameters
    ----------
    a_prev : array_like, shape (m, 1)
        Activations of the layer before.
    W : array_like, shape (n, m)
        Weights.
    b : array_like, shape (n, 1)
        Bias.
    activation : str
        The name of σ: sigmoid, tanh, relu, softplus or identity.
    entry : str
        The entry that `value` stands for and that the figure asks about: `w_12`, `a_3` (of a_prev) or `b_1`.

    Attributes
    ----------
    value : float
        The number at `entry`. Both ways: setting it moves the entry, so a slider can be linked to it.
    z, a : nested list, shape (n, 1)
        What follows, as `mathref.dense.forward` and `mathref.activations` compute it. They cannot be set.

    Raises
    ------
    TraitError
        If something is no matrix of finite numbers between −10 and 10, the shapes do not fit or have more than six
        rows or columns, or there is no such activation or entry.

    Equations
    ---------
    z : eq-fc-z
    a : eq-fc-a
    """

    _esm = bundle("layer_forward")
    _css = stylesheet("layer_forward")
    letters = {"w": "W", "a": "a_prev", "b": "b"}
    columns = ("a_prev", "b")

    a_prev = Matrix().tag(sync=True)
    W = Matrix().tag(sync=True)
    b = Matrix().tag(sync=True)
    activation = traitlets.Enum(NAMES, "sigmoid").tag(sync=True)
    z = Matrix(read_only=True).tag(sync=True)
    a = Matrix(read_only=True).tag(sync=True)

    def __init__(self, a_prev=((1.0,), (-0.5,), (2.0,)), W=((0.4, -0.6, 0.2), (-1.0, 0.8, 0.5)), b=((0.1,), (-0.3,)),
                 activation="sigmoid", entry="w_12", **kwargs):
        super().__init__(a_prev=a_prev, W=W, b=b, activation=activation, entry=entry, **kwargs)

    def title(self):
        return f"A layer forward: z = W a_prev + b, a = {self.activation}(z)"

    def quantities(self):
        return [Quantity("W", "Wˡ", "W", self.W), Quantity("a_prev", "aˡ⁻¹", "a", self.a_prev),
                Quantity("b", "bˡ", "b", self.b, "+"), Quantity("z", "zˡ", "z", self.z, "="),
                Quantity("a", "aˡ", "a", self.a, "→ σ →")]

    def __repr__(self):
        return (f"LayerForward(a_prev={self.a_prev}, W={self.W}, b={self.b}, "
                f"activation={self.activation!r}, entry={self.entry!r})")

    @traitlets.validate("a_prev", "W", "b")
    def _fit(self, proposal):
        matrices = {"W": self.W, "b": self.b, "a_prev": self.a_prev, proposal.trait.name: proposal.value}
        try:
            dense.forward(**matrices)
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None
        n, m = np.shape(matrices["W"])
        if max(n, m) > LARGEST:
            raise traitlets.TraitError(f"W has shape ({n}, {m}); the figure has room for {LARGEST} rows and columns")
        return proposal.value

    @traitlets.observe("a_prev", "W", "b", "activation")
    def _compute(self, change):
        z = dense.forward(self.W, self.b, self.a_prev)
        a = activations.by_name(self.activation)(z)
        self.set_trait("z", z)
        self.set_trait("a", a)
