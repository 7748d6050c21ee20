"""What the chapter on fast convolution times computes the layer, and what it counts is what there is to count."""

import re

import jupytext
import numpy as np
import pytest
from scipy.signal import correlate2d

from benchmarks.forms import CHAPTER, TITLES, forms, intensity, operations, traffic
from benchmarks.workloads import LAYERS
from mathref.im2col import im2col

MID = LAYERS["mid"]
FORMS = forms()


@pytest.mark.parametrize("name", TITLES)
@pytest.mark.parametrize("shape", [(1, 1, 3, 3, 1, 2, 2), (2, 3, 6, 5, 4, 3, 2), (3, 2, 4, 7, 1, 1, 3), (2, 2, 4, 5, 3, 4, 5)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_form_is_the_cross_correlation_of_scipy(name, shape, dtype):
    N, C_in, H, width, C_out, kh, kw = shape
    rng = np.random.default_rng(shape)
    W, a = rng.normal(size=(C_out, C_in, kh, kw)).astype(dtype), rng.normal(size=(N, C_in, H, width)).astype(dtype)
    z = FORMS[name](W, a)
    true = np.array([[sum(map(lambda plane, kernel: correlate2d(plane, kernel, "valid"), image, kernels)) for kernels in W]
                     for image in a])
    assert (z.shape, z.dtype) == (true.shape, dtype)
    assert np.allclose(z, true, rtol=0, atol=1e-12 if dtype == np.float64 else 1e-5)


def test_the_operations_that_are_counted_are_those_of_the_sums():
    assert operations(MID) == 2 * MID.z[0] * MID.z[1] * MID.z[2] * MID.z[3] * 32 * 9 == 398_721_024


def test_the_columns_that_are_counted_are_those_that_im2col_makes():
    W, _, a_prev, _ = MID.arrays("float32")
    assert traffic(MID, "columns") == a_prev.size + 2 * im2col(a_prev, W).size + W.size + np.prod(MID.z)


def test_the_table_of_the_chapter_has_the_counts():
    text = CHAPTER.read_text(encoding="utf-8")
    for title, name in ("kernel positions", "kernel_positions"), ("all columns", "columns"), ("portions", "portions"):
        row, = re.findall(rf"^\| {title} \|.*\| \$([\d.]+)\$ \| \$([\d.]+)\$ \|$", text, re.MULTILINE)
        assert row == (f"{traffic(MID, name) / 1e6:.2g}", f"{intensity(MID, name, 'float64'):.2g}")


def test_half_the_bytes_are_twice_the_intensity():
    for name in TITLES:
        if traffic(MID, name):
            assert intensity(MID, name, "float32") == 2 * intensity(MID, name, "float64")


def test_the_cells_that_are_timed_define_the_forms_and_print_nothing():
    timed = [cell for cell in jupytext.read(CHAPTER, fmt="md:myst").cells if "timed" in cell.metadata.get("tags", [])]
    assert [re.search(r"^def (\w+)", cell.source, re.MULTILINE)[1] for cell in timed] == [
        name for name in TITLES if name != "portions"]
    assert not any("print" in cell.source for cell in timed)
