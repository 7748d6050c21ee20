"""A convolutional layer equals SciPy's cross-correlations, and its gradients the derivatives of those by complex step.

The oracles share no code with mathref: SciPy slides the kernels, and one number at a time is moved by 1e-30 i. Where
PyTorch is installed its `conv2d` and its gradients are asked too.
"""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.signal import convolve2d, correlate2d

from mathref import activations, conv

STEP = 1e-30
SIGMA = {"sigmoid": lambda z: 1 / (1 + np.exp(-z)), "tanh": np.tanh, "softplus": lambda z: np.log(1 + np.exp(z))}

# (N, C_in, C_out, image, kernel): the document's own, several of each, kernels of one entry, as large as the image, 3×3.
GEOMETRIES = [
    (1, 1, 1, (3, 3), (2, 2)), (2, 3, 4, (6, 5), (3, 2)), (3, 2, 1, (5, 6), (2, 3)), (2, 3, 2, (4, 3), (1, 1)),
    (2, 2, 3, (3, 4), (3, 4)), (4, 1, 2, (7, 5), (3, 1)), (1, 4, 2, (4, 7), (1, 3)), (2, 2, 2, (6, 6), (3, 3)),
]
every_geometry = pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)


def layer(geometry, dtype=np.float64):
    """Return W, b, a_prev and a δ that the layer may have."""
    N, C, K, image, kernel = geometry
    rng = np.random.default_rng([N, C, K, *image, *kernel])
    W, b, a_prev = rng.normal(size=(K, C, *kernel)), rng.normal(size=K), rng.normal(size=(N, C, *image))
    delta = rng.normal(size=(N, K, image[0] - kernel[0] + 1, image[1] - kernel[1] + 1))
    return [array.astype(dtype) for array in (W, b, a_prev, delta)]


def by_scipy(W, b, a_prev):
    """The forward pass, plane by plane. SciPy conjugates the second plane."""
    return np.array([[sum(correlate2d(image[c], np.conj(kernels[c]), "valid") for c in range(len(image))) + bias
                      for kernels, bias in zip(W, b)] for image in a_prev])


def by_complex_step(f, array):
    found = np.empty(array.shape)
    for place in np.ndindex(array.shape):
        moved = array.astype(complex)
        moved[place] += 1j * STEP
        found[place] = np.imag(f(moved)) / STEP
    return found


def error(found, true):
    return np.max(abs(found - true)) / np.max(abs(true))


@every_geometry
def test_forward_is_the_sum_over_channels_of_cross_correlations_plus_the_filters_bias(geometry):
    W, b, a_prev, _ = layer(geometry)
    assert error(conv.forward(W, b, a_prev), by_scipy(W, b, a_prev)) < 1e-14
    assert error(conv.forward(W, None, a_prev), by_scipy(W, 0 * b, a_prev)) < 1e-14


@every_geometry
def test_the_input_gradient_is_the_derivative_by_every_pixel(geometry):
    W, b, a_prev, delta = layer(geometry)
    true = by_complex_step(lambda a: np.sum(by_scipy(W, b, a) * delta), a_prev)
    assert error(conv.input_gradient(W, delta), true) < 1e-14


@every_geometry
def test_the_input_gradient_is_the_full_convolution_with_the_kernel_as_it_is(geometry):
    W, _, _, delta = layer(geometry)
    full = np.array([[sum(convolve2d(error[k], W[k, c], "full") for k in range(len(W))) for c in range(W.shape[1])]
                     for error in delta])
    assert error(conv.input_gradient(W, delta), full) < 1e-14


@every_geometry
def test_the_gradients_are_the_derivatives_by_every_weight_and_every_bias_averaged_over_the_samples(geometry):
    W, b, a_prev, delta = layer(geometry)
    dW, db = conv.gradients(delta, a_prev)
    N = len(a_prev)
    assert error(dW, by_complex_step(lambda W: np.sum(by_scipy(W, b, a_prev) * delta), W) / N) < 1e-14
    assert error(db, by_complex_step(lambda b: np.sum(by_scipy(W, b, a_prev) * delta), b) / N) < 1e-14


@pytest.mark.parametrize("name", SIGMA)
@every_geometry
def test_the_hidden_error_is_the_derivative_by_every_pre_activation(geometry, name):
    W, b, z, delta = layer(geometry)
    true = by_complex_step(lambda z: np.sum(by_scipy(W, b, SIGMA[name](z)) * delta), z)
    assert error(conv.hidden_delta(W, delta, z, activations.by_name(name)), true) < 1e-13


def test_two_layers_and_a_cost_backwards_are_the_derivatives_of_the_cost():
    rng = np.random.default_rng(5)
    W1, b1, W2, b2 = (rng.normal(size=shape) for shape in [(3, 2, 2, 3), (3,), (2, 3, 3, 1), (2,)])
    x, y = rng.normal(size=(4, 2, 5, 5)), rng.normal(size=(4, 2, 2, 3))
    tanh = activations.tanh

    def cost(parameters):
        W1, b1, W2, b2 = parameters
        a = np.tanh(by_scipy(W2, b2, np.tanh(by_scipy(W1, b1, x))))
        return 0.5 * np.sum((a - y)**2) / len(x)

    z1 = conv.forward(W1, b1, x)
    z2 = conv.forward(W2, b2, tanh(z1))
    delta2 = (tanh(z2) - y) * tanh.prime(z2)
    delta1 = conv.hidden_delta(W2, delta2, z1, tanh)
    found = [*conv.gradients(delta1, x), *conv.gradients(delta2, tanh(z1))]
    parameters = [W1, b1, W2, b2]
    for k, gradient in enumerate(found):
        true = by_complex_step(lambda moved: cost([*parameters[:k], moved, *parameters[k + 1:]]), parameters[k])
        assert error(gradient, true) < 1e-13


@every_geometry
def test_pytorch_says_the_same_where_it_is_installed(geometry):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: its conv2d was not asked")
    W, b, a_prev, delta = layer(geometry)
    tensors = [torch.tensor(array, requires_grad=True) for array in (W, b, a_prev)]
    z = torch.nn.functional.conv2d(tensors[2], tensors[0], tensors[1])
    z.backward(torch.tensor(delta))
    dW, db = conv.gradients(delta, a_prev)
    assert error(conv.forward(W, b, a_prev), z.detach().numpy()) < 1e-14
    for found, tensor in zip((dW * len(a_prev), db * len(a_prev), conv.input_gradient(W, delta)), tensors):
        assert error(found, tensor.grad.numpy()) < 1e-14


def test_single_precision_is_as_good_as_single_precision_can_be():
    W, b, a_prev, delta = layer(GEOMETRIES[1], np.float32)
    exact = [array.astype(np.float64) for array in (W, b, a_prev, delta)]
    assert error(conv.forward(W, b, a_prev), by_scipy(*exact[:3])) < 1e-6
    assert error(conv.input_gradient(W, delta), conv.input_gradient(exact[0], exact[3])) < 1e-6


def test_the_documents_example_by_hand():
    a = np.array([[[[1., 2, 3], [4, 5, 6], [7, 8, 9]]]])
    W = np.array([[[[1., 2], [3, 4]]]])
    delta = np.array([[[[1., 0], [0, 2]]]])
    assert_allclose(conv.forward(W, None, a), [[[[37, 47], [67, 77]]]])
    assert_allclose(conv.input_gradient(W, delta), [[[[1, 2, 0], [3, 6, 4], [0, 6, 8]]]])
    dW, db = conv.gradients(delta, a)
    assert_allclose(dW, [[[[11, 14], [20, 23]]]])
    assert_allclose(db, [3])


W, b, a_prev, delta = layer((2, 3, 4, (6, 5), (3, 2)))
z_prev = a_prev
CALLS = {
    conv.forward: dict(W=W, b=b, a_prev=a_prev),
    conv.rot180: dict(W=W),
    conv.pad: dict(delta=delta, W=W),
    conv.input_gradient: dict(W=W, delta=delta),
    conv.hidden_delta: dict(W_next=W, delta_next=delta, z=z_prev, activation=activations.tanh),
    conv.gradients: dict(delta=delta, a_prev=a_prev),
}
ARRAYS = [(function, name) for function, arguments in CALLS.items() for name, value in arguments.items()
          if isinstance(value, np.ndarray)]


@pytest.mark.parametrize(("function", "name"), ARRAYS, ids=lambda value: getattr(value, "__name__", value))
class TestEveryArray:
    def refused(self, function, name, wrong, kind, says):
        called = "W" if function is conv.hidden_delta and name == "W_next" else name
        called = "delta" if called == "delta_next" else called
        with pytest.raises(kind, match=rf"^({name}|{called})\b.*{says}"):
            function(**{**CALLS[function], name: wrong})

    def test_that_is_no_array_of_numbers_is_refused(self, function, name):
        self.refused(function, name, "3", TypeError, "needs to hold numbers")
        self.refused(function, name, CALLS[function][name] > 0, TypeError, "needs to hold numbers")

    def test_that_is_empty_is_refused(self, function, name):
        empty = CALLS[function][name][..., :0]
        self.refused(function, name, empty, ValueError, f"is empty, shape {re.escape(str(empty.shape))}")

    @pytest.mark.parametrize("entry", [np.nan, np.inf])
    def test_with_an_entry_that_is_not_finite_is_refused(self, function, name, entry):
        wrong = CALLS[function][name].copy()
        wrong[(1,) * wrong.ndim] = entry
        self.refused(function, name, wrong, ValueError, "needs to be a finite number")

    def test_of_another_rank_is_refused(self, function, name):
        if function is not conv.rot180:
            self.refused(function, name, CALLS[function][name][0], ValueError, "needs (one|four) dimension|needs shape")


REFUSED = {
    "channels": (conv.forward, dict(W=np.ones((4, 5, 3, 2))),
                 "a_prev has shape (2, 3, 6, 5), but W has shape (4, 5, 3, 2): a_prev needs shape (N, 5, H, W)"),
    "kernel too high": (conv.forward, dict(W=np.ones((4, 3, 7, 2))),
                        "W has shape (4, 3, 7, 2), but a_prev has shape (2, 3, 6, 5): W needs at most 6 rows and 5 columns"),
    "kernel too wide": (conv.forward, dict(W=np.ones((4, 3, 3, 6))), "W needs at most 6 rows and 5 columns"),
    "bias of another length": (conv.forward, dict(b=np.ones(3)), "b has shape (3,), but W has shape (4, 3, 3, 2): b needs shape (4,)"),
    "bias of one number": (conv.forward, dict(b=np.ones(1)), "b needs shape (4,)"),
    "bias as a column": (conv.forward, dict(b=np.ones((4, 1))), "b has shape (4, 1); it needs one dimension, (4,)"),
    "an image without samples": (conv.forward, dict(a_prev=np.ones((3, 6, 5))),
                                 "a_prev has shape (3, 6, 5); it needs four dimensions, (N, 3, H, W)"),
    "filters": (conv.input_gradient, dict(delta=np.ones((2, 3, 4, 4))),
                "delta has shape (2, 3, 4, 4), but W has shape (4, 3, 3, 2): delta needs shape (N, 4, H', W')"),
    "z": (conv.hidden_delta, dict(z=np.ones((2, 3, 5, 5))), "z has shape (2, 3, 5, 5), but W_next has shape (4, 3, 3, 2) and "
          "delta_next has shape (2, 4, 4, 4): z needs shape (2, 3, 6, 5)"),
    "samples": (conv.gradients, dict(a_prev=np.ones((1, 3, 6, 5))), "a_prev needs shape (2, C_in, H, W)"),
    "error larger than its input": (conv.gradients, dict(delta=np.ones((2, 4, 4, 6))), "delta needs at most 6 rows and 5 columns"),
    "a row": (conv.rot180, dict(W=np.ones(3)), "W has shape (3,); it needs two dimensions or more"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_shapes_that_do_not_fit_are_refused_with_both(what):
    function, wrong, says = REFUSED[what]
    with pytest.raises(ValueError) as info:
        function(**{**CALLS[function], **wrong})
    assert says in str(info.value)


def test_no_activation_and_too_large_numbers_are_refused():
    with pytest.raises(TypeError):
        conv.hidden_delta(W, delta, z_prev, np.tanh)
    for function, wrong in [(conv.forward, dict(W=1e200 * W, a_prev=1e200 * a_prev)),
                            (conv.input_gradient, dict(W=1e200 * W, delta=1e200 * delta)),
                            (conv.gradients, dict(delta=1e200 * delta, a_prev=1e200 * a_prev))]:
        with pytest.raises(OverflowError):
            function(**{**CALLS[function], **wrong})
