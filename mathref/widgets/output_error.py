"""Figure 2: the error of the last layer, and why a saturated unit does not learn."""

import traitlets

from mathref import activations, cost, dense
from mathref.arrays import shaped
from mathref.widgets.figure import Figure, Matrix, bundle, stylesheet
from mathref.widgets.layer_forward import NAMES
from mathref.widgets.still import Quantity

LARGEST = 6


class OutputError(Figure):
    """δ = (a − y) ⊙ σ'(z) of the last layer and C = ½‖a − y‖² for one sample, unit by unit.

    Whatever moves, here or in the browser, the rest follows. A shape stays as it was made.

    Parameters
    ----------
    z : array_like, shape (n, 1)
        Pre-activations of the last layer.
    y : array_like, shape (n, 1)
        Targets.
    activation : str
        The name of σ: sigmoid, tanh, relu, softplus or identity.
    entry : str
        The entry that `value` stands for and that the figure asks about: `z_1` or `y_3`.

    Attributes
    ----------
    value : float
        The number at `entry`. Both ways: setting it moves the entry, so a slider can be linked to it.
    a, error, prime, delta : nested list, shape (n, 1)
        a = σ(z), a − y, σ'(z) and δ, as `mathref.activations`, `mathref.cost` and `mathref.dense` compute them. They
        cannot be set.
    C : float
        The cost. It cannot be set.

    Raises
    ------
    TraitError
        If something is no matrix of finite numbers between −10 and 10, z and y are no columns of one length or have more
        than six rows, or there is no such activation or entry.

    Equations
    ---------
    a : eq-fc-a
    error : eq-fc-grad-a-out
    delta : eq-fc-delta-out
    C : eq-loss
    """

    _esm = bundle("output_error")
    _css = stylesheet("output_error")
    letters = {"z": "z", "y": "y"}
    columns = ("z", "y")

    z = Matrix().tag(sync=True)
    y = Matrix().tag(sync=True)
    activation = traitlets.Enum(NAMES, "sigmoid").tag(sync=True)
    a = Matrix(read_only=True).tag(sync=True)
    error = Matrix(read_only=True).tag(sync=True)
    prime = Matrix(read_only=True).tag(sync=True)
    delta = Matrix(read_only=True).tag(sync=True)
    C = traitlets.Float(read_only=True).tag(sync=True)

    def __init__(self, z=((6.0,), (0.5,), (-1.0,)), y=((0.0,), (0.0,), (1.0,)), activation="sigmoid", entry="z_1",
                 **kwargs):
        super().__init__(z=z, y=y, activation=activation, entry=entry, **kwargs)

    def title(self):
        return f"The output error: δ = (a − y) ⊙ σ'(z), a = σ(z), σ is {self.activation}"

    def quantities(self):
        return [Quantity("z", "zᴸ", "z", self.z), Quantity("a", "aᴸ", "a", self.a, "→ σ →"),
                Quantity("y", "y", "muted", self.y, "−"), Quantity("error", "aᴸ − y", "grad", self.error, "="),
                Quantity("prime", "σ′(zᴸ)", "z", self.prime, "⊙"), Quantity("delta", "δᴸ", "delta", self.delta, "="),
                Quantity("C", "C", "muted", [[self.C]], " ")]

    def __repr__(self):
        return f"OutputError(z={self.z}, y={self.y}, activation={self.activation!r}, entry={self.entry!r})"

    @traitlets.validate("z", "y")
    def _fit(self, proposal):
        z, y = (proposal.value if proposal.trait.name == name else getattr(self, name) for name in ("z", "y"))
        try:
            z, y = shaped(z=(z, "n", 1), y=(y, "n", 1))
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None
        if len(z) > LARGEST:
            raise traitlets.TraitError(f"z has shape {z.shape}; the figure has room for {LARGEST} units")
        return proposal.value

    @traitlets.observe("z", "y", "activation")
    def _compute(self, change):
        sigma = activations.by_name(self.activation)
        a = sigma(self.z)
        self.set_trait("a", a)
        self.set_trait("error", cost.half_squared_error_prime(a, self.y))
        self.set_trait("prime", sigma.prime(self.z))
        self.set_trait("delta", dense.output_delta(a, self.y, self.z, sigma))
        self.set_trait("C", float(cost.half_squared_error(a, self.y)))
