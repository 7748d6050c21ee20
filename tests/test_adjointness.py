"""Going backward through a layer is the adjoint of going forward: ⟨Wx, δ⟩ = ⟨x, Wᵀδ⟩, for any W, x and δ.

The entries are whole numbers, whose sums and products are exact: only the mean over the batch rounds.
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mathref import activations, dense

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
