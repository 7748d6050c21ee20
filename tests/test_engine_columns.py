r"""columns and images in an equation, against their definitions entry by entry; elsewhere they are refused in words."""

import numpy as np
import pytest
from engine_fixture import LAYERS, PLANES, PLANES_IN_LAYERS, run, run_of, session_of, value

from mathref.engine.errors import MeaningError, NotTrue, ShapeError
from mathref.engine.networks import GEOMETRIES
from mathref.engine.symbols import Key

every_geometry = pytest.mark.parametrize("network", GEOMETRIES, ids=str)
BACK = r"\operatorname{images}(\operatorname{vec}(W) (\operatorname{vec}(\delta))^{\top})"


@pytest.fixture(scope="module")
def flat():
    return session_of(PLANES)


@every_geometry
def test_columns_holds_what_each_entry_of_the_kernel_meets_at_each_place(flat, network):
    a = run_of(flat, 1, network).value(Key("a"))
    (kh, kw), (rows, columns) = network.kernels[0], network.planes[1]
    found = value(run_of(flat, 1, network), r"\operatorname{columns}(a)")
    assert found.shape == (kh * kw, rows * columns)
    for p, q, i, j in np.ndindex(kh, kw, rows, columns):
        assert found[p * kw + q, i * columns + j] == a[i + p, j + q]


@every_geometry
def test_images_adds_every_number_where_columns_read(flat, network):
    known = run_of(flat, 1, network)
    W, delta = known.value(Key("W")), known.value(Key(r"\delta"))
    expected = np.zeros(network.image)
    for (p, q), w in np.ndenumerate(W):
        for (i, j), error in np.ndenumerate(delta):
            expected[i + p, j + q] += w * error
    np.testing.assert_allclose(value(known, BACK), expected, rtol=1e-12)


def test_what_is_no_image_or_no_matrix_of_columns_is_refused(flat):
    with pytest.raises(ShapeError, match=r"columns takes an image, 3×3; W is 2×2"):
        run(flat, "%%claim geometry=3x3,2x2\na = \\operatorname{columns}(W)")
    with pytest.raises(ShapeError, match=r"images takes what columns returns, 4×4; a is 3×3"):
        run(flat, "%%claim geometry=3x3,2x2\na = \\operatorname{images}(a)")


@pytest.mark.parametrize("cells, symbol", [(PLANES_IN_LAYERS, "a^{0}"), (LAYERS, "x")])
@pytest.mark.parametrize("name", ["columns", "images"])
def test_where_there_is_not_one_layer_of_planes_they_have_no_meaning(cells, symbol, name):
    with pytest.raises(MeaningError, match=f"{name} has a meaning where there is one convolutional layer"):
        run(session_of(cells), f"%%claim\n{symbol} = \\operatorname{{{name}}}({symbol})")


def test_to_go_there_and_back_is_not_to_stay(flat):
    with pytest.raises(NotTrue):
        run(flat, "%%claim\na = \\operatorname{images}(\\operatorname{columns}(a))")
