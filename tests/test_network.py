"""A network of layers: every layer's gradients are those of running it, images survive being columns, and training with
momentum goes where a formula says."""

import re
from dataclasses import replace
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from mathref import activations, conv, gradcheck, initial, layout, network, sgd
from mathref.network import Activate, Conv, Dense, Flatten, Sequential
from slips import with_slip

RNG = np.random.default_rng(2)


def drawn(*shape):
    return np.random.default_rng(shape).normal(size=shape)


PLANES = drawn(3, 2, 5, 7)
COLUMNS = drawn(6, 4)


def layers(module):
    """Each kind of layer with what comes into it; nothing is square."""
    return {
        "Dense": (module.Dense(drawn(3, 6), drawn(3, 1)), COLUMNS),
        "Conv": (module.Conv(drawn(4, 2, 3, 2), drawn(4)), PLANES),
        "Conv with a frame": (module.Conv(drawn(4, 2, 3, 2), drawn(4), padding=1), PLANES),
        "Conv with a stride": (module.Conv(drawn(4, 2, 3, 2), drawn(4), stride=2), PLANES),
        "Activate tanh": (module.Activate(activations.tanh), PLANES),
        "Activate relu": (module.Activate(activations.relu), COLUMNS),
        "MaxPool": (module.MaxPool((2, 3)), PLANES),
        "Flatten": (module.Flatten(), PLANES),
        "Unflatten": (module.Unflatten((2, 1, 3)), COLUMNS),
    }


def agree_on_a_layer(layer, a_prev):
    """Check all gradients of a layer: its outputs are weighed with a random delta and added up."""
    out = layer.forward(a_prev)
    delta = drawn(*out.shape)
    found = layer.input_gradient(delta, a_prev)
    assert gradcheck.check(lambda a: np.sum(delta * layer.forward(a)), found, a_prev)
    N = a_prev.shape[1] if a_prev.ndim == 2 else len(a_prev)
    for name, gradient in zip(("W", "b"), layer.gradients(delta, a_prev), strict=bool(layer.parameters)):
        def cost(parameter):
            return np.sum(delta * replace(layer, **{name: parameter}).forward(a_prev)) / N

        assert gradcheck.check(cost, gradient, getattr(layer, name))


def mixed(module):
    """A small network with every kind of layer, a batch of images in columns, and their targets."""
    W = [drawn(3, 1, 3, 2), drawn(4, 12) / 2, drawn(5, 4)]
    b = [drawn(3), drawn(4, 1), drawn(5, 1)]
    made = module.Sequential([
        module.Unflatten((1, 6, 5)), module.Conv(W[0], b[0]), module.Activate(activations.softplus), module.MaxPool(2),
        module.Flatten(), module.Dense(W[1], b[1]), module.Activate(activations.tanh), module.Dense(W[2], b[2])])
    return made, drawn(30, 4), np.eye(5)[:, [3, 0, 3, 1]]


def agree_on_a_network(module):
    made, x, y = mixed(module)
    for parameter, gradient in zip(made.parameters, made.gradients(x, y), strict=True):
        assert parameter.shape == gradient.shape

    names = [f"parameter {i}" for i in range(len(made.parameters))]
    place = dict(zip(names, made.parameters))
    report = gradcheck.check(lambda parts: made.with_parameters(list(parts.values())).cost(x, y),
                             dict(zip(names, made.gradients(x, y))), place, by="complex")
    assert report, str(report)
    z = made.activations(x)[-1]
    assert made.cost(x, y) == pytest.approx(-np.mean(np.sum(y * special.log_softmax(z, axis=0), axis=0)), rel=1e-13)
    assert np.array_equal(made.predict(x), [list(column).index(max(column)) for column in z.T])
    delta = drawn(5, 4)
    assert gradcheck.check(lambda x: np.sum(delta * made.activations(x)[-1]), made.input_gradient(x, delta), x, by="complex")


@pytest.mark.parametrize("kind", layers(network))
def test_every_gradient_of_a_layer_is_that_of_running_it(kind):
    agree_on_a_layer(*layers(network)[kind])


def test_every_gradient_of_a_network_is_that_of_running_it():
    agree_on_a_network(network)


def test_a_small_step_lowers_the_cost_by_the_learning_rate_times_the_squared_gradient():
    made, x, y = mixed(network)
    gradients, eta = made.gradients(x, y), 1e-6
    after = made.with_parameters(sgd.step(made.parameters, gradients, eta))
    expected = -eta * sum(np.sum(g**2) for g in gradients)
    assert (after.cost(x, y) - made.cost(x, y)) / expected == pytest.approx(1, abs=1e-4)


def test_other_parameters_make_another_network_and_leave_this_one_alone():
    made, x, y = mixed(network)
    before = made.cost(x, y)
    other = made.with_parameters([0 * parameter for parameter in made.parameters])
    assert made.cost(x, y) == before and other.cost(x, y) == pytest.approx(np.log(5))
    assert [layer.__class__ for layer in other.layers] == [layer.__class__ for layer in made.layers]


def test_what_comes_out_of_every_layer_begins_with_x_and_ends_with_the_scores():
    made, x, _ = mixed(network)
    assert [a.shape for a in made.activations(x)] == [
        (30, 4), (4, 1, 6, 5), (4, 3, 4, 4), (4, 3, 4, 4), (4, 3, 2, 2), (12, 4), (4, 4), (4, 4), (5, 4)]


SLIPS = {
    "return W.T @ delta": "return W.T @ (2 * delta)",
    "return delta * self.activation.prime(a_prev)": "return delta * self.activation(a_prev)",
    "return layout.flatten(delta)": "return layout.flatten(delta)[::-1]",
    "found = [*layer.gradients(delta, a_prev), *found]": "found = [*found, *layer.gradients(delta, a_prev)]",
    "delta = softmax.output_delta(softmax.softmax(z), y)": "delta = -softmax.output_delta(softmax.softmax(z), y)",
    "if any(before.parameters for before in self.layers[:place]):": "if place > 5:",
    "im2col.input_gradient(self.W, delta, self.stride, self.padding,": "im2col.input_gradient(self.W, delta, self.stride, 0,",
    "return self.activations(x)[-1].argmax(axis=0)": "return self.activations(x)[-1].argmax(axis=1)",
    "for layer, a_prev in zip(reversed(self.layers), reversed(a)):": "for layer, a_prev in zip(reversed(self.layers), a):",
    "replace(layer, W=next(new), b=next(new))": "replace(layer, b=layer.b + 0 * next(new).sum(), W=layer.W + 0 * next(new).sum())",
    "return layout.unflatten(delta, a_prev.shape[1:])": "return layout.unflatten(delta, a_prev.shape[1:])[:, :, ::-1]",
}


@pytest.mark.parametrize("right", SLIPS)
def test_a_slip_in_the_module_is_noticed(right):
    changed = with_slip(network, right, SLIPS[right])
    with pytest.raises((AssertionError, ValueError)):
        for layer, a_prev in layers(changed).values():
            agree_on_a_layer(layer, a_prev)
        agree_on_a_network(changed)


# Planes and columns

@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4))
def test_planes_that_became_columns_become_the_same_planes_again(N, C, H, W):
    a = np.arange(N * C * H * W).reshape(N, C, H, W)
    columns = layout.flatten(a)
    assert columns.shape == (C * H * W, N) and np.array_equal(layout.unflatten(columns, (C, H, W)), a)
    for n, c, i, j in np.ndindex(a.shape):
        assert columns[(c * H + i) * W + j, n] == a[n, c, i, j]


def test_a_layer_shares_no_memory_with_what_comes_in():
    for layer, a_prev in layers(network).values():
        before = a_prev.copy()
        out = layer.forward(a_prev)
        out += 1
        assert np.array_equal(a_prev, before)


# Where training begins

@pytest.mark.parametrize("shape", [(40, 500), (300, 20), (64, 8, 5, 3)], ids=str)
def test_weights_are_drawn_with_mean_0_and_variance_2_over_what_a_unit_reads(shape):
    W = initial.he(shape, np.random.default_rng(0))
    m, count = prod(shape[1:]), prod(shape)
    assert W.shape == shape and W.dtype == np.float64
    assert abs(np.mean(W)) < 5 * np.sqrt(2 / m / count)
    assert np.mean(W**2) * m / 2 == pytest.approx(1, abs=5 * np.sqrt(2 / count))


def mean_squares(factor, depth=20, width=400):
    """The mean square of z in every layer of a deep relu network whose weights have the variance factor / m."""
    rng = np.random.default_rng(1)
    a, found = rng.normal(size=(width, 100)), []
    for _ in range(depth):
        z = rng.normal(0, np.sqrt(factor / width), (width, width)) @ a
        found.append(np.mean(z**2))
        a = np.maximum(z, 0)
    return found


def test_behind_relu_the_factor_2_keeps_the_size_of_z_and_others_do_not():
    for factor in (1, 2, 4):  # in doublings from layer to layer
        found = mean_squares(factor)
        assert np.log2(found[-1] / found[0]) / (len(found) - 1) == pytest.approx(np.log2(factor / 2), abs=0.1)


def test_two_draws_differ_and_one_seed_gives_one_draw():
    rng = np.random.default_rng(0)
    first, second = initial.he((2, 3), rng), initial.he((2, 3), rng)
    assert not np.array_equal(first, second)
    assert np.array_equal(first, initial.he((2, 3), np.random.default_rng(0)))


# Momentum

def test_a_velocity_is_the_sum_of_all_gradients_each_weighed_by_its_age():
    gradients = RNG.normal(size=(6, 2, 3))
    v, mu = [np.zeros((2, 3))], 0.7
    for gradient in gradients:
        v = sgd.momentum(v, [gradient], mu)
    assert np.allclose(v[0], sum(mu**(5 - t) * gradient for t, gradient in enumerate(gradients)), rtol=1e-13)


def test_a_steady_gradient_drives_the_velocity_to_its_limit():
    v = [np.zeros(2)]
    for _ in range(400):
        v = sgd.momentum(v, [np.array([1.0, -3.0])], 0.9)
    assert np.allclose(v[0], [10, -30], rtol=1e-12)


def test_without_momentum_the_velocity_is_the_gradient():
    v, = sgd.momentum([drawn(2, 3)], [np.ones((2, 3))], 0)
    assert np.array_equal(v, np.ones((2, 3)))


def test_on_a_parabola_momentum_follows_the_solution_of_its_recurrence():
    """w_{t+1} = (1 + μ - η c) w_t - μ w_{t-1}, solved by the roots of its characteristic polynomial."""
    c, eta, mu, w, v = 3.0, 0.1, 0.8, 2.0, [np.zeros(())]
    track = [w]
    for _ in range(30):
        v = sgd.momentum(v, [np.array(c * track[-1])], mu)
        track.append(float(sgd.step([track[-1]], v, eta)[0]))
    r, s = np.roots([1, -(1 + mu - eta * c), mu])
    A, B = np.linalg.solve([[1, 1], [r, s]], track[:2])
    assert np.allclose(track, [(A * r**t + B * s**t).real for t in range(31)], atol=1e-12)


SGD_SLIPS = {
    "mu * velocity + gradient": "mu * velocity - gradient",
    "[mu * velocity + gradient for velocity": "[velocity + gradient for velocity",
    "return [mu * velocity + gradient": "return [mu * velocity + (1 - mu) * gradient",
}


@pytest.mark.parametrize("right", SGD_SLIPS)
def test_a_slip_in_the_momentum_is_noticed(right, monkeypatch):
    monkeypatch.setattr("test_network.sgd", with_slip(sgd, right, SGD_SLIPS[right]))
    with pytest.raises(AssertionError):
        test_a_velocity_is_the_sum_of_all_gradients_each_weighed_by_its_age()


# What is refused

OTHER = Dense(np.ones((2, 3)), np.ones((2, 1)))
GENERATOR = np.random.default_rng(0)
REFUSED = {
    "no layers": (lambda: Sequential([]), ValueError, "layers is empty; it needs at least one layer"),
    "one layer alone": (lambda: Sequential(OTHER), TypeError, "layers is a Dense; it needs to be a list or tuple"),
    "a class for a layer": (lambda: Sequential([OTHER, Flatten]), TypeError, r"layers\[1\] is <class .*; it needs to be a layer"),
    "a function for a layer": (lambda: Sequential([np.tanh]), TypeError, r"layers\[0\] is <ufunc 'tanh'>; it needs to be a layer"),
    "a name for an activation": (lambda: Activate("relu"), TypeError, "activation is a str; it needs to be one of"),
    "a batch of other size": (lambda: Sequential([OTHER]).cost(np.ones((4, 5)), np.ones((2, 5)) / 2), ValueError,
                              r"a_prev has shape \(4, 5\), but W has shape \(2, 3\)"),
    "targets of other size": (lambda: Sequential([OTHER]).cost(np.ones((3, 5)), np.ones((2, 4)) / 2), ValueError,
                              r"y has shape \(2, 4\), but z has shape \(2, 5\)"),
    "targets of words": (lambda: Sequential([OTHER]).gradients(np.ones((3, 5)), "a"), TypeError, "y has type str"),
    "targets that are no shares": (lambda: Sequential([OTHER]).gradients(np.ones((3, 5)), np.ones((2, 5))), ValueError,
                                   "y has a column 0 that adds up to 2"),
    "a hole in x": (lambda: Sequential([OTHER]).predict([[np.nan]]), ValueError, r"x\[0, 0\] is nan"),
    "a parameter too few": (lambda: Sequential([OTHER]).with_parameters([OTHER.W]), ValueError,
                            "parameters has length 1; it needs 2 arrays"),
    "a parameter of another shape": (lambda: Sequential([OTHER]).with_parameters([OTHER.W, np.ones(2)]), ValueError,
                                     r"parameters\[1\] has shape \(2,\); it needs shape \(2, 1\)"),
    "a parameter of words": (lambda: Sequential([OTHER]).with_parameters([OTHER.W, "b"]), TypeError, r"parameters\[1\] has type str"),
    "no bias": (lambda: Conv(np.ones((1, 1, 2, 2)), None), TypeError, "b has type NoneType"),
    "an error of one column for all samples": (lambda: OTHER.input_gradient(np.ones((2, 1)), np.ones((3, 5))), ValueError,
                                               r"a_prev has shape \(3, 5\), but W has shape \(2, 3\) and delta has shape \(2, 1\)"),
    "an error of other rows": (lambda: OTHER.input_gradient(np.ones((3, 5)), np.ones((3, 5))), ValueError,
                               r"delta has shape \(3, 5\), but W has shape \(2, 3\)"),
    "an error of another layer": (lambda: Activate(activations.tanh).input_gradient(np.ones((2, 1)), np.ones((2, 5))), ValueError,
                                  r"delta has shape \(2, 1\), but a_prev has shape \(2, 5\)"),
    "an error that is not that of the scores": (lambda: Sequential([OTHER]).input_gradient(np.ones((3, 5)), np.ones((2, 1))), ValueError,
                                                r"delta has shape \(2, 1\), but z has shape \(2, 5\)"),
    "what overflows on its way back": (lambda: Dense([[1e200]], [0.0]).input_gradient([[1e200]], [[1.0]]), OverflowError,
                                       "input_gradient: the result is too large"),
    "a matrix to flatten": (lambda: layout.flatten(np.ones((2, 3))), ValueError, r"a has shape \(2, 3\); it needs four dimensions"),
    "columns of another length": (lambda: layout.unflatten(np.ones((6, 2)), (1, 2, 2)), ValueError,
                                  r"a has shape \(6, 2\); for planes of shape \(1, 2, 2\) it needs shape \(4, N\)"),
    "planes without channels": (lambda: layout.unflatten(np.ones((6, 2)), (2, 3)), ValueError, r"shape is \(2, 3\); it needs to be three"),
    "a number for a shape": (lambda: layout.unflatten(np.ones((6, 2)), 6), TypeError, "shape is 6; it needs to be a tuple"),
    "weights of one dimension": (lambda: initial.he((3,), GENERATOR), ValueError, r"shape is \(3,\); it needs to be \(n, m\) or"),
    "weights of no size": (lambda: initial.he((3, 0), GENERATOR), ValueError, r"shape is \(3, 0\); it needs to be"),
    "half a unit": (lambda: initial.he((3, 1.5), GENERATOR), TypeError, r"shape is \(3, 1.5\); it needs to be a tuple of integers"),
    "a seed for a generator": (lambda: initial.he((3, 2), 0), TypeError, "rng is a int; it needs to be a numpy.random.Generator"),
    "momentum 1": (lambda: sgd.momentum([1.0], [1.0], 1), ValueError, "mu is 1.0; it needs to be less than 1"),
    "negative momentum": (lambda: sgd.momentum([1.0], [1.0], -0.1), ValueError, "mu is -0.1; it needs to be finite and not negative"),
    "a word for momentum": (lambda: sgd.momentum([1.0], [1.0], "0.9"), TypeError, "mu is a str; it needs to be a real number"),
    "no velocities": (lambda: sgd.momentum([], [], 0.9), ValueError, "velocities is empty; it needs at least one array"),
    "an array of velocities": (lambda: sgd.momentum(np.ones(2), [1.0], 0.9), TypeError, "velocities is a ndarray; it needs to be a list"),
    "velocities of another shape": (lambda: sgd.momentum([np.ones(2)], [np.ones(3)], 0.9), ValueError,
                                    r"gradients\[0\] has shape \(3,\), but velocities\[0\] has shape \(2,\)"),
    "a velocity without its gradient": (lambda: sgd.momentum([1.0, 2.0], [1.0], 0.9), ValueError,
                                        "gradients has length 1, but velocities has length 2: each velocity needs"),
}


def test_lists_become_arrays():
    made = Sequential([Dense([[1, 2]], [[0]])])
    assert [parameter.dtype for parameter in made.parameters] == [np.float64] * 2
    assert np.array_equal(made.with_parameters([[[3, 4]], [[1]]]).activations([[1], [1]])[-1], [[8]])


def test_numpys_integers_are_a_shape_and_booleans_are_none():
    three = np.int64(3)
    assert initial.he((three, 2), GENERATOR).shape == (3, 2) and layout.unflatten(COLUMNS, (three, 2, 1)).shape == (4, 3, 2, 1)
    assert conv.input_gradient(np.ones((1, 1, 1, 1)), np.ones((1, 1, 3, 3)), input_shape=(1, 1, three, 3)).shape == (1, 1, 3, 3)
    for refused in (lambda: initial.he((True, 2), GENERATOR), lambda: layout.unflatten(COLUMNS, (6, True, 1)),
                    lambda: conv.input_gradient(np.ones((1, 1, 1, 1)), np.ones((1, 1, 3, 3)), input_shape=(True, 1, 3, 3))):
        with pytest.raises(TypeError, match=r"shape is \(.*True.*\); it needs to be a"):
            refused()


@pytest.mark.parametrize("what", REFUSED)
def test_bad_input_is_refused_in_words(what):
    call, error, message = REFUSED[what]
    with pytest.raises(error) as info:
        call()
    assert re.match(message, str(info.value)), str(info.value)
