"""Figures 5 and 7 on a static page, and the sizes of all three convolution figures, in a real browser without a kernel."""

import numpy as np
import pytest
from scipy.signal import convolve2d, correlate2d

import figure_pages
from figure_pages import executed, visit

pytestmark = pytest.mark.thorough

FORWARD, KERNEL, PADDED = range(3)


@pytest.fixture(scope="module")
def notebook():
    return executed(["from mathref.widgets import ConvForward, ConvGradient, KernelGradient\nConvForward()",
                     "KernelGradient()", "ConvGradient()"])


class Page(figure_pages.Page):
    """A page with figures 5, 7 and 6."""

    def matrix(self, name, number):
        cells = self.figure(number).locator(f'.entry[data-name="{name}"][data-value]').evaluate_all(
            "all => all.map((c) => [+c.dataset.row, +c.dataset.value])")
        return np.array([[x for row, x in cells if row == i] for i in range(max(row for row, _ in cells) + 1)])

    def marked(self, name, mark, number):
        return self.figure(number).locator(f'.entry.{mark}[data-name="{name}"]').evaluate_all(
            "all => all.map((c) => c.dataset.row + c.dataset.column)")

    def press(self, name, number):
        self.figure(number).get_by_role("button", name=name, exact=True).click()

    def choose(self, size, value, number):
        self.figure(number).get_by_label(size, exact=True).select_option(str(value))

    def sum(self, number):
        return self.figure(number).locator(".sum").get_attribute("aria-label")

    def text(self, part, number):
        return self.figure(number).locator(part).inner_text()

    def lies_on(self, number, *corners):
        """Check that the window lies from one entry of the image to the other."""
        window = self.figure(number).locator(".window").bounding_box()
        first, last = (self.entry("a_prev", *corner, number=number).bounding_box() for corner in corners)
        assert abs(window["x"] - first["x"]) < 5 and abs(window["y"] - first["y"]) < 5
        assert abs(window["x"] + window["width"] - last["x"] - last["width"]) < 5
        assert abs(window["y"] + window["height"] - last["y"] - last["height"]) < 5


@pytest.fixture(scope="module")
def opened(browser, figure_site):
    context, opened = visit(browser, (figure_site / "index.html").as_uri(), Page, reduced_motion="reduce")
    yield opened()
    context.close()


@pytest.fixture
def page(opened):
    """The page, as it was at first."""
    for number in (FORWARD, KERNEL, PADDED):
        opened.press("reset", number)
    yield opened
    assert opened.said == []


def test_pointing_at_an_output_slides_the_kernel_there_and_writes_its_sum(page):
    page.entry("z", 1, 0).hover()
    page.lies_on(FORWARD, (1, 0), (2, 1))
    page.entry("z", 0, 1).focus()
    page.lies_on(FORWARD, (0, 1), (1, 2))
    assert page.sum(FORWARD) == ("z row 1, column 2: 2.00, the sum of four products and the bias, 2.00 times 1.00 plus "
                                 "0.00 times 2.00 plus 1.00 times 3.00 plus 3.00 times minus 1.00 plus 0.00")


def test_pointing_at_a_number_marks_where_it_goes(page):
    page.entry("a_prev", 0, 1).hover()
    assert page.marked("z", "fed", FORWARD) == ["00", "01"]
    assert page.figure(FORWARD).locator(".term.hot").count() == 1
    assert "goes into two outputs" in page.text(".told", FORWARD)
    page.entry("b", 0, 0).hover()
    assert page.figure(FORWARD).locator(".term.hot").inner_text().split()[-1] == "0.00"
    page.entry("delta", 0, 1, number=KERNEL).hover()
    assert page.marked("a_prev", "met", KERNEL) == ["01", "02", "11", "12"]
    assert "made of the four dashed inputs" in page.text(".told", KERNEL)


def test_a_true_convolution_turns_the_kernel_and_says_so(page):
    upright = page.entry("W", 0, 0).bounding_box()
    page.press("true convolution", FORWARD)
    a, W = page.matrix("a_prev", FORWARD), page.matrix("W", FORWARD)
    np.testing.assert_array_equal(page.matrix("z", FORWARD), convolve2d(a, W, "valid"))
    turned, last = page.entry("W", 0, 0).bounding_box(), page.entry("W", 1, 1).bounding_box()
    assert turned["x"] > upright["x"] and turned["y"] > upright["y"] and last["x"] == upright["x"]
    assert "W, turned" in page.text(".planes", FORWARD) and "4 of 4 entries are not as in" in page.text(".note", FORWARD)
    assert page.entry("a_prev", 0, 0).inner_text().strip() == "×−1.00"
    page.drag(page.entry("W", 0, 0), right=100)
    assert page.value("W", 0, 0) == 2
    for i, j, x in [(0, 0, "−1"), (1, 0, "2")]:
        page.type(x, "W", i, j)
    assert "so nothing changes: 0 of 4 entries" in page.text(".note", FORWARD)
    page.press("true convolution", FORWARD)
    assert "turned" not in page.text(".planes", FORWARD)
    assert page.entry("W", 0, 0).bounding_box()["x"] == upright["x"]


def test_the_kernel_turns_before_the_eye_unless_less_motion_is_wanted(browser, figure_site):
    for wish, moving in (("reduce", 0), ("no-preference", 5)):  # the kernel and its four entries
        context, opened = visit(browser, (figure_site / "index.html").as_uri(), Page, reduced_motion=wish)
        page = opened()
        page.press("true convolution", FORWARD)
        assert page.tab.evaluate("document.querySelector('.kernels').getAnimations({ subtree: true })"
                                 ".filter((a) => a.transitionProperty === 'rotate').length") == moving
        context.close()


def test_pointing_at_a_gradient_slides_the_errors_there_and_the_bias_takes_them_all(page):
    page.entry("dW", 1, 1, number=KERNEL).hover()
    page.lies_on(KERNEL, (1, 1), (2, 2))
    assert page.sum(KERNEL) == ("gradient of W, row 2, column 2: 3.00, the sum of four products, 1.00 times 2.00 plus "
                                "3.00 times minus 1.00 plus 0.00 times 1.00 plus 1.00 times 4.00")
    page.entry("db", 0, 0, number=KERNEL).hover()
    assert page.marked("delta", "hot", KERNEL) == ["00", "01", "10", "11"]
    assert page.sum(KERNEL) == "gradient of b: 6.00, the sum of all errors, 2.00 plus minus 1.00 plus 1.00 plus 4.00"
    assert page.figure(KERNEL).locator(".window").count() == 0


def test_steps_fill_in_the_gradients_and_the_bias_last(page):
    for k in range(1, 6):
        page.press("step ▶", KERNEL)
        assert page.figure(KERNEL).locator(".entry.covered").count() == 5 - k
    assert "gradient of b" in page.sum(KERNEL)
    page.press("◀ back", KERNEL)
    page.entry("db", 0, 0, number=KERNEL).hover()
    assert "gradient of W, row 2, column 2" in page.sum(KERNEL), "what is covered stays covered"


def test_swapped_arguments_fit_nowhere(page):
    page.press("swap the arguments", KERNEL)
    assert "it fits nowhere" in page.text(".note", KERNEL)
    assert page.matrix("exchanged", KERNEL).tolist() == [[3, 3], [17, 4]]
    assert page.figure(KERNEL).locator(".sum").count() == 0
    page.choose("kernel rows", 1, KERNEL)
    page.choose("kernel columns", 1, KERNEL)
    assert "the sum is the same" in page.text(".note", KERNEL)
    page.press("swap the arguments", KERNEL)
    assert page.matrix("dW", KERNEL).shape == (1, 1)


def test_sizes_can_be_chosen_and_only_those_that_fit(page):
    for size, value in [("kernel rows", 3), ("image columns", 6), ("kernel columns", 1), ("image rows", 4)]:
        page.choose(size, value, FORWARD)
        a, W = page.matrix("a_prev", FORWARD), page.matrix("W", FORWARD)
        np.testing.assert_allclose(page.matrix("z", FORWARD), correlate2d(a, W, "valid"), rtol=1e-12)
    assert (a.shape, W.shape) == ((4, 6), (3, 1))
    offered = page.figure(FORWARD).get_by_label("image rows").locator("option").all_inner_texts()
    assert offered == ["3", "4", "5", "6"], "the kernel has three rows"
    page.entry("z", 1, 5).hover()
    page.lies_on(FORWARD, (1, 5), (3, 5))
    page.choose("image rows", 6, PADDED)
    page.choose("kernel rows", 3, PADDED)
    assert page.matrix("delta", PADDED).shape == (4, 2) and page.matrix("result", PADDED).shape == (6, 3)
    page.choose("image columns", 4, KERNEL)
    page.choose("kernel columns", 3, KERNEL)
    assert page.matrix("delta", KERNEL).shape == (2, 2) and page.matrix("dW", KERNEL).shape == (2, 3)


def test_a_link_keeps_the_sizes_and_one_that_does_not_fit_is_not_followed(page, figure_site):
    address = (figure_site / "index.html").as_uri()
    for link, shape in [("a_prev=1,2,3,4;5,6,7,8&W=1,2&b=0.5&flipped=true&row=1&column=2&shown=all", (2, 3)),
                        ("a_prev=1,2,3,4;5,6,7,8&W=1;2;3&b=0.5&flipped=true&row=0&column=0&shown=all", (2, 2)),
                        ("a_prev=1,2;5,6&W=1,2&b=0,1&flipped=true&row=0&column=0&shown=all", (2, 2))]:
        page.tab.goto("about:blank")
        page.open(f"{address}#figure=model-0001&{link}")
        assert page.matrix("z", FORWARD).shape == shape


def test_the_questions_name_the_slip(page):
    def reply(choice, number):
        page.press(choice, number)
        return page.text(".reply", number)

    for number, slip in ((FORWARD, "when the kernel is turned"), (KERNEL, "when δ is turned")):
        assert slip in reply("it grows", number)
        assert "does depend on" in reply("no change", number)
        assert reply("it shrinks", number).startswith("Right.")
    page.choose("image rows", 5, FORWARD)
    assert "z21" in page.text(".asked", FORWARD).replace("\n", ""), "the question names an entry in the middle"


def test_on_a_phone_the_result_and_its_sum_stay_in_sight_while_a_number_is_moved(browser, figure_site):
    context, opened = visit(browser, (figure_site / "index.html").as_uri(), Page, viewport={"width": 390, "height": 700})
    page = opened()
    page.choose("image rows", 6, FORWARD)
    page.choose("image rows", 4, KERNEL)
    for number, names in ((FORWARD, ("a_prev", "W", "b")), (KERNEL, ("a_prev", "delta"))):
        for name in names:
            cell = page.entry(name, 0, 0, number=number)
            page.tab.evaluate("cell => cell.scrollIntoView({ block: 'start' })", cell.element_handle())
            page.drag(cell, right=20)
            bottom = cell.bounding_box()["y"] + cell.bounding_box()["height"]
            for part in (page.entry({FORWARD: "z", KERNEL: "dW"}[number], 0, 0, number=number),
                         page.figure(number).locator(".sum")):
                box = part.bounding_box()
                assert box["y"] >= bottom and box["y"] + box["height"] <= 700
    context.close()
