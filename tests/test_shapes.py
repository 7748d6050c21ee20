"""Shapes and dtypes come out as the notation table says, and nothing that is passed in changes or comes back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathref import activations, conv, cost, dense, gradcheck, layout, pooling, sgd, softmax

ACTIVATIONS = [activations.sigmoid, activations.tanh, activations.relu, activations.softplus, activations.identity]
DTYPES = [np.float32, np.float64, np.complex64, np.complex128]
sizes = st.integers(1, 6)


def draw(*shape, dtype=np.float64):
    rng = np.random.default_rng(shape)
    real, imaginary = rng.normal(size=(2, *shape))
    return (real + 1j * imaginary if np.issubdtype(dtype, np.complexfloating) else real).astype(dtype)


def calls(n, m, k, N, dtype=np.float64):
    """Return every function with arguments for a layer of n units between one of m and one of k, and result shapes.

    The units of the convolutional layers are their channels, of k + 1 by m + 2 numbers under kernels of 2 by 3.
    """
    W, b, a_prev = draw(n, m, dtype=dtype), draw(n, 1, dtype=dtype), draw(m, N, dtype=dtype)
    W_next, delta_next = draw(k, n, dtype=dtype), draw(k, N, dtype=dtype)
    a, y, z, delta = (draw(n, N, dtype=dtype) for _ in range(4))
    kernels, bias, images = draw(n, m, 2, 3, dtype=dtype), draw(n, dtype=dtype), draw(N, m, k + 1, m + 2, dtype=dtype)
    error = draw(N, n, k, m, dtype=dtype)
    table = {
        "conv.forward": (conv.forward, [kernels, bias, images], [(N, n, k, m)]),
        "conv.forward without bias": (conv.forward, [kernels, None, images], [(N, n, k, m)]),
        "conv.rot180": (conv.rot180, [kernels], [(n, m, 2, 3)]),
        "conv.pad": (conv.pad, [error, kernels], [(N, n, k + 2, m + 4)]),
        "conv.input_gradient": (conv.input_gradient, [kernels, error], [(N, m, k + 1, m + 2)]),
        "conv.gradients": (conv.gradients, [error, images], [(n, m, 2, 3), (n,)]),
        "forward": (dense.forward, [W, b, a_prev], [(n, N)]),
        "gradients": (dense.gradients, [delta, a_prev], [(n, m), (n, 1)]),
        "half_squared_error": (cost.half_squared_error, [a, y], [()]),
        "half_squared_error_prime": (cost.half_squared_error_prime, [a, y], [(n, N)]),
        "softmax": (softmax.softmax, [z], [(n, N)]),
        "pooling.forward": (pooling.forward, [images, (2, 3)], [(N, m, (k + 1) // 2, (m + 2) // 3)]),
        "pooling.input_gradient": (pooling.input_gradient, [
            images, draw(N, m, (k + 1) // 2, (m + 2) // 3, dtype=dtype), (2, 3)], [(N, m, k + 1, m + 2)]),
        "flatten": (layout.flatten, [images], [(m * (k + 1) * (m + 2), N)]),
        "unflatten": (layout.unflatten, [a_prev, (1, m, 1)], [(N, 1, m, 1)]),
        "momentum": (sgd.momentum, [[W, b], [draw(n, m, dtype=dtype), draw(n, 1, dtype=dtype)], 0.5], [(n, m), (n, 1)]),
        "step": (sgd.step, [[W, b], [draw(n, m, dtype=dtype), draw(n, 1, dtype=dtype)], 0.5], [(n, m), (n, 1)]),
    }
    for f in ACTIVATIONS:
        table |= {
            f"{f.name}": (f, [z], [(n, N)]),
            f"{f.name}.prime": (f.prime, [z], [(n, N)]),
            f"output_delta with {f.name}": (dense.output_delta, [a, y, z, f], [(n, N)]),
            f"hidden_delta with {f.name}": (dense.hidden_delta, [W_next, delta_next, z, f], [(n, N)]),
            f"conv.hidden_delta with {f.name}": (conv.hidden_delta, [kernels, error, images, f], [(N, m, k + 1, m + 2)]),
        }
    return table


NAMES = list(calls(1, 1, 1, 1))


def results(function, arguments):
    result = function(*arguments)
    return list(result) if isinstance(result, (list, tuple)) else [result]


def in_each(arguments, change):
    """Return the arguments with `change` applied to every array, also to those in lists."""
    return [change(argument) if isinstance(argument, np.ndarray)
            else in_each(argument, change) if isinstance(argument, list)
            else argument for argument in arguments]


def arrays_in(arguments):
    found = []
    in_each(arguments, found.append)
    return found


@given(sizes, sizes, sizes, sizes, st.sampled_from(DTYPES))
def test_every_result_has_its_shape_and_keeps_the_dtype(n, m, k, N, dtype):
    for name, (function, arguments, shapes) in calls(n, m, k, N, dtype).items():
        found = results(function, arguments)
        assert [np.shape(result) for result in found] == shapes, name
        assert [result.dtype for result in found] == [dtype] * len(shapes), name


@pytest.mark.parametrize("name", NAMES)
class TestAFunction:
    def test_promotes_whole_numbers_in_lists_to_float64(self, name):
        function, arguments, _ = calls(3, 4, 2, 5)[name]

        found = results(function, in_each(arguments, lambda array: np.round(3 * array).astype(int).tolist()))
        expected = results(function, in_each(arguments, lambda array: np.round(3 * array)))
        for result, other in zip(found, expected, strict=True):
            assert result.dtype == np.float64
            assert np.array_equal(result, other)

    def test_leaves_its_arguments_as_they_are(self, name):
        function, arguments, _ = calls(3, 4, 2, 5)[name]
        before = [array.copy() for array in arrays_in(arguments)]
        for array in arrays_in(arguments):
            array.flags.writeable = False
        results(function, arguments)
        for array, copy in zip(arrays_in(arguments), before, strict=True):
            assert np.array_equal(array, copy)

    def test_returns_memory_of_its_own(self, name):
        function, arguments, _ = calls(3, 4, 2, 5)[name]
        for result in results(function, arguments):
            assert not any(np.shares_memory(result, array) for array in arrays_in(arguments))

    def test_computes_the_same_from_transposed_and_strided_memory(self, name):
        function, arguments, _ = calls(3, 4, 2, 5)[name]
        scattered = in_each(arguments, lambda array: np.repeat(array.T, 2, axis=0)[::2].T)
        for result, other in zip(results(function, scattered), results(function, arguments), strict=True):
            assert np.allclose(result, other, rtol=1e-13, atol=0)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda activation: activation.name)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 4, 5)])
def test_an_activation_takes_any_number_of_dimensions(activation, shape):
    z = draw(*shape)
    for result in (activation(z), activation.prime(z)):
        assert result.shape == shape
        assert isinstance(result, np.ndarray if shape else np.floating)


def test_your_own_activation_may_return_its_argument():
    line = activations.Activation("line", lambda z: z, lambda z: np.broadcast_to(1.0, z.shape))
    z = draw(3, 4)
    assert not np.shares_memory(line(z), z)
    assert dense.output_delta(z, np.zeros((3, 4)), z, line).shape == (3, 4)


def test_an_activation_cannot_be_changed():
    with pytest.raises(AttributeError):
        activations.sigmoid.name = "tanh"


def test_float16_becomes_float64():
    assert activations.tanh(np.float16(0.5)).dtype == np.float64


def test_a_big_endian_array_is_computed_with_as_the_same_numbers():
    z = draw(3, 4)
    assert np.array_equal(activations.tanh(z.astype(">f8")), activations.tanh(z))
    assert activations.tanh(z.astype(">f4")).dtype == np.float32


def test_a_learning_rate_of_any_real_type_leaves_float32_parameters_float32():
    for learning_rate in (1, 0.1, np.float64(0.1), np.float32(0.1), np.int64(1)):
        (W,) = sgd.step([draw(3, 4, dtype=np.float32)], [draw(3, 4, dtype=np.float32)], learning_rate)
        assert W.dtype == np.float32


@given(st.lists(sizes, max_size=3))
def test_a_checked_gradient_has_the_shape_of_x_in_float64(shape):
    x = draw(*shape, dtype=np.float32)
    before = np.copy(x)
    for gradient in (gradcheck.central_difference(lambda x: np.sum(x**2), x),
                     gradcheck.complex_step(lambda x: np.sum(x**2), x)):
        assert gradient.shape == tuple(shape)
        assert gradient.dtype == np.float64
    assert np.array_equal(x, before)
