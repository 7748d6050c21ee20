"""A convolutional layer computes what SciPy computes, and its gradients are the derivatives of its forward pass.

The oracles share no code with mathref: SciPy's `correlate2d` and `convolve2d`, plane by plane; a complex step, central
differences and HIPS autograd through the few lines of `costs` below; and PyTorch, whose results are recorded. Kernels,
δ and images are rectangular or at least not symmetric: a square hides a swapped axis, and symmetry a forgotten rot180.
"""

import json
import re
from pathlib import Path

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import convolve2d, correlate2d

from mathref import activations, conv
from slips import with_slip

DTYPES = [np.float32, np.float64, np.complex64, np.complex128]
SHAPES = {  # N, C_in, H, W and C_out, kh, kw
    "the document's 3x3 * 2x2": (1, 1, 3, 3, 1, 2, 2),
    "wide image, tall kernel": (1, 1, 4, 7, 1, 3, 2),
    "tall image, wide kernel": (1, 1, 7, 4, 1, 2, 3),
    "kernel of one number": (2, 2, 3, 5, 3, 1, 1),
    "kernel of one row": (2, 2, 4, 5, 3, 1, 3),
    "kernel of one column": (2, 3, 5, 4, 2, 3, 1),
    "kernel as large as the image": (2, 3, 4, 5, 2, 4, 5),
    "kernel as high as the image": (3, 2, 3, 5, 4, 3, 2),
    "image of one number": (2, 3, 1, 1, 4, 1, 1),
    "samples": (4, 1, 5, 4, 1, 2, 3),
    "channels": (1, 3, 4, 5, 1, 3, 2),
    "filters": (1, 1, 5, 6, 4, 2, 3),
    "samples, channels and filters": (2, 3, 6, 5, 4, 3, 2),
}
RECORD = Path(__file__).with_name("pytorch_conv2d.json")  # `make bench` writes it anew
every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


def layer(shape, dtype=np.float64, whole=False):
    """Return W, b, a_prev and a δ, of whole numbers whose sums and products are exact, or of any."""
    N, C_in, H, W, C_out, kh, kw = shape
    rng = np.random.default_rng(shape)

    def draw(*size):
        if whole:
            return rng.integers(-1000, 1000, size).astype(dtype)
        real, imaginary = rng.normal(size=(2, *size))
        return (real + 1j * imaginary if np.issubdtype(dtype, np.complexfloating) else real).astype(dtype)

    return draw(C_out, C_in, kh, kw), draw(C_out), draw(N, C_in, H, W), draw(N, C_out, H - kh + 1, W - kw + 1)


# By SciPy, plane by plane

def scipy_forward(W, b, a_prev):
    return np.array([[sum(correlate2d(a, kernel, "valid") for a, kernel in zip(image, kernels)) + bias
                      for kernels, bias in zip(W, b)] for image in a_prev])


def scipy_input_gradient(W, delta):
    return np.array([[sum(convolve2d(plane, kernels[c], "full") for plane, kernels in zip(planes, W))
                      for c in range(W.shape[1])] for planes in delta])


def scipy_dW(delta, a_prev):
    N = len(delta)
    return np.array([[sum(correlate2d(a_prev[n, c], delta[n, k], "valid") for n in range(N)) / N
                      for c in range(a_prev.shape[1])] for k in range(delta.shape[1])])


@every_shape
class TestOnWholeNumbers:
    def test_forward_is_scipys_cross_correlation_summed_over_the_channels_plus_the_bias(self, shape):
        W, b, a_prev, _ = layer(shape, whole=True)
        assert np.array_equal(conv.forward(W, b, a_prev), scipy_forward(W, b, a_prev))

    def test_forward_without_bias_is_forward_with_a_bias_of_zeros(self, shape):
        W, b, a_prev, _ = layer(shape, whole=True)
        assert np.array_equal(conv.forward(W, None, a_prev), scipy_forward(W, 0 * b, a_prev))

    def test_the_input_gradient_is_scipys_full_convolution_summed_over_the_filters(self, shape):
        W, _, _, delta = layer(shape, whole=True)
        assert np.array_equal(conv.input_gradient(W, delta), scipy_input_gradient(W, delta))

    def test_dW_is_scipys_cross_correlation_of_input_and_error_averaged_over_the_samples(self, shape):
        _, _, a_prev, delta = layer(shape, whole=True)
        dW, _ = conv.gradients(delta, a_prev)
        assert np.array_equal(dW, scipy_dW(delta, a_prev))

    def test_db_adds_up_each_plane_of_the_error_and_averages_over_the_samples(self, shape):
        _, _, a_prev, delta = layer(shape, whole=True)
        _, db = conv.gradients(delta, a_prev)
        planes = [[sum(plane.flat) for plane in sample] for sample in delta]
        assert np.array_equal(db, [sum(of_filter) / len(delta) for of_filter in zip(*planes)])


def test_the_documents_example_by_hand():
    a, W = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 10]]), np.array([[1, 2], [3, 5]])
    assert conv.forward([[W]], None, [[a]]).tolist() == [[[[42, 53], [75, 91]]]]
    assert conv.input_gradient([[W]], [[[[1, -2], [0, 3]]]]).tolist() == [[[[1, 0, -4], [3, 2, -4], [0, 9, 15]]]]
    dW, db = conv.gradients([[[[1, -2], [0, 3]]]], [[a]])
    assert dW.tolist() == [[[[1 - 4 + 15, 2 - 6 + 18], [4 - 10 + 24, 5 - 12 + 30]]]]
    assert db.tolist() == [2]


@every_shape
def test_rot180_turns_each_kernel_twice_by_a_quarter_and_leaves_it_in_its_place(shape):
    W, *_ = layer(shape)
    turned = conv.rot180(W)
    assert turned.shape == W.shape
    for kernels, turned_kernels in zip(W, turned):
        for kernel, turned_kernel in zip(kernels, turned_kernels):
            assert np.array_equal(turned_kernel, np.rot90(np.rot90(kernel)))


@every_shape
def test_pad_lays_a_frame_of_zeros_as_wide_as_the_kernel_reaches_over_the_edge(shape):
    W, _, _, delta = layer(shape)
    kh, kw = W.shape[2:]
    padded = conv.pad(delta, W)
    assert padded.shape == (*delta.shape[:2], delta.shape[2] + 2 * kh - 2, delta.shape[3] + 2 * kw - 2)
    inside = np.s_[..., kh - 1:padded.shape[2] - kh + 1, kw - 1:padded.shape[3] - kw + 1]
    assert np.array_equal(padded[inside], delta)
    padded[inside] = 0
    assert not padded.any()


def test_forgetting_rot180_keeps_the_sum_of_a_gradient_and_breaks_its_entries():
    """Why every comparison in here is entry by entry, and none of means."""
    W, _, _, delta = layer((1, 1, 4, 7, 1, 3, 2), whole=True)
    true, forgotten = conv.input_gradient(W, delta), conv.input_gradient(conv.rot180(W), delta)
    assert true.sum() == forgotten.sum()
    assert not np.allclose(true, forgotten)


# Adjointness

@st.composite
def layers(draw):
    N, C_in, C_out, kh, kw, rows, columns = (draw(st.integers(1, 4)) for _ in range(7))
    return layer((N, C_in, rows + kh - 1, columns + kw - 1, C_out, kh, kw), whole=True)


def inner(u, v):
    return float(np.sum(u * v))


@given(layers())
def test_the_input_gradient_is_the_adjoint_of_forward(drawn):
    W, _, a_prev, delta = drawn
    assert inner(conv.forward(W, None, a_prev), delta) == inner(a_prev, conv.input_gradient(W, delta))


@given(layers())
def test_dW_is_the_adjoint_of_a_change_of_W(drawn):
    W, _, a_prev, delta = drawn
    dW, _ = conv.gradients(delta, a_prev)
    assert np.isclose(inner(conv.forward(W, None, a_prev), delta), len(delta) * inner(W, dW), rtol=1e-12, atol=1e-4)


@given(layers())
def test_db_is_the_adjoint_of_a_change_of_b(drawn):
    W, b, a_prev, delta = drawn
    _, db = conv.gradients(delta, a_prev)
    shift = conv.forward(W, b, a_prev) - conv.forward(W, None, a_prev)
    assert np.isclose(inner(shift, delta), len(delta) * inner(b, db), rtol=1e-12, atol=1e-4)


@given(layers())
def test_a_kernel_of_any_size_is_correlated_as_scipy_does(drawn):
    W, b, a_prev, delta = drawn
    assert np.array_equal(conv.forward(W, b, a_prev), scipy_forward(W, b, a_prev))
    assert np.array_equal(conv.input_gradient(W, delta), scipy_input_gradient(W, delta))
    assert np.array_equal(conv.gradients(delta, a_prev)[0], scipy_dW(delta, a_prev))


# Derivatives

SIGMA = {
    "sigmoid": lambda xp, z: 1 / (1 + xp.exp(-z)),
    "tanh": lambda xp, z: xp.tanh(z),
    "relu": lambda xp, z: z * (xp.real(z) > 0),
}
NETS = {  # N; C, H, W of the image; C_out, kh, kw of each layer
    "one layer": (3, (2, 4, 6), [(3, 3, 2)]),
    "two layers": (2, (3, 6, 5), [(4, 2, 3), (2, 3, 1)]),
    "one number, then the whole image": (4, (2, 3, 5), [(3, 1, 1), (2, 3, 5)]),
    "three layers, one sample": (1, (2, 7, 6), [(3, 3, 2), (1, 2, 4), (2, 1, 2)]),
}


def network(net):
    N, (C, H, W), kernels = net
    rng = np.random.default_rng([N, C, H, W])
    Ws, bs, x = [], [], rng.normal(size=(N, C, H, W))
    for C_out, kh, kw in kernels:
        Ws.append(rng.normal(size=(C_out, C, kh, kw)) / np.sqrt(C * kh * kw))
        bs.append(rng.normal(size=C_out))
        C, H, W = C_out, H - kh + 1, W - kw + 1
    return Ws, bs, x, rng.normal(size=(N, C, H, W))


def costs(xp, name, Ws, bs, x, y, added=None):
    """Return the cost of each sample; added[l] is added to z of layer l, to differentiate with respect to it.

    The cross-correlation is written as a sum over the positions in the kernel.
    """
    a = x
    for l, (W, b) in enumerate(zip(Ws, bs)):
        kh, kw = W.shape[2:]
        rows, columns = a.shape[2] - kh + 1, a.shape[3] - kw + 1
        z = sum(xp.einsum("kc,nchw->nkhw", W[:, :, u, v], a[:, :, u:u + rows, v:v + columns])
                for u in range(kh) for v in range(kw)) + b[:, None, None]
        if added is not None:
            z = z + added[l]
        a = SIGMA[name](xp, z)
    return 0.5 * xp.sum((a - y) * (a - y), axis=(1, 2, 3))


def backpropagation(name, Ws, bs, x, y):
    """Return δ, dW, db of every layer and ∇a of the images, by mathref."""
    activation = activations.by_name(name)
    a, z = [x], []
    for W, b in zip(Ws, bs):
        z.append(conv.forward(W, b, a[-1]))
        a.append(activation(z[-1]))
    delta = (a[-1] - y) * activation.prime(z[-1])
    deltas, pairs = [delta], [conv.gradients(delta, a[-2])]
    for l in range(len(Ws) - 2, -1, -1):
        delta = conv.hidden_delta(Ws[l + 1], delta, z[l], activation)
        deltas.insert(0, delta)
        pairs.insert(0, conv.gradients(delta, a[l]))
    dWs, dbs = zip(*pairs)
    return deltas, list(dWs), list(dbs), conv.input_gradient(Ws[0], deltas[0])


def derivatives(f, arrays, step):
    """Return the derivative of f for each entry of each array: of `step` up and down, or of an imaginary `step`."""
    gradients = []
    for k, array in enumerate(arrays):
        gradient = np.zeros(array.shape)
        for i in np.ndindex(array.shape):
            def moved(by):
                others = [other.astype(type(by)) for other in arrays]
                others[k][i] += by
                return f(others)
            gradient[i] = moved(step).imag / step.imag if step.imag else (moved(step) - moved(-step)) / (2 * step)
        gradients.append(gradient)
    return gradients


def by_autograd(f, arrays):
    return [autograd.grad(lambda array: f([*arrays[:k], array, *arrays[k + 1:]]))(array)
            for k, array in enumerate(arrays)]


def assert_equal(found, true, tolerance):
    """Compare entry by entry; an entry below a thousandth of the largest one is measured against that thousandth."""
    for f, t in zip(found, true, strict=True):
        assert f.shape == t.shape
        scale = np.maximum(np.abs(t), 1e-3 * np.max(np.abs(t)) + 1e-12)
        assert np.max(np.abs(f - t) / scale) < tolerance


@pytest.mark.parametrize("net", NETS.values(), ids=NETS)
@pytest.mark.parametrize("name", SIGMA)
class TestEveryLayerOfANetwork:
    def test_has_the_parameter_gradients_that_are_the_derivatives_of_the_mean_cost(self, name, net):
        Ws, bs, x, y = network(net)
        _, dWs, dbs, _ = backpropagation(name, Ws, bs, x, y)
        found, depth = [*dWs, *dbs], len(Ws)

        def mean_cost(xp):
            return lambda arrays: xp.mean(costs(xp, name, arrays[:depth], arrays[depth:], x, y))

        if name != "relu":
            assert_equal(found, derivatives(mean_cost(np), [*Ws, *bs], 1e-20j), 1e-11)
        assert_equal(found, derivatives(mean_cost(np), [*Ws, *bs], 1e-5), 1e-5)
        assert_equal(found, by_autograd(mean_cost(anp), [*Ws, *bs]), 1e-11)

    def test_has_the_delta_that_is_the_derivative_of_each_samples_own_cost(self, name, net):
        Ws, bs, x, y = network(net)
        deltas, *_ = backpropagation(name, Ws, bs, x, y)
        nothing = [np.zeros(delta.shape) for delta in deltas]

        def summed_cost(xp):
            return lambda added: xp.sum(costs(xp, name, Ws, bs, x, y, added))

        if name != "relu":
            assert_equal(deltas, derivatives(summed_cost(np), nothing, 1e-20j), 1e-11)
        assert_equal(deltas, derivatives(summed_cost(np), nothing, 1e-5), 1e-5)
        assert_equal(deltas, by_autograd(summed_cost(anp), nothing), 1e-11)

    def test_hands_the_images_the_derivative_of_each_ones_own_cost(self, name, net):
        Ws, bs, x, y = network(net)
        *_, grad_a = backpropagation(name, Ws, bs, x, y)

        def summed_cost(xp):
            return lambda images: xp.sum(costs(xp, name, Ws, bs, images[0], y))

        assert_equal([grad_a], by_autograd(summed_cost(anp), [x]), 1e-11)

    def test_has_the_mean_of_the_gradients_of_the_samples_as_the_gradient_of_a_batch(self, name, net):
        Ws, bs, x, y = network(net)
        _, dWs, dbs, _ = backpropagation(name, Ws, bs, x, y)
        alone = [backpropagation(name, Ws, bs, x[[n]], y[[n]])[1:3] for n in range(len(x))]
        assert_equal(dWs, [sum(of_layer) / len(x) for of_layer in zip(*(dW for dW, _ in alone))], 1e-12)
        assert_equal(dbs, [sum(of_layer) / len(x) for of_layer in zip(*(db for _, db in alone))], 1e-12)


@pytest.mark.parametrize("net", NETS.values(), ids=NETS)
def test_a_complex_step_passes_through_forward_itself(net):
    Ws, bs, x, y = network(net)

    def cost(arrays):
        a = x
        for W, b in zip(arrays[:len(Ws)], arrays[len(Ws):]):
            a = activations.tanh(conv.forward(W, b, a))
        return np.sum((a - y)**2) / 2 / len(x)

    _, dWs, dbs, _ = backpropagation("tanh", Ws, bs, x, y)
    assert_equal([*dWs, *dbs], derivatives(cost, [*Ws, *bs], 1e-20j), 1e-11)


@pytest.mark.parametrize("name, shape", SHAPES.items(), ids=SHAPES)
def test_a_layer_is_pytorchs_conv2d_forward_and_backward(name, shape):
    W, b, a_prev, delta = layer(shape)
    dW, db = conv.gradients(delta, a_prev)
    found = [conv.forward(W, b, a_prev), dW, db, conv.input_gradient(W, delta) / len(delta)]
    assert_equal(found, list(map(np.array, json.loads(RECORD.read_text())[name])), 1e-11)


# Numbers of every kind

def results(W, b, a_prev, delta):
    z = conv.forward(W, b, a_prev)
    return [z, conv.forward(W, None, a_prev), conv.rot180(W), conv.pad(delta, W), conv.input_gradient(W, delta),
            conv.hidden_delta(W, delta, a_prev, activations.tanh), *conv.gradients(delta, a_prev)]


@every_shape
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_result_has_its_shape_and_keeps_the_dtype(shape, dtype):
    W, b, a_prev, delta = layer(shape, dtype)
    frame = [size + 2 * (kernel - 1) for size, kernel in zip(delta.shape[2:], W.shape[2:])]
    found = results(W, b, a_prev, delta)
    assert [result.shape for result in found] == [delta.shape, delta.shape, W.shape, (*delta.shape[:2], *frame),
                                                  a_prev.shape, a_prev.shape, W.shape, b.shape]
    assert {result.dtype for result in found} == {np.dtype(dtype)}


@every_shape
def test_float32_comes_within_its_own_accuracy_of_float64(shape):
    wide = layer(shape)
    narrow = [array.astype(np.float32) for array in wide]
    assert_equal(results(*narrow), results(*(array.astype(np.float64) for array in narrow)), 1e-3)


@every_shape
def test_whole_numbers_in_lists_become_float64(shape):
    arrays = layer(shape, whole=True)
    for found, other in zip(results(*(array.astype(int).tolist() for array in arrays)), results(*arrays), strict=True):
        assert found.dtype == np.float64
        assert np.array_equal(found, other)


@every_shape
def test_complex_numbers_are_nowhere_conjugated(shape):
    W, b, a_prev, delta = layer(shape, np.complex128)
    z, _, turned, padded, grad_a, _, dW, db = results(W, b, a_prev, delta)
    rows, columns = delta.shape[2:]
    true_z, true_grad_a, true_dW = np.zeros_like(z) + b[:, None, None], np.zeros_like(a_prev), np.zeros_like(W)
    for u, v in np.ndindex(W.shape[2:]):
        window = np.s_[:, :, u:u + rows, v:v + columns]
        true_z += np.einsum("kc,nchw->nkhw", W[:, :, u, v], a_prev[window])
        true_grad_a[window] += np.einsum("kc,nkhw->nchw", W[:, :, u, v], delta)
        true_dW[:, :, u, v] = np.einsum("nchw,nkhw->kc", a_prev[window], delta) / len(delta)
    assert_equal([z, grad_a, dW, db], [true_z, true_grad_a, true_dW, np.einsum("nkhw->k", delta) / len(delta)], 1e-11)


def test_what_comes_back_shares_no_memory_with_what_was_passed_in():
    arrays = layer(SHAPES["samples, channels and filters"])
    for result in results(*arrays):
        assert not any(np.shares_memory(result, array) for array in arrays)


# What does not fit

GOOD = {  # C_out, C_in, kh, kw = 2, 3, 3, 2; N, H, W = 4, 5, 7
    "forward": dict(W=np.ones((2, 3, 3, 2)), b=np.ones(2), a_prev=np.ones((4, 3, 5, 7))),
    "rot180": dict(W=np.ones((2, 3, 3, 2))),
    "pad": dict(delta=np.ones((4, 2, 3, 6)), W=np.ones((2, 3, 3, 2))),
    "input_gradient": dict(W=np.ones((2, 3, 3, 2)), delta=np.ones((4, 2, 3, 6))),
    "hidden_delta": dict(W_next=np.ones((2, 3, 3, 2)), delta_next=np.ones((4, 2, 3, 6)), z=np.ones((4, 3, 5, 7)),
                         activation=activations.tanh),
    "gradients": dict(delta=np.ones((4, 2, 3, 6)), a_prev=np.ones((4, 3, 5, 7))),
}
PLANES = [(function, name) for function, arguments in GOOD.items() for name, value in arguments.items()
          if np.ndim(value) == 4]


def refused(function, message, **wrong):
    """Call a function with one or more arguments replaced by ones of another shape, and check the message."""
    arguments = GOOD[function] | {name: np.ones(shape) for name, shape in wrong.items()}
    with pytest.raises(ValueError) as info:
        getattr(conv, function)(**arguments)
    assert re.fullmatch(message, str(info.value)), str(info.value)


@pytest.mark.parametrize("function", GOOD)
def test_the_arguments_that_are_made_wrong_below_are_right_before(function):
    getattr(conv, function)(**GOOD[function])


@pytest.mark.parametrize(("function", "name"), PLANES)
class TestAnArrayOfPlanes:
    @pytest.mark.parametrize("shape", [(), (3,), (2, 3, 3), (2, 3, 3, 2, 1)])
    def test_without_four_dimensions_is_refused(self, function, name, shape):
        refused(function, rf"{name} has shape {re.escape(str(shape))}; it needs four dimensions, \(.*, .*, .*, .*\)",
                **{name: shape})

    def test_that_is_one_plane_is_told_how_to_become_four_dimensions(self, function, name):
        refused(function, rf"{name} has shape \(3, 2\); it needs four dimensions, .*; one image or kernel is written "
                r"with shape \(1, 1, 3, 2\)", **{name: (3, 2)})

    @pytest.mark.parametrize("shape", [(0, 3, 3, 2), (2, 0, 3, 2), (2, 3, 0, 2), (2, 3, 3, 0)])
    def test_that_is_empty_is_refused(self, function, name, shape):
        refused(function, rf"{name} is empty, shape {re.escape(str(shape))}; it needs at least one entry",
                **{name: shape})


@pytest.mark.parametrize(("function", "name", "shape", "other", "other_shape", "needed"), [
    # channels
    ("forward", "a_prev", (4, 2, 5, 7), "W", (2, 3, 3, 2), "(N, 3, H >= 3, W >= 2)"),
    ("forward", "a_prev", (4, 1, 5, 7), "W", (2, 3, 3, 2), "(N, 3, H >= 3, W >= 2)"),
    ("forward", "a_prev", (3, 4, 5, 7), "W", (2, 3, 3, 2), "(N, 3, H >= 3, W >= 2)"),
    ("hidden_delta", "z", (4, 2, 5, 7), "W_next", (2, 3, 3, 2), "(4, 3, 5, 7)"),
    ("hidden_delta", "z", (4, 1, 5, 7), "W_next", (2, 3, 3, 2), "(4, 3, 5, 7)"),
    # filters
    ("pad", "delta", (4, 3, 3, 6), "W", (2, 3, 3, 2), "(N, 2, H', W')"),
    ("input_gradient", "delta", (4, 3, 3, 6), "W", (2, 3, 3, 2), "(N, 2, H', W')"),
    ("input_gradient", "delta", (4, 1, 3, 6), "W", (2, 3, 3, 2), "(N, 2, H', W')"),
    ("hidden_delta", "delta_next", (4, 3, 3, 6), "W_next", (2, 3, 3, 2), "(N, 2, H', W')"),
    # samples
    ("hidden_delta", "z", (1, 3, 5, 7), "delta_next", (4, 2, 3, 6), "(4, 3, 5, 7)"),
    ("gradients", "a_prev", (1, 3, 5, 7), "delta", (4, 2, 3, 6), "(4, C_in, H >= 3, W >= 6)"),
    ("gradients", "a_prev", (2, 3, 5, 7), "delta", (4, 2, 3, 6), "(4, C_in, H >= 3, W >= 6)"),
    # sizes of planes
    ("forward", "a_prev", (4, 3, 2, 7), "W", (2, 3, 3, 2), "(N, 3, H >= 3, W >= 2)"),
    ("forward", "a_prev", (4, 3, 5, 1), "W", (2, 3, 3, 2), "(N, 3, H >= 3, W >= 2)"),
    ("gradients", "a_prev", (4, 3, 2, 7), "delta", (4, 2, 3, 6), "(4, C_in, H >= 3, W >= 6)"),
    ("gradients", "a_prev", (4, 3, 5, 5), "delta", (4, 2, 3, 6), "(4, C_in, H >= 3, W >= 6)"),
    ("hidden_delta", "z", (4, 3, 4, 7), "delta_next", (4, 2, 3, 6), "(4, 3, 5, 7)"),
    ("hidden_delta", "z", (4, 3, 5, 8), "W_next", (2, 3, 3, 2), "(4, 3, 5, 7)"),
    ("hidden_delta", "z", (4, 3, 1, 1), "delta_next", (4, 2, 3, 6), "(4, 3, 5, 7)"),
    ("hidden_delta", "z", (4, 3, 7, 5), "W_next", (2, 3, 3, 2), "(4, 3, 5, 7)"),
    # bias
    ("forward", "b", (3,), "W", (2, 3, 3, 2), "(2,)"),
    ("forward", "b", (1,), "W", (2, 3, 3, 2), "(2,)"),
])
def test_shapes_that_do_not_fit_are_refused_with_both_shapes_and_the_one_needed(
        function, name, shape, other, other_shape, needed):
    came, beside, need = (re.escape(str(text)) for text in (shape, other_shape, needed))
    refused(function, f"{name} has shape {came}, but .*{other} has shape {beside}.*: {name} needs shape {need}",
            **{name: shape})


@pytest.mark.parametrize("shape", [(), (2, 1), (2, 1, 1), (1, 2, 1, 1)])
def test_a_bias_that_is_not_one_number_for_each_filter_is_refused(shape):
    refused("forward", rf"b has shape {re.escape(str(shape))}; it needs one dimension, \(2,\)", b=shape)


def test_a_kernel_that_just_fits_into_the_image_is_taken():
    assert conv.forward(np.ones((1, 1, 5, 7)), None, np.ones((1, 1, 5, 7))).tolist() == [[[[35]]]]


def test_a_wrong_activation_is_refused():
    with pytest.raises(TypeError, match="activation is a str; it needs to be one of"):
        conv.hidden_delta(**GOOD["hidden_delta"] | {"activation": "tanh"})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("function", ["forward", "input_gradient", "hidden_delta", "gradients"])
def test_finite_numbers_whose_result_overflows_are_an_error_and_no_infinity(function, dtype):
    arguments = {name: np.full(value.shape, np.finfo(dtype).max / 8, dtype) if np.ndim(value) else value
                 for name, value in GOOD[function].items()}
    with pytest.raises(OverflowError, match="the result is too large for float"):
        getattr(conv, function)(**arguments)


def test_an_error_that_the_slope_makes_overflow_is_an_error_and_no_infinity():
    steep = activations.Activation("steep", lambda z: 1e200 * z, lambda z: np.full_like(z, 1e200))
    W_next, delta_next = np.full((1, 1, 1, 1), 1e100), np.full((1, 1, 1, 1), 1e100)
    with pytest.raises(OverflowError, match="hidden_delta: the result is too large for float64"):
        conv.hidden_delta(W_next, delta_next, np.ones((1, 1, 1, 1)), steep)


# Slips

SLIPS = [  # what stands in mathref/conv.py, and what a slip makes of it
    # forward
    ("stride) + b[:, None, None]", "stride)"),
    ("stride) + b[:, None, None]", "stride) - b[:, None, None]"),
    ("stride) + b[:, None, None]", "stride) + b[None, :, None]"),
    ("_star(f, V)", "_star(V, f)"),
    ("_star(f, V)", "_star(f, rot180(V))"),
    # the turn
    ("W[:, :, ::-1, ::-1].copy()", "W.copy()"),
    ("W[:, :, ::-1, ::-1].copy()", "W[:, :, ::-1].copy()"),
    ("W[:, :, ::-1, ::-1].copy()", "W[..., ::-1].copy()"),
    ("W[:, :, ::-1, ::-1].copy()", "W[::-1, ::-1, ::-1, ::-1].copy()"),
    # the frame
    ("(kh - 1, kh - 1), (kw - 1, kw - 1)]", "(1, 1), (1, 1)]"),
    ("(kh - 1, kh - 1), (kw - 1, kw - 1)]", "(kw - 1, kw - 1), (kh - 1, kh - 1)]"),
    ("(kh - 1, kh - 1), (kw - 1, kw - 1)]", "(kh - 1, kw - 1), (kh - 1, kw - 1)]"),
    ("(kh - 1, kh - 1), (kw - 1, kw - 1)]", "(0, 2 * kh - 2), (0, 2 * kw - 2)]"),
    # back to the input
    ("_star(pad(delta_u, V), rot180(V).swapaxes(0, 1))", "_star(delta_u, rot180(V).swapaxes(0, 1))"),
    ("_star(pad(delta_u, V), rot180(V).swapaxes(0, 1))", "_star(pad(delta_u, V), V.swapaxes(0, 1))"),
    ("_star(pad(delta_u, V), rot180(V).swapaxes(0, 1))", "_star(pad(delta_u, V), rot180(V))"),
    ("_star(pad(delta_u, V), rot180(V).swapaxes(0, 1))", "_star(rot180(V).swapaxes(0, 1), pad(delta_u, V))"),
    ("_star(pad(delta_u, V), rot180(V).swapaxes(0, 1))", "_star(pad(delta_u, V), rot180(V).swapaxes(0, 1)) / len(delta)"),
    ("z.shape) * activation.prime(z)", "z.shape)"),
    ("z.shape) * activation.prime(z)", "z.shape) * activation(z)"),
    # to the kernel
    ("delta_u.swapaxes(0, 1)).swapaxes(0, 1) / N", "delta_u.swapaxes(0, 1)).swapaxes(0, 1)"),
    ("delta_u.swapaxes(0, 1)).swapaxes(0, 1) / N", "delta_u.swapaxes(0, 1)) / N"),
    ("delta_u.swapaxes(0, 1)).swapaxes(0, 1) / N", "delta_u.swapaxes(0, 1)[..., ::-1, ::-1]).swapaxes(0, 1) / N"),
    ("delta_u.swapaxes(0, 1)).swapaxes(0, 1) / N", "rot180(delta_u.swapaxes(0, 1))).swapaxes(0, 1) / N"),
    ("delta_u.swapaxes(0, 1)).swapaxes(0, 1) / N", "delta_u.swapaxes(0, 1)).swapaxes(0, 1)[..., ::-1, ::-1] / N"),
    ("_star(f.swapaxes(0, 1), delta_u.swapaxes(0, 1))", "_star(delta_u.swapaxes(0, 1), f.swapaxes(0, 1))"),
    ("N = len(delta)", "N = delta.shape[1]"),
    # to the bias
    ("axis=(0, 2, 3)) / N", "axis=(0, 2, 3))"),
    ("axis=(0, 2, 3)) / N", "axis=(1, 2, 3)) / N"),
    ("axis=(0, 2, 3)) / N", "axis=(0, 1, 2, 3)) / N"),
    ("axis=(0, 2, 3)) / N", "axis=(0, 1, 3)) / N"),
    ("np.sum(delta, axis=(0, 2, 3))", "np.mean(delta, axis=(0, 2, 3))"),
    # ⋆
    ("axes=([1, 2, 3], [0, 3, 4])", "axes=([1, 3, 2], [0, 3, 4])"),
    ("axes=([1, 2, 3], [0, 3, 4])", "axes=([1, 2, 3], [0, 1, 2])"),
    ("for of_image in windows])", "for of_image in windows[::-1]])"),
]
ALIKE = 3, 3, 5, 5, 3, 2, 2
"""As many samples as channels and filters, and squares: no shape gives a slip away, and a few cannot be seen."""
DIFFERENT = SHAPES["samples, channels and filters"]


def agree(module, shape):
    """Compare every function of a conv module with SciPy."""
    W, b, a_prev, delta = layer(shape, whole=True)
    z = np.tanh(a_prev)
    dW, db = module.gradients(delta, a_prev)
    for found, true in [(module.forward(W, b, a_prev), scipy_forward(W, b, a_prev)),
                        (module.input_gradient(W, delta), scipy_input_gradient(W, delta)),
                        (module.hidden_delta(W, delta, z, activations.tanh),
                         scipy_input_gradient(W, delta) / np.cosh(z)**2),
                        (dW, scipy_dW(delta, a_prev)), (db, np.einsum("nkij->k", delta) / len(delta))]:
        assert found.shape == true.shape
        assert np.allclose(found, true)


def notices(shape, right, wrong):
    """Say whether the comparison fails for a module with a slip."""
    module = with_slip(conv, right, wrong)
    try:
        agree(module, shape)
    except (AssertionError, ValueError):
        return True
    return False


def test_scipy_notices_every_slip_where_no_two_sizes_are_the_same(told):
    agree(conv, DIFFERENT)
    alive = [slip for slip in SLIPS if not notices(DIFFERENT, *slip)]
    told(f"conv.py: {len(SLIPS) - len(alive)}/{len(SLIPS)} slips noticed")
    assert alive == []


def test_where_all_sizes_are_the_same_only_what_makes_no_difference_there_goes_unnoticed():
    agree(conv, ALIKE)
    assert {wrong for right, wrong in SLIPS if not notices(ALIKE, right, wrong)} == {
        "(1, 1), (1, 1)]", "(kw - 1, kw - 1), (kh - 1, kh - 1)]", "(kh - 1, kw - 1), (kh - 1, kw - 1)]",
        "N = delta.shape[1]"}
