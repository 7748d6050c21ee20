r"""The engine on convolutions with stride, padding and dilation, against SciPy and a forward pass written out in NumPy."""

from math import ceil

import numpy as np
import pytest
from engine_fixture import PLANES, run, run_of, session_of
from numpy.testing import assert_allclose
from scipy.signal import correlate2d

from mathref.engine.errors import LatexError, MeaningError, NotTrue, ShapeError
from mathref.engine.mutants import mutants
from mathref.engine.networks import STRIDED
from mathref.engine.symbols import Key

STEPS = (
    "%%definition\n"
    "f = \\operatorname{frame}(a) \\label{eq-f}\n"
    "V = W_{\\uparrow d} \\label{eq-v}\n"
    "u = f \\star V \\label{eq-u}\n"
    "z = u_{\\downarrow s} + b \\label{eq-z}",
    *PLANES[1:],
)
HOLD = {
    "the stride": r"\frac{\partial C}{\partial u} = \delta_{\uparrow s}",
    "the star": r"\frac{\partial C}{\partial f} = \operatorname{pad}(\frac{\partial C}{\partial u}) \star \operatorname{rot180}(V)",
    "the frame": r"\nabla a = \operatorname{crop}(\frac{\partial C}{\partial f})",
    "the input": r"\nabla a = \operatorname{crop}(\operatorname{pad}(\delta_{\uparrow s}) \star \operatorname{rot180}(W_{\uparrow d}))",
    "the spread kernel": r"\frac{\partial C}{\partial V} = f \star \delta_{\uparrow s}",
    "the dilation": r"\frac{\partial C}{\partial W} = (\frac{\partial C}{\partial V})_{\downarrow d}",
    "the kernel": r"\frac{\partial C}{\partial W} = (\operatorname{frame}(a) \star \delta_{\uparrow s})_{\downarrow d}",
}
every_geometry = pytest.mark.parametrize("network", STRIDED, ids=str)


@pytest.fixture(scope="module")
def steps():
    return session_of(STEPS)


def forward(network, a, W, b):
    """Return z: the kernel blown up by a Kronecker product, and SciPy's ⋆ of the whole padded image."""
    (kh, kw), (dh, dw) = W.shape, network.dilation
    grid = np.zeros((dh, dw))
    grid[0, 0] = 1
    spread = np.kron(W, grid)[:dh * (kh - 1) + 1, :dw * (kw - 1) + 1]
    return correlate2d(np.pad(a, network.padding), spread, "valid")[::network.stride[0], ::network.stride[1]] + b


@every_geometry
def test_the_program_computes_what_scipy_computes(steps, network):
    known = run_of(steps, 1, network)
    a, W, b, z = (known.value(Key(name)) for name in ("a", "W", "b", "z"))
    assert_allclose(z, forward(network, a, W, b), rtol=1e-14)
    assert z.shape == network.planes[1]


@every_geometry
def test_delta_by_the_places_before_the_stride_is_zero_where_the_stride_passed_over(steps, network):
    known = run_of(steps, 1, network)
    a, W, b, y = (known.value(Key(name)) for name in ("a", "W", "b", "y"))
    (sh, sw), (rows, columns) = network.stride, known.value(Key("u")).shape
    assert (rows, columns) == network.places
    assert known.value(Key("z")).shape == (ceil(rows / sh), ceil(columns / sw)) == y.shape == forward(network, a, W, b).shape


@pytest.mark.parametrize("latex", HOLD.values(), ids=HOLD)
class TestEveryEquation:
    def test_holds(self, steps, latex):
        outcome, = run(steps, f"%%claim\n{latex}")
        assert outcome.status == "holds"
        assert "stride 2×3, padding 1+0 and 0+2, dilation 1×2" in outcome.report[0]

    def test_has_no_variant_that_holds(self, steps, latex):
        for variant in mutants(latex):
            with pytest.raises((NotTrue, ShapeError, MeaningError)):
                run(steps, f"%%claim\n{variant}")


def test_every_step_matters_in_some_geometry():
    """Rows and columns differ in each, an end is passed over and is not, and a square one hides what only numbers show."""
    assert all(any(network.stride[axis] > 1 for network in STRIDED) for axis in (0, 1))
    assert all(any(network.dilation[axis] > 1 for network in STRIDED) for axis in (0, 1))
    assert all(any(network.padding[axis][side] != network.padding[axis][1 - side] for network in STRIDED)
               for axis in (0, 1) for side in (0, 1))
    left = [[(places - 1) % step for places, step in zip(network.places, network.stride)] for network in STRIDED]
    assert any(max(over) > 0 for over in left) and any(max(over) == 0 for over in left)
    assert any(network.image[0] == network.image[1] for network in STRIDED)


def test_no_rectified_unit_is_near_its_kink(steps):
    rectified, = (network for network in STRIDED if network.activation == "relu")
    z = run_of(steps, 1, rectified).value(Key("z"))
    assert np.min(abs(z)) > 0.02 and np.any(z > 0) and np.any(z < 0)


@pytest.mark.parametrize(("latex", "error", "message"), [
    (r"z = u_{\downarrow l}", MeaningError, "A step is the stride s or the dilation d, not l"),
    (r"b = b_{\downarrow s}", ShapeError, "b is a number; a step is taken through the rows and columns of a plane"),
    (r"\frac{\partial C}{\partial u_{\downarrow s}} = \delta", MeaningError, "A derivative is by a symbol as it is"),
    (r"a = \operatorname{crop}(W)", ShapeError, "crop would leave nothing of W"),
    (r"\nabla a = \operatorname{pad}(a + a) \star V", MeaningError, r"pad frames the error of a convolutional layer, not a \+ a"),
    (r"z = u_{\rightarrow s}", LatexError, r"Unknown command \\rightarrow"),
    (r"z = u_{\downarrow 2}", LatexError, "'2' cannot stand here"),
])
def test_what_the_language_lacks_is_refused_in_words(steps, latex, error, message):
    with pytest.raises(error, match=message):
        run(steps, f"%%claim\n{latex}")


def test_a_step_gives_no_meaning_to_the_symbol_that_carries_it():
    with pytest.raises(MeaningError, match="a definition gives a meaning to a whole symbol"):
        session_of(("%%definition eq-u\nu_{\\downarrow s} = a \\star W",))


@pytest.mark.parametrize("latex", [r"z = \operatorname{frame}(z)", r"z = \operatorname{crop}(z)", r"z = z_{\downarrow s}",
                                   r"z = z_{\uparrow d}"])
def test_a_chapter_without_steps_has_none(latex):
    with pytest.raises(MeaningError, match="no definition of this chapter has a stride, a padding or a dilation"):
        run(session_of(PLANES), f"%%claim\n{latex}")
