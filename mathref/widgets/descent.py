"""Figure 4: descent over the cost surface of two chosen weights."""

from itertools import combinations

import numpy as np
import traitlets

from mathref import activations, dense, sgd
from mathref.cost import half_squared_error
from mathref.widgets.figure import Figure, Matrix, bundle, stylesheet
from mathref.widgets.still import Quantity

SAMPLES, SIZES, UPDATES = 6, (1, 2, 3, 6), (6, 12, 18, 24, 30)
REACH, LARGEST_RATE = 3, 2
FAR = 1e6
SEED = 1
NO_BIAS = [[0.0]]
PARAMETERS = {"w1_11": "w¹₁₁", "w1_12": "w¹₁₂", "b1_1": "b¹₁", "w2_11": "w²₁₁"}
"""All parameters of the network, as they are called and as they are printed."""
PAIRS = tuple(f"{one} and {other}" for one, other in combinations(PARAMETERS, 2))
TINY = 1e-20
"""The step of a complex step: so small that nothing of it is seen in the real part."""


def minibatches(size, updates):
    """Return the samples of each update, counted from 0: all are shuffled, cut into minibatches, and shuffled again when
    used up.

    A linear congruential generator modulo 2^32 shuffles them, so that Python and every browser take the same minibatches.
    """
    state, batches = SEED, []
    while len(batches) < updates:
        order = list(range(SAMPLES))
        for last in range(SAMPLES - 1, 0, -1):
            state = (1664525 * state + 1013904223) % 2**32
            other = (last + 1) * state // 2**32
            order[last], order[other] = order[other], order[last]
        batches += [sorted(order[k:k + size]) for k in range(0, SAMPLES, size)]
    return batches[:updates]


def split(p):
    """Return W1, b1 and W2 of the parameters `p`, in the order of `PARAMETERS`."""
    return np.split(p[None, :], (2, 3), axis=1)


def forward(p, x, activation):
    """Return z of layer 1 and of layer 2, which has no bias and the identity for its σ."""
    W1, b1, W2 = split(p)
    z1 = dense.forward(W1, b1, x)
    return z1, dense.forward(W2, NO_BIAS, activation(z1))


def gradient(p, x, y, activation):
    """Return ∂C/∂p of every parameter."""
    z1, z2 = forward(p, x, activation)
    delta2 = dense.output_delta(z2, y, z2, activations.identity)
    delta1 = dense.hidden_delta(split(p)[2], delta2, z1, activation)
    dW2, _ = dense.gradients(delta2, activation(z1))
    return np.concatenate([*dense.gradients(delta1, x), dW2], axis=1)[0]


class Descent(Figure):
    """Minibatch gradient descent over the surface of the cost of two chosen parameters, while all others stay.

    The network has two layers of one unit each, a² = W² σ(W¹ x + b¹): two inputs, four parameters. Whatever moves, here or
    in the browser, the path follows. The minibatches are always the same ones.

    Parameters
    ----------
    W1 : array_like, shape (1, 2)
        Weights of layer 1, each between −3 and 3 as all parameters: where a chosen one starts, and where another stays.
    b1 : array_like, shape (1, 1)
        Its bias.
    W2 : array_like, shape (1, 1)
        The weight of layer 2.
    chosen : str
        The two that move, `w1_11 and w1_12` for instance: the first goes across the surface, the second up.
    learning_rate : array_like, shape (1, 1)
        η, between 0 and 2.
    x : array_like, shape (2, 6)
        Inputs, a column for each of six samples.
    y : array_like, shape (1, 6)
        Targets.
    size : int
        Samples in a minibatch: 1, 2, 3 or 6.
    updates : int
        How many updates are made: 6, 12, 18, 24 or 30.
    activation : str
        The name of σ: identity or tanh.
    entry : str
        The entry that `value` stands for and that the figure asks about: `eta_1`, `w1_12`, `b1_1`, `w2_11`, `x_26` or
        `y_11`.

    Attributes
    ----------
    value : float
        The number at `entry`. Both ways: setting it moves the entry, so a slider can be linked to it.
    path : nested list, shape (updates + 1, 2)
        The chosen two at the start and after each update. The path ends early where one is beyond a million. Like all that
        follows it cannot be set.
    grads : nested list, shape (updates, 2)
        The derivatives of C by the two, of the minibatch of each update, before it.
    costs : nested list, shape (updates + 1, 1)
        C of all samples, at the start and after each update.
    curvature : float
        The largest curvature at the start, of the steepest minibatch: the largest eigenvalue of the second derivatives of C
        by the two. If they are of layer 1 and σ is the identity, the surface is a bowl and this is its curvature
        everywhere. With all samples in an update the descent then converges for any η below 2 / `curvature`.

    Raises
    ------
    TraitError
        If something is no matrix of finite numbers of its shape and within its bounds, or there is no such size, number of
        updates, activation, entry or pair of parameters.

    Equations
    ---------
    path : eq-fc-update-w eq-fc-update-b eq-fc-minibatch
    grads : eq-fc-grad-w-batch eq-fc-grad-b-batch
    costs : eq-loss-batch
    """

    _esm = bundle("descent")
    _css = stylesheet("descent")
    letters = {"eta": "learning_rate", "w1": "W1", "b1": "b1", "w2": "W2", "x": "x", "y": "y"}
    columns = ("learning_rate", "b1")
    shapes = {"learning_rate": (1, 1), "W1": (1, 2), "b1": (1, 1), "W2": (1, 1), "x": (2, SAMPLES), "y": (1, SAMPLES)}

    W1 = Matrix(within=(-REACH, REACH)).tag(sync=True)
    b1 = Matrix(within=(-REACH, REACH)).tag(sync=True)
    W2 = Matrix(within=(-REACH, REACH)).tag(sync=True)
    chosen = traitlets.Enum(PAIRS, PAIRS[0]).tag(sync=True)
    learning_rate = Matrix(within=(0, LARGEST_RATE)).tag(sync=True)
    x = Matrix().tag(sync=True)
    y = Matrix().tag(sync=True)
    size = traitlets.Enum(SIZES, SAMPLES).tag(sync=True)
    updates = traitlets.Enum(UPDATES, 18).tag(sync=True)
    activation = traitlets.Enum(("identity", "tanh"), "identity").tag(sync=True)
    path = Matrix(read_only=True).tag(sync=True)
    grads = Matrix(read_only=True).tag(sync=True)
    costs = Matrix(read_only=True).tag(sync=True)
    curvature = traitlets.Float(read_only=True).tag(sync=True)

    def __init__(self, W1=((-2.5, -0.5),), b1=((0.0,),), W2=((1.0,),), learning_rate=((0.8,),),
                 x=((1.0, 1.5, -1.0, -0.5, 0.5, -1.5), (1.0, 0.5, -1.0, -1.5, 1.5, -0.5)),
                 y=((0.25, 0.25, -0.25, 1.0, -1.25, -1.5),), chosen=PAIRS[0], size=SAMPLES, updates=18,
                 activation="identity", entry="eta_1", **kwargs):
        super().__init__(W1=W1, b1=b1, W2=W2, learning_rate=learning_rate, x=x, y=y, chosen=chosen, size=size,
                         updates=updates, activation=activation, entry=entry, **kwargs)

    def title(self):
        return (f"Descent of {self._printed()}: {len(self.grads)} updates on {self.size} of {SAMPLES} samples, "
                f"σ = {self.activation}, η = {self.learning_rate[0][0]:g}")

    def _printed(self, between=" and "):
        return between.join(PARAMETERS[name] for name in self.chosen.split(" and "))

    def quantities(self):
        return [Quantity("learning_rate", "η", "muted", self.learning_rate), Quantity("W1", "W¹", "W", self.W1),
                Quantity("b1", "b¹", "b", self.b1), Quantity("W2", "W²", "W", self.W2),
                Quantity("path", f"{self._printed(', ')}, end", "W", self.path[-1:], "→"),
                Quantity("costs", "C, start and end", "text", [[self.costs[0][0], self.costs[-1][0]]]),
                Quantity("x", "x", "a", self.x, first=True), Quantity("y", "y", "muted", self.y, first=True)]

    def __repr__(self):
        given = ", ".join(f"{name}={getattr(self, name)!r}" for name in
                          ("W1", "b1", "W2", "learning_rate", "x", "y", "chosen", "size", "updates", "activation", "entry"))
        return f"Descent({given})"

    @traitlets.validate(*shapes)
    def _fit(self, proposal):
        shape, needed = np.shape(proposal.value), self.shapes[proposal.trait.name]
        if shape != needed:
            raise traitlets.TraitError(f"{proposal.trait.name} has shape {shape}; it needs shape {needed}")
        return proposal.value

    @traitlets.observe("W1", "b1", "W2", "learning_rate", "x", "y", "chosen", "size", "updates", "activation")
    def _compute(self, change):
        x, y, activation = np.array(self.x), np.array(self.y), activations.by_name(self.activation)
        batches = minibatches(self.size, self.updates)
        moving = np.isin(list(PARAMETERS), self.chosen.split(" and "))
        p, grads = [np.concatenate([self.W1[0], self.b1[0], self.W2[0]])], []
        for batch in batches:
            if np.max(np.abs(p[-1])) > FAR:
                break
            grads.append(gradient(p[-1], x[:, batch], y[:, batch], activation) * moving)
            p += sgd.step([p[-1]], [grads[-1]], self.learning_rate[0][0])
        costs = [half_squared_error(forward(p_k, x, activation)[1], y) for p_k in p]
        second = [[gradient(p[0] + TINY * 1j * axis, x[:, batch], y[:, batch], activation)[moving].imag / TINY
                   for axis in np.eye(len(moving))[moving]] for batch in map(list, set(map(tuple, batches)))]
        self.set_trait("path", np.array(p)[:, moving])
        self.set_trait("grads", np.array(grads)[:, moving])
        self.set_trait("costs", np.reshape(costs, (-1, 1)))
        self.set_trait("curvature", float(np.max(np.linalg.eigvalsh(second))))
