"""The gradient checkers find the gradient, and a gradient that is a little wrong does not pass them."""

import warnings

import numpy as np
import pytest

from mathref import gradcheck

CENTRAL, COMPLEX = 1e-6, 1e-13  # agreement that each checker reaches, by relative_error
A = np.random.default_rng(2).normal(size=(3, 4))


def f(x):
    """Return a number that depends on every entry of a (3, 4) matrix in a different way."""
    return np.sum(np.sin(A * x) * np.exp(x / 3)) + x[0, 1] * x[2, 3]**2


def gradient_of_f(x):
    gradient = (A * np.cos(A * x) + np.sin(A * x) / 3) * np.exp(x / 3)
    gradient[0, 1] += x[2, 3]**2
    gradient[2, 3] += 2 * x[0, 1] * x[2, 3]
    return gradient


X = np.random.default_rng(3).normal(size=(3, 4))


def test_central_difference_finds_the_gradient():
    assert gradcheck.relative_error(gradcheck.central_difference(f, X), gradient_of_f(X)) < CENTRAL


def test_complex_step_finds_the_gradient_to_rounding():
    assert gradcheck.relative_error(gradcheck.complex_step(f, X), gradient_of_f(X)) < COMPLEX


@pytest.mark.parametrize("i", list(np.ndindex(3, 4)))
def test_one_entry_wrong_by_a_twentieth_of_a_percent_is_rejected(i):
    wrong = gradient_of_f(X)
    wrong[i] *= 1.0005
    assert gradcheck.relative_error(gradcheck.central_difference(f, X), wrong) > 100 * CENTRAL
    assert gradcheck.relative_error(gradcheck.complex_step(f, X), wrong) > 1e9 * COMPLEX


@pytest.mark.parametrize("fault", [
    lambda gradient: -gradient,
    lambda gradient: gradient * 1.0005,
    lambda gradient: gradient[::-1],
    lambda gradient: np.roll(gradient, 1, axis=1),
    lambda gradient: np.full_like(gradient, np.mean(gradient)),
    lambda gradient: gradient / gradient.shape[1],
    lambda gradient: np.where(np.arange(12).reshape(3, 4) == 5, 0, gradient),
], ids=["sign", "scale", "rows turned", "columns shifted", "only the mean right", "1/N too often", "one entry zero"])
def test_a_planted_fault_is_rejected(fault):
    wrong = fault(gradient_of_f(X))
    assert gradcheck.relative_error(gradcheck.central_difference(f, X), wrong) > 100 * CENTRAL
    assert gradcheck.relative_error(gradcheck.complex_step(f, X), wrong) > 1e9 * COMPLEX


@pytest.mark.parametrize("check", [gradcheck.central_difference, gradcheck.complex_step])
class TestEitherChecker:
    def test_gives_a_scalar_for_a_scalar(self, check):
        slope = check(lambda x: x**3, 2.0)
        assert isinstance(slope, np.float64)
        assert slope == pytest.approx(12, rel=1e-8)

    def test_gives_zero_where_the_slope_is_zero(self, check):
        assert np.allclose(check(lambda x: np.sum(x**3 + 0 * x), np.zeros((2, 3))), 0, atol=1e-9)

    def test_accepts_a_list_of_whole_numbers(self, check):
        assert np.allclose(check(lambda x: np.sum(x**2), [1, 2, 3]), [2, 4, 6])

    def test_does_not_mind_a_function_that_changes_its_argument(self, check):
        def g(x):
            x *= x
            return np.sum(x)

        x = np.array([1.0, -2.0, 3.0])
        assert np.allclose(check(g, x), [2, -4, 6])
        assert np.array_equal(x, [1, -2, 3])

    def test_works_for_very_large_and_very_small_entries(self, check):
        x = np.array([1e8, 1e-12, -1e4])
        assert np.allclose(check(lambda x: np.sum(3 * x), x), 3, rtol=1e-2)

    def test_refuses_a_function_whose_value_is_not_a_scalar(self, check):
        with pytest.raises(ValueError, match=r"f\(x\) has shape \(2,\); f needs to return a scalar"):
            check(lambda x: x, [1.0, 2.0])

    @pytest.mark.parametrize("value", [None, "1", True, object()])
    def test_refuses_a_function_whose_value_is_no_number(self, check, value):
        with pytest.raises(TypeError, match=r"f\(x\) has type .* it needs to hold numbers"):
            check(lambda x: value, [1.0, 2.0])

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_refuses_a_function_whose_value_is_not_finite(self, check, value):
        with pytest.raises(ValueError, match=r"f\(x\) is (nan|inf)"):
            check(lambda x: np.sum(x) * 0 + value if np.isrealobj(x) else value, [1.0, 2.0])

    def test_refuses_what_is_no_function(self, check):
        with pytest.raises(TypeError, match="f is a ndarray; it needs to be a function of x"):
            check(X, X)

    def test_refuses_a_complex_x(self, check):
        with pytest.raises(TypeError, match="x has dtype complex128; it needs to be real"):
            check(lambda x: np.sum(x), [1 + 1j])


def test_central_difference_refuses_a_step_that_is_lost_beside_x():
    with pytest.raises(ValueError, match=r"step is 1e-05, but x\[1\] is 1000000000000.0"):
        gradcheck.central_difference(np.sum, [1, 1e12])
    assert np.allclose(gradcheck.central_difference(np.sum, [1, 1e12], step=1), 1)


def test_central_difference_refuses_a_step_of_zero():
    with pytest.raises(ValueError, match="step is 0.0"):
        gradcheck.central_difference(np.sum, [1.0], step=0)


def test_central_difference_refuses_a_complex_value():
    with pytest.raises(TypeError, match="f needs to return a real number"):
        gradcheck.central_difference(lambda x: np.sum(x) + 1j, [1.0])


def drop_in_an_array(x):
    out = np.zeros(2)
    out[:] = x
    return np.sum(out)


@pytest.mark.parametrize("g", [
    lambda x: np.sum(np.abs(x)),
    lambda x: float(x[0]),
    lambda x: np.sum(x.real),
    lambda x: np.linalg.norm(x),
    lambda x: np.sum(np.real(x * np.conj(x))),
    drop_in_an_array,
    lambda x: 3.0,
], ids=["abs", "float", "real", "norm", "times conjugate", "real array", "constant"])
def test_complex_step_refuses_a_function_that_returns_a_real_number(g):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
        with pytest.raises(TypeError, match="f needs to carry the imaginary part"):
            gradcheck.complex_step(g, [0.7, -1.2])


@pytest.mark.parametrize("g", [
    lambda x: np.abs(x[0]) + x[1],
    lambda x: x[0].real * x[1],
    lambda x: np.sum(x * np.conj(x)),
    lambda x: np.abs(x[0]) + x[0] + x[1],
    lambda x: complex(np.sum(x.real**2)),
    lambda x: np.sum(x**2) + np.max(np.abs(x))**2,
    lambda x: np.abs(x[0] - x[1]) + x[0],
], ids=["abs of one entry", "real of one entry", "conjugate", "a part of one entry", "complex again", "max of abs",
        "abs of a difference"])
@pytest.mark.parametrize("x", [[0.7, -1.2], [0.7, -0.7], [1e12, 1e12 - 1e6]])
def test_complex_step_refuses_a_function_that_loses_a_part_of_the_imaginary_part(g, x):
    with pytest.raises(ValueError, match="f needs to be analytic at x"):
        gradcheck.complex_step(g, x)


def test_complex_step_refuses_a_function_that_loses_one_entry_of_many():
    with pytest.raises(ValueError, match="f needs to be analytic at x"):
        gradcheck.complex_step(lambda x: np.sum(x[1:]) + np.abs(x[0]), np.linspace(1, 2, 400))


def test_complex_step_refuses_a_kink():
    with pytest.raises(ValueError, match="a kink at x"):
        gradcheck.complex_step(lambda x: np.sum(np.where(x.real > 0, x, 0)), [0.0, 1.0])


def test_complex_step_accepts_a_piecewise_function_away_from_its_kinks():
    gradient = gradcheck.complex_step(lambda x: np.sum(np.where(x.real > 0, x, 0)), [-0.5, 1.0])
    assert np.array_equal(gradient, [0, 1])


@pytest.mark.parametrize("g", [
    lambda x: np.sum(x)**3,
    lambda x: np.exp(20 * x[0]) + x[1],
    lambda x: 1e-9 * np.sum(x**2),
    lambda x: 1e9 * np.prod(x),
    lambda x: np.sin(1000 * x[0]) * x[1],
    lambda x: np.sum(x**2) - np.sum(x**2) + x[0],
])
@pytest.mark.parametrize("x", [[0.0, 0.0], [1.0, -1.0], [0.3, 2.0]])
def test_complex_step_does_not_refuse_an_analytic_function(g, x):
    gradcheck.complex_step(g, x)


def test_relative_error_is_the_largest_over_the_entries_and_no_mean():
    a, b = np.ones((100, 100)), np.ones((100, 100))
    b[17, 3] = 1.01
    assert gradcheck.relative_error(a, b) == pytest.approx(0.01 / 1.01)


@pytest.mark.parametrize(("a", "b", "error"), [
    ([1, 2], [1, 2], 0),
    ([0, 0], [0, 0], 0),
    ([4], [-4], 2),
    ([0], [3], 1),
    ([3], [0], 1),
    (3.0, 4.0, 0.25),
    ([3 + 4j], [0], 1),
    ([1000, 1e-4], [1000, 2e-4], 1e-4),
    ([1e-12], [2e-12], 1e-4),
])
def test_relative_error_divides_by_the_larger_entry_or_the_documented_floor(a, b, error):
    assert gradcheck.relative_error(a, b) == pytest.approx(error, rel=1e-12, abs=1e-300)


def test_relative_error_does_not_depend_on_the_order_or_the_scale():
    a, b = gradient_of_f(X), gradient_of_f(X + 0.01)
    error = gradcheck.relative_error(a, b)
    assert gradcheck.relative_error(b, a) == error
    assert gradcheck.relative_error(1024 * a, 1024 * b) == error
