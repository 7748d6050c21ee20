"""Figure 8: gradient check, the slope of one neuron's cost by three quotients and by backpropagation."""

from math import log10

import traitlets

from mathref import activations, dense, gradcheck
from mathref.activations import sigmoid, tanh
from mathref.cost import half_squared_error
from mathref.widgets.figure import Figure, Matrix, bundle, stylesheet
from mathref.widgets.still import Quantity

LEAST, GREATEST = -15.0, -1.0
"""The exponents between which the step lies."""

HIGHER = {  # σ'' and σ'''
    "sigmoid": lambda z: (sigmoid.prime(z) * (1 - 2 * sigmoid(z)), sigmoid.prime(z) * (1 - 6 * sigmoid.prime(z))),
    "tanh": lambda z: (-2 * tanh(z) * tanh.prime(z), tanh.prime(z) * (4 - 6 * tanh.prime(z))),
    "softplus": lambda z: (sigmoid.prime(z), sigmoid.prime(z) * (1 - 2 * sigmoid(z))),
    "identity": lambda z: (0.0, 0.0),
}


def number():
    return traitlets.Float(read_only=True).tag(sync=True)


class GradientCheck(Figure):
    """The slope ∂C/∂w of C = ½ (σ(w x + b) − y)², by backpropagation and by three quotients with the step h.

    Parameters
    ----------
    w, x, b, y : array_like, shape (1, 1)
        Weight, input, bias and target.
    exponent : array_like, shape (1, 1)
        log₁₀ h, between −15 and −1.
    activation : str
        The name of σ: sigmoid, tanh, softplus or identity, which are analytic.
    entry : str
        The number that `value` stands for and that the figure asks about: `w_1`, `x_1`, `b_1`, `y_1` or `exponent_1`.

    Attributes
    ----------
    value : float
        The number at `entry`. Both ways: setting it moves the entry, so a slider can be linked to it.
    h, cost, gradient : float
        The step, C, and ∂C/∂w by backpropagation. Like all that follows they cannot be set.
    forward, central, complex : float
        The slope by forward difference, central difference and complex step.
    forward_error, central_error, complex_error : float
        Their relative errors, as `mathref.gradcheck.relative_error` measures them.
    truncation, rounding : float
        What the central difference should be off by, `mathref.gradcheck.central_error`.
    best : float
        The exponent of the step where both together are least, `mathref.gradcheck.best_step`, or the end nearest to it.

    Raises
    ------
    TraitError
        If something is no such matrix of finite numbers between −10 and 10, `exponent` not between −15 and −1, or there
        is no such activation or entry.

    Equations
    ---------
    gradient : eq-on-grad-w
    forward : eq-on-forward-difference
    central : eq-on-central-difference
    complex : eq-on-complex-step
    """

    _esm = bundle("gradient_check")
    _css = stylesheet("gradient_check")
    letters = {"w": "w", "x": "x", "b": "b", "y": "y", "exponent": "exponent"}
    columns = tuple(letters)

    w, x, b, y = (Matrix().tag(sync=True) for _ in range(4))
    exponent = Matrix(within=(LEAST, GREATEST)).tag(sync=True)
    activation = traitlets.Enum(tuple(HIGHER), "sigmoid").tag(sync=True)
    h, cost, gradient = number(), number(), number()
    forward, central, complex = number(), number(), number()
    forward_error, central_error, complex_error = number(), number(), number()
    truncation, rounding, best = number(), number(), number()

    def __init__(self, w=((0.6,),), x=((1.5,),), b=((-0.2,),), y=((1.0,),), exponent=((-3.0,),), activation="sigmoid",
                 entry="exponent_1", **kwargs):
        super().__init__(w=w, x=x, b=b, y=y, exponent=exponent, activation=activation, entry=entry, **kwargs)

    def title(self):
        return f"Gradient check: ∂C/∂w of one neuron with step 10^{self.exponent[0][0]:g}, σ = {self.activation}"

    def quantities(self):
        errors = [Quantity(name, label, "grad", [[getattr(self, name)]]) for name, label in (
            ("forward_error", "error, forward"), ("central_error", "error, central"), ("complex_error", "error, complex"))]
        return [Quantity("w", "w", "W", self.w), Quantity("x", "x", "a", self.x), Quantity("b", "b", "b", self.b),
                Quantity("y", "y", "muted", self.y), Quantity("exponent", "log h", "muted", self.exponent),
                Quantity("gradient", "∂C/∂w", "grad", [[self.gradient]], "→"), *errors]

    def __repr__(self):
        return (f"GradientCheck(w={self.w}, x={self.x}, b={self.b}, y={self.y}, exponent={self.exponent}, "
                f"activation={self.activation!r}, entry={self.entry!r})")

    @traitlets.validate("w", "x", "b", "y", "exponent")
    def _fit(self, proposal):
        shape = len(proposal.value), len(proposal.value[0])
        if shape != (1, 1):
            raise traitlets.TraitError(f"{proposal.trait.name} has shape {shape}; it needs to be one number, [[0.5]]")
        return proposal.value

    @traitlets.observe("w", "x", "b", "y", "exponent", "activation")
    def _compute(self, change):
        activation = activations.by_name(self.activation)

        def cost(w):
            return half_squared_error(activation(dense.forward([[w]], self.b, self.x)), self.y)

        w, h = self.w[0][0], 10.0**self.exponent[0][0]
        z = dense.forward(self.w, self.b, self.x)
        a = activation(z)
        delta = dense.output_delta(a, self.y, z, activation)
        dW, _ = dense.gradients(delta, self.x)
        slopes = {"forward": gradcheck.forward_difference(cost, w, h), "central": gradcheck.central_difference(cost, w, h),
                  "complex": gradcheck.complex_step(cost, w, h)}
        first, (second, third) = activation.prime(z[0, 0]), HIGHER[self.activation](z[0, 0])
        third = (3 * first * second + (a - self.y)[0, 0] * third) * self.x[0][0]**3
        truncation, rounding = gradcheck.central_error(cost(w), third, h)

        for name, slope in slopes.items():
            self.set_trait(name, slope)
            self.set_trait(f"{name}_error", gradcheck.relative_error(slope, dW[0, 0]))
        for name, result in {"h": h, "cost": cost(w), "gradient": dW[0, 0], "truncation": truncation, "rounding": rounding,
                             "best": self._best(cost(w), third)}.items():
            self.set_trait(name, result)

    @staticmethod
    def _best(value, third):
        """Return the exponent of the best step; without truncation the largest is the best, at C = 0 the smallest."""
        if third == 0:
            return GREATEST
        return min(GREATEST, max(LEAST, log10(gradcheck.best_step(value, third)))) if value else LEAST
