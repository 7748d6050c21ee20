"""Going backward through a layer is the adjoint of going forward: ⟨Wx, δ⟩ = ⟨x, Wᵀδ⟩, for any W, x and δ;
⟨a ⋆ W, δ⟩ = ⟨a, ∇a⟩ = N⟨W, dW⟩ for any images, kernels and δ.

The entries are whole numbers, whose sums and products are exact: only the mean over the batch rounds.
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mathref import activations, conv, dense

sizes = st.integers(1, 6)


def whole(*shape):
    return arrays(np.float64, shape, elements=st.integers(-1000, 1000))


def inner(u, v):
    return float(np.sum(u * v))


@st.composite
def layers(draw):
    n, m, N = draw(sizes), draw(sizes), draw(sizes)
    return draw(whole(n, m)), draw(whole(m, N)), draw(whole(n, N))


@given(layers())
def test_hidden_delta_is_the_adjoint_of_forward(layer):
    W, x, delta = layer
    Wx = dense.forward(W, np.zeros((len(W), 1)), x)
    WT_delta = dense.hidden_delta(W, delta, np.zeros(x.shape), activations.identity)
    assert inner(Wx, delta) == inner(x, WT_delta)


@given(layers())
def test_dW_is_the_adjoint_of_a_change_of_W(layer):
    W, x, delta = layer
    n, N = delta.shape
    dW, _ = dense.gradients(delta, x)
    Wx = dense.forward(W, np.zeros((n, 1)), x)
    assert np.isclose(inner(Wx, delta), N * inner(W, dW), rtol=1e-12, atol=1e-6)


@given(layers(), st.data())
def test_db_is_the_adjoint_of_a_change_of_b(layer, data):
    W, x, delta = layer
    n, N = delta.shape
    b = data.draw(whole(n, 1))
    _, db = dense.gradients(delta, x)
    shift = dense.forward(W, b, x) - dense.forward(W, np.zeros((n, 1)), x)
    assert np.isclose(inner(shift, delta), N * inner(b, db), rtol=1e-12, atol=1e-6)


@st.composite
def convolutions(draw):
    N, C, K, kh, kw, rows, columns = (draw(st.integers(1, 4)) for _ in range(7))
    return draw(whole(K, C, kh, kw)), draw(whole(N, C, rows + kh - 1, columns + kw - 1)), draw(whole(N, K, rows, columns))


@given(convolutions())
def test_the_input_gradient_is_the_adjoint_of_a_convolution(layer):
    W, a, delta = layer
    assert inner(conv.forward(W, None, a), delta) == inner(a, conv.input_gradient(W, delta))


@given(convolutions())
def test_dW_is_the_adjoint_of_a_change_of_the_kernels(layer):
    W, a, delta = layer
    dW, _ = conv.gradients(delta, a)
    assert np.isclose(inner(conv.forward(W, None, a), delta), len(a) * inner(W, dW), rtol=1e-12, atol=1e-6)


@given(convolutions(), st.data())
def test_db_is_the_adjoint_of_a_change_of_the_filters_bias(layer, data):
    W, a, delta = layer
    b = data.draw(whole(len(W)))
    _, db = conv.gradients(delta, a)
    shift = conv.forward(W, b, a) - conv.forward(W, None, a)
    assert np.isclose(inner(shift, delta), len(a) * inner(b, db), rtol=1e-12, atol=1e-6)


@given(convolutions())
def test_turning_twice_is_nothing_and_the_frame_holds_nothing(layer):
    W, _, delta = layer
    assert np.array_equal(conv.rot180(conv.rot180(W)), W)
    framed = conv.pad(delta, W)
    kh, kw = W.shape[2:]
    assert np.array_equal(framed[:, :, kh - 1:framed.shape[2] - kh + 1, kw - 1:framed.shape[3] - kw + 1], delta)
    assert np.sum(abs(framed)) == np.sum(abs(delta))
