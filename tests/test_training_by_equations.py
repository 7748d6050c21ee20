r"""The book's equations train a network by themselves, and go where `mathref` goes.

Nothing is written down here that the chapters derive. The forward pass is their definitions; errors, gradients and steps
are the right sides of their claims and updates, with the one put into the other as on paper. Nothing is differentiated,
neither C nor σ, whose slope is that of `mathref.activations`.
"""

from typing import NamedTuple

import numpy as np
import pytest

from mathref import cost, dense, sgd
from mathref.activations import by_name
from mathref.engine import derivative, evaluate
from mathref.engine.conditions import read_conditions
from mathref.engine.errors import ShapeError
from mathref.engine.networks import Network
from mathref.engine.parser import parse, source
from mathref.engine.program import Definition, Key, Program, Run
from mathref.engine.registry import equations
from mathref.gradcheck import relative_error

STEPS = 120
SAMPLES = 12
ETA = 0.05
SAME = 1e-12

FORWARD = ("eq-fc-input", "eq-fc-z", "eq-fc-a", "eq-loss", "eq-loss-sample", "eq-loss-batch")


class Way(NamedTuple):
    """A way to train: samples in a step, the claims that give errors and gradients, and what the gradients go into."""

    size: int
    errors: tuple
    gradients: tuple
    updates: tuple


WAYS = {
    "one sample": Way(1, ("eq-fc-delta-out", "eq-fc-delta-rec"),
                      ("eq-fc-grad-w", "eq-fc-grad-b"), ("eq-fc-update-w", "eq-fc-update-b")),
    "all samples": Way(SAMPLES, ("eq-fc-delta-out-batch", "eq-fc-delta-rec"),
                       ("eq-fc-grad-w-batch", "eq-fc-grad-b-batch"), ("eq-fc-update-w", "eq-fc-update-b")),
    "minibatches": Way(4, ("eq-fc-delta-out-batch", "eq-fc-delta-rec"),
                       ("eq-fc-grad-w-sample", "eq-fc-grad-b-sample"), ("eq-fc-minibatch", "eq-fc-minibatch-b")),
}
NETWORKS = (Network((4, 5, 3, 2), "sigmoid", 1), Network((3, 4, 2), "tanh", 2), Network((2, 5, 3, 4, 3), "softplus", 3),
            Network((3, 6, 4, 2), "relu", 4))

each_way = pytest.mark.parametrize("way", WAYS)
each_network = pytest.mark.parametrize("network", NETWORKS, ids=str)


@pytest.fixture(autouse=True)
def nothing_is_differentiated(monkeypatch):
    def refuse(*arguments):
        raise AssertionError("a derivative was taken")

    monkeypatch.setattr(derivative, "derivative", refuse)
    monkeypatch.setattr(evaluate, "derivative", refuse)
    monkeypatch.setattr(evaluate, "entrywise_derivative", lambda activation, z: activation.prime(z))


@pytest.fixture
def book():
    """The LaTeX of the book by label."""
    return {label: equation.latex for label, equation in equations().items()}


def explicit(latex):
    """Return the left side of an equation, and its last member that has no derivative in it."""
    left, *members = parse(latex).children
    without = [member for member in members if not list(member.find_data("derivative"))]
    return source(left, latex), source(without[-1], latex)


def program_of(book, errors):
    """Return the forward program of the book, with the right sides of its claims for the errors."""
    meanings = {label: book[label] for label in FORWARD}
    for label in errors:
        symbol, value = explicit(book[label])
        meanings[label] = f"{symbol} = {value}"
    return Program([Definition.read(label, latex, read_conditions(equations()[label].conditions.split()))
                    for label, latex in meanings.items()])


def updates_of(book, gradients, updates):
    """Return the updates by the name of what they change, W or b, each with the right side of its gradient put in."""
    put_in = {}
    for name, gradient, update in zip("Wb", gradients, updates):
        symbol, value = explicit(book[gradient])
        assert symbol in book[update], f"{update} has no {symbol}"
        put_in[name] = book[update].replace(symbol, f"({value})")
    return put_in


def step_by_equations(program, updates, network, parameters, x, y):
    """Return C and the new parameters, by Key."""
    run = Run(program, network, x.shape[1])
    for key, value in {Key("x"): x, Key("y"): y, Key(r"\eta"): ETA, **parameters}.items():
        run = run.with_override(key, value)
    new = {}
    for key in parameters:
        latex = updates[key.name]
        _, right_side = parse(latex).children
        new[key] = evaluate.Evaluator(run, latex, {"l": key.layer}).visit(right_side)
    return run.value(Key("C")), new


def step_by_mathref(network, parameters, x, y):
    """Return C and the new parameters, by Key."""
    L, activation = network.depth, by_name(network.activation)
    W, b = ({l: parameters[Key(name, l)] for l in range(1, L + 1)} for name in "Wb")
    a, z, delta = {0: x}, {}, {}
    for l in range(1, L + 1):
        z[l] = dense.forward(W[l], b[l], a[l - 1])
        a[l] = activation(z[l])
    delta[L] = dense.output_delta(a[L], y, z[L], activation)
    for l in range(L - 1, 0, -1):
        delta[l] = dense.hidden_delta(W[l + 1], delta[l + 1], z[l], activation)
    new = {}
    for l in range(1, L + 1):
        new[Key("W", l)], new[Key("b", l)] = sgd.step([W[l], b[l]], dense.gradients(delta[l], a[l - 1]), ETA)
    return cost.half_squared_error(a[L], y), new


def train(book, way, network):
    """Train by equations and with mathref from the same start, and return the mean cost of each pass over the samples.

    Raises
    ------
    AssertionError
        As soon as the two differ.
    """
    size, errors, gradients, updates = way
    program, updates = program_of(book, errors), updates_of(book, gradients, updates)
    rng = np.random.default_rng(network.seed)
    widths = network.widths
    parameters = {Key("W", l): rng.normal(size=(widths[l], widths[l - 1])) for l in range(1, len(widths))}
    parameters |= {Key("b", l): rng.normal(size=(widths[l], 1)) for l in range(1, len(widths))}
    ours = theirs = parameters
    x, y = rng.normal(size=(widths[0], SAMPLES)), rng.uniform(0.1, 0.9, size=(widths[-1], SAMPLES))
    costs, steps = [], 0
    while steps < STEPS:
        costs.append([])
        for x_batch, y_batch in sgd.minibatches(x, y, size, rng):
            ours_C, ours = step_by_equations(program, updates, network, ours, x_batch, y_batch)
            theirs_C, theirs = step_by_mathref(network, theirs, x_batch, y_batch)
            steps += 1
            assert abs(ours_C - theirs_C) <= SAME * theirs_C, f"C after step {steps}"
            for key in theirs:
                assert relative_error(ours[key], theirs[key]) <= SAME, f"{key} after step {steps}"
            costs[-1].append(theirs_C)
    return [np.mean(one_pass) for one_pass in costs]


@each_network
@each_way
def test_training_by_the_equations_of_the_book_is_training_with_mathref_step_by_step(book, way, network):
    costs = train(book, WAYS[way], network)
    assert costs[-1] < 0.9 * costs[0]  # it was a training, and no standing still


@each_way
@pytest.mark.parametrize(("group", "which", "right", "wrong"), [
    ("errors", 0, r"\sigma'", r"\sigma"),
    ("errors", 1, r"\sigma'", r"\sigma"),
    ("errors", 1, r"(W^{l+1})^{\top}", "W^{l+1}"),
    ("gradients", 0, "l-1", "l"),
    ("updates", 0, "} -", "} +"),
    ("updates", 1, "} -", "} +"),
])
def test_one_fault_in_one_equation_of_the_book_leads_elsewhere(book, way, group, which, right, wrong):
    label = getattr(WAYS[way], group)[which]
    assert right in book[label]
    with pytest.raises((AssertionError, ShapeError), match="after step|shape"):
        train({**book, label: book[label].replace(right, wrong)}, WAYS[way], NETWORKS[0])


def test_a_derivative_that_is_left_in_an_update_is_not_taken_in_secret(book):
    program = program_of(book, WAYS["one sample"].errors)
    updates = {"W": book["eq-fc-update-w"], "b": book["eq-fc-update-b"]}
    parameters = {Key(name, l): np.ones((2, columns)) for l in (1, 2) for name, columns in (("W", 2), ("b", 1))}
    with pytest.raises(AssertionError, match="a derivative was taken"):
        step_by_equations(program, updates, Network((2, 2, 2), "tanh", 0), parameters, np.ones((2, 1)), np.ones((2, 1)))
