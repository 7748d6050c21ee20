"""Wrong input is refused in words: the argument, what came, what it needs. Finite input never becomes NaN or inf."""

import re

import numpy as np
import pytest

from mathref import activations, conv, cost, dense, gradcheck, layout, network, pooling, sgd, softmax, strides

RNG = np.random.default_rng(0)
W, b, a_prev = np.ones((3, 4)), np.ones((3, 1)), np.ones((4, 5))
W_next, delta_next = np.ones((2, 3)), np.ones((2, 5))
a, y, z, delta = (np.ones((3, 5)) for _ in range(4))

kernels, bias, images, error = np.ones((2, 3, 3, 2)), np.ones(2), np.ones((4, 3, 5, 7)), np.ones((4, 2, 3, 6))
pooled = np.ones((4, 3, 2, 3))

layer = network.Dense(W, b)

# Every function with good arguments under their names: (n, m, k, N) = (3, 4, 2, 5).
GOOD = {
    dense.forward: dict(W=W, b=b, a_prev=a_prev),
    dense.output_delta: dict(a=a, y=y, z=z, activation=activations.tanh),
    dense.hidden_delta: dict(W_next=W_next, delta_next=delta_next, z=z, activation=activations.tanh),
    dense.gradients: dict(delta=delta, a_prev=a_prev),
    conv.forward: dict(W=kernels, b=bias, a_prev=images),
    conv.rot180: dict(W=kernels),
    conv.pad: dict(delta=error, W=kernels),
    conv.input_gradient: dict(W=kernels, delta=error),
    conv.hidden_delta: dict(W_next=kernels, delta_next=error, z=images, activation=activations.tanh),
    conv.gradients: dict(delta=error, a_prev=images),
    cost.half_squared_error: dict(a=a, y=y),
    cost.half_squared_error_prime: dict(a=a, y=y),
    softmax.softmax: dict(z=z),
    softmax.cross_entropy: dict(z=z, y=y / 3),
    softmax.output_delta: dict(a=a, y=y / 3),
    pooling.forward: dict(a_prev=images, size=2),
    pooling.input_gradient: dict(a_prev=images, delta=pooled, size=2),
    strides.frame: dict(a=images, padding=1),
    strides.crop: dict(grad_f=images, padding=1),
    strides.keep_every: dict(u=images, step=2),
    strides.insert_zeros: dict(delta=error, step=2),
    layer.forward: dict(a_prev=a_prev),
    layer.input_gradient: dict(delta=delta, a_prev=a_prev),
    layer.gradients: dict(delta=delta, a_prev=a_prev),
    network.Dense: dict(W=W, b=b),
    network.Conv: dict(W=kernels, b=bias),
    network.Activate(activations.tanh).input_gradient: dict(delta=delta, a_prev=z),
    network.Sequential([layer]).activations: dict(x=a_prev),
    network.Sequential([layer]).input_gradient: dict(x=a_prev, delta=delta),
    layout.flatten: dict(a=images),
    layout.unflatten: dict(a=a_prev, shape=(2, 1, 2)),
    sgd.minibatches: dict(x=a_prev, y=delta_next, size=2, rng=RNG),
    activations.sigmoid: dict(z=z),
    activations.sigmoid.prime: dict(z=z),
    gradcheck.central_difference: dict(f=np.sum, x=z),
    gradcheck.complex_step: dict(f=np.sum, x=z),
    gradcheck.relative_error: dict(a=a, b=a),
}
ARRAYS = [(function, name) for function, arguments in GOOD.items()
          for name, value in arguments.items() if isinstance(value, np.ndarray)]
MATRICES = [(function, name) for function, name in ARRAYS
            if function.__module__ not in ("mathref.conv", "mathref.gradcheck", "mathref.layout", "mathref.pooling",
                                           "mathref.network", "mathref.strides")
            and "Activation" not in repr(function)]
MAY_BE_NONE = [(conv.forward, "b")]
COPIED = [pair for pair in ARRAYS if pair[0].__module__ == "mathref.strides"]  # not computed with, so not looked through

NO_NUMBERS = {
    "string": "3", "bytes": b"3", "strings": [["1", "2"]], "None inside": [[None, 1.0]], "set": {1, 2},
    "dict": {"W": 1}, "objects": [[object()]], "numbers as objects": np.array([[1, 2]], object), "bool": True,
    "mask": np.ones((3, 4), bool), "date": np.datetime64("2024-01-01"), "duration": np.timedelta64(1),
    "huge integer": [[10**400]], "longdouble": np.ones((3, 4), np.longdouble), "record": np.zeros(2, [("a", float)]),
}


def title(value):
    return getattr(value, "__name__", value if isinstance(value, str) else None)


def refused(error, function, message, **wrong):
    """Call `function` with one or more arguments replaced, and check the error and the start of its message."""
    with pytest.raises(error) as info:
        function(**{**GOOD[function], **wrong})
    assert re.match(message, str(info.value)), str(info.value)


@pytest.mark.parametrize(("function", "name"), ARRAYS, ids=title)
class TestEveryArray:
    @pytest.mark.parametrize("wrong", NO_NUMBERS.values(), ids=NO_NUMBERS)
    def test_that_holds_no_numbers_is_refused(self, function, name, wrong):
        refused(TypeError, function, rf"{name} has type \w+ and dtype .*; it needs to hold numbers", **{name: wrong})

    def test_that_is_masked_is_refused(self, function, name):
        masked = np.ma.masked_array(GOOD[function][name], mask=False)
        refused(TypeError, function, f"{name} is a masked array; it needs", **{name: masked})

    def test_that_is_ragged_is_refused(self, function, name):
        refused(ValueError, function, f"{name} is ragged: .* it needs rows of one length", **{name: [[1, 2], [3]]})

    @pytest.mark.parametrize("wrong", [[], [[]], np.ones((0, 4)), np.ones((3, 0))], ids=repr)
    def test_that_is_empty_is_refused(self, function, name, wrong):
        shape = re.escape(str(np.shape(wrong)))
        refused(ValueError, function, f"{name} is empty, shape {shape}; it needs at least one", **{name: wrong})


NOT_FINITE = pytest.mark.parametrize("entry", [np.nan, np.inf, -np.inf])
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])


def with_one(entry, good, dtype):
    """Return a copy of good numbers with an entry in place of one of them, and where that stands."""
    wrong, place = good.astype(dtype), (1, *[0] * (good.ndim - 1))
    wrong[place] = entry
    return wrong, re.escape(str([*place]))


@pytest.mark.parametrize(("function", "name"), [pair for pair in ARRAYS if pair not in COPIED], ids=title)
@NOT_FINITE
@DTYPES
def test_an_array_with_an_entry_that_is_not_finite_is_refused_with_its_place(function, name, entry, dtype):
    wrong, place = with_one(entry, GOOD[function][name], dtype)
    refused(ValueError, function, rf"{name}{place} is .*(nan|inf).*; every entry needs to be a finite number", **{name: wrong})


@pytest.mark.parametrize(("function", "name"), COPIED, ids=title)
@NOT_FINITE
@DTYPES
def test_what_is_only_copied_shows_what_is_not_finite(function, name, entry, dtype):
    wrong = np.full_like(GOOD[function][name], entry, dtype)
    assert not np.isfinite(function(**{**GOOD[function], name: wrong})).all()


@pytest.mark.parametrize(("function", "name"), [pair for pair in ARRAYS if pair not in MAY_BE_NONE], ids=title)
def test_none_in_place_of_an_array_is_refused(function, name):
    refused(TypeError, function, f"{name} has type NoneType and dtype object; it needs to hold numbers", **{name: None})


@pytest.mark.parametrize(("function", "name"), MATRICES, ids=title)
@pytest.mark.parametrize("shape", [(), (4,), (2, 3, 4)])
def test_a_matrix_without_two_dimensions_is_refused(function, name, shape):
    refused(ValueError, function, rf"{name} has shape {re.escape(str(shape))}; it needs two dimensions",
            **{name: np.ones(shape)})


def test_a_vector_is_told_how_to_become_a_column():
    refused(ValueError, dense.forward, r".*one column is written with shape \(4, 1\)", a_prev=np.ones(4))


@pytest.mark.parametrize(("function", "name", "shape", "other", "other_shape", "needed"), [
    (dense.forward, "a_prev", (3, 5), "W", (3, 4), "(4, N)"),
    (dense.forward, "a_prev", (5, 4), "W", (3, 4), "(4, N)"),
    (dense.forward, "b", (4, 1), "W", (3, 4), "(3, 1)"),
    (dense.forward, "b", (1, 1), "W", (3, 4), "(3, 1)"),
    (dense.forward, "b", (3, 5), "W", (3, 4), "(3, 1)"),
    (dense.forward, "b", (1, 3), "W", (3, 4), "(3, 1)"),
    (dense.output_delta, "y", (3, 1), "a", (3, 5), "(3, 5)"),
    (dense.output_delta, "y", (1, 5), "a", (3, 5), "(3, 5)"),
    (dense.output_delta, "z", (5, 3), "a", (3, 5), "(3, 5)"),
    (dense.hidden_delta, "delta_next", (3, 5), "W_next", (2, 3), "(2, N)"),
    (dense.hidden_delta, "z", (3, 1), "delta_next", (2, 5), "(3, 5)"),
    (dense.hidden_delta, "z", (2, 5), "W_next", (2, 3), "(3, 5)"),
    (dense.hidden_delta, "z", (1, 5), "W_next", (2, 3), "(3, 5)"),
    (dense.gradients, "a_prev", (4, 1), "delta", (3, 5), "(m, 5)"),
    (dense.gradients, "a_prev", (5, 4), "delta", (3, 5), "(m, 5)"),
    (cost.half_squared_error, "y", (3, 1), "a", (3, 5), "(3, 5)"),
    (cost.half_squared_error, "y", (1, 5), "a", (3, 5), "(3, 5)"),
    (cost.half_squared_error_prime, "y", (1, 1), "a", (3, 5), "(3, 5)"),
    (sgd.minibatches, "y", (2, 4), "x", (4, 5), "(k, 5)"),
], ids=title)
def test_shapes_that_do_not_fit_are_refused_with_both_shapes_and_the_one_needed(
        function, name, shape, other, other_shape, needed):
    came, beside, need = (re.escape(str(text)) for text in (shape, other_shape, needed))
    refused(ValueError, function,
            f"{name} has shape {came}, but .*{other} has shape {beside}.*: {name} needs shape {need}$",
            **{name: np.ones(shape)})


@pytest.mark.parametrize("shape", [(3, 4), (5, 3), (15,), ()])
def test_relative_error_refuses_arrays_of_two_shapes(shape):
    refused(ValueError, gradcheck.relative_error,
            rf"b has shape {re.escape(str(shape))}, but a has shape \(3, 5\): they need one shape", b=np.ones(shape))


@pytest.mark.parametrize("function", [dense.output_delta, dense.hidden_delta], ids=title)
@pytest.mark.parametrize("wrong", ["sigmoid", None, np.tanh, activations.Activation, 3])
def test_an_unknown_activation_is_refused(function, wrong):
    refused(TypeError, function, rf"activation is a {type(wrong).__name__}; it needs to be one of .*sigmoid, tanh, "
            "relu, softplus, identity", activation=wrong)


@pytest.mark.parametrize("name", ["swish", "", "Sigmoid", None, 3])
def test_an_unknown_name_of_an_activation_is_refused_with_the_known_names(name):
    with pytest.raises(ValueError, match=f"name is {name!r}; it needs to be one of sigmoid, tanh, relu, softplus"):
        activations.by_name(name)


@pytest.mark.parametrize("wrong", ["0.1", None, True, np.True_, 1j, [0.1], np.array(0.1)], ids=repr)
def test_a_learning_rate_that_is_no_real_number_is_refused(wrong):
    with pytest.raises(TypeError, match=f"learning_rate is a {type(wrong).__name__}; it needs to be a real number"):
        sgd.step([W], [W], wrong)


@pytest.mark.parametrize("wrong", [-1, -1e-300, np.nan, np.inf, -np.inf, np.float32(-0.5), 10**400], ids=repr)
def test_a_learning_rate_that_is_negative_or_not_finite_is_refused(wrong):
    with pytest.raises(ValueError, match=r"learning_rate is .*; it needs to be finite and not negative"):
        sgd.step([W], [W], wrong)


@pytest.mark.parametrize("wrong", [-1e-5, np.nan, np.inf])
def test_a_step_of_a_difference_that_is_negative_or_not_finite_is_refused(wrong):
    refused(ValueError, gradcheck.central_difference, "step is .*; it needs to be finite and not negative", step=wrong)


@pytest.mark.parametrize("wrong", [W, None, {"W": W}, "W", iter([W])], ids=lambda wrong: type(wrong).__name__)
def test_parameters_and_gradients_come_in_a_list_or_tuple(wrong):
    with pytest.raises(TypeError, match=f"parameters is a {type(wrong).__name__}; it needs to be a list or tuple"):
        sgd.step(wrong, [W], 0.1)
    with pytest.raises(TypeError, match=f"gradients is a {type(wrong).__name__}; it needs to be a list or tuple"):
        sgd.step([W], wrong, 0.1)


def test_parameters_and_gradients_need_one_length():
    with pytest.raises(ValueError, match="gradients has length 1, but parameters has length 2"):
        sgd.step([W, b], [W], 0.1)
    with pytest.raises(ValueError, match="gradients has length 2, but parameters has length 1"):
        sgd.step([W], [W, b], 0.1)


def test_a_step_without_parameters_is_refused():
    with pytest.raises(ValueError, match="parameters is empty; it needs at least one array"):
        sgd.step([], [], 0.1)


@pytest.mark.parametrize("shape", [(3, 5), (4, 3), (3, 1), (12,), ()])
def test_a_gradient_of_another_shape_than_its_parameter_is_refused(shape):
    with pytest.raises(ValueError, match=rf"gradients\[1\] has shape {re.escape(str(shape))}, "
                                         r"but parameters\[1\] has shape \(3, 4\)"):
        sgd.step([b, W], [b, np.ones(shape)], 0.1)


def test_a_bad_array_among_the_parameters_is_named_with_its_place():
    with pytest.raises(ValueError, match=r"parameters\[1\]\[0, 0\] is nan"):
        sgd.step([W, b * np.nan], [W, b], 0.1)
    with pytest.raises(TypeError, match=r"gradients\[1\] has type NoneType"):
        sgd.step([W, b], [W, None], 0.1)


@pytest.mark.parametrize("wrong", [2.0, "2", None, True, [2]], ids=repr)
def test_a_minibatch_size_that_is_no_integer_is_refused(wrong):
    refused(TypeError, sgd.minibatches, f"size is a {type(wrong).__name__}; it needs to be an integer", size=wrong)


@pytest.mark.parametrize("wrong", [0, -1, 6])
def test_a_minibatch_size_outside_the_data_is_refused(wrong):
    refused(ValueError, sgd.minibatches, rf"size is {wrong}, but x has shape \(4, 5\).* size needs to be from 1 to 5",
            size=wrong)


@pytest.mark.parametrize("wrong", [None, 0, np.random, np.random.RandomState(0)], ids=lambda wrong: type(wrong).__name__)
def test_a_source_of_chance_that_is_no_generator_is_refused(wrong):
    refused(TypeError, sgd.minibatches, f"rng is a {type(wrong).__name__}; it needs to be a numpy.random.Generator",
            rng=wrong)


def large(*shape, dtype):
    return np.full(shape, np.finfo(dtype).max / 8, dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "call"), [
    ("forward", lambda big: dense.forward(big(3, 4), big(3, 1), big(4, 5))),
    ("forward", lambda big: dense.forward(np.hstack([big(1, 1), -big(1, 1)]), big(1, 1), big(2, 1))),
    ("forward", lambda big: dense.forward(8 * big(1, 1), 8 * big(1, 1), big(1, 1) / big(1, 1))),
    ("output_delta", lambda big: dense.output_delta(8 * big(3, 5), -8 * big(3, 5), z, activations.tanh)),
    ("hidden_delta", lambda big: dense.hidden_delta(big(2, 3), big(2, 5), z, activations.tanh)),
    ("gradients", lambda big: dense.gradients(big(3, 5), big(4, 5))),
    ("half_squared_error", lambda big: cost.half_squared_error(big(3, 5), -big(3, 5))),
    ("half_squared_error_prime", lambda big: cost.half_squared_error_prime(8 * big(3, 5), -8 * big(3, 5))),
    ("step", lambda big: sgd.step([big(3, 4)], [big(3, 4)], 100)),
    ("relative_error", lambda big: gradcheck.relative_error(8 * big(3, 4), -8 * big(3, 4))),
], ids=title)
def test_finite_input_whose_result_overflows_is_an_error_and_no_nan(name, call, dtype):
    with pytest.raises(OverflowError, match=f"{name}: the result is too large for float"):
        call(lambda *shape: large(*shape, dtype=dtype))
