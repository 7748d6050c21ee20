"""Max-pooling takes the largest entry of every window, and sends its error back to that entry alone."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from mathref import pooling
from mathref.gradcheck import central_difference, complex_step, relative_error
from slips import with_slip

SIZES = [1, 2, 3, (2, 3), (3, 1), (1, 4)]


def images(N, C, H, W, seed=0):
    """Numbers that are all different, and no two of them close."""
    order = np.random.default_rng([seed, N, C, H, W]).permutation(N * C * H * W)
    return (order.reshape(N, C, H, W) - order.size // 2) / 8


def by_scipy(a, size):
    """The same by a filter that takes the largest entry around every place, read where the windows begin."""
    ph, pw = size if isinstance(size, tuple) else (size, size)
    largest = ndimage.maximum_filter(a, (1, 1, ph, pw), origin=(0, 0, -(ph // 2), -(pw // 2)), mode="constant", cval=-np.inf)
    H, W = a.shape[2] // ph * ph, a.shape[3] // pw * pw
    return largest[:, :, :H:ph, :W:pw]


def agree(module, shape, size):
    a_prev = images(*shape)
    a = module.forward(a_prev, size)
    assert np.array_equal(a, by_scipy(a_prev, size))
    delta = np.random.default_rng(1).normal(size=a.shape)

    def cost(a_prev):
        return np.sum(delta * module.forward(a_prev, size))

    found = module.input_gradient(a_prev, delta, size)
    assert found.shape == a_prev.shape
    assert relative_error(found, complex_step(cost, a_prev)) < 1e-12
    assert relative_error(found, central_difference(cost, a_prev)) < 1e-5


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("shape", [(2, 3, 6, 4), (1, 1, 3, 4), (3, 2, 5, 7)], ids=str)
def test_forward_and_gradient_are_those_of_a_filter_of_scipy_and_of_differences(shape, size):
    agree(pooling, shape, size)


sizes = st.integers(1, 3)


@given(st.tuples(sizes, sizes, st.integers(1, 7), st.integers(1, 7)), sizes, sizes, st.integers(0, 99))
def test_backward_is_the_adjoint_of_forward_where_the_choice_stays(shape, ph, pw, seed):
    """Near a place pooling is linear: what it does to a small change v has with δ the product that v has with ∇a."""
    N, C, H, W = shape
    if H < ph or W < pw:
        return
    a_prev, rng = images(*shape, seed), np.random.default_rng(seed)
    v = rng.integers(-9, 10, shape) / 2**20
    forward = pooling.forward(a_prev + v, (ph, pw)) - pooling.forward(a_prev, (ph, pw))
    delta = rng.integers(-9, 10, forward.shape)
    assert np.sum(forward * delta) == np.sum(v * pooling.input_gradient(a_prev, delta, (ph, pw)))


@given(st.integers(0, 99))
def test_every_error_arrives_once(seed):
    a_prev = images(2, 3, 6, 6, seed)
    delta = np.random.default_rng(seed).integers(1, 100, (2, 3, 3, 2))
    grad_a = pooling.input_gradient(a_prev, delta, (2, 3))
    assert np.count_nonzero(grad_a) == delta.size and np.sum(grad_a) == np.sum(delta)


def test_rows_and_columns_that_are_left_over_count_for_nothing():
    a_prev = images(1, 1, 5, 5)
    changed = a_prev.copy()
    changed[..., 4, :] = changed[..., :, 4] = 1000
    assert np.array_equal(pooling.forward(changed, 2), pooling.forward(a_prev, 2))
    grad_a = pooling.input_gradient(changed, np.ones((1, 1, 2, 2)), 2)
    assert not grad_a[..., 4, :].any() and not grad_a[..., :, 4].any()


def test_of_equal_entries_the_first_gets_the_error():
    grad_a = pooling.input_gradient(np.zeros((1, 1, 2, 2)), [[[[5.0]]]], 2)
    assert np.array_equal(grad_a[0, 0], [[5, 0], [0, 0]])


def test_a_dtype_is_kept_and_nothing_passed_in_changes():
    for dtype in (np.float32, np.float64, np.complex128):
        a_prev, delta = images(1, 2, 4, 4).astype(dtype), np.ones((1, 2, 2, 2), dtype)
        before = a_prev.copy()
        a, grad_a = pooling.forward(a_prev, 2), pooling.input_gradient(a_prev, delta, 2)
        assert a.dtype == grad_a.dtype == dtype
        a += 1
        grad_a += 1
        assert np.array_equal(a_prev, before) and np.all(delta == 1)
    whole = pooling.forward(np.arange(4).reshape(1, 1, 2, 2), 1)
    assert whole.dtype == np.float64


A = np.ones((2, 3, 4, 5))
REFUSED = {
    "a matrix": (lambda: pooling.forward(np.ones((4, 4)), 2), ValueError,
                 r"a_prev has shape \(4, 4\); it needs four dimensions.*; one image or kernel is written with shape \(1, 1, 4, 4\)"),
    "words": (lambda: pooling.forward([[[["a"]]]], 1), TypeError, "a_prev has type list and dtype"),
    "a hole": (lambda: pooling.forward(np.full((1, 1, 2, 2), np.nan), 1), ValueError, r"a_prev\[0, 0, 0, 0\] is nan"),
    "no room": (lambda: pooling.forward(A, (5, 2)), ValueError, r"a_prev has shape \(2, 3, 4, 5\).*\(N, C, H >= 5, W >= 2\)"),
    "size 0": (lambda: pooling.forward(A, 0), ValueError, "size is 0; it needs to be 1 or more"),
    "a negative size": (lambda: pooling.forward(A, (2, -1)), ValueError, r"size is \(2, -1\); it needs to be 1 or more"),
    "three sizes": (lambda: pooling.forward(A, (1, 1, 1)), ValueError, r"size is \(1, 1, 1\); it needs to be 1 or more, or a pair"),
    "half a size": (lambda: pooling.forward(A, 1.5), TypeError, "size is 1.5; it needs to be an integer or a pair"),
    "a true size": (lambda: pooling.forward(A, True), TypeError, "size is True; it needs to be an integer or a pair"),
    "delta of another shape": (lambda: pooling.input_gradient(A, np.ones((2, 3, 2, 3)), 2), ValueError,
                               r"delta has shape \(2, 3, 2, 3\); it needs shape \(2, 3, 2, 2\)"),
    "delta of words": (lambda: pooling.input_gradient(A, "a", 2), TypeError, "delta has type str"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_bad_input_is_refused_in_words(what):
    call, error, message = REFUSED[what]
    with pytest.raises(error) as info:
        call()
    assert re.match(message, str(info.value)), str(info.value)


SLIPS = {
    "np.argmax(windows.real": "np.argmin(windows.real",
    "np.argmax(windows.real, axis=-1)": "np.argmax(np.abs(windows), axis=-1)",
    "reshape(N, C, rows, ph, columns, pw).swapaxes(3, 4)": "reshape(N, C, rows, ph, columns, pw)",
    "reshape(N, C, rows, columns, ph, pw).swapaxes(3, 4)": "reshape(N, C, rows, columns, ph, pw)",
    "grad_a[:, :, :rows * ph, :columns * pw] = (": "grad_a[:, :, -rows * ph:, -columns * pw:] = (",
    "np.put_along_axis(placed, chosen, delta[..., None], axis=-1)": "placed[...] = delta[..., None]",
    "a_prev[:, :, :rows * ph, :columns * pw]": "a_prev[:, :, -rows * ph:, -columns * pw:]",
    "rows, columns = H // ph, W // pw": "rows, columns = H // pw, W // ph",
}


@pytest.mark.parametrize("right", SLIPS)
def test_a_slip_in_the_module_is_noticed(right):
    changed = with_slip(pooling, right, SLIPS[right])
    with pytest.raises((AssertionError, ValueError)):
        for size in SIZES:
            agree(changed, (3, 2, 5, 7), size)
