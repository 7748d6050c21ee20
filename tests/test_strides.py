"""A convolution with stride, padding and dilation computes the sum that it stands for, and its gradients are derivatives.

The oracles share no code with mathref: the sum written out place by place, as in the definition; a complex step through
that sum; and the numbers that Stanford's CS231n publishes for its assignment. tests/test_pytorch.py compares with PyTorch.
"""

import re
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathref import activations, conv
from mathref.geometry import geometry
from mathref.strides import crop, frame, insert_zeros, keep_every
from slips import with_slip

GEOMETRIES = {  # N, C_in, H, W, C_out, kh, kw; stride, padding, dilation
    "nothing": ((2, 2, 5, 4, 3, 3, 2), {}),
    "stride": ((2, 2, 6, 7, 3, 2, 3), dict(stride=2)),
    "stride that leaves rows over": ((2, 1, 7, 8, 2, 2, 2), dict(stride=3)),
    "two strides": ((1, 2, 5, 7, 2, 3, 2), dict(stride=(2, 3))),
    "stride longer than the kernel": ((2, 2, 7, 6, 2, 1, 2), dict(stride=(3, 4))),
    "padding": ((2, 2, 3, 4, 3, 3, 2), dict(padding=1)),
    "two paddings": ((1, 2, 3, 4, 2, 2, 2), dict(padding=(2, 1))),
    "padding on one side": ((2, 1, 3, 4, 2, 3, 2), dict(padding=((1, 0), (0, 2)))),
    "padding wider than the kernel": ((1, 1, 2, 2, 2, 2, 2), dict(padding=3)),
    "dilation": ((2, 2, 6, 7, 3, 2, 3), dict(dilation=2)),
    "two dilations": ((1, 2, 7, 5, 2, 3, 2), dict(dilation=(3, 2))),
    "dilated kernel as large as the framed image": ((2, 1, 3, 4, 2, 2, 3), dict(padding=(1, 0), dilation=(4, 1))),
    "all": ((2, 3, 6, 5, 4, 3, 2), dict(stride=(2, 1), padding=((1, 0), (2, 1)), dilation=(1, 3))),
    "all, with rows left over": ((3, 2, 7, 8, 2, 2, 3), dict(stride=(3, 2), padding=((2, 1), (0, 1)), dilation=(2, 2))),
}
every_geometry = pytest.mark.parametrize(("shape", "steps"), GEOMETRIES.values(), ids=GEOMETRIES)


def by_definition(W, b, a_prev, stride=1, padding=0, dilation=1):
    """Return z, every product of a weight and an input taken by itself; what lies in the frame is no input."""
    (sh, sw), (dh, dw) = np.broadcast_to(stride, 2), np.broadcast_to(dilation, 2)
    (top, bottom), (left, right) = np.broadcast_to(np.reshape(padding, (-1, 1)) if np.ndim(padding) == 1 else padding, (2, 2))
    (N, C_in, H, width), (C_out, _, kh, kw) = a_prev.shape, W.shape
    rows = [i for i in range(-top, H + bottom) if i + dh * (kh - 1) < H + bottom][::sh]
    columns = [j for j in range(-left, width + right) if j + dw * (kw - 1) < width + right][::sw]
    z = np.zeros((N, C_out, len(rows), len(columns)), np.result_type(W, a_prev, b))
    for n, k, (i, row), (j, column) in product(range(N), range(C_out), enumerate(rows), enumerate(columns)):
        for c, p, q in product(range(C_in), range(kh), range(kw)):
            at = row + dh * p, column + dw * q
            if 0 <= at[0] < H and 0 <= at[1] < width:
                z[n, k, i, j] += W[k, c, p, q] * a_prev[n, c, at[0], at[1]]
        z[n, k, i, j] += b[k]
    return z


def layer(shape, steps):
    """Return W, b, a_prev and a δ of whole numbers, whose sums and products are exact."""
    N, C_in, H, W, C_out, kh, kw = shape
    rng = np.random.default_rng(shape)
    kernels, bias, images = (rng.integers(-99, 99, size).astype(float) for size in ((C_out, C_in, kh, kw), C_out, (N, C_in, H, W)))
    delta = rng.integers(-99, 99, by_definition(kernels, bias, images, **steps).shape).astype(float)
    return kernels, bias, images, delta


def derivative(f, x):
    """Return the derivative of a number f for every entry of x, by complex step."""
    grad = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        stepped = x.astype(complex)
        stepped[place] += 1e-20j
        grad[place] = f(stepped).imag / 1e-20
    return grad


@every_geometry
class TestEveryGeometry:
    def test_forward_is_the_sum_of_the_products_over_the_kernel_and_the_channels(self, shape, steps):
        W, b, a_prev, _ = layer(shape, steps)
        assert np.array_equal(conv.forward(W, b, a_prev, **steps), by_definition(W, b, a_prev, **steps))

    def test_the_input_gradient_is_the_derivative_by_the_input(self, shape, steps):
        W, b, a_prev, delta = layer(shape, steps)
        true = derivative(lambda a: np.sum(delta * by_definition(W, b, a, **steps)), a_prev)
        grad_a = conv.input_gradient(W, delta, **steps, input_shape=a_prev.shape)
        assert grad_a.shape == a_prev.shape
        assert np.allclose(grad_a, true, rtol=1e-13, atol=1e-9)

    def test_the_hidden_delta_is_the_derivative_by_what_was_activated(self, shape, steps):
        W, b, z, delta = layer(shape, steps)
        z = z / 99
        true = derivative(lambda z: np.sum(delta * by_definition(W, b, np.tanh(z), **steps)), z)
        assert np.allclose(conv.hidden_delta(W, delta, z, activations.tanh, **steps), true, rtol=1e-12, atol=1e-8)

    def test_the_gradients_are_the_derivatives_by_the_parameters_averaged_over_the_samples(self, shape, steps):
        W, b, a_prev, delta = layer(shape, steps)
        N = len(delta)
        dW, db = conv.gradients(delta, a_prev, **steps, kernel_shape=W.shape)
        assert dW.shape == W.shape and db.shape == b.shape
        assert np.allclose(dW, derivative(lambda W: np.sum(delta * by_definition(W, b, a_prev, **steps)), W) / N, rtol=1e-13, atol=1e-9)
        assert np.allclose(db, derivative(lambda b: np.sum(delta * by_definition(W, b, a_prev, **steps)), b) / N, rtol=1e-13, atol=1e-9)

    def test_the_output_is_as_large_as_the_formula_says(self, shape, steps):
        W, b, a_prev, delta = layer(shape, steps)
        assert geometry(**steps).output(a_prev.shape, W.shape) == delta.shape[2:]

    def test_a_shape_that_is_left_out_is_found_or_asked_for(self, shape, steps):
        """Never guessed: with a wrong guess a gradient would have another size than what it is for."""
        W, b, a_prev, delta = layer(shape, steps)
        for call, name, wanted in ((lambda: conv.input_gradient(W, delta, **steps), "input_shape", a_prev.shape),
                                   (lambda: conv.gradients(delta, a_prev, **steps)[0], "kernel_shape", W.shape)):
            try:
                assert call().shape == wanted
            except ValueError as error:
                assert re.match(rf"{name} is None, but the stride leaves it open: it needs to be \(", str(error))
                assert "stride" in steps


# Any geometry

@st.composite
def layers(draw):
    """A kernel, an image and an error of whole numbers that fit, and the steps that they fit with."""
    number, step = st.integers(1, 3), st.integers(1, 3)
    pairs, sides = st.tuples(step, step), st.tuples(st.integers(0, 2), st.integers(0, 2))
    steps = dict(stride=draw(pairs), padding=draw(st.tuples(sides, sides)), dilation=draw(pairs))
    C_out, C_in, kh, kw, N = (draw(number) for _ in range(5))
    reach = [d * (k - 1) + 1 - sum(side) for d, k, side in zip(steps["dilation"], (kh, kw), steps["padding"])]
    H, W = (draw(st.integers(max(least, 1), max(least, 1) + 4)) for least in reach)
    shape = N, C_in, H, W, C_out, kh, kw
    return *layer(shape, steps), steps


@given(layers())
def test_forward_is_the_sum_in_any_geometry(drawn):
    W, b, a_prev, _, steps = drawn
    assert np.array_equal(conv.forward(W, b, a_prev, **steps), by_definition(W, b, a_prev, **steps))


@given(layers())
def test_going_backward_is_the_adjoint_of_going_forward(drawn):
    W, b, a_prev, delta, steps = drawn
    z = conv.forward(W, None, a_prev, **steps)
    grad_a = conv.input_gradient(W, delta, **steps, input_shape=a_prev.shape)
    dW, _ = conv.gradients(delta, a_prev, **steps, kernel_shape=W.shape)
    assert np.sum(z * delta) == np.sum(a_prev * grad_a)
    assert np.isclose(np.sum(z * delta), len(delta) * np.sum(W * dW), rtol=1e-12, atol=1e-6)


# The four maps

def planes(*shape):
    return np.arange(1.0, 1 + np.prod(shape)).reshape(shape)


def test_frame_lays_zeros_above_below_left_and_right():
    framed = frame(planes(1, 1, 1, 2), ((1, 2), (0, 3)))
    assert framed.tolist() == [[[[0, 0, 0, 0, 0], [1, 2, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]]]


def test_insert_zeros_puts_them_between_rows_and_columns_and_at_the_end_where_asked():
    assert insert_zeros(planes(1, 1, 2, 2), (1, 3)).tolist() == [[[[1, 0, 0, 2], [3, 0, 0, 4]]]]
    assert insert_zeros(planes(1, 1, 1, 2), 2, (2, 4)).tolist() == [[[[1, 0, 2, 0], [0, 0, 0, 0]]]]


@given(st.tuples(*[st.integers(0, 3)] * 4), st.tuples(*[st.integers(1, 4)] * 6))
def test_crop_is_the_adjoint_of_frame_and_insert_zeros_of_keep_every(sides, sizes):
    padding, (rows, columns, *step, N, C) = (sides[:2], sides[2:]), sizes
    a, wide = planes(N, C, rows, columns), planes(N, C, rows + sum(sides[:2]), columns + sum(sides[2:]))[..., ::-1]
    assert np.sum(frame(a, padding) * wide) == np.sum(a * crop(wide, padding))
    kept = keep_every(a, step)
    other = planes(*kept.shape)[..., ::-1]
    assert np.sum(kept * other) == np.sum(a * insert_zeros(other, step, (rows, columns)))


# Numbers of others

def test_the_numbers_that_cs231n_publishes_for_its_convolution_come_out():
    x, w, b = (np.linspace(first, last, int(np.prod(shape))).reshape(shape)
               for first, last, shape in ((-0.1, 0.5, (2, 3, 4, 4)), (-0.2, 0.3, (3, 3, 4, 4)), (-0.1, 0.2, (3,))))
    published = [[[[-0.08759809, -0.10987781], [-0.18387192, -0.2109216]],
                  [[0.21027089, 0.21661097], [0.22847626, 0.23004637]],
                  [[0.50813986, 0.54309974], [0.64082444, 0.67101435]]],
                 [[[-0.98053589, -1.03143541], [-1.19128892, -1.24695841]],
                  [[0.69108355, 0.66880383], [0.59480972, 0.56776003]],
                  [[2.36270298, 2.36904306], [2.38090835, 2.38247847]]]]
    assert np.allclose(conv.forward(w, b, x, stride=2, padding=1), published, rtol=0, atol=1e-8)


# What does not fit

W, a_prev, delta = np.ones((2, 3, 3, 2)), np.ones((4, 3, 5, 6)), np.ones((4, 2, 2, 3))  # with stride 2


@pytest.mark.parametrize(("wrong", "error", "message"), [
    (dict(stride=0), ValueError, "stride is 0; it needs to be at least 1"),
    (dict(stride=(2, -1)), ValueError, r"stride is \(2, -1\); it needs to be at least 1"),
    (dict(dilation=0), ValueError, "dilation is 0; it needs to be at least 1"),
    (dict(padding=-1), ValueError, "padding is -1; it needs to be at least 0"),
    (dict(padding=((0, 1), (-2, 0))), ValueError, r"padding is \(-2, 0\); it needs to be at least 0"),
    (dict(stride=1.0), TypeError, "stride is 1.0; it needs to be a whole number, or one for rows and one for columns"),
    (dict(stride=True), TypeError, "stride is True; it needs to be a whole number"),
    (dict(stride=(1, 2, 3)), TypeError, r"stride is \(1, 2, 3\); it needs to be a whole number"),
    (dict(padding="same"), TypeError, "padding is 'same'; it needs to be a whole number"),
    (dict(dilation=None), TypeError, "dilation is None; it needs to be a whole number"),
])
def test_a_step_that_is_none_is_refused_everywhere(wrong, error, message):
    for call in (lambda: conv.forward(W, None, a_prev, **wrong),
                 lambda: conv.input_gradient(W, delta, **{"stride": 2, **wrong}, input_shape=a_prev.shape),
                 lambda: conv.gradients(delta, a_prev, **{"stride": 2, **wrong}, kernel_shape=W.shape),
                 lambda: conv.hidden_delta(W, delta, a_prev, activations.tanh, **{"stride": 2, **wrong})):
        with pytest.raises(error, match=message):
            call()


@pytest.mark.parametrize(("call", "message"), [
    (lambda: conv.forward(W, None, a_prev, dilation=3),
     r"a_prev has shape \(4, 3, 5, 6\), but W has shape \(2, 3, 3, 2\): a_prev needs shape \(N, 3, H >= 7, W >= 4\)"),
    (lambda: conv.forward(W, None, a_prev, dilation=4, padding=((1, 2), (0, 0))), r".* needs shape \(N, 3, H >= 6, W >= 5\)"),
    (lambda: conv.input_gradient(W, delta, stride=2),
     r"input_shape is None, but the stride leaves it open: it needs to be \(4, 3, 5 or 6, 6 or 7\)"),
    (lambda: conv.input_gradient(W, delta, stride=2, input_shape=(4, 3, 7, 6)),
     r"input_shape is \(4, 3, 7, 6\); it needs to be \(4, 3, 5 or 6, 6 or 7\)"),
    (lambda: conv.input_gradient(W, delta, stride=2, input_shape=(5, 3, 5, 6)), r"input_shape is \(5, 3, 5, 6\); it needs"),
    (lambda: conv.input_gradient(W, delta, stride=2, input_shape=(5, 6)), r"input_shape is \(5, 6\); it needs to be \(4, 3, "),
    (lambda: conv.input_gradient(W, delta[:, :, :1, :1], padding=3),
     r"padding is \(\(3, 3\), \(3, 3\)\), but delta has planes of 1×1: .* nothing would be left of the image"),
    (lambda: conv.hidden_delta(W, delta, np.ones((4, 3, 7, 6)), activations.tanh, stride=2),
     r"z has shape \(4, 3, 7, 6\), but .*: z needs shape \(4, 3, 5 or 6, 6 or 7\)"),
    (lambda: conv.gradients(delta, a_prev, stride=2),
     r"kernel_shape is None, but the stride leaves it open: it needs to be \(2, 3, 2 or 3, 1 or 2\)"),
    (lambda: conv.gradients(delta, a_prev, stride=2, kernel_shape=(2, 3, 4, 2)), r"kernel_shape is \(2, 3, 4, 2\); it needs"),
    (lambda: conv.gradients(delta, a_prev, stride=9),
     r"a_prev has shape \(4, 3, 5, 6\), but delta has shape \(4, 2, 2, 3\): a_prev needs shape \(4, C_in, H >= 10, W >= 19\)"),
    (lambda: conv.gradients(delta, a_prev, dilation=2),
     r"delta has shape .*, but a_prev has shape .*: with stride \(1, 1\), padding .* no kernel leads from one to the other"),
])
def test_a_geometry_that_cannot_be_is_refused_with_the_one_that_can(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call()


@pytest.mark.parametrize(("shape", "name"), [((5, 6), "input_shape"), (7, "input_shape"), ((4, 3, 5.0, 6), "input_shape")])
def test_a_shape_that_is_none_is_refused(shape, name):
    with pytest.raises((TypeError, ValueError), match=f"{name} is .*; it needs to be"):
        conv.input_gradient(W, delta, stride=2, input_shape=shape)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: frame(np.ones((2, 2)), 1), r"a has shape \(2, 2\); it needs four dimensions"),
    (lambda: keep_every(np.ones(3), 1), r"u has shape \(3,\); it needs four dimensions"),
    (lambda: insert_zeros(np.ones((2, 2)), 1), r"delta has shape \(2, 2\); it needs four dimensions"),
    (lambda: crop(np.ones((1, 1, 2, 5)), 1), r"padding is 1, but grad_f has shape \(1, 1, 2, 5\): nothing of it would be left"),
    (lambda: insert_zeros(np.ones((1, 1, 2, 2)), 2, (5, 3)), r"size is \(5, 3\), but delta has shape .* at least \(3, 3\)"),
    (lambda: insert_zeros(np.ones((1, 1, 2, 2)), 2, (3, 2)), r"size is \(3, 2\), but delta has shape .* at least \(3, 3\)"),
])
def test_the_maps_refuse_what_they_cannot_map(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call()


# Slips

SLIPS = [  # what stands in mathref/conv.py, and what a slip makes of it
    ("f, V = frame(a_prev, padding)", "f, V = a_prev"),
    ("f, V = frame(a_prev, padding), insert_zeros(W, dilation)", "f, V = frame(a_prev, padding), W"),
    ("f, V = frame(a_prev, padding), insert_zeros(W, dilation)", "f, V = frame(a_prev, padding), insert_zeros(W, stride)"),
    ("keep_every(_star(f, V), stride)", "_star(f, V)"),
    ("keep_every(_star(f, V), stride)", "keep_every(_star(f, V), dilation)"),
    ("insert_zeros(delta, stride, of.places(input_shape, W.shape)), insert_zeros(W, dilation)",
     "insert_zeros(delta, stride), insert_zeros(W, dilation)"),
    ("of.places(input_shape, W.shape)), insert_zeros(W, dilation)", "of.places(input_shape, W.shape)), W"),
    ("pad(delta_u, V)", "pad(delta_u, W)"),
    ("grad_a = crop(grad_f, padding)", "grad_a = grad_f"),
    ("grad_a = crop(grad_f, padding)", "grad_a = crop(grad_f, [side[::-1] for side in of.padding])"),
    ("padding, dilation, z.shape)", "padding, 1, z.shape)"),
    ("f, delta_u = frame(a_prev, padding)", "f, delta_u = a_prev"),
    ("insert_zeros(delta, stride, of.places(a_prev.shape, kernel_shape))", "delta"),
    ("insert_zeros(delta, stride, of.places(a_prev.shape, kernel_shape))", "insert_zeros(delta, stride)"),
    ("dW = keep_every(dV, dilation)", "dW = dV"),
    ("dW = keep_every(dV, dilation)", "dW = keep_every(dV, stride)"),
    ("a_prev, kernel_shape)\n    N = len(delta)", "a_prev, kernel_shape)\n    N = delta.shape[1]"),
]


@pytest.mark.parametrize(("right", "wrong"), SLIPS)
def test_a_slip_in_the_steps_is_noticed(right, wrong):
    module = with_slip(conv, right, wrong)

    def agrees(shape, steps):
        W, b, a_prev, delta = layer(shape, steps)
        b = 0 * b
        z = module.forward(W, b, a_prev, **steps)
        grad_a = module.input_gradient(W, delta, **steps, input_shape=a_prev.shape)
        dW, _ = module.gradients(delta, a_prev, **steps, kernel_shape=W.shape)
        hidden = module.hidden_delta(W, delta, a_prev, activations.identity, **steps)
        return (np.array_equal(z, by_definition(W, b, a_prev, **steps)) and np.sum(z * delta) == np.sum(a_prev * grad_a)
                and np.array_equal(hidden, grad_a) and grad_a.shape == a_prev.shape and dW.shape == W.shape
                and np.isclose(np.sum(z * delta), len(delta) * np.sum(W * dW)))
    try:
        assert not all(agrees(*GEOMETRIES[name]) for name in ("all, with rows left over", "stride that leaves rows over"))
    except ValueError:
        pass  # shapes that do not fit are noticed too
