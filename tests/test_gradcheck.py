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


@pytest.mark.parametrize("step", [1e-2, 1e-5, 1e-7])
def test_forward_difference_is_off_by_about_its_step(step):
    found = gradcheck.relative_error(gradcheck.forward_difference(f, X, step), gradient_of_f(X))
    assert step / 10 < found < 100 * step


def test_forward_difference_refuses_a_step_of_zero_and_one_that_is_lost():
    with pytest.raises(ValueError, match="step is 0.0, but x is 1.0: adding it changes nothing"):
        gradcheck.forward_difference(np.sum, 1.0, step=0)
    with pytest.raises(ValueError, match=r"step is 1e-08, but x\[1\] is 1000000000000.0"):
        gradcheck.forward_difference(np.sum, [1, 1e12])


def test_a_complex_step_that_is_large_is_off_like_a_central_difference_to_the_other_side():
    central = gradcheck.central_difference(f, X, 1e-2) - gradient_of_f(X)
    imaginary = gradcheck.complex_step(f, X, 1e-2) - gradient_of_f(X)
    assert np.allclose(central, -imaginary, atol=1e-7) and np.max(np.abs(central)) > 1e-5


def test_complex_step_is_exact_for_any_small_step_and_refuses_zero():
    for step in (1e-8, 1e-15, 1e-100, 1e-200):
        assert gradcheck.relative_error(gradcheck.complex_step(f, X, step), gradient_of_f(X)) < COMPLEX
    with pytest.raises(ValueError, match="step is 0.0; it needs to be positive"):
        gradcheck.complex_step(f, X, step=0)
    with pytest.raises(ValueError, match="f needs to be analytic at x"):
        gradcheck.complex_step(lambda x: np.sum(x.real**2) + 0j, X, step=0.1)


# What a central difference is off by

def test_the_estimates_of_both_errors_are_what_a_central_difference_is_off_by():
    """For e^x at 1, f = f‴ = e: truncation alone at a large step, and at a small one rounding of that order."""
    for step in (1e-2, 1e-3):
        truncation, _ = gradcheck.central_error(np.e, np.e, step)
        assert gradcheck.central_difference(np.exp, 1.0, step) - np.e == pytest.approx(truncation, rel=1e-3)
    steps = np.logspace(-12, -9, 50)
    off = [abs(gradcheck.central_difference(np.exp, 1.0, step) - np.e) for step in steps]
    rounding = [gradcheck.central_error(np.e, np.e, step)[1] for step in steps]
    assert 0.2 < np.mean(np.array(off) / rounding) < 3


def test_the_best_step_is_where_both_errors_together_are_least():
    best = gradcheck.best_step(-3.0, 0.7)
    total = [sum(gradcheck.central_error(-3.0, 0.7, best * factor)) for factor in (0.9, 1, 1.1)]
    assert total[1] < min(total[0], total[2])
    assert gradcheck.best_step(1.0, 3 * gradcheck.ROUNDING) == pytest.approx(1)


@pytest.mark.parametrize("function, wrong, error, message", [
    (gradcheck.best_step, (0, 1), ValueError, "value is 0; it needs to be another number"),
    (gradcheck.best_step, (1, 0.0), ValueError, "third is 0; it needs to be another number"),
    (gradcheck.best_step, ([1], 1), ValueError, r"value has shape \(1,\); it needs to be a number"),
    (gradcheck.best_step, (1, 1j), TypeError, "third has dtype complex128; it needs to be real"),
    (gradcheck.central_error, (np.nan, 1, 0.1), ValueError, "value is nan"),
    (gradcheck.central_error, (1, 1, 0), ValueError, "step is 0.0; it needs to be positive"),
    (gradcheck.central_error, (1, 1, "h"), TypeError, "step is a str; it needs to be a real number"),
    (gradcheck.central_error, (1, 1, 1e200), OverflowError, "central_error: the result is too large"),
    (gradcheck.central_error, (1, 1e308, 1e3), OverflowError, "central_error: the result is too large"),
])
def test_estimates_refuse_what_has_none(function, wrong, error, message):
    with pytest.raises(error, match=message):
        function(*wrong)


def test_the_best_step_does_not_overflow_on_the_way():
    assert gradcheck.best_step(1e300, 1e-300) == pytest.approx(np.cbrt(3 * gradcheck.ROUNDING) * 1e200)
    assert gradcheck.best_step(1e-300, 1e300) == pytest.approx(np.cbrt(3 * gradcheck.ROUNDING) * 1e-200)


def test_two_complex_numbers_that_are_too_large_to_compare_are_not_called_equal():
    with pytest.raises(OverflowError, match="relative_error: the result is too large"):
        gradcheck.relative_error([1.5e308 + 1.5e308j], [1.5e308 + 1.0e308j])


@pytest.mark.parametrize("difference", [gradcheck.central_difference, gradcheck.forward_difference])
def test_a_step_that_leads_beyond_the_largest_number_is_called_too_large(difference):
    with pytest.raises(ValueError, match="step is 1e[+]308, but x is 1e[+]308: together they are too large for float64; step needs to be smaller"):
        difference(np.sum, 1e308, step=1e308)


def test_a_complex_step_that_is_too_small_to_be_multiplied_is_refused():
    assert gradcheck.complex_step(lambda x: x**2, 0.3, step=gradcheck.SMALLEST_STEP) == pytest.approx(0.6, rel=1e-15)
    with pytest.raises(ValueError, match="step is 5e-324; it needs to be at least 1e-200"):
        gradcheck.complex_step(lambda x: x**2, 0.3, step=5e-324)


# check: a gradient of one's own


def test_check_says_so_when_a_slope_along_a_direction_is_too_large():
    with pytest.raises(OverflowError, match="check: the result is too large"):
        gradcheck.check(np.sum, np.full(50, 1.7e308), np.zeros(50), directions=3, rng=np.random.default_rng(0))


@pytest.mark.parametrize(("by", "runs"), [("central", 2), ("complex", 3)])
def test_each_direction_costs_as_many_runs_as_the_docstring_says(by, runs):
    ran = []
    gradcheck.check(lambda x: ran.append(1) or np.sum(x**2), 2 * X, X, by=by, directions=4, rng=np.random.default_rng(0))
    assert len(ran) == 4 * runs

MATRIX = {"W": np.random.default_rng(4).normal(size=(2, 3)), "b": np.array([0.3, -0.4])}


def two_parts(x):
    return np.sum(np.sin(x["W"] @ np.array([1.0, -2.0, 0.5]) + x["b"])**2)


def gradient_of_two_parts(x):
    z = x["W"] @ np.array([1.0, -2.0, 0.5]) + x["b"]
    delta = 2 * np.sin(z) * np.cos(z)
    return {"W": np.outer(delta, [1.0, -2.0, 0.5]), "b": delta}


@pytest.mark.parametrize("by", ["central", "complex"])
class TestCheck:
    def test_passes_a_right_gradient_given_as_array_or_as_code(self, by):
        for gradient in (gradient_of_f(X), gradient_of_f(X).tolist(), gradient_of_f):
            report = gradcheck.check(f, gradient, X, by=by)
            assert report and report.passed and report.wrong == 0 and report.compared == 12 and not report.kink
            assert str(report) == f"passed: 12 compared, relative error below 1e-{'06' if by == 'central' else '10'}"

    def test_passes_arrays_with_names(self, by):
        report = gradcheck.check(two_parts, gradient_of_two_parts, MATRIX, by=by)
        assert report and report.compared == 8

    @pytest.mark.parametrize("i", [(0, 0), (1, 2), (2, 3)])
    def test_names_the_entry_that_is_wrong(self, by, i):
        wrong = gradient_of_f(X)
        wrong[i] *= 1.01
        report = gradcheck.check(f, wrong, X, by=by)
        assert not report and report.place == f"x[{i[0]}, {i[1]}]" and report.wrong == 1
        assert report.gradient == wrong[i] and report.slope == pytest.approx(wrong[i] / 1.01)
        assert str(report).splitlines()[0] == "failed: 1 of 12 wrong" and report.place in str(report)

    def test_names_the_array_that_is_wrong(self, by):
        wrong = gradient_of_two_parts(MATRIX)
        wrong["b"][1] *= -1
        report = gradcheck.check(two_parts, wrong, MATRIX, by=by)
        assert report.place == "b[1]" and report.error == pytest.approx(2) and report.wrong == 1

    def test_compares_along_random_directions(self, by):
        rng = np.random.default_rng(5)
        assert gradcheck.check(two_parts, gradient_of_two_parts, MATRIX, by=by, directions=3, rng=rng).compared == 3
        wrong = gradient_of_two_parts(MATRIX)
        wrong["W"][0, 0] *= 1.05
        report = gradcheck.check(two_parts, wrong, MATRIX, by=by, directions=3, rng=rng)
        assert report.wrong == 3 and report.place.startswith("direction ")

    def test_runs_f_twice_a_direction_and_no_more_than_thrice_however_many_entries_there_are(self, by):
        runs = []

        def counted(x):
            runs.append(x)
            return np.sum(x**2)

        x = np.linspace(1, 2, 1000)
        assert gradcheck.check(counted, 2 * x, x, by=by, directions=4, rng=np.random.default_rng(0))
        assert len(runs) == (8 if by == "central" else 12)

    def test_leaves_x_as_it_is(self, by):
        def greedy(x):
            x["b"] *= x["b"]
            return np.sum(x["W"]) + np.sum(x["b"])

        before = {name: part.copy() for name, part in MATRIX.items()}
        gradcheck.check(greedy, {"W": np.ones((2, 3)), "b": 2 * MATRIX["b"]}, MATRIX, by=by)
        assert all(np.array_equal(before[name], MATRIX[name]) for name in MATRIX)

    def test_takes_a_number(self, by):
        assert gradcheck.check(lambda x: x**3, 12.0, 2.0, by=by)
        assert gradcheck.check(lambda x: x**3, 11.0, 2.0, by=by).place == "x"

    def test_judges_each_array_by_its_own_size(self, by):
        x = {"large": np.ones(2), "small": np.ones(2)}
        report = gradcheck.check(lambda x: 1e3 * np.sum(x["large"]) + 1e-3 * np.sum(x["small"]),
                                 {"large": [1e3, 1e3], "small": [1.001e-3, 1e-3]}, x, by=by)
        assert report.place == "small[0]" and report.error == pytest.approx(1e-3, rel=1e-2)


def relu_sum(x):
    return np.sum(np.maximum(x, 0))


@pytest.mark.parametrize("x, kink", [(0.0, True), (4e-6, True), (-4e-6, True), (1e-3, False)])
def test_check_says_so_where_there_may_be_a_kink(x, kink):
    report = gradcheck.check(relu_sum, [float(x > 0), 1.0], [x, 1.0])
    assert report.kink == kink == (not report.passed)
    assert ("may have a kink" in str(report)) == kink


def test_a_wrong_gradient_is_not_excused_by_a_kink():
    report = gradcheck.check(relu_sum, [1.2, 1.0], [0.0, 1.0])
    assert not report.passed and not report.kink
    assert not gradcheck.check(lambda x: np.sum(x**2), [2.01], [1.0]).kink


def test_a_tolerance_can_be_chosen():
    x = np.array([1.0, 2.0])
    assert not gradcheck.check(lambda x: np.sum(x**2), 2.002 * x, x)
    assert gradcheck.check(lambda x: np.sum(x**2), 2.002 * x, x, tolerance=2e-3)


@pytest.mark.parametrize("change, error, message", [
    (dict(f=X), TypeError, "f is a ndarray; it needs to be a function of x"),
    (dict(f=lambda x: x), ValueError, r"f\(x\) has shape \(3, 4\); f needs to return a scalar"),
    (dict(f=lambda x: None), TypeError, r"f\(x\) has type NoneType"),
    (dict(f=lambda x: np.nan), ValueError, r"f\(x\) is nan"),
    (dict(x=X + 1j), TypeError, "x has dtype complex128; it needs to be real"),
    (dict(x={}), ValueError, "x is an empty dict"),
    (dict(x={"W": "no"}), TypeError, r"x\['W'\] has type str"),
    (dict(x={"W": [np.inf]}), ValueError, r"x\['W'\]\[0\] is inf"),
    (dict(x=[]), ValueError, "x is empty"),
    (dict(gradient=X.T), ValueError, r"gradient has shape \(4, 3\), but x has shape \(3, 4\): they need one shape"),
    (dict(gradient=lambda x: None), TypeError, "gradient has type NoneType"),
    (dict(gradient=X * 1j), TypeError, "gradient has dtype complex128; it needs to be real"),
    (dict(gradient=X * np.nan), ValueError, r"gradient\[0, 0\] is nan"),
    (dict(gradient={"W": X}), ValueError, "gradient holds the arrays W, but x holds one array: they need the same"),
    (dict(x={"W": X, "b": X}, gradient={"W": X}), ValueError,
     "gradient holds the arrays W, but x holds the arrays W, b: they need the same"),
    (dict(x={"W": X}, gradient={"W": X[0]}), ValueError,
     r"gradient\['W'\] has shape \(4,\), but x\['W'\] has shape \(3, 4\)"),
    (dict(by="forward"), ValueError, "by is 'forward'; it needs to be central or complex"),
    (dict(by=["central"]), ValueError, "by is \\['central'\\]; it needs to be central or complex"),
    (dict(tolerance=-1), ValueError, "tolerance is -1; it needs to be finite and not negative"),
    (dict(tolerance="small"), TypeError, "tolerance is a str; it needs to be a real number"),
    (dict(directions=0, rng=np.random.default_rng(0)), ValueError, "directions is 0; it needs to be 1 or more"),
    (dict(directions=2.0, rng=np.random.default_rng(0)), TypeError, "directions is a float; it needs to be an integer"),
    (dict(directions=True, rng=np.random.default_rng(0)), TypeError, "directions is a bool; it needs to be an integer"),
    (dict(directions=2), TypeError, "rng is a NoneType; directions need a numpy.random.Generator"),
    (dict(directions=2, rng=0), TypeError, "rng is a int; directions need a numpy.random.Generator"),
    (dict(by="complex", f=lambda x: float(np.sum(x.real))), TypeError, "f needs to carry the imaginary part"),
])
def test_check_refuses_in_words(change, error, message):
    with pytest.raises(error, match=message):
        gradcheck.check(**{"f": lambda x: np.sum(x**2), "gradient": 2 * X, "x": X, **change})
