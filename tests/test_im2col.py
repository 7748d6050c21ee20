"""`mathref.im2col` is `mathref.conv` by products of matrices: the same numbers, the same refusals, little memory.

The entries are whole numbers whose sums and products are exact, so that the two have to agree to the last bit; only the
mean over the batch rounds. `im2col` itself is compared with its definition, entry by entry.
"""

import re
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathref import conv, im2col
from slips import with_slip

DTYPES = [np.float32, np.float64, np.complex64, np.complex128]


def whole(seed, *shape, dtype=np.float64):
    """Return whole numbers, small enough for float32."""
    rng = np.random.default_rng(seed)
    numbers = rng.integers(-9, 10, shape)
    return (numbers + 1j * rng.integers(-9, 10, shape) if np.issubdtype(dtype, np.complexfloating) else numbers).astype(dtype)


def layer(N, C_in, C_out, kernel, image, geometry, dtype=np.float64):
    """Return W, b, a_prev, a δ and the geometry as keywords."""
    W, b = whole(1, C_out, C_in, *kernel, dtype=dtype), whole(2, C_out, dtype=dtype)
    a_prev = whole(3, N, C_in, *image, dtype=dtype)
    keywords = dict(zip(["stride", "padding", "dilation"], geometry))
    return W, b, a_prev, whole(4, *conv.forward(W, b, a_prev, **keywords).shape, dtype=dtype), keywords


@st.composite
def layers(draw):
    small, pairs = st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 3))
    kernel, stride, dilation = draw(pairs), draw(pairs), draw(pairs)
    padding = draw(st.tuples(*[st.tuples(st.integers(0, 2), st.integers(0, 2))] * 2))
    image = [max(1, apart * (length - 1) + 1 - sum(zeros)) + draw(st.integers(0, 5))
             for length, apart, zeros in zip(kernel, dilation, padding)]
    return layer(draw(small), draw(small), draw(small), kernel, image, (stride, padding, dilation))


def assert_same(found, true):
    assert (found.shape, found.dtype) == (true.shape, true.dtype)
    assert np.array_equal(found, true)


def agree(module, W, b, a_prev, delta, keywords):
    """Compare a module with `mathref.conv`."""
    assert_same(module.forward(W, b, a_prev, **keywords), conv.forward(W, b, a_prev, **keywords))
    assert_same(module.forward(W, None, a_prev, **keywords), conv.forward(W, None, a_prev, **keywords))
    to_input = dict(keywords, input_shape=a_prev.shape)
    assert_same(module.input_gradient(W, delta, **to_input), conv.input_gradient(W, delta, **to_input))
    to_kernel = dict(keywords, kernel_shape=W.shape)
    for found, true in zip(module.gradients(delta, a_prev, **to_kernel), conv.gradients(delta, a_prev, **to_kernel), strict=True):
        assert_same(found, true)


@given(layers())
def test_it_computes_what_conv_computes_for_any_shapes_stride_padding_and_dilation(drawn):
    agree(im2col, *drawn)


@given(layers(), st.sampled_from([1, 1000, 3000]))
@settings(max_examples=30)
def test_it_makes_no_difference_into_how_many_portions_the_samples_are_cut(drawn, room):
    module = with_slip(im2col, "CACHE = 2**20", f"CACHE = {room}")
    agree(module, *drawn)


@pytest.mark.parametrize("dtype", DTYPES)
def test_numbers_of_every_kind_keep_their_kind(dtype):
    agree(im2col, *layer(4, 2, 3, (3, 2), (7, 8), ((2, 1), ((1, 0), (2, 1)), (1, 2)), dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_where_two_kinds_meet_the_wider_one_comes_out(dtype):
    W, b, a_prev, delta, _ = layer(4, 2, 3, (3, 2), (7, 8), ())
    agree(im2col, W.astype(dtype), b, a_prev.astype(np.float32), delta, {})


def test_whole_numbers_and_lists_are_taken():
    assert im2col.forward([[[[1, 2], [3, -1]]]], [0], [[[[1, 2, 0], [0, 1, 3], [4, 0, 1]]]]).tolist() == [[[[4, 2], [14, 6]]]]


def test_arguments_are_left_as_they_are():
    W, b, a_prev, delta, keywords = drawn = layer(2, 2, 3, (3, 2), (7, 8), (2, 1, 1))
    before = [array.copy() for array in (W, b, a_prev, delta)]
    agree(im2col, *drawn)
    im2col.col2im(im2col.im2col(a_prev, W, **keywords), a_prev, W, **keywords)
    for array, copy in zip((W, b, a_prev, delta), before):
        assert_same(array, copy)


# The columns

@given(layers())
def test_a_column_holds_what_the_kernel_meets_at_one_place(drawn):
    W, _, a_prev, delta, keywords = drawn
    (sh, sw), ((top, bottom), (left, right)), (dh, dw) = keywords.values()
    (N, C_in), (kh, kw), (H, width) = a_prev.shape[:2], W.shape[2:], delta.shape[2:]
    f = np.pad(a_prev, [(0, 0), (0, 0), (top, bottom), (left, right)])
    columns = im2col.im2col(a_prev, W, **keywords)
    assert columns.shape == (C_in * kh * kw, N * H * width)
    for n, c, p, q, i, j in np.ndindex(N, C_in, kh, kw, H, width):
        assert columns[(c * kh + p) * kw + q, (n * H + i) * width + j] == f[n, c, sh * i + dh * p, sw * j + dw * q]


@given(layers(), st.integers(0, 1000))
def test_col2im_is_the_transpose_of_im2col(drawn, seed):
    W, _, a_prev, _, keywords = drawn
    columns = im2col.im2col(a_prev, W, **keywords)
    any_columns = whole(seed, *columns.shape)
    images = im2col.col2im(any_columns, a_prev, W, **keywords)
    assert images.shape == a_prev.shape
    assert np.sum(columns * any_columns) == np.sum(a_prev * images)


@given(layers())
def test_the_input_gradient_is_the_adjoint_of_forward_and_dW_that_of_a_change_of_W(drawn):
    W, _, a_prev, delta, keywords = drawn
    moved = np.sum(im2col.forward(W, None, a_prev, **keywords) * delta)
    assert moved == np.sum(a_prev * im2col.input_gradient(W, delta, **keywords, input_shape=a_prev.shape))
    dW, _ = im2col.gradients(delta, a_prev, **keywords, kernel_shape=W.shape)
    assert np.isclose(moved, len(delta) * np.sum(W * dW), rtol=1e-12, atol=1e-6)


def test_columns_that_are_not_those_of_such_images_are_refused():
    a_prev, W = np.ones((2, 3, 5, 4)), np.ones((1, 3, 2, 2))
    with pytest.raises(ValueError, match=r"columns has shape \(12, 23\); it needs shape \(12, 24\)"):
        im2col.col2im(np.ones((12, 23)), a_prev, W)
    with pytest.raises(ValueError, match=r"columns has shape \(2, 12, 12\); it needs two dimensions, \(12, 24\)"):
        im2col.col2im(np.ones((2, 12, 12)), a_prev, W)
    with pytest.raises(OverflowError, match="col2im: the result is too large for float64"):
        im2col.col2im(np.full((12, 24), 1e308), a_prev, W)


# What is refused: the arguments of `mathref.conv`, in its words

W, B, IMAGES, DELTA = np.ones((2, 3, 3, 2)), np.ones(2), np.ones((4, 3, 5, 7)), np.ones((4, 2, 3, 6))
BIG = np.full((1, 1, 1, 1), 1e200)
BAD = {
    "forward": [
        (W, B, IMAGES[:, :2]), (W, np.ones(3), IMAGES), (W, np.ones((2, 1)), IMAGES), (W, B, IMAGES[0]), (W[0], B, IMAGES),
        (W, B, IMAGES[:, :, :2]), ("W", B, IMAGES), (W, B, IMAGES * np.nan), (W > 0, B, IMAGES), (None, B, IMAGES),
        (W, B, [[[[1, 2], [3]]]]), (W, B, IMAGES[:0]), (W, B, IMAGES, 0), (W, B, IMAGES, 1.5), (W, B, IMAGES, (1, 2, 3)),
        (W, B, IMAGES, True), (W, B, IMAGES, 1, -1), (W, B, IMAGES, 1, "1"), (W, B, IMAGES, 1, ((1, 1, 1), 0)),
        (W, B, IMAGES, 1, 0, 0), (W, B, IMAGES, 1, 0, 3), (BIG, None, BIG)],
    "input_gradient": [
        (W, DELTA[:, :1]), (W, DELTA[0]), (W, DELTA * np.inf), (W, DELTA, 2), (W, DELTA, 1, 0, 1, (4, 3, 5, 6)),
        (W, DELTA, 1, 0, 1, 5), (W, DELTA, 1, 0, 1, (4, 3, 5)), (W, DELTA, 1, 9), (W, DELTA, 0), (BIG, BIG)],
    "gradients": [
        (DELTA[:1], IMAGES), (DELTA, IMAGES[:, :, :2]), (DELTA, IMAGES[0]), (DELTA * np.nan, IMAGES), (np.full(DELTA.shape, 1e308), IMAGES * 0), (DELTA, IMAGES, 2),
        (DELTA, IMAGES, 1, 0, 1, (2, 3, 3, 3)), (DELTA, IMAGES, 1, 0, 1, "no shape"), (DELTA, IMAGES, 1, 0, -1), (BIG, BIG)],
}


def refusal(function, arguments):
    with pytest.raises((TypeError, ValueError, OverflowError)) as info:
        function(*arguments)
    return info.type, str(info.value)


@pytest.mark.parametrize(("name", "arguments"), [(name, arguments) for name in BAD for arguments in BAD[name]])
def test_what_conv_refuses_is_refused_in_the_same_words(name, arguments):
    assert refusal(getattr(im2col, name), arguments) == refusal(getattr(conv, name), arguments)


@given(layers(), st.sampled_from([np.nan, np.inf, -np.inf]), st.data())
@settings(max_examples=150)
def test_what_is_not_finite_is_named_wherever_it_stands_even_where_no_kernel_meets_it(drawn, wrong, data):
    W, b, a_prev, delta, keywords = drawn
    calls = {"forward": ({"W": W, "b": b, "a_prev": a_prev}, {}),
             "input_gradient": ({"W": W, "delta": delta}, {"input_shape": a_prev.shape}),
             "gradients": ({"delta": delta, "a_prev": a_prev}, {"kernel_shape": W.shape})}
    for function, (arrays, shape) in calls.items():
        for name, array in arrays.items():
            place = tuple(data.draw(st.integers(0, length - 1)) for length in array.shape)
            spoilt = array.copy()
            spoilt[place] = wrong
            with pytest.raises(ValueError, match=re.escape(f"{name}{list(place)} is {wrong}")):
                getattr(im2col, function)(**{**arrays, name: spoilt}, **shape, **keywords)


@pytest.mark.parametrize("arguments", BAD["forward"][:-1])
def test_im2col_and_col2im_refuse_images_and_kernels_as_forward_does(arguments):
    kernels, b, images, *geometry = arguments
    if np.shape(b) == (2,):
        expected = refusal(conv.forward, (kernels, None, images, *geometry))
        assert refusal(im2col.im2col, (images, kernels, *geometry)) == expected
        assert refusal(im2col.col2im, (np.ones((4, 18, 18)), images, kernels, *geometry)) == expected


# Memory

def test_the_way_back_of_a_layer_of_middle_size_needs_little_memory_beside_its_results():
    a_prev, kernels = np.ones((16, 32, 28, 28)), np.ones((64, 32, 3, 3))
    delta = np.ones((16, 64, 26, 26))
    tracemalloc.start()
    kept = im2col.input_gradient(kernels, delta), im2col.gradients(delta, a_prev)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * 2**20, f"{peak / 2**20:.1f} MiB"
    assert kept[0].shape == a_prev.shape


# Slips

SLIPS = [  # what stands in mathref/im2col.py, and what a slip makes of it
    (" + b[:, None]", ""),
    (" + b[:, None]", " - b[:, None]"),
    ("filters @ windows.gather(a_prev[some])", "filters[:, ::-1] @ windows.gather(a_prev[some])"),
    ("filters @ windows.gather(a_prev[some])", "filters @ windows.gather(a_prev[some][::-1])"),
    ("reshape(len(W), -1, *windows.places).swapaxes(0, 1)", "reshape(-1, len(W), *windows.places)"),
    ("windows.scatter(filters.T @ _side_by_side(delta[some]))", "windows.scatter(filters[::-1].T @ _side_by_side(delta[some]))"),
    ("windows.scatter(filters.T @ _side_by_side(delta[some]))", "windows.scatter(filters.T @ _side_by_side(delta[some])) / len(W)"),
    ("windows.scatter(filters.T @ _side_by_side(delta[some]))", "windows.scatter(filters.T[::-1] @ _side_by_side(delta[some]))"),
    ("@ windows.gather(a_prev[some]).T", "@ windows.gather(a_prev[some])[::-1].T"),
    ("@ windows.gather(a_prev[some]).T", "@ windows.gather(a_prev[some][::-1]).T"),
    ("dW = sum(_side_by_side(delta[some])", "dW = sum(_side_by_side(delta[some][:, ::-1])"),
    ("windows.portions(a_prev)) / N", "windows.portions(a_prev))"),
    ("np.sum(delta, axis=(0, 2, 3)) / N", "np.sum(delta, axis=(0, 2, 3))"),
    ("np.sum(delta, axis=(0, 2, 3)) / N", "np.sum(delta, axis=(2, 3))[0]"),
    ("delta.swapaxes(0, 1).reshape(delta.shape[1], -1)", "delta.reshape(delta.shape[1], -1)"),
    ("f[self.image] = a.swapaxes(0, 1)", "f[self.image] = a.swapaxes(0, 1)[:, ::-1]"),
    ("f[self.image].swapaxes(0, 1)", "f[self.image][:, ::-1].swapaxes(0, 1)"),
    ("before + length + after for", "before + length + before for"),
    ("slice(before, before + length)", "slice(0, length)"),
    ("if self.padded", "if not self.padded"),
    ("slice(apart * p, apart * p + step * places, step)", "slice(p, p + step * places, step)"),
    ("slice(apart * p, apart * p + step * places, step)", "slice(step * p, step * p + apart * places, apart)"),
    ("slice(apart * p, apart * p + step * places, step)", "slice(apart * p, apart * p + places)"),
    ("zip(self.kernel, self.places, of.stride, of.dilation)", "zip(self.kernel, self.places, of.dilation, of.stride)"),
    ("zip(self.kernel, self.places, of.stride, of.dilation)", "zip(self.kernel, self.places, of.stride[::-1], of.dilation)"),
    ("zip(self.kernel, self.places, of.stride, of.dilation)", "zip(self.kernel, self.places, of.stride, of.dilation[::-1])"),
    ("across[:, q] = f[..., met]", "across[:, -1 - q] = f[..., met]"),
    ("down[:, p] = across[..., met, :]", "down[:, -1 - p] = across[..., met, :]"),
    ("across[..., met, :] += down[:, p]", "across[..., met, :] = down[:, p]"),
    ("across[..., met, :] += down[:, p]", "across[..., met, :] += down[:, -1 - p]"),
    ("f[..., met] += across[:, q]", "f[..., met] = across[:, q]"),
    ("f[..., met] += across[:, q]", "f[..., met] += across[:, -1 - q]"),
    ("return f[self.image]", "return f[..., :self.image[1].stop - self.image[1].start, :self.image[2].stop - self.image[2].start]"),
    ("slice(first, first + step)", "slice(first, first + step - 1)"),
    ("slice(first, first + step)", "slice(first, first + step + 1)"),
    ("range(0, len(a), step)", "range(0, len(a) - step, step)"),
]


def noticed(room, right="CACHE =", wrong="CACHE ="):
    """Say whether a comparison with `mathref.conv` fails for the module with a slip."""
    module = with_slip(im2col, right, wrong)
    module.CACHE = room
    for drawn in (layer(5, 2, 3, (3, 2), (9, 10), ((2, 3), ((0, 2), (2, 1)), (3, 2))), layer(5, 3, 2, (2, 3), (4, 6), (1, 0, 1))):
        try:
            agree(module, *drawn)
        except (AssertionError, ValueError, IndexError, OverflowError):
            return True
    return False


def test_every_slip_is_noticed(told):
    room = 2 * 8 * 18 * 12  # two samples a portion, and one left over
    assert not noticed(room)
    alive = [slip for slip in SLIPS if not noticed(room, *slip)]
    told(f"im2col.py: {len(SLIPS) - len(alive)}/{len(SLIPS)} slips noticed")
    assert alive == []
