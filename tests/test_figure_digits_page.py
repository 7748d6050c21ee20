"""The figure of digits on a page, in a real browser: what is its own, drawing by mouse, finger and keyboard."""

import numpy as np
import pytest

import figure_pages
from figure_pages import MODEL, visit
from mathref.widgets import Digits
from mathref.widgets.digits import examples

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return figure_pages.alone(Digits(), tmp_path_factory.mktemp("digits")).as_uri()


class Page(figure_pages.Page):
    count = 1

    def image(self):
        """The drawing, after the numbers beside it were compared with Python's."""
        cells = self.figure().locator('.entry[data-name="x"]').evaluate_all("all => all.map((c) => +c.dataset.value)")
        x = np.reshape(cells, (8, 8))
        twin = Digits(x=x)
        for name in ("z", "a"):
            shown = self.figure().locator(f'.entry[data-name="{name}"]').evaluate_all("all => all.map((c) => +c.dataset.value)")
            assert shown == pytest.approx(np.ravel(getattr(twin, name)), rel=1e-9, abs=1e-12)
        assert self.figure().locator(".verdict").inner_text() == str(twin.answer)
        return x

    def middle(self, i, j):
        box = self.entry("x", i, j).bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def stroke(self, *places):
        self.tab.mouse.move(*self.middle(*places[0]))
        self.tab.mouse.down()
        for place in places[1:]:
            self.tab.mouse.move(*self.middle(*place), steps=3)
        self.tab.mouse.up()

    def clear(self):
        self.figure().get_by_role("button", name="clear").click()


@pytest.fixture
def page(browser, address):
    context, opened = visit(browser, address, Page, reduced_motion="reduce", has_touch=True)
    page = opened()
    page.entry("x", 7).scroll_into_view_if_needed()
    yield page
    context.close()
    assert page.said == []


def test_clear_leaves_nothing_and_reset_brings_the_first_digit_back(page):
    first = page.image()
    page.clear()
    assert not page.image().any()
    page.figure().get_by_role("button", name="reset").click()
    assert np.array_equal(page.image(), first)


def test_a_stroke_of_the_mouse_inks_every_pixel_on_its_way(page):
    page.clear()
    page.stroke((1, 4), (6, 4))
    x = page.image()
    assert np.all(x[1:7, 4] == 1) and np.all(x[2:6, 3] > 0) and np.all(x[:, 6:] == 0) and np.all(x[:, :3] == 0)


def test_a_stroke_that_begins_on_ink_takes_ink_away(page):
    page.clear()
    page.stroke((1, 4), (6, 4))
    page.stroke((2, 4), (4, 4))
    x = page.image()
    assert np.all(x[2:5, 4] == 0) and x[1, 4] == x[6, 4] == 1


def test_a_drawn_one_is_read_as_a_one(page):
    page.clear()
    page.stroke((1, 2), (0, 3), (7, 3))
    page.image()
    assert page.figure().locator(".verdict").inner_text() == "1"


def test_a_finger_draws_and_does_not_scroll(page):
    page.clear()
    before = page.tab.evaluate("scrollY")
    client = page.tab.context.new_cdp_session(page.tab)
    places = [page.middle(i, 5) for i in range(1, 7)]
    for kind, place in [("touchStart", places[0]), *(("touchMove", place) for place in places[1:]), ("touchEnd", None)]:
        points = [{"x": place[0], "y": place[1]}] if place else []
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    x = page.image()
    assert np.all(x[1:7, 5] == 1) and page.tab.evaluate("scrollY") == before


def test_the_keyboard_goes_from_pixel_to_pixel_inks_and_types(page):
    page.clear()
    page.entry("x", 2, 3).locator("input").focus()
    page.tab.keyboard.press("Space")
    page.tab.keyboard.press("Tab")
    page.tab.keyboard.type("0.4")
    page.tab.keyboard.press("Enter")
    page.tab.keyboard.press("Tab")
    page.tab.keyboard.press("ArrowUp")
    x = page.image()
    assert (x[2, 3], x[2, 4], x[2, 5]) == (1, 0.4, 0.1) and np.count_nonzero(x) == 3
    page.entry("x", 2, 3).locator("input").focus()
    page.tab.keyboard.press("Space")
    assert page.image()[2, 3] == 0


def test_the_number_of_a_pixel_is_seen_where_the_focus_is(page):
    field = page.entry("x", 2, 3).locator("input")
    assert field.evaluate("e => getComputedStyle(e).opacity") == "0"
    field.focus()
    assert field.evaluate("e => getComputedStyle(e).opacity") == "1"


def test_a_random_example_is_a_digit_that_was_held_out(page):
    known = [image.tolist() for image in examples()]
    for _ in range(4):
        page.figure().get_by_role("button", name="random example").click()
        assert page.image().tolist() in known


def test_the_gradient_is_shown_on_request_and_follows_the_drawing(page):
    assert page.figure().locator('[data-name="gradient"]').count() == 0
    page.figure().locator("[data-trait=digit]").select_option("8")
    for _ in range(2):
        shown = page.figure().locator('.entry[data-name="gradient"]').evaluate_all("all => all.map((c) => +c.dataset.value)")
        assert shown == pytest.approx(np.ravel(Digits(x=page.image(), digit="8").gradient), abs=1e-10)
        page.clear()
    page.figure().locator("[data-trait=digit]").select_option("none")
    assert page.figure().locator('[data-name="gradient"]').count() == 0


def test_a_link_brings_the_drawing_and_the_digit_back(page, address):
    x = examples()[11]
    link = ";".join(",".join(map(repr, row)) for row in x.tolist())
    page.tab.goto("about:blank")
    page.open(f"{address}#figure={MODEL}&x={link}&digit=5")
    assert np.array_equal(page.image(), x)
    assert page.figure().locator("[data-trait=digit]").input_value() == "5"
