"""Figure 3: backpropagation through a network of three layers, one equation at a time."""

import numpy as np
import traitlets

from mathref import activations, cost, dense
from mathref.widgets.figure import Figure, Matrix, bundle, stylesheet
from mathref.widgets.still import Quantity

NAMES = ("sigmoid", "tanh", "softplus", "identity", "relu")
LARGEST = 8
LAYERS = (1, 2, 3)
GIVEN = ("x", "W1", "b1", "W2", "b2", "W3", "b3", "y")


class Network(Figure):
    """Three layers forward to the cost and backward to every gradient, for one sample.

    Whatever moves, here or in the browser, everything else follows. The widths of the layers can be chosen from 1 to 8;
    in Python, matrices of another shape are assigned together, so that they fit when they are looked at::

        with figure.hold_trait_notifications():
            figure.W1, figure.b1, figure.W2 = W1, b1, W2

    Parameters
    ----------
    x : array_like, shape (n_0, 1)
        Input.
    y : array_like, shape (n_3, 1)
        Target.
    W1, W2, W3 : array_like, shape (n_l, n_{l-1})
        Weights of layer l.
    b1, b2, b3 : array_like, shape (n_l, 1)
        Biases of layer l.
    activation : str
        The name of σ, the same in all layers: sigmoid, tanh, softplus, identity or relu.
    entry : str
        The entry that `value` stands for and that the figure asks about: `w2_13` (row 1, column 3 of W2), `b1_2`,
        `x_1` or `y_1`.

    Attributes
    ----------
    value : float
        The number at `entry`. Both ways: setting it moves the entry, so a slider can be linked to it.
    z1, z2, z3, a1, a2, a3 : nested list, shape (n_l, 1)
        Pre-activations and activations. None of what follows can be set.
    C : float
        The cost ½‖a3 − y‖².
    delta1, delta2, delta3 : nested list, shape (n_l, 1)
        Errors.
    dW1, dW2, dW3, db1, db2, db3 : nested list
        Gradients of C, of the shapes of the weights and biases.

    Raises
    ------
    TraitError
        If something is no matrix of finite numbers between −10 and 10, the shapes do not fit together, a layer has more
        than eight units, or there is no such activation or entry.

    Equations
    ---------
    z1, z2, z3 : eq-fc-z
    a1, a2, a3 : eq-fc-a
    C : eq-loss
    delta3 : eq-fc-delta-out
    delta1, delta2 : eq-fc-delta-rec
    dW1, dW2, dW3 : eq-fc-grad-w
    db1, db2, db3 : eq-fc-grad-b
    """

    _esm = bundle("network")
    _css = stylesheet("network")
    letters = {"w1": "W1", "b1": "b1", "w2": "W2", "b2": "b2", "w3": "W3", "b3": "b3", "x": "x", "y": "y"}
    columns = ("x", "y", "b1", "b2", "b3")

    x = Matrix(resizable=True).tag(sync=True)
    W1 = Matrix(resizable=True).tag(sync=True)
    b1 = Matrix(resizable=True).tag(sync=True)
    W2 = Matrix(resizable=True).tag(sync=True)
    b2 = Matrix(resizable=True).tag(sync=True)
    W3 = Matrix(resizable=True).tag(sync=True)
    b3 = Matrix(resizable=True).tag(sync=True)
    y = Matrix(resizable=True).tag(sync=True)
    activation = traitlets.Enum(NAMES, "tanh").tag(sync=True)
    z1 = Matrix(read_only=True).tag(sync=True)
    a1 = Matrix(read_only=True).tag(sync=True)
    z2 = Matrix(read_only=True).tag(sync=True)
    a2 = Matrix(read_only=True).tag(sync=True)
    z3 = Matrix(read_only=True).tag(sync=True)
    a3 = Matrix(read_only=True).tag(sync=True)
    C = traitlets.Float(read_only=True).tag(sync=True)
    delta3 = Matrix(read_only=True).tag(sync=True)
    dW3 = Matrix(read_only=True).tag(sync=True)
    db3 = Matrix(read_only=True).tag(sync=True)
    delta2 = Matrix(read_only=True).tag(sync=True)
    dW2 = Matrix(read_only=True).tag(sync=True)
    db2 = Matrix(read_only=True).tag(sync=True)
    delta1 = Matrix(read_only=True).tag(sync=True)
    dW1 = Matrix(read_only=True).tag(sync=True)
    db1 = Matrix(read_only=True).tag(sync=True)

    def __init__(self, x=((1.0,), (-0.5,)), W1=((0.8, -0.6), (-0.5, 1.2), (0.4, 0.7)), b1=((0.2,), (0.1,), (-0.3,)),
                 W2=((-0.7, 0.9, 0.5), (1.1, -0.4, 0.6)), b2=((0.1,), (-0.2,)), W3=((0.9, -1.3), (0.5, 0.8)),
                 b3=((0.0,), (0.3,)), y=((0.5,), (-0.5,)), activation="tanh", entry="w2_12", **kwargs):
        super().__init__(x=x, W1=W1, b1=b1, W2=W2, b2=b2, W3=W3, b3=b3, y=y, activation=activation, entry=entry, **kwargs)

    def title(self):
        widths = "-".join(str(len(getattr(self, name))) for name in ("x", "W1", "W2", "W3"))
        return f"Backpropagation through a network {widths}, σ = {self.activation}"

    def quantities(self):
        def quantity(name, label, kind, before="", first=False):
            return Quantity(name, label, kind, getattr(self, name), before, first)

        lines = []
        for l, sup, prev in zip(LAYERS, "¹²³", ("x", "a¹", "a²")):
            lines += [quantity(f"W{l}", f"W{sup}", "W", first=l > 1), *([quantity("x", "x", "a")] if l == 1 else []),
                      quantity(f"b{l}", f"b{sup}", "b", "+"), quantity(f"z{l}", f"z{sup}", "z", "="),
                      quantity(f"a{l}", f"a{sup}", "a", "→ σ →")]
        lines += [quantity("y", "y", "a", "to"), Quantity("C", "C", "grad", [[self.C]], ": C =")]
        for l, sup in zip(reversed(LAYERS), "³²¹"):
            lines += [quantity(f"delta{l}", f"δ{sup}", "delta", first=True),
                      quantity(f"dW{l}", f"∂C/∂W{sup}", "grad"), quantity(f"db{l}", f"∂C/∂b{sup}", "grad")]
        return lines

    def __repr__(self):
        given = ", ".join(f"{name}={getattr(self, name)}" for name in GIVEN)
        return f"Network({given}, activation={self.activation!r}, entry={self.entry!r})"

    @traitlets.validate(*GIVEN)
    def _fit(self, proposal):
        shapes = {name: np.shape(getattr(self, name)) for name in GIVEN} | {proposal.trait.name: np.shape(proposal.value)}
        widths = [shapes[name][0] for name in ("x", "W1", "W2", "W3")]
        needed = {"x": (widths[0], 1), "y": (widths[3], 1)}
        for l in LAYERS:
            needed |= {f"W{l}": (widths[l], widths[l - 1]), f"b{l}": (widths[l], 1)}
        for name, shape in shapes.items():
            if shape != needed[name]:
                raise traitlets.TraitError(
                    f"{name} has shape {shape}; with layers of {', '.join(map(str, widths))} units it needs {needed[name]}. "
                    "Assign what changes its shape together, within `with figure.hold_trait_notifications():`")
        if max(widths) > LARGEST:
            raise traitlets.TraitError(f"a layer has {max(widths)} units; the figure has room for {LARGEST}")
        return proposal.value

    @traitlets.observe(*GIVEN, "activation")
    def _compute(self, change):
        sigma = activations.by_name(self.activation)
        z1 = dense.forward(self.W1, self.b1, self.x)
        a1 = sigma(z1)
        z2 = dense.forward(self.W2, self.b2, a1)
        a2 = sigma(z2)
        z3 = dense.forward(self.W3, self.b3, a2)
        a3 = sigma(z3)
        C = cost.half_squared_error(a3, self.y)
        delta3 = dense.output_delta(a3, self.y, z3, sigma)
        delta2 = dense.hidden_delta(self.W3, delta3, z2, sigma)
        delta1 = dense.hidden_delta(self.W2, delta2, z1, sigma)
        dW3, db3 = dense.gradients(delta3, a2)
        dW2, db2 = dense.gradients(delta2, a1)
        dW1, db1 = dense.gradients(delta1, self.x)
        for name, result in {"z1": z1, "a1": a1, "z2": z2, "a2": a2, "z3": z3, "a3": a3, "C": float(C),
                             "delta3": delta3, "dW3": dW3, "db3": db3, "delta2": delta2, "dW2": dW2, "db2": db2,
                             "delta1": delta1, "dW1": dW1, "db1": db1}.items():
            self.set_trait(name, result)
