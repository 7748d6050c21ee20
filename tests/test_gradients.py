"""Backpropagation with mathref equals derivatives of the forward pass taken without it.

The oracles share no code with mathref, not even the forward pass: a complex step and central differences through the
few lines of NumPy below, and HIPS autograd through the same lines in its own NumPy.
"""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from mathref import activations, cost, dense
from slips import with_slip

SIGMA = {
    "sigmoid": lambda xp, z: 1 / (1 + xp.exp(-z)),
    "tanh": lambda xp, z: xp.tanh(z),
    "relu": lambda xp, z: z * (xp.real(z) > 0),
    "softplus": lambda xp, z: xp.log(1 + xp.exp(z)),
    "identity": lambda xp, z: z,
}
ANALYTIC = ("sigmoid", "tanh", "softplus", "identity")
NETS = [(4, 3), (3, 5, 2), (4, 5, 3, 2), (2, 6, 1, 3, 5)]
BATCHES = [1, 2, 7]


def network(sizes, N, dtype=np.float64):
    rng = np.random.default_rng([*sizes, N])
    Ws = [rng.normal(size=(n, m)).astype(dtype) for m, n in zip(sizes, sizes[1:])]
    bs = [rng.normal(size=(n, 1)).astype(dtype) for n in sizes[1:]]
    return Ws, bs, rng.normal(size=(sizes[0], N)).astype(dtype), rng.normal(size=(sizes[-1], N)).astype(dtype)


def costs(xp, name, Ws, bs, x, y, added=None):
    """Return the cost of each sample; added[l] is added to z of layer l, to differentiate with respect to it."""
    a = x
    for l, (W, b) in enumerate(zip(Ws, bs)):
        z = xp.dot(W, a) + b
        if added is not None:
            z = z + added[l]
        a = SIGMA[name](xp, z)
    return 0.5 * xp.sum((a - y) * (a - y), axis=0)


def by_complex_step(f, arrays):
    gradients = []
    for k, array in enumerate(arrays):
        gradient = np.zeros(array.shape)
        for i in np.ndindex(array.shape):
            moved = [other.astype(complex) for other in arrays]
            moved[k][i] += 1e-20j
            gradient[i] = f(moved).imag / 1e-20
        gradients.append(gradient)
    return gradients


def by_central_difference(f, arrays):
    gradients = []
    for k, array in enumerate(arrays):
        gradient = np.zeros(array.shape)
        for i in np.ndindex(array.shape):
            up, down = [other.copy() for other in arrays], [other.copy() for other in arrays]
            up[k][i] += 1e-5
            down[k][i] -= 1e-5
            gradient[i] = (f(up) - f(down)) / 2e-5
        gradients.append(gradient)
    return gradients


def by_autograd(f, arrays):
    return [autograd.grad(lambda array: f([*arrays[:k], array, *arrays[k + 1:]]))(array)
            for k, array in enumerate(arrays)]


def backpropagation(name, Ws, bs, x, y):
    """Return δ, dW, db of every layer, by mathref."""
    activation = activations.by_name(name)
    a, z = [x], []
    for W, b in zip(Ws, bs):
        z.append(dense.forward(W, b, a[-1]))
        a.append(activation(z[-1]))
    delta = dense.output_delta(a[-1], y, z[-1], activation)
    deltas, pairs = [delta], [dense.gradients(delta, a[-2])]
    for l in range(len(Ws) - 2, -1, -1):
        delta = dense.hidden_delta(Ws[l + 1], delta, z[l], activation)
        deltas.insert(0, delta)
        pairs.insert(0, dense.gradients(delta, a[l]))
    dWs, dbs = zip(*pairs)
    return deltas, list(dWs), list(dbs)


def assert_equal(found, true, tolerance):
    """Compare entry by entry; an entry below a thousandth of the largest one is measured against that thousandth."""
    for f, t in zip(found, true, strict=True):
        assert f.shape == t.shape
        scale = np.maximum(np.abs(t), 1e-3 * np.max(np.abs(t)) + 1e-12)
        assert np.max(np.abs(f - t) / scale) < tolerance


def mean_cost(xp, name, depth, x, y):
    return lambda arrays: xp.mean(costs(xp, name, arrays[:depth], arrays[depth:], x, y))


def summed_cost(xp, name, Ws, bs, x, y):
    return lambda added: xp.sum(costs(xp, name, Ws, bs, x, y, added))


@pytest.mark.parametrize("N", BATCHES)
@pytest.mark.parametrize("sizes", NETS)
@pytest.mark.parametrize("name", SIGMA)
class TestEveryLayer:
    def test_parameter_gradients_are_the_derivatives_of_the_mean_cost(self, name, sizes, N):
        Ws, bs, x, y = network(sizes, N)
        _, dWs, dbs = backpropagation(name, Ws, bs, x, y)
        found = [*dWs, *dbs]
        if name in ANALYTIC:
            assert_equal(found, by_complex_step(mean_cost(np, name, len(Ws), x, y), [*Ws, *bs]), 1e-11)
        assert_equal(found, by_central_difference(mean_cost(np, name, len(Ws), x, y), [*Ws, *bs]), 1e-5)
        assert_equal(found, by_autograd(mean_cost(anp, name, len(Ws), x, y), [*Ws, *bs]), 1e-11)

    def test_delta_is_the_derivative_of_each_samples_own_cost(self, name, sizes, N):
        Ws, bs, x, y = network(sizes, N)
        deltas, _, _ = backpropagation(name, Ws, bs, x, y)
        nothing = [np.zeros((n, N)) for n in sizes[1:]]
        if name in ANALYTIC:
            assert_equal(deltas, by_complex_step(summed_cost(np, name, Ws, bs, x, y), nothing), 1e-11)
        assert_equal(deltas, by_central_difference(summed_cost(np, name, Ws, bs, x, y), nothing), 1e-5)
        assert_equal(deltas, by_autograd(summed_cost(anp, name, Ws, bs, x, y), nothing), 1e-11)

    def test_the_gradient_of_a_batch_is_the_mean_of_the_gradients_of_its_samples(self, name, sizes, N):
        Ws, bs, x, y = network(sizes, N)
        _, dWs, dbs = backpropagation(name, Ws, bs, x, y)
        alone = [backpropagation(name, Ws, bs, x[:, [i]], y[:, [i]]) for i in range(N)]
        assert_equal(dWs, [sum(layer) / N for layer in zip(*(dW for _, dW, _ in alone))], 1e-12)
        assert_equal(dbs, [sum(layer) / N for layer in zip(*(db for _, _, db in alone))], 1e-12)


@pytest.mark.parametrize("N", BATCHES)
@pytest.mark.parametrize("name", SIGMA)
def test_float32_gradients_agree_with_the_float64_derivatives_to_float32_accuracy(name, N):
    Ws, bs, x, y = network((4, 5, 3, 2), N, np.float32)
    deltas, dWs, dbs = backpropagation(name, Ws, bs, x, y)
    assert all(array.dtype == np.float32 for array in [*deltas, *dWs, *dbs])
    wide = [array.astype(np.float64) for array in [*Ws, *bs]]
    true = by_autograd(mean_cost(anp, name, len(Ws), x.astype(np.float64), y.astype(np.float64)), wide)
    assert_equal([*dWs, *dbs], true, 1e-3)


@pytest.mark.parametrize("N", BATCHES)
@pytest.mark.parametrize("name", ANALYTIC)
def test_a_complex_step_passes_through_the_whole_forward_pass_of_mathref(name, N):
    Ws, bs, x, y = network((4, 5, 3, 2), N)
    activation = activations.by_name(name)

    def mathref_cost(arrays):
        a = x
        for W, b in zip(arrays[:3], arrays[3:]):
            a = activation(dense.forward(W, b, a))
        return cost.half_squared_error(a, y)

    assert_equal(by_complex_step(mathref_cost, [*Ws, *bs]),
                 by_complex_step(mean_cost(np, name, 3, x, y), [*Ws, *bs]), 1e-11)


def test_backward_of_complex_arrays_transposes_without_conjugating():
    rng = np.random.default_rng(5)
    W, delta, z = (rng.normal(size=shape) + 1j * rng.normal(size=shape) for shape in ((2, 3), (2, 4), (3, 4)))
    assert np.allclose(dense.hidden_delta(W, delta, z, activations.identity), np.einsum("kn,kN->nN", W, delta))
    dW, db = dense.gradients(delta, z)
    assert np.allclose(dW, np.einsum("nN,mN->nm", delta, z) / 4)
    assert np.allclose(db, np.einsum("nN->n", delta)[:, None] / 4)


def test_the_cost_is_the_mean_over_samples_of_half_the_squared_distance():
    a, y = [[1, 2, 3], [4, 5, 6]], [[0, 2, 1], [1, 5, 8]]
    assert cost.half_squared_error(a, y) == (1 + 9 + 0 + 0 + 4 + 4) / 2 / 3


@pytest.mark.parametrize("N", BATCHES)
def test_the_derivative_of_the_cost_is_per_sample(N):
    _, _, a, y = network((3, 3), N)
    true = by_complex_step(lambda arrays: np.sum(0.5 * (arrays[0] - y)**2), [a])
    assert_equal([cost.half_squared_error_prime(a, y)], true, 1e-13)


# Slips

SLIPS = [  # what stands in mathref/dense.py, and what a slip makes of it
    ("z = W @ a_prev + b", "z = W @ a_prev - b"),
    ("z = W @ a_prev + b", "z = W @ a_prev"),
    ("z = W @ a_prev + b", "z = W.T @ a_prev + b"),
    ("z = W @ a_prev + b", "z = W @ a_prev + b.T"),
    ("delta = (a - y) * activation.prime(z)", "delta = (y - a) * activation.prime(z)"),
    ("delta = (a - y) * activation.prime(z)", "delta = (a - y) * activation(z)"),
    ("delta = (a - y) * activation.prime(z)", "delta = a - y"),
    ("delta = (a - y) * activation.prime(z)", "delta = (a - y) * activation.prime(a)"),
    ("(W_next.T @ delta_next) * activation.prime(z)", "(W_next @ delta_next) * activation.prime(z)"),
    ("(W_next.T @ delta_next) * activation.prime(z)", "(W_next.T @ delta_next) * activation(z)"),
    ("(W_next.T @ delta_next) * activation.prime(z)", "(W_next.T @ delta_next)"),
    ("(W_next.T @ delta_next) * activation.prime(z)", "W_next.T @ (delta_next * activation.prime(z))"),
    ("(W_next.T @ delta_next) * activation.prime(z)", "-(W_next.T @ delta_next) * activation.prime(z)"),
    ("dW = delta @ a_prev.T / N", "dW = delta @ a_prev.T"),
    ("dW = delta @ a_prev.T / N", "dW = (delta @ a_prev.T).T / N"),
    ("dW = delta @ a_prev.T / N", "dW = delta @ a_prev / N"),
    ("dW = delta @ a_prev.T / N", "dW = np.mean(delta, axis=1)[:, None] * np.mean(a_prev, axis=1)"),
    ("np.sum(delta, axis=1, keepdims=True) / N", "np.sum(delta, axis=1, keepdims=True)"),
    ("np.sum(delta, axis=1, keepdims=True) / N", "np.sum(delta, axis=0, keepdims=True).T / N"),
    ("np.sum(delta, axis=1, keepdims=True) / N", "np.sum(delta, axis=1) / N"),
    ("np.sum(delta, axis=1, keepdims=True) / N", "np.sum(delta, keepdims=True) / N"),
    ("N = delta.shape[1]", "N = delta.shape[0]"),
]
DIFFERENT, ALIKE = ((4, 5, 3, 2), 7), ((3, 3, 3), 3)
"""Widths and samples: where no two sizes are the same, and where no shape gives a slip away."""


def agrees(sizes, N):
    """Say whether mathref's gradients are those of autograd."""
    Ws, bs, x, y = network(sizes, N)
    try:
        _, dWs, dbs = backpropagation("tanh", Ws, bs, x, y)
        assert_equal([*dWs, *dbs], by_autograd(mean_cost(anp, "tanh", len(Ws), x, y), [*Ws, *bs]), 1e-11)
    except (AssertionError, ValueError):
        return False
    return True


def unnoticed(sizes, N, monkeypatch):
    """Return the slips with which everything agrees still."""
    assert agrees(sizes, N)
    found = []
    for right, wrong in SLIPS:
        with monkeypatch.context() as patch:
            patch.setitem(globals(), "dense", with_slip(dense, right, wrong))
            if agrees(sizes, N):
                found.append(wrong)
    return found


def test_autograd_notices_every_slip_where_no_two_sizes_are_the_same(monkeypatch, told):
    alive = unnoticed(*DIFFERENT, monkeypatch)
    told(f"dense.py: {len(SLIPS) - len(alive)}/{len(SLIPS)} slips noticed")
    assert alive == []


def test_where_all_sizes_are_the_same_only_what_makes_no_difference_there_goes_unnoticed(monkeypatch):
    assert unnoticed(*ALIKE, monkeypatch) == ["N = delta.shape[0]"]


# Activations by themselves. The reference values of the derivatives are in hyperbolic functions, which mathref avoids.

def log_one_plus_exp(z):
    return np.logaddexp(0, z)


VALUE = {
    "sigmoid": lambda z: np.exp(-log_one_plus_exp(-z)),
    "tanh": lambda z: np.sign(z) * -np.expm1(-2 * np.abs(z)) / (1 + np.exp(-2 * np.abs(z))),
    "relu": lambda z: np.maximum(z, 0),
    "softplus": log_one_plus_exp,
    "identity": lambda z: z,
}
SLOPE = {
    "sigmoid": lambda z: 1 / (2 * np.cosh(z / 2))**2,
    "tanh": lambda z: 1 / np.cosh(z)**2,
    "relu": lambda z: np.heaviside(z, 0),
    "softplus": lambda z: np.exp(-log_one_plus_exp(-z)),
    "identity": lambda z: np.ones(z.shape),
}
MODERATE = np.array([0, 1e-8, 0.3, 1, 2.5, 9, 20, 36.5, 80, 250, 300])
MODERATE = np.concatenate([-MODERATE[::-1], MODERATE])


@pytest.mark.parametrize("name", SIGMA)
class TestAnActivation:
    def test_has_the_value_of_its_formula(self, name):
        a = activations.by_name(name)(MODERATE)
        assert np.allclose(a, VALUE[name](MODERATE), rtol=1e-13, atol=0)

    def test_has_the_slope_of_its_formula(self, name):
        slope = activations.by_name(name).prime(MODERATE)
        assert np.allclose(slope, SLOPE[name](MODERATE), rtol=1e-13, atol=0)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
    def test_stays_finite_and_silent_at_any_size_of_z(self, name, dtype):
        largest = np.finfo(dtype).max
        z = np.array([0, 1, 88, 89, 103, 104, 709, 710, 745, 746, 1e4, 1e30, largest], dtype)
        activation = activations.by_name(name)
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            for z in (z, -z):
                assert np.all(np.isfinite(activation(z)))
                assert np.all(np.isfinite(activation.prime(z)))

    def test_treats_a_complex_number_without_imaginary_part_as_the_real_number(self, name):
        activation, z = activations.by_name(name), MODERATE
        assert np.allclose(activation(z + 0j), activation(z), rtol=1e-14, atol=0)
        assert np.allclose(activation.prime(z + 0j), activation.prime(z), rtol=1e-14, atol=0)

    def test_is_found_under_its_name(self, name):
        assert activations.by_name(name) is getattr(activations, name)
        assert repr(activations.by_name(name)) == f"Activation(name='{name}')"


@pytest.mark.parametrize("name", ANALYTIC)
class TestAnAnalyticActivation:
    def test_has_the_slope_that_a_complex_step_through_it_gives(self, name):
        h = 1e-30
        slope = activations.by_name(name)(MODERATE + 1j * h).imag / h
        assert np.allclose(slope, SLOPE[name](MODERATE), rtol=1e-14, atol=0)

    def test_has_the_slope_that_a_complex_step_gives_far_out(self, name):
        z, h = np.array([-1e4, -746, -700, 700, 746, 1e4]), 1e-30
        activation = activations.by_name(name)
        assert np.max(np.abs(activation(z + 1j * h).imag / h - activation.prime(z))) < 1e-14

    def test_continues_its_formula_into_the_complex_plane(self, name):
        rng = np.random.default_rng(3)
        z = rng.uniform(-4, 4, 200) + 1j * rng.uniform(-1.4, 1.4, 200)
        assert np.allclose(activations.by_name(name)(z), SIGMA[name](np, z), rtol=1e-13, atol=0)

    def test_has_the_complex_derivative_too(self, name):
        rng = np.random.default_rng(4)
        z, h = rng.uniform(-4, 4, 200) + 1j * rng.uniform(-1.2, 1.2, 200), 1e-5
        difference = (SIGMA[name](np, z + h) - SIGMA[name](np, z - h)) / (2 * h)
        assert np.allclose(activations.by_name(name).prime(z), difference, rtol=1e-7, atol=0)


def test_relu_decides_on_the_real_part_and_takes_the_slope_zero_at_the_kink():
    z = np.array([-1 + 9j, 0 + 9j, 1 - 9j])
    assert np.array_equal(activations.relu(z), [0, 0, 1 - 9j])
    assert np.array_equal(activations.relu.prime(z), [0, 0, 1])
    assert activations.relu.prime(0.0) == 0
