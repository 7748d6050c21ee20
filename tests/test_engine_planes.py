r"""The engine on convolutions, against a forward pass written with SciPy's `correlate2d`, which shares no code with it."""

import re

import numpy as np
import pytest
from engine_fixture import CHANNELS, LAYERS, PLANES, PLANES_IN_LAYERS, run, run_of, session_of, value
from numpy.testing import assert_allclose
from scipy.signal import convolve2d, correlate2d

from mathref.engine.errors import ConditionError, EquationError, LatexError, MeaningError, NotFalse, NotTrue, ShapeError
from mathref.engine.marking import marked
from mathref.engine.networks import ACTIVATIONS, GEOMETRIES
from mathref.engine.symbols import Key

STEP = 1e-30
SIGMA = {"sigmoid": lambda z: 1 / (1 + np.exp(-z)), "tanh": np.tanh, "softplus": lambda z: np.log(1 + np.exp(z)),
         "relu": lambda z: z * (np.real(z) > 0), "identity": lambda z: 1 * z}
every_geometry = pytest.mark.parametrize("network", GEOMETRIES, ids=str)
DISPLAY_34 = (
    r"\begin{pmatrix} \nabla a_{11} & \nabla a_{12} & \nabla a_{13} \\ \nabla a_{21} & \nabla a_{22} & \nabla a_{23} \\"
    r" \nabla a_{31} & \nabla a_{32} & \nabla a_{33} \end{pmatrix} = \begin{pmatrix} 0 & 0 & 0 & 0 \\"
    r" 0 & \delta_{11} & \delta_{12} & 0 \\ 0 & \delta_{21} & \delta_{22} & 0 \\ 0 & 0 & 0 & 0 \end{pmatrix}"
    r" \star \begin{pmatrix} w_{22} & w_{21} \\ w_{12} & w_{11} \end{pmatrix}")


@pytest.fixture
def flat():
    return session_of(PLANES)


@pytest.fixture
def layers():
    return session_of(PLANES_IN_LAYERS)


@pytest.fixture
def channels():
    return session_of(CHANNELS)


class Plain:
    """A convolutional network with channels and samples, written down once more; any array in it can be moved."""

    def __init__(self, session, network, samples):
        self.run, self.network, self.samples = run_of(session, samples, network), network, samples
        self.given = {"x": self.stack("x", None, samples, network.channels[0]),
                      "y": self.stack("y", None, samples, network.channels[-1])}
        for k in range(1, network.depth + 1):
            self.given[f"W{k}"] = self.stack("W", k, network.channels[k], network.channels[k - 1])
            self.given[f"b{k}"] = np.array([self.run.value(Key("b", k, (i,))) for i in range(network.channels[k])])

    def stack(self, name, layer, rows, columns):
        return np.array([[self.run.value(Key(name, layer, (i, j))) for j in range(columns)] for i in range(rows)])

    def forward(self, moved=None):
        known = {**self.given, **(moved or {})}
        known.setdefault("a0", known["x"])
        sigma = SIGMA[self.network.activation]
        for k in range(1, self.network.depth + 1):
            image, W, b = known[f"a{k - 1}"], known[f"W{k}"], known[f"b{k}"]
            known.setdefault(f"z{k}", np.array([
                [sum(correlate2d(image[n, c], np.conj(W[f, c]), "valid") for c in range(W.shape[1])) + b[f]
                 for f in range(W.shape[0])] for n in range(self.samples)]))
            known.setdefault(f"a{k}", sigma(known[f"z{k}"]))
        known["costs"] = 0.5 * np.sum((known[f"a{self.network.depth}"] - known["y"])**2, axis=(1, 2, 3))
        return known

    def gradient(self, name, of):
        point = self.forward()[name]
        found = np.empty(point.shape)
        for place in np.ndindex(point.shape):
            moved = point.astype(complex)
            moved[place] += 1j * STEP
            found[place] = np.imag(of(self.forward({name: moved}))) / STEP
        return found

    def close(self):
        return {"rtol": 1e-6, "atol": 1e-8} if self.network.activation == "relu" else {"rtol": 1e-11, "atol": 1e-14}


@every_geometry
def test_the_star_is_the_valid_cross_correlation(flat, network):
    plain = run_of(flat, network=network)
    a, W = plain.value(Key("a")), plain.value(Key("W"))
    assert (a.shape, W.shape) == (network.image, network.kernels[0])
    assert_allclose(value(plain, r"a \star W"), correlate2d(a, W, "valid"), rtol=1e-13)
    assert_allclose(value(plain, r"a \star \operatorname{rot180}(W)"), convolve2d(a, W, "valid"), rtol=1e-13)
    assert_allclose(value(plain, "z"), correlate2d(a, W, "valid") + plain.value(Key("b")), rtol=1e-13)
    assert_allclose(value(plain, r"\operatorname{pad}(\delta) \star \operatorname{rot180}(W)"),
                    convolve2d(value(plain, r"\delta"), W, "full"), rtol=1e-12)


def test_turning_framing_and_unrolling_are_what_numpy_makes_of_them(flat):
    plain = run_of(flat, network=GEOMETRIES[3])
    W, delta = plain.value(Key("W")), value(plain, r"\delta")
    assert np.array_equal(value(plain, r"\operatorname{rot180}(W)"), np.rot90(W, 2))
    assert np.array_equal(value(plain, r"\operatorname{pad}(\delta)"), np.pad(delta, ((2, 2), (1, 1))))
    assert np.array_equal(value(plain, r"\operatorname{ring}(\delta)"), np.pad(delta, 1))
    assert np.array_equal(value(plain, r"\operatorname{vec}(W)"), W.reshape(-1, 1))


def test_an_entry_may_be_taken_of_a_bracket_and_by_a_sum_of_indices(flat):
    plain = run_of(flat, network=GEOMETRIES[3])
    a, W = plain.value(Key("a")), plain.value(Key("W"))
    assert value(plain, "a_{i+p-1,j+q-1}", i=1, p=2, j=0, q=1) == a[3, 1]
    assert value(plain, "w_{32}") == value(plain, "W_{32}") == W[2, 1]
    assert value(plain, r"(\operatorname{rot180}(W))_{12}") == W[2, 0]
    assert value(plain, r"\sum_{p=2}^{3} w_{p1}") == W[1, 0] + W[2, 0]
    assert_allclose(value(plain, r"\sum_{p} \sum_{q} w_{pq}"), W.sum())


@pytest.mark.parametrize("samples", [1, 3])
@every_geometry
def test_every_derivative_of_every_plane_is_the_one_found_through_scipy(channels, network, samples):
    plain = Plain(channels, network, samples)
    known = plain.forward()
    assert_allclose(value(plain.run, "C"), known["costs"].mean(), rtol=1e-12)
    for k in range(1, network.depth + 1):
        W, b = (plain.gradient(f"{name}{k}", lambda known: known["costs"].mean()) for name in "Wb")
        delta, nabla_a = (plain.gradient(f"{name}{k}", lambda known: known["costs"].sum()) for name in "za")
        for f in range(network.channels[k]):
            assert_allclose(value(plain.run, r"\frac{\partial C}{\partial b^{l}_{k}}", l=k, k=f), b[f], **plain.close())
            for c in range(network.channels[k - 1]):
                gradient = value(plain.run, r"\frac{\partial C}{\partial W^{l}_{k,c}}", l=k, k=f, c=c)
                assert_allclose(gradient, W[f, c], **plain.close())
            for n in range(samples):
                assert_allclose(value(plain.run, "z^{l}_{n,k}", l=k, n=n, k=f), known[f"z{k}"][n, f], rtol=1e-12)
                assert_allclose(value(plain.run, r"\delta^{l}_{n,k}", l=k, n=n, k=f), delta[n, f], **plain.close())
                assert_allclose(value(plain.run, r"\nabla a^{l}_{n,c}", l=k, n=n, c=f), nabla_a[n, f], **plain.close())


@every_geometry
def test_the_jacobian_of_a_convolution_is_its_kernel_where_they_meet_and_zero_elsewhere(flat, network):
    plain = run_of(flat, network=network)
    W = plain.value(Key("W"))
    rows, columns = network.planes[1]
    for i, j, m, n in np.ndindex(rows, columns, *network.image):
        found = value(plain, r"\frac{\partial z_{ij}}{\partial a_{mn}}", i=i, j=j, m=m, n=n)
        p, q = m - i, n - j
        inside = 0 <= p < W.shape[0] and 0 <= q < W.shape[1]
        assert_allclose(found, W[p, q] if inside else 0, rtol=1e-6, atol=1e-9)


def test_the_stack_of_all_planes_is_the_array_that_mathref_takes(channels):
    plain = Plain(channels, GEOMETRIES[0], 3)
    assert np.array_equal(plain.run.stack(Key("W", 1)), plain.given["W1"])
    assert np.array_equal(plain.run.stack(Key("b", 2)), plain.given["b2"])
    assert np.array_equal(plain.run.stack(Key("a", 0)), plain.given["x"])


@every_geometry
def test_no_kernel_and_no_error_is_its_own_turn_or_transpose(flat, network):
    plain = run_of(flat, network=network)
    for latex in ("W", r"\delta"):
        plane = value(plain, latex)
        if plane.size > 1:
            assert np.max(abs(plane - plane[::-1, ::-1])) > 1e-3
        if plane.shape[0] == plane.shape[1] > 1:
            assert np.max(abs(plane - plane.T)) > 1e-3


def test_the_geometries_have_no_square_but_the_documents_and_one_more():
    squares = [network for network in GEOMETRIES if network.image[0] == network.image[1]]
    assert {network.geometry for network in squares} == {"3x3,2x2", "5x5,3x3"}
    kernels = {network.kernels[0] for network in GEOMETRIES}
    assert kernels >= {(2, 2), (3, 2), (2, 3), (1, 1)}
    assert any(network.kernels[0] == network.image for network in GEOMETRIES)
    assert all(3 not in network.channels for network in GEOMETRIES)  # a batch of 3 is no number of channels


def test_with_relu_every_filter_has_active_units_and_no_unit_is_at_its_kink(channels):
    for network in (network for network in GEOMETRIES if network.activation == "relu"):
        for samples in (1, 3):
            known = Plain(channels, network, samples).forward()
            for k in range(1, network.depth + 1):
                z = known[f"z{k}"]
                assert np.min(abs(z)) > 1e-2 and np.any(z < 0)
                assert np.all((z > 0).any(axis=(0, 2, 3)))


TRUE = {
    "forward": ("flat", r"%%claim eq-q" "\n" r"z_{ij} = \sum_{p} \sum_{q} a_{i+p-1,j+q-1} w_{pq} + b"),
    "chain rule": ("flat", "%%claim eq-q\n" r"\nabla a_{mn} = \sum_{i} \sum_{j} \delta_{ij} \frac{\partial z_{ij}}{\partial a_{mn}}"),
    "padded gradient": ("flat", "%%claim eq-q\n" r"\nabla a = \operatorname{pad}(\delta) \star \operatorname{rot180}(W)"),
    "display 34": ("flat", f"%%claim eq-q geometry=3x3,2x2\n{DISPLAY_34}"),
    "recursion": ("layers", "%%claim eq-q 1<=l<L\n" r"\delta^{l} = \left( \operatorname{pad}(\delta^{l+1}) \star"
                  r" \operatorname{rot180}(W^{l+1}) \right) \odot \sigma'(z^{l})"),
    "input gradient": ("layers", "%%claim eq-q 0<=l<L\n" r"\nabla a^{l} = \operatorname{pad}(\delta^{l+1}) \star"
                       r" \operatorname{rot180}(W^{l+1})"),
    "kernel gradient": ("layers", "%%claim eq-q\n" r"\frac{\partial C}{\partial W^{l}} = a^{l-1} \star \delta^{l}"),
    "kernel gradient, indexed": ("channels", "%%claim eq-q\n" r"\frac{\partial C}{\partial W^{l}_{k,c}} ="
                                 r" \frac{1}{N} \sum_{n=1}^{N} a^{l-1}_{n,c} \star \delta^{l}_{n,k}"),
    "bias": ("channels", "%%claim eq-q\n" r"\frac{\partial C}{\partial b^{l}_{k}} = \frac{1}{N} \sum_{n} \sum_{i} \sum_{j}"
             r" (\delta^{l}_{n,k})_{ij}"),
    "recursion, indexed": ("channels", "%%claim eq-q 1<=l<L\n" r"\delta^{l}_{n,c} = \left( \sum_{k}"
                           r" \operatorname{pad}(\delta^{l+1}_{n,k}) \star \operatorname{rot180}(W^{l+1}_{k,c}) \right)"
                           r" \odot \sigma'(z^{l}_{n,c})"),
    "update": ("channels", "%%update eq-q\n" r"W^{l}_{k,c} \leftarrow W^{l}_{k,c} - \frac{\eta}{N} \sum_{n} a^{l-1}_{n,c} \star"
               r" \delta^{l}_{n,k}"),
}


@pytest.mark.parametrize("what", TRUE)
def test_what_is_true_holds(request, what):
    world, source = TRUE[what]
    outcome, = run(request.getfixturevalue(world), source)
    assert outcome.status == "holds"


FALSE = {
    "no turn": ("padded gradient", r"\operatorname{rot180}(W)", "W"),
    "no frame": ("padded gradient", r"\operatorname{pad}(\delta)", r"\delta"),
    "one ring": ("padded gradient", r"\operatorname{pad}", r"\operatorname{ring}"),
    "arguments swapped": ("kernel gradient", r"a^{l-1} \star \delta^{l}", r"\delta^{l} \star a^{l-1}"),
    "true convolution": ("kernel gradient", r"\star \delta^{l}", r"\star \operatorname{rot180}(\delta^{l})"),
    "no σ'": ("recursion", r"\odot \sigma'(z^{l})", ""),
    "W^l for W^{l+1}": ("recursion", "(W^{l+1})", "(W^{l})"),
    "no mean": ("kernel gradient, indexed", r"\frac{1}{N}", ""),
    "one sample's": ("bias", r"\sum_{n} \sum_{i}", r"\sum_{i}"),
    "one column's": ("bias", r"\sum_{i} \sum_{j}", r"\sum_{i}"),
    "filter and channel swapped": ("recursion, indexed", "W^{l+1}_{k,c}", "W^{l+1}_{c,k}"),
    "uphill": ("update", r"- \frac", r"+ \frac"),
    "a shifted entry": ("forward", "i+p-1", "i+p"),
    "the kernel not turned": ("display 34", r"w_{22} & w_{21} \\ w_{12} & w_{11}", r"w_{11} & w_{12} \\ w_{21} & w_{22}"),
}


@pytest.mark.parametrize("what", FALSE)
def test_what_is_false_is_refused(request, what):
    true, old, new = FALSE[what]
    world, source = TRUE[true]
    assert old in source
    with pytest.raises((NotTrue, ShapeError, MeaningError)):
        run(request.getfixturevalue(world), source.replace(old, new, 1))


def test_one_ring_of_zeros_is_true_for_the_documents_kernel_and_refuted_for_others(flat):
    equation = r"\nabla a = \operatorname{ring}(\delta) \star \operatorname{rot180}(W)"
    run(flat, f"%%claim eq-q geometry=3x3,2x2\n{equation}")
    outcome, = run(flat, f"%%refuted eq-q\n{equation}")
    assert "different shapes" in " ".join(outcome.report)
    with pytest.raises(NotFalse):
        run(flat, f"%%refuted eq-q geometry=3x3,2x2\n{equation}")


REFUSED = {
    "number ⋆ plane": ("flat", r"z = b \star W", ShapeError, "⋆ stands between two planes; b is a number"),
    "kernel larger than image": ("flat", r"\delta = W \star a", ShapeError, "W is 2×2, a is 3×3"),
    "plane + plane": ("flat", "z = a + W", ShapeError, "a is 3×3, W is 2×2"),
    "one index": ("flat", "z_{i} = b", MeaningError, "an entry of a plane has two indices"),
    "an entry too far": ("flat", "a_{41} = b", MeaningError, "a is 3×3: it has no row 4"),
    "a plane by a plane": ("flat", r"\frac{\partial z}{\partial a} = W", MeaningError, "four indices"),
    "rot180 of a number": ("flat", r"\operatorname{rot180}(b) = b", ShapeError, "rot180 takes a plane; b is a number"),
    "pad of a sum": ("flat", r"\operatorname{pad}(\delta + \delta) = a", MeaningError, "pad frames the error"),
    "an unknown function": ("flat", r"\operatorname{flip}(a) = a", MeaningError, "There is no function flip"),
    "⊙ and ⋆ mixed": ("flat", r"a \odot a \star W = z", LatexError, r"'\star' cannot stand here"),
    "three in a row": ("flat", r"a \star W \star W = z", LatexError, r"'\star' cannot stand here"),
    "no comma": ("channels", r"\delta^{l}_{nk} = \delta^{l}_{n,k}", MeaningError, r"a comma selects planes, \delta_{n,c}"),
    "one index of two": ("channels", "W^{l}_{k} = b^{l}_{k}", MeaningError, "write W_{k,c}"),
    "no index of two": ("channels", "z^{l} = z^{l}", MeaningError, "write z_{n,c}"),
    "an index of nothing": ("channels", "N_{k} = b^{l}_{k}", MeaningError, "it has no planes"),
    "two meanings of an index": ("channels", "z^{l}_{n,k} = z^{l}_{k,n}", ShapeError, "the index k would count"),
    "a filter too far": ("channels", "b^{1}_{9} = b^{1}_{9}", MeaningError, "its indices count to 1"),
    "a layer too far": ("channels", "z^{l}_{n,c} = z^{L+1}_{n,k}", MeaningError, "does not exist"),
    "a comma among columns": ("columns", "a^{l}_{j,k} = a^{l}_{j,k}", MeaningError, "a comma selects planes"),
    "pad among columns": ("columns", r"\operatorname{pad}(z^{l}) = z^{l}", MeaningError, "pad frames the error"),
    "a sum to N over positions": ("flat", r"b = \sum_{i=1}^{N} a_{ij}", MeaningError, "runs over all of it"),
}


@pytest.fixture
def columns():
    return session_of(LAYERS)


@pytest.mark.parametrize("what", REFUSED)
def test_what_makes_no_sense_is_refused_in_words(request, what):
    world, latex, kind, says = REFUSED[what]
    with pytest.raises(EquationError) as caught:
        run(request.getfixturevalue(world), f"%%claim eq-q\n{latex}")
    assert type(caught.value) is kind
    assert says in str(caught.value)


def test_conditions_of_planes_are_refused_where_they_make_no_sense(flat, channels, columns):
    with pytest.raises(ConditionError, match="N>1 leaves nothing to test"):
        run(flat, "%%claim eq-q N>1\nz = z")
    with pytest.raises(ConditionError, match="there are 3x2,3x2, 3x3,2x2"):
        run(flat, "%%claim eq-q geometry=4x4,2x2\nz = z")
    with pytest.raises(ConditionError, match="no planes"):
        run(columns, "%%claim eq-q geometry=3x3,2x2\nz^{l} = z^{l}")
    with pytest.raises(ConditionError, match="geometry=3 is no condition"):
        run(flat, "%%claim eq-q geometry=3\nz = z")
    with pytest.raises(ShapeError, match="softmax needs a whole column, not a plane"):
        run(flat, r"%%claim eq-q activation=softmax" "\n" r"\sigma(z) = \sigma(z)")


def test_one_plane_has_one_meaning_whatever_its_indices_are_called(channels):
    with pytest.raises(MeaningError, match="already has a meaning, given by eq-z"):
        run(channels, r"%%definition eq-q" "\n" r"z^{l}_{n,c} = a^{l}_{n,c}")
    with pytest.raises(MeaningError, match="to a whole symbol"):
        run(channels, r"%%definition eq-q" "\n" r"q_{n,n} = x_{n,n}")


def test_the_report_says_image_kernels_channels_and_layers(channels, flat):
    outcome, = run(channels, TRUE["bias"][1])
    assert "6 networks, with one sample and a batch of 3" in outcome.report[0]
    assert "5×4 ⋆ 3×2 ⋆ 2×2 sigmoid, channels 1-4-2 (l = 1, 2)" in outcome.report[0]
    outcome, = run(flat, TRUE["display 34"][1])
    assert outcome.report[0] == "All sides are equal in 3 networks, with one sample: 3×3 ⋆ 2×2 sigmoid; 3×3 ⋆ 2×2 tanh; 3×3 ⋆ 2×2 softplus."


def test_the_symbols_of_planes_are_marked_with_their_quantity():
    found = marked(r"(\delta^{l}_{n,c})_{pq} = \sum_{k} \frac{\partial C_{n}}{\partial (z^{l+1}_{n,k})_{ij}} w_{pq}")
    assert re.findall("quantity=([a-zA-Z_]+)", found) == ["delta", "delta_next", "W"]
    found = marked(r"\frac{\partial (z_{n,k})_{ij}}{\partial (a_{n,c})_{mn}} = \nabla a_{n,c} \star W_{k,c}")
    assert re.findall("quantity=([a-zA-Z_]+)", found) == ["z", "a", "grad_a", "W"]


def test_numbers_alone_are_equal_without_a_network(columns):
    equation = r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \star \begin{pmatrix} 1 & 2 \end{pmatrix} = \begin{pmatrix} 5 \\ 11 \end{pmatrix}"
    outcome, = run(columns, f"%%claim eq-q\n{equation}")
    assert outcome.report[0] == "There is no symbol in it: the sides are equal as they stand."
    with pytest.raises(NotTrue):
        run(columns, f"%%claim eq-q\n{equation.replace('11', '12')}")


def test_the_definitions_of_columns_serve_planes_once_the_star_is_defined():
    session = session_of(PLANES_IN_LAYERS[:1])
    session.give("eq-fc-input eq-fc-a eq-loss eq-delta-def")
    assert run(session, TRUE["recursion"][1])[0].status == "holds"


def test_every_activation_of_the_geometries_is_one_of_the_engines():
    assert {network.activation for network in GEOMETRIES} == set(SIGMA) <= set(ACTIVATIONS)
