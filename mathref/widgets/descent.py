"""Figure 4: descent over the cost surface of two weights."""

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


class Descent(Figure):
    """Minibatch gradient descent of one unit without a bias, a = σ(W x), over the surface of its cost C(w_11, w_12).

    Whatever moves, here or in the browser, the path follows. The minibatches are always the same ones.

    Parameters
    ----------
    W : array_like, shape (1, 2)
        Where it starts, each weight between −3 and 3.
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
        The entry that `value` stands for and that the figure asks about: `eta_1`, `w_12`, `x_26` or `y_11`.

    Attributes
    ----------
    value : float
        The number at `entry`. Both ways: setting it moves the entry, so a slider can be linked to it.
    path : nested list, shape (updates + 1, 2)
        The weights at the start and after each update. The path ends early where a weight is beyond a million. Like all
        that follows it cannot be set.
    grads : nested list, shape (updates, 2)
        ∂C/∂W of the minibatch of each update, before it.
    costs : nested list, shape (updates + 1, 1)
        C of all samples, at the start and after each update.
    curvature : float
        The largest eigenvalue of x xᵀ / N, over the minibatches. With σ = identity the bowl of a minibatch has it for its
        largest curvature, and with all samples in an update the descent converges for any η below 2 / `curvature`.

    Raises
    ------
    TraitError
        If something is no matrix of finite numbers of its shape and within its bounds, or there is no such size, number of
        updates, activation or entry.

    Equations
    ---------
    path : eq-fc-update-w eq-fc-minibatch
    grads : eq-fc-grad-w-batch
    costs : eq-loss-batch
    """

    _esm = bundle("descent")
    _css = stylesheet("descent")
    letters = {"eta": "learning_rate", "w": "W", "x": "x", "y": "y"}
    columns = ("learning_rate",)
    shapes = {"learning_rate": (1, 1), "W": (1, 2), "x": (2, SAMPLES), "y": (1, SAMPLES)}

    W = Matrix(within=(-REACH, REACH)).tag(sync=True)
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

    def __init__(self, W=((-2.5, -0.5),), learning_rate=((0.8,),),
                 x=((1.0, 1.5, -1.0, -0.5, 0.5, -1.5), (1.0, 0.5, -1.0, -1.5, 1.5, -0.5)),
                 y=((0.25, 0.25, -0.25, 1.0, -1.25, -1.5),), size=SAMPLES, updates=18, activation="identity",
                 entry="eta_1", **kwargs):
        super().__init__(W=W, learning_rate=learning_rate, x=x, y=y, size=size, updates=updates, activation=activation,
                         entry=entry, **kwargs)

    def title(self):
        return (f"Descent: {len(self.grads)} updates on {self.size} of {SAMPLES} samples, σ = {self.activation}, "
                f"η = {self.learning_rate[0][0]:g}")

    def quantities(self):
        return [Quantity("learning_rate", "η", "muted", self.learning_rate), Quantity("W", "W, start", "W", self.W),
                Quantity("path", "W, end", "W", self.path[-1:], "→"),
                Quantity("costs", "C, start and end", "text", [[self.costs[0][0], self.costs[-1][0]]]),
                Quantity("x", "x", "a", self.x, first=True), Quantity("y", "y", "muted", self.y, first=True)]

    def __repr__(self):
        return (f"Descent(W={self.W}, learning_rate={self.learning_rate}, x={self.x}, y={self.y}, size={self.size}, "
                f"updates={self.updates}, activation={self.activation!r}, entry={self.entry!r})")

    @traitlets.validate(*shapes)
    def _fit(self, proposal):
        shape, needed = np.shape(proposal.value), self.shapes[proposal.trait.name]
        if shape != needed:
            raise traitlets.TraitError(f"{proposal.trait.name} has shape {shape}; it needs shape {needed}")
        return proposal.value

    @traitlets.observe("W", "learning_rate", "x", "y", "size", "updates", "activation")
    def _compute(self, change):
        x, y, activation = np.array(self.x), np.array(self.y), activations.by_name(self.activation)
        batches = minibatches(self.size, self.updates)
        W, grads = [np.array(self.W)], []
        for batch in batches:
            if np.max(np.abs(W[-1])) > FAR:
                break
            z = dense.forward(W[-1], NO_BIAS, x[:, batch])
            delta = dense.output_delta(activation(z), y[:, batch], z, activation)
            dW, _ = dense.gradients(delta, x[:, batch])
            grads.append(dW)
            W += sgd.step([W[-1]], [dW], self.learning_rate[0][0])
        costs = [half_squared_error(activation(dense.forward(W_k, NO_BIAS, x)), y) for W_k in W]
        self.set_trait("path", np.concatenate(W))
        self.set_trait("grads", np.concatenate(grads))
        self.set_trait("costs", np.reshape(costs, (-1, 1)))
        self.set_trait("curvature", max(np.linalg.eigvalsh(x[:, batch] @ x[:, batch].T / len(batch))[-1]
                                        for batch in batches))
