"""Figure 8 on a static page, in a real browser: what is its own, the step that has narrower ends than other numbers."""

import numpy as np
import pytest

import figure_pages
from figure_pages import executed, visit
from mathref.widgets import GradientCheck

pytestmark = pytest.mark.thorough

CELL = """from ipywidgets import FloatSlider, jslink
from mathref.widgets import GradientCheck

figure = GradientCheck()
slider = FloatSlider(figure.value, min=-15, max=-1, step=0.25, description="log₁₀ h")
jslink((figure, "value"), (slider, "value"))
display(slider, figure)"""
NUMBERS = ("w", "x", "b", "y", "exponent")


@pytest.fixture(scope="module")
def notebook():
    return executed([CELL])


class Page(figure_pages.Page):
    count = 1

    def number(self, name):
        return float(self.figure().locator(f'[data-number="{name}"]').get_attribute("data-value"))

    def follows(self):
        """Check the well conditioned numbers against Python's, and return what can be moved."""
        numbers = {name: self.value(name, 0) for name in NUMBERS}
        activation = self.figure().locator("[data-trait=activation]").input_value()
        twin = GradientCheck(**{name: [[number]] for name, number in numbers.items()}, activation=activation)
        for name in ("h", "cost", "gradient", "complex", "truncation", "rounding"):
            assert self.number(name) == pytest.approx(getattr(twin, name), rel=1e-10, abs=1e-20), name
        return numbers


@pytest.fixture
def page(browser, figure_site):
    context, opened = visit(browser, (figure_site / "index.html").as_uri(), Page)
    page = opened()
    yield page
    context.close()
    assert page.said == []


def test_the_step_is_dragged_keyed_and_typed_between_its_ends(page):
    page.drag(page.entry("exponent", 0), right=-150)
    assert page.follows()["exponent"] == -4.5
    page.entry("exponent", 0).locator("input").focus()
    for key, value in [("ArrowUp", -4.4), ("Shift+ArrowLeft", -5.4), ("Home", -15), ("ArrowDown", -15), ("End", -1),
                       ("Shift+ArrowRight", -1)]:
        page.tab.keyboard.press(key)
        assert page.follows()["exponent"] == value
    page.type("−12,25", "exponent", 0)
    assert page.follows()["exponent"] == -12.25
    for typed, words in [("-16", "−16 is too small: an entry lies between −15 and −1"), ("0", "0 is too large"),
                         ("h", "is not a number")]:
        page.type(typed, "exponent", 0)
        assert words in page.status() and "exponent of the step h stays −12.25" in page.status()
        assert page.follows()["exponent"] == -12.25
    page.drag(page.entry("exponent", 0), right=-1000, shift=True)
    assert page.follows()["exponent"] == -15


def test_the_v_stands_where_the_step_is_and_the_digits_fall_to_either_side(page):
    errors = {}
    for exponent in (-1, -5, -12):
        page.type(str(exponent), "exponent", 0)
        errors[exponent] = page.number("central_error")
        assert page.number("complex_error") <= max(1.1 * errors[exponent], 1e-14)
    assert errors[-5] < 1e-9 < 1e-6 < min(errors[-1], errors[-12])
    wrong = page.figure().locator(".quotient.central u").inner_text()
    assert len(wrong) >= 8 and page.figure().locator(".quotient.complex u").inner_text() in ("", *"0123456789")


def test_a_link_brings_a_small_step_back_and_a_random_one_lies_between_the_ends(page):
    page.type("-13.5", "exponent", 0)
    page.figure().locator("[data-trait=activation]").select_option("tanh")
    state = page.follows()
    page.figure().get_by_role("button", name="copy link").click()
    page.tab.wait_for_function("/link/i.test(document.querySelector('.status').textContent)")
    link = page.tab.url
    page.tab.goto("about:blank")
    page.open(link)
    assert page.follows() == state
    page.tab.goto("about:blank")
    page.open(link.replace("-13.5", "-15.5"))
    assert page.follows()["exponent"] == -3
    for _ in range(8):
        page.figure().get_by_role("button", name="random example").click()
        now = page.follows()
        assert -15 <= now["exponent"] <= -1 and max(abs(now[name]) for name in "wxby") <= 2


def test_the_slider_beside_it_goes_where_other_numbers_may_not(page):
    slider = page.tab.locator("input[type=range]").first
    slider.focus()
    page.tab.keyboard.press("Home")
    assert page.follows()["exponent"] == -15
    page.type("−12", "exponent", 0)
    assert slider.input_value() == "-12"


def test_pointing_at_a_quotient_lights_its_curve(page):
    for name in ("forward", "central", "complex"):
        page.figure().locator(f".quotient.{name}").hover()
        lit = page.figure().locator("path.lit").evaluate_all("all => all.map((path) => path.dataset.quantity)")
        assert lit == [name]
    page.figure().locator('.note [data-quantity="rounding"]').hover()
    assert page.figure().locator("path.estimate.rounding.lit").count() == 1


def test_the_question_is_answered_by_the_step_that_stands_there(page):
    def reply(choice):
        page.figure().get_by_role("button", name=choice, exact=True).click()
        return page.figure().locator(".reply").inner_text()

    assert "rounding alone" in reply("it grows") and reply("it shrinks").startswith("Right.")
    page.type("-9", "exponent", 0)
    assert "truncation alone" in reply("it shrinks") and reply("it grows").startswith("Right.")
    assert "complex step" in reply("no change")


def test_what_came_of_a_step_is_told_politely_in_words(page):
    page.entry("exponent", 0).locator("input").focus()
    page.tab.keyboard.press("Shift+ArrowUp")
    page.tab.wait_for_function("document.querySelector('.voice').textContent !== ''")
    assert page.figure().locator(".voice").inner_text().startswith(
        "exponent of the step h: minus 2.00; step 10 to the minus 2.00; relative error of the central difference 1 times ten to the minus 5")
    assert page.figure().get_by_role("img", name="central difference: minus 0.11, relative error").is_visible()


def test_on_a_phone_the_digits_stay_in_sight_while_a_number_is_moved(browser, figure_site):
    context, opened = visit(browser, (figure_site / "index.html").as_uri(), Page, viewport={"width": 390, "height": 700})
    page = opened()
    for name in ("w", "exponent"):
        for block in ("start", "center"):  # with room for the plot too, and without
            page.tab.evaluate("([cell, block]) => cell.scrollIntoView({ block })", [page.entry(name, 0).element_handle(), block])
            page.drag(page.entry(name, 0), right=-40)
            cell, box = page.entry(name, 0).bounding_box(), page.figure().locator(".result").bounding_box()
            assert box["y"] >= cell["y"] + cell["height"] and box["y"] + box["height"] <= 700
            plot = page.figure().locator(".plot > svg").bounding_box()
            if block == "start":
                assert np.clip(box["y"] - plot["y"], 0, plot["height"]) > 0.9 * plot["height"], "the plot is covered"
    page.follows()
    context.close()
