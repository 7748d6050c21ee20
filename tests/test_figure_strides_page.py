"""Figure 9 on a static page, in a real browser: what is its own, the choice of steps and the places that are passed over."""

import numpy as np
import pytest

import figure_pages
from figure_pages import visit
from mathref.widgets import Strides

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return figure_pages.alone(Strides(), tmp_path_factory.mktemp("strides")).as_uri()


class Page(figure_pages.Page):
    count = 1

    def choose(self, label, value):
        self.figure().get_by_label(label, exact=True).select_option(str(value))

    def matrix(self, name):
        cells = self.figure().locator(f'.entry[data-name="{name}"][data-value]').evaluate_all(
            "all => all.map((c) => [+c.dataset.row, +c.dataset.value])")
        return [[x for row, x in cells if row == i] for i in range(max(row for row, _ in cells) + 1)]

    def chosen(self):
        return {name: int(self.figure().get_by_label(name, exact=True).input_value()) for name in ("stride", "padding", "dilation")}

    def follows(self):
        """Check all that is shown against Python's figure of the same numbers and steps."""
        backward = self.figure().get_by_role("button", name="backward").get_attribute("aria-pressed") == "true"
        read, *made = ("delta", "grad_f", "grad_a") if backward else ("a_prev", "u", "z")
        size = [int(self.figure().get_by_label(f"image {side}", exact=True).input_value()) for side in ("rows", "columns")]
        image = np.ones(size) if backward else self.matrix(read)
        twin = Strides(image, W=self.matrix("W"), **self.chosen(), entry="w_11")
        if backward:
            twin.delta = self.matrix(read)
        for name in made:
            np.testing.assert_allclose(self.matrix(name), getattr(twin, name), rtol=1e-12, atol=1e-12)
        return twin

    def looks_at(self):
        sum_ = self.figure().locator(".sum")
        return int(sum_.get_attribute("data-row")), int(sum_.get_attribute("data-column"))


@pytest.fixture
def page(browser, address):
    context, opened = visit(browser, address, Page, reduced_motion="reduce")
    page = opened()
    yield page
    context.close()
    assert page.said == []


def test_whatever_is_chosen_the_planes_follow_in_both_directions(page):
    for _ in range(2):
        for label, value in (("stride", 3), ("dilation", 2), ("padding", 0), ("stride", 1), ("image rows", 5), ("padding", 1),
                             ("kernel columns", 1), ("stride", 2)):
            page.choose(label, value)
            page.follows()
        page.figure().get_by_role("button", name="reset").click()
        page.figure().get_by_role("button", name="backward").click()


def test_what_is_impossible_is_refused_in_words_and_nothing_changes(page):
    for label, value in (("padding", 0), ("kernel rows", 3), ("image rows", 3)):
        page.choose(label, value)
    before, chosen = page.figure().locator(".board").inner_html(), page.chosen()
    page.choose("dilation", 2)
    assert page.status() == ("Impossible: the kernel would reach over 5 rows, but the image with its frame has only 3. "
                             "No place is left for it.")
    assert page.figure().locator(".board").inner_html() == before and page.chosen() == chosen
    page.choose("image rows", 2)
    assert "reach over 3 rows" in page.status() and page.figure().get_by_label("image rows", exact=True).input_value() == "3"
    page.choose("image rows", 5)
    page.choose("dilation", 2)
    assert page.status() == "Drag, type, or use the arrow keys." and page.chosen()["dilation"] == 2
    page.follows()


def test_a_plane_that_is_too_large_is_refused_in_words(page):
    page.choose("kernel rows", 3)
    page.choose("padding", 2)
    page.choose("dilation", 2)
    assert page.status() == "Too large for this figure: δ in its frame would have 12 rows, and there is room for 10."
    assert page.chosen()["dilation"] == 1


def test_steps_move_the_kernel_by_the_stride(page):
    page.figure().get_by_role("button", name="step").click()
    assert page.looks_at() == (0, 0) and page.figure().locator('.entry.covered[data-name="z"]').count() == 8
    seen = [page.looks_at()]
    for _ in range(4):
        page.figure().get_by_role("button", name="step").click()
        seen.append(page.looks_at())
    assert seen == [(0, 0), (0, 2), (0, 4), (2, 0), (2, 2)]
    page.entry("u", 4, 4).hover()
    assert page.looks_at() == (2, 2), "what is covered stays covered"
    page.figure().get_by_role("button", name="all").click()
    page.follows()


def test_pointing_at_a_place_tells_whether_it_is_kept(page):
    page.entry("u", 1, 2).hover()
    assert page.looks_at() == (1, 2) and "The stride passes over this place" in page.figure().locator(".after").inner_text()
    page.entry("z", 2, 1).focus()
    assert page.looks_at() == (4, 2) and "It is kept" in page.figure().locator(".after").inner_text()
    page.figure().get_by_role("button", name="backward").click()
    page.entry("grad_f", 0, 3).focus()
    assert "it is cropped" in page.figure().locator(".after").inner_text()
    page.entry("grad_a", 0, 3).hover()
    assert page.looks_at() == (1, 4)
    page.entry("spread", 2, 2).hover()
    fed = page.figure().locator(".entry.fed").evaluate_all("all => all.map((c) => c.dataset.row + c.dataset.column)")
    assert fed == ["22", "23", "32", "33"]


def test_the_question_names_the_steps_that_were_forgotten(page):
    replies = {}
    for choice in ("it grows", "it shrinks", "no change"):
        page.figure().get_by_role("button", name=choice, exact=True).click()
        replies[choice] = page.figure().locator(".reply").inner_text()
    assert replies["it grows"].startswith("Right.") and "does depend on" in replies["no change"]


def test_a_link_with_a_geometry_that_cannot_be_is_not_followed(page, address):
    before = page.figure().locator(".board").inner_html()
    good = "a_prev=1,2;3,4&W=1,2;3,4&delta=1,2;3,4&stride=2&padding=1&dilation=1&backward=false"
    for wrong in (good.replace("dilation=1", "dilation=3"), good.replace("padding=1", "padding=0&dilation=2"),
                  good.replace("delta=1,2;3,4", "delta=1,2"), good.replace("stride=2", "stride=1"), "stride=2"):
        page.tab.goto("about:blank")
        page.open(f"{address}#figure={figure_pages.MODEL}&{wrong}")
        assert page.figure().locator(".board").inner_html() == before, wrong
    page.tab.goto("about:blank")
    page.open(f"{address}#figure={figure_pages.MODEL}&{good}")
    assert page.follows().z == [[4, 6], [6, 4]]


@pytest.mark.parametrize("width", [312, 390])  # in the book, a figure has 8 pixels less than here
def test_on_a_phone_the_largest_planes_stick_out_nowhere(browser, address, width):
    context, opened = visit(browser, address, Page, viewport={"width": width, "height": 800}, reduced_motion="reduce")
    page = opened()
    for label, value in (("image rows", 5), ("image columns", 5), ("padding", 2)):
        page.choose(label, value)
    for _ in range(2):
        assert page.tab.evaluate("document.documentElement.scrollWidth") <= width
        outside = page.figure().evaluate(
            "root => { const { left, right } = root.getBoundingClientRect();"
            " return [...root.querySelectorAll('*')].filter((e) => e.checkVisibility() && !e.matches('.voice'))"
            ".map((e) => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])"
            ".filter(([, b]) => b.width && (b.left < left - .5 || b.right > right + .5)).map(([name]) => name); }")
        assert outside == []
        assert page.too_small() == []
        page.figure().get_by_role("button", name="backward").click()
    context.close()
