"""A step goes against the gradient, and minibatches hold every sample once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathref import activations, cost, dense, sgd


def test_a_step_subtracts_the_learning_rate_times_the_gradient():
    W, b = sgd.step([[[1, 2, 3], [4, 5, 6]], [[7], [8]]], [[[10, 0, -10], [0, 20, 0]], [[-2], [4]]], 0.5)
    assert np.array_equal(W, [[-4, 2, 8], [4, -5, 6]])
    assert np.array_equal(b, [[8], [6]])


def test_a_step_takes_kernels_and_one_dimensional_biases_too():
    W, b = sgd.step((np.ones((2, 3, 2, 2)), np.ones(2)), (np.ones((2, 3, 2, 2)), np.ones(2)), 0.25)
    assert W.shape == (2, 3, 2, 2) and b.shape == (2,)
    assert np.all(W == 0.75) and np.all(b == 0.75)


def test_a_learning_rate_of_zero_changes_no_value():
    W = np.array([[1.5, -2]])
    (same,) = sgd.step([W], [np.ones((1, 2))], 0)
    assert np.array_equal(same, W) and not np.shares_memory(same, W)


def test_a_small_step_lowers_the_cost_by_the_learning_rate_times_the_squared_gradient():
    rng = np.random.default_rng(0)
    W, b, x, y = (rng.normal(size=shape) for shape in ((2, 3), (2, 1), (3, 6), (2, 6)))

    def C(W, b):
        return cost.half_squared_error(activations.tanh(dense.forward(W, b, x)), y)

    z = dense.forward(W, b, x)
    dW, db = dense.gradients(dense.output_delta(activations.tanh(z), y, z, activations.tanh), x)
    eta = 1e-6
    new = C(*sgd.step([W, b], [dW, db], eta))
    assert (new - C(W, b)) / (-eta * (np.sum(dW**2) + np.sum(db**2))) == pytest.approx(1, abs=1e-5)


def numbered(N):
    """Return N samples that carry their own number, in x as it is and in y with the opposite sign."""
    numbers = np.arange(N)
    return np.stack([numbers, 10 * numbers]), -numbers[None]


@given(st.integers(1, 30).flatmap(lambda N: st.tuples(st.just(N), st.integers(1, N))), st.integers(0, 100))
def test_minibatches_hold_every_sample_once_with_its_own_target(N_and_size, seed):
    N, size = N_and_size
    x, y = numbered(N)
    batches = list(sgd.minibatches(x, y, size, np.random.default_rng(seed)))
    assert [x_batch.shape[1] for x_batch, _ in batches[:-1]] == [size] * ((N - 1) // size)
    assert 1 <= batches[-1][0].shape[1] <= size
    x_all, y_all = (np.concatenate(part, axis=1) for part in zip(*batches))
    assert np.array_equal(np.sort(x_all[0]), x[0])
    assert np.array_equal(x_all[1], 10 * x_all[0])
    assert np.array_equal(y_all[0], -x_all[0])


def test_minibatches_come_in_an_order_that_the_generator_decides():
    x, y = numbered(20)

    def order(seed):
        return [x_batch[0].tolist() for x_batch, _ in sgd.minibatches(x, y, 6, np.random.default_rng(seed))]

    assert order(1) == order(1)
    assert order(1) != order(2)
    assert sum(order(1), []) != list(range(20))


def test_two_passes_with_one_generator_come_in_different_orders():
    x, y = numbered(20)
    rng = np.random.default_rng(1)
    first, second = ([x_batch[0].tolist() for x_batch, _ in sgd.minibatches(x, y, 6, rng)] for _ in range(2))
    assert first != second


def test_a_minibatch_shares_no_memory_with_the_data_and_keeps_its_dtype():
    x, y = (array.astype(np.float32) for array in numbered(5))
    for size in (1, 2, 5):
        for x_batch, y_batch in sgd.minibatches(x, y, size, np.random.default_rng(0)):
            assert not np.shares_memory(x_batch, x) and not np.shares_memory(y_batch, y)
            assert x_batch.dtype == y_batch.dtype == np.float32


def test_training_on_minibatches_finds_the_line_that_made_the_data():
    rng = np.random.default_rng(7)
    W_true, b_true = np.array([[2.0, -1.0, 0.5]]), np.array([[0.3]])
    x = rng.normal(size=(3, 40))
    y = W_true @ x + b_true
    W, b = np.zeros((1, 3)), np.zeros((1, 1))
    for _ in range(60):
        for x_batch, y_batch in sgd.minibatches(x, y, 8, rng):
            z = dense.forward(W, b, x_batch)
            delta = dense.output_delta(z, y_batch, z, activations.identity)
            W, b = sgd.step([W, b], dense.gradients(delta, x_batch), 0.2)
    assert np.allclose(W, W_true, atol=1e-6) and np.allclose(b, b_true, atol=1e-6)
