"""Softmax with cross-entropy is what SciPy makes of it, its error is the derivative, and no score is too large for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from mathref import softmax
from mathref.gradcheck import central_difference, complex_step, relative_error
from slips import with_slip

RNG = np.random.default_rng(3)
SHAPES = [(2, 1), (3, 4), (4, 3), (10, 1), (1, 5)]


def scores(shape, size=3):
    return RNG.normal(size=shape) * size


def targets(shape):
    y = RNG.uniform(0.1, 1, shape)
    return y / np.sum(y, axis=0)


def agree(module, shape):
    """Compare all three functions of a module with SciPy and with derivatives found by running the cost."""
    z, y = scores(shape), targets(shape)
    N = shape[1]
    a = module.softmax(z)
    assert np.allclose(a, special.softmax(z, axis=0), rtol=1e-13)
    expected = np.mean(-np.sum(y * special.log_softmax(z, axis=0), axis=0))
    assert module.cross_entropy(z, y) == pytest.approx(expected, rel=1e-13, abs=1e-15)
    delta = module.output_delta(a, y)

    def cost(z):
        return module.cross_entropy(z, y)

    assert relative_error(delta / N, complex_step(cost, z)) < 1e-12
    assert relative_error(delta / N, central_difference(cost, z)) < 1e-7
    assert relative_error(module.softmax(z), np.real(module.softmax(z + 0j))) < 1e-15
    apart = 1000 * z
    assert np.allclose(module.softmax(apart), special.softmax(apart, axis=0), atol=1e-12)
    large = z + 2000
    assert np.allclose(module.softmax(large), a, rtol=1e-11)
    assert module.cross_entropy(large, y) == pytest.approx(expected, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("shape", SHAPES)
def test_shares_cost_and_error_are_those_of_scipy_and_of_differentiating_the_cost(shape):
    agree(softmax, shape)


@given(st.integers(1, 6), st.integers(1, 4), st.sampled_from([0, 1, 30, 700, 1e4, 1e300]), st.integers(0, 99))
def test_every_column_adds_up_to_one_however_large_the_scores(n, N, size, seed):
    z = np.random.default_rng(seed).uniform(-size, size, (n, N))
    a = softmax.softmax(z)
    assert np.all((a >= 0) & (a <= 1)) and np.allclose(np.sum(a, axis=0), 1, atol=1e-12)


def test_the_cost_of_a_hopeless_answer_is_its_distance_and_not_infinite():
    z, y = np.array([[0.0], [2000.0]]), np.array([[1.0], [0.0]])
    assert softmax.softmax(z)[0, 0] == 0
    assert softmax.cross_entropy(z, y) == 2000
    assert softmax.cross_entropy(z + 12345, y) == 2000
    assert complex_step(lambda z: softmax.cross_entropy(z, y), z) == pytest.approx(np.array([[-1.0], [1.0]]))


def test_who_knows_nothing_pays_the_logarithm_of_the_number_of_classes():
    y = np.eye(10)
    assert softmax.cross_entropy(np.zeros((10, 10)), y) == pytest.approx(np.log(10))


def test_a_shift_of_all_scores_of_a_sample_changes_nothing():
    z, y = scores((4, 3)), targets((4, 3))
    shift = np.array([[-7.0, 0.5, 90.0]])
    assert np.allclose(softmax.softmax(z + shift), softmax.softmax(z), rtol=1e-12)
    assert softmax.cross_entropy(z + shift, y) == pytest.approx(softmax.cross_entropy(z, y), rel=1e-12)


def test_the_errors_of_a_sample_add_up_to_zero():
    z, y = scores((5, 6)), targets((5, 6))
    assert np.allclose(np.sum(softmax.output_delta(softmax.softmax(z), y), axis=0), 0, atol=1e-15)


@pytest.mark.parametrize("y", [np.ones((3, 2)), np.zeros((3, 2)), np.eye(3)[:, :2] * 0.999], ids=["ones", "zeros", "nearly"])
@pytest.mark.parametrize("function", [softmax.cross_entropy, softmax.output_delta], ids=lambda function: function.__name__)
def test_targets_that_do_not_add_up_to_one_are_refused(function, y):
    with pytest.raises(ValueError, match=r"y has a column 0 that adds up to (3|0|0.999); every column needs to add up to 1"):
        function(np.ones((3, 2)) / 3, y)


def test_targets_in_float32_are_taken():
    y = targets((10, 40)).astype(np.float32)
    assert softmax.cross_entropy(np.zeros((10, 40), np.float32), y).dtype == np.float32


SLIPS = {
    "a = e / np.sum(e, axis=0)": "a = e / np.sum(e, axis=1, keepdims=True)",
    "e = np.exp(z - _largest(z))": "e = np.exp(z)",
    "z = z - _largest(z)\n": "z = z + 0\n",
    "- np.sum(y * z, axis=0)": "+ np.sum(y * z, axis=0)",
    "C = np.sum(C_i) / N": "C = np.sum(C_i)",
    "np.log(np.sum(np.exp(z), axis=0))": "np.sum(np.log(np.exp(z)), axis=0)",
    "delta = a - y": "delta = y - a",
    "np.max(z.real, axis=0)": "np.max(z, axis=1, keepdims=True)",
    "return np.max(z.real": "return np.min(z.real",
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("right", SLIPS)
def test_a_slip_in_the_module_is_noticed(right):
    changed = with_slip(softmax, right, SLIPS[right])
    with pytest.raises((AssertionError, ValueError, OverflowError)):
        for shape in SHAPES:
            agree(changed, shape)
