"""A figure on a static page, in a real browser, without a kernel: opened from disk and from a server."""

import re
from importlib.resources import files

import numpy as np
import pytest
from playwright.sync_api import expect

import figure_pages
from mathref import activations, dense
from mathref.widgets import FIGURES, LayerForward

pytestmark = pytest.mark.thorough

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
FIRST, OTHER, AGAIN = 0, 1, 2  # the figures in the order of the page; the third is a second view of the first


CELLS = (
    """from ipywidgets import FloatSlider, jslink
from mathref.widgets import LayerForward

figure = LayerForward()
slider = FloatSlider(figure.value, min=-2, max=2, step=0.05, description="w₁₂")
jslink((figure, "value"), (slider, "value"))
display(figure, slider)""",
    """from ipywidgets import Checkbox, Dropdown, FloatSlider, HBox, VBox, jsdlink
other = LayerForward([[1], [-1]], [[0.5, -1.5], [2, 1]], [[0], [0.5]], activation="tanh", entry="a_2")
follower = FloatSlider(description="</script><b>a₂</b>", min=-2, max=2)
jsdlink((other, "value"), (follower, "value"))
VBox([other, HBox([Checkbox(description="yes"), Dropdown(options=["one", "two"], index=1, description="number")]), follower])""",
    "figure",
)


class Page(figure_pages.Page):
    """The page of the figures of a layer forward."""

    def numbers(self, number=FIRST):
        """Return all numbers of a figure as it shows them, with every digit, and its σ."""
        cells = self.figure(number).locator(".entry").evaluate_all(
            "cells => cells.map((c) => [c.dataset.name, +c.dataset.row, +c.dataset.column, +c.dataset.value])")
        found = {}
        for name in ("W", "b", "a_prev", "z", "a"):
            mine = {(i, j): x for which, i, j, x in cells if which == name}
            rows, columns = max(mine)
            found[name] = np.array([[mine[i, j] for j in range(columns + 1)] for i in range(rows + 1)])
        return found, self.figure(number).locator("select").input_value()

    def follows(self, number=FIRST):
        """Check that z, a and the written sum are what `mathref` makes of W, b and a_prev; return the numbers."""
        numbers, activation = self.numbers(number)
        z = dense.forward(numbers["W"], numbers["b"], numbers["a_prev"])
        a = activations.by_name(activation)(z)
        np.testing.assert_allclose(numbers["z"], z, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(numbers["a"], a, rtol=1e-12, atol=1e-12)
        sum_ = self.figure(number).locator(".sum")
        i = int(sum_.get_attribute("data-row"))
        written = sum_.locator("[data-value]").evaluate_all("all => all.map((x) => +x.dataset.value)")
        terms = [*(numbers["W"][i] * numbers["a_prev"][:, 0]), numbers["b"][i, 0], z[i, 0], a[i, 0]]
        np.testing.assert_allclose(written, terms, rtol=1e-12, atol=1e-12)
        return numbers


def visit(browser, address, **circumstances):
    return figure_pages.visit(browser, address, Page, **circumstances)


@pytest.fixture(scope="module")
def notebook():
    """The executed cells, with the ids that a kernel gave them."""
    return figure_pages.executed(CELLS)


@pytest.fixture
def page(browser, figure_site):
    context, opened = visit(browser, (figure_site / "index.html").as_uri())
    page = opened()
    yield page
    context.close()
    assert page.said == []


@pytest.fixture(params=["disk", "served"])
def everywhere(request, browser, figure_site):
    """The page opened from disk, and from a server."""
    address = (figure_site / "index.html").as_uri() if request.param == "disk" else request.getfixturevalue("figure_served") + "index.html"
    context, opened = visit(browser, address)
    page = opened()
    yield page, address
    context.close()
    assert page.said == []


# Moving a number


def test_a_drag_to_the_right_or_up_makes_an_entry_larger_and_all_that_depends_on_it_follows(everywhere):
    page, _ = everywhere
    assert page.follows()["W"][0, 1] == -0.6
    page.drag(page.entry("W", 0, 1), right=80)
    assert page.follows()["W"][0, 1] == 0.2
    page.drag(page.entry("a_prev", 2), right=0, up=30)
    assert page.follows()["a_prev"][2, 0] == 2.3
    page.drag(page.entry("b", 1), right=-20, shift=True)
    assert page.follows()["b"][1, 0] == -2.3


def test_only_what_depends_on_an_entry_changes_with_it(page):
    before = page.follows()
    page.drag(page.entry("W", 0, 1), right=50)
    after = page.follows()
    changed = {name: (before[name] != after[name]).nonzero()[0].tolist() for name in before}
    assert changed == {"W": [0], "b": [], "a_prev": [], "z": [0], "a": [0]}


def test_a_drag_ends_at_the_bound(page):
    page.drag(page.entry("W", 0, 0), right=300, shift=True)
    assert page.follows()["W"][0, 0] == 10


def test_a_finger_drags_sideways_and_scrolls_the_page_up_and_down(browser, figure_site):
    context, opened = visit(browser, (figure_site / "index.html").as_uri(), has_touch=True, viewport={"width": 390, "height": 600})
    page = opened()
    devtools = context.new_cdp_session(page.tab)
    page.figure().locator(".layer").evaluate("layer => layer.scrollIntoView({ block: 'start' })")
    top = page.tab.evaluate("scrollY")
    box = page.entry("W", 0, 1).bounding_box()
    x, y = box["x"] + 20, box["y"] + 20

    def swipe(dx, dy):
        devtools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for step in range(1, 11):
            point = {"x": x + dx * step / 10, "y": y + dy * step / 10}
            devtools.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.tab.wait_for_timeout(100)

    swipe(60, 0)
    assert (page.follows()["W"][0, 1], page.tab.evaluate("scrollY")) == (0.0, top)
    swipe(0, -60)
    assert page.follows()["W"][0, 1] == 0.0 and page.tab.evaluate("scrollY") > top
    context.close()


def test_arrows_step_shift_steps_further_and_home_and_end_go_to_the_bounds(page):
    page.entry("b", 0).locator("input").focus()
    for key, value in [("ArrowUp", 0.2), ("ArrowRight", 0.3), ("ArrowDown", 0.2), ("ArrowLeft", 0.1), ("Shift+ArrowUp", 1.1),
                       ("Shift+ArrowLeft", 0.1), ("Home", -10), ("ArrowDown", -10), ("End", 10), ("ArrowUp", 10)]:
        page.tab.keyboard.press(key)
        assert page.follows()["b"][0, 0] == value, key


def test_a_typed_number_is_taken_with_all_its_digits(page):
    for typed, value in [("1.25", 1.25), ("−2", -2), ("-0,125", -0.125), (" 3 ", 3), ("1e-3", 0.001), (".5", 0.5),
                         ("+4.", 4), ("0.1234567890123456", 0.1234567890123456)]:
        page.type(typed, "W", 1, 2)
        assert page.follows()["W"][1, 2] == value, typed


def test_typing_is_taken_over_on_leaving_and_given_up_on_escape(page):
    page.entry("b", 0).locator("input").fill("2")
    page.entry("b", 1).locator("input").focus()
    assert page.follows()["b"][0, 0] == 2
    page.entry("b", 1).locator("input").fill("5")
    page.tab.keyboard.press("Escape")
    assert page.follows()["b"][1, 0] == -0.3
    assert page.entry("b", 1).locator("input").input_value() == "−0.30"


REFUSED = [
    ("abc", "“abc” is not a number"), ("", "“” is not a number"), ("NaN", "“NaN” is not a number"),
    ("Infinity", "is not a number"), ("1 2", "is not a number"), ("--1", "is not a number"), ("1,2,3", "is not a number"),
    ("0x10", "is not a number"), ("1/3", "is not a number"), ("<b>1</b>", "“<b>1</b>” is not a number"),
    ("1e999", "1e999 is too large: an entry lies between −10 and 10"), ("-10.001", "is too large"),
]


def test_an_edit_that_is_no_number_or_too_large_is_refused_in_words_and_nothing_changes(page):
    before, _ = page.numbers()
    for typed, words in REFUSED:
        page.type("-0.6", "W", 0, 1)  # what was said before is said no more
        assert "stays" not in page.status()
        page.type(typed, "W", 0, 1)
        assert words in page.status() and "weight row 1, column 2 stays −0.60" in page.status(), typed
        np.testing.assert_equal(page.follows(), before)
        assert page.entry("W", 0, 1).locator("input").input_value() == "−0.60"


def test_no_state_shows_nan(page):
    for name, i, j in [("W", 0, 0), ("W", 0, 1), ("W", 0, 2), ("a_prev", 0, 0), ("a_prev", 1, 0), ("a_prev", 2, 0)]:
        page.type("-10", name, i, j)
    for activation in page.figure().locator("option").all_inner_texts():
        page.figure().locator("select").select_option(activation)
        page.follows()
        assert not re.search("NaN|Infinity|undefined", page.figure().inner_text() + page.figure().inner_html())


# Seeing why


def test_pointing_at_an_entry_of_z_or_a_shows_its_products(page):
    for name in ("z", "a"):
        page.entry(name, 1).hover()
        sum_ = page.figure().locator(".sum")
        assert sum_.get_attribute("data-row") == "1"
        text = re.sub(r"\s+", "", sum_.inner_text())
        assert "(−1.00)·1.00" in text and "0.80·(−0.50)" in text and "0.50·2.00" in text and "(−0.30)" in text
        assert "(−0.30)0.30−0.70" in text and "sigmoid(−0.70)" in text and text.endswith("=0.33")
        lit = page.figure().locator(".entry.on").evaluate_all("all => all.map((c) => c.dataset.name + c.dataset.row)")
        assert sorted(lit) == ["W1", "W1", "W1", "a1", "b1", "z1"]
        page.entry(name, 0).hover()
        assert sum_.get_attribute("data-row") == "0"
    page.follows()


def test_the_keyboard_shows_the_products_too(page):
    page.entry("z", 1).focus()
    assert page.figure().locator(".sum").get_attribute("data-row") == "1"
    page.follows()


def test_pointing_at_a_weight_marks_its_term_and_its_partner(page):
    page.entry("W", 1, 2).hover()
    hot = page.figure().locator(".entry.hot input").evaluate_all("all => all.map((input) => input.ariaLabel)")
    assert hot == ["weight row 2, column 3", "activation of the layer before row 3"]
    assert re.sub(r"\s+", "", page.figure().locator(".term.hot").inner_text()).endswith("1.00")


def test_a_quantity_lights_up_wherever_it_stands(page):
    page.entry("W", 0, 0).hover()
    lit = page.figure().locator("[data-quantity].lit").evaluate_all("all => all.map((x) => x.dataset.quantity)")
    assert set(lit) == {"W"}
    assert page.figure().locator(".sum .symbol.lit").count() == 3
    page.tab.mouse.move(1, 1)
    assert page.figure().locator(".lit").count() == 0


def test_every_symbol_tells_its_quantity_and_wears_its_colour(page):
    worn = page.figure().locator("[data-quantity]").evaluate_all(
        "all => all.map((x) => [x.dataset.quantity, /q-\\w+/.exec(x.className)[0]].join(' '))")
    assert set(worn) == {"W q-W", "a q-a", "a_prev q-a", "b q-b", "z q-z"}


# The question


def answer(page, choice):
    page.figure().get_by_role("button", name=choice, exact=True).click()
    return " ".join(page.figure().locator(".reply").inner_text().split())


def test_the_question_comes_first_and_its_answer_only_to_who_commits_to_one(page):
    assert page.figure().locator(".question").is_visible() and page.figure().locator(".reply").inner_text() == ""
    assert "Not quite" in answer(page, "it grows")
    assert "only if its partner is positive" in page.figure().locator(".reply").inner_text()
    assert "does depend on" in answer(page, "no change")
    assert answer(page, "it shrinks").startswith("Right.")
    page.type("0", "a_prev", 1)
    assert "A factor of 0 lets nothing through" in answer(page, "it grows")
    assert answer(page, "no change").startswith("Right.")


def test_a_question_that_was_skipped_stays_skipped_until_asked_for(everywhere):
    page, address = everywhere
    page.figure().get_by_role("button", name="skip").click()
    assert not page.figure().locator(".choices").is_visible()
    page.open(address + "?again")
    assert not page.figure().locator(".choices").is_visible()
    page.figure().get_by_role("button", name="ask me a question").click()
    assert page.figure().locator(".choices").is_visible()
    page.open(address + "?once-more")
    assert page.figure().locator(".choices").is_visible()


def test_everything_works_where_storage_is_switched_off(browser, figure_site):
    context, opened = visit(browser, (figure_site / "index.html").as_uri())
    context.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('off'); } })")
    page = opened()
    page.figure().get_by_role("button", name="skip").click()
    page.drag(page.entry("W", 0, 1), right=30)
    assert page.follows()["W"][0, 1] == -0.3
    assert [error for error in page.said if "blob:" in error or "figures/" in error] == []  # Sphinx's own scripts do fail
    context.close()


# Its state


def test_reset_brings_back_what_the_notebook_saved(page):
    before = page.follows()
    page.type("3", "W", 0, 0)
    page.figure().locator("select").select_option("relu")
    page.figure().get_by_role("button", name="reset").click()
    np.testing.assert_equal(page.follows(), before)
    assert page.numbers()[1] == "sigmoid"


def test_a_random_example_is_another_example(page):
    before = page.follows()
    page.figure().get_by_role("button", name="random example").click()
    after = page.follows()
    assert (before["W"] != after["W"]).any() and (before["a_prev"] != after["a_prev"]).any()


def test_a_copied_link_brings_every_digit_of_the_state_back(everywhere):
    page, _ = everywhere
    page.figure().get_by_role("button", name="random example").click()
    page.type("0.1234567890123456", "W", 1, 1)
    page.figure().locator("select").select_option("softplus")
    before = page.follows()
    page.figure().get_by_role("button", name="copy link").click()
    page.tab.wait_for_function("/link/i.test(document.querySelector('.status').textContent)")
    link = page.tab.url
    page.tab.goto("about:blank")
    page.open(link)
    np.testing.assert_equal(page.follows(), before)
    assert page.numbers()[1] == "softplus"
    assert page.numbers(OTHER)[1] == "tanh", "the link is of one figure and leaves the other alone"


def test_a_link_followed_on_the_open_page_is_restored_too(page):
    page.tab.evaluate("location.hash = '#figure=model-0001&W=1,2,3;4,5,6&a_prev=1;1;1&b=0;0&activation=identity'")
    page.tab.wait_for_function("document.querySelector('select').value === 'identity'")
    assert page.follows()["z"].tolist() == [[6], [15]]


NO_LINKS = [
    "figure=model-0001", "figure=model-9999&W=1", "figure=model-0001&W=1,2;3,4&a_prev=1;1;1&b=0;0&activation=tanh",
    "figure=model-0001&W=1,2,3;4,5,NaN&a_prev=1;1;1&b=0;0&activation=tanh",
    "figure=model-0001&W=1,2,3;4,5,1e9&a_prev=1;1;1&b=0;0&activation=tanh",
    "figure=model-0001&W=1,2,3;4,5,&a_prev=1;1;1&b=0;0&activation=tanh",
    "figure=model-0001&W=1,2,3;4,5,6&a_prev=1;1;1&b=0;0&activation=constructor",
    "figure=model-0001&W=1,2,3;4,5,6&a_prev=1;1;1&b=0;0&activation=<script>alert(1)</script>",
    "%E0%A4%A", "a-heading",
]


def test_a_link_that_holds_no_state_of_the_figure_is_passed_over_in_silence(page, figure_site):
    before, activation = page.numbers()
    for fragment in NO_LINKS:
        page.tab.goto("about:blank")
        page.open((figure_site / "index.html").as_uri() + "#" + fragment)
        numbers, now = page.numbers()
        np.testing.assert_equal(numbers, before)
        assert now == activation, fragment


# Beside it


def test_a_slider_beside_the_figure_is_alive_in_both_directions(everywhere):
    page, _ = everywhere
    slider = page.tab.locator("input[type=range]").first
    assert slider.input_value() == "-0.6"
    slider.focus()
    page.tab.keyboard.press("ArrowRight")
    assert page.follows()["W"][0, 1] == pytest.approx(-0.55)
    page.type("1.5", "W", 0, 1)
    assert slider.input_value() == "1.5"
    assert page.tab.locator("output").first.inner_text() == "1.50"
    page.type("7", "W", 0, 1)
    assert page.follows()["W"][0, 1] == 7, "a number past the slider's end stays what was typed"


def test_a_directional_link_goes_one_way(page):
    slider = page.tab.locator("input[type=range]").nth(1)
    assert slider.input_value() == "-1"
    page.drag(page.entry("a_prev", 1, number=OTHER), right=50)
    assert (page.follows(OTHER)["a_prev"][1, 0], slider.input_value()) == (-0.5, "-0.5")
    slider.fill("2")
    assert page.follows(OTHER)["a_prev"][1, 0] == -0.5


def test_two_views_of_one_figure_show_one_state_and_another_figure_its_own(page):
    other = page.follows(OTHER)
    page.drag(page.entry("W", 0, 1), right=40)
    np.testing.assert_equal(page.follows(AGAIN), page.follows(FIRST))
    page.drag(page.entry("b", 0, number=AGAIN), right=40)
    np.testing.assert_equal(page.follows(FIRST), page.follows(AGAIN))
    np.testing.assert_equal(page.follows(OTHER), other)


def test_the_other_controls_show_what_was_saved(page):
    assert page.tab.get_by_label("yes").is_checked() is False
    assert page.tab.locator(".HBoxModel select").evaluate("s => s.selectedOptions[0].text") == "two"


def test_text_from_a_notebook_is_text(page):
    assert page.tab.get_by_text("</script><b>a₂</b>", exact=True).is_visible()


def test_nothing_comes_from_elsewhere(everywhere):
    page, address = everywhere
    folder = address.rsplit("/", 1)[0]
    assert [url for url in page.requested if not url.startswith((folder, "blob:"))] == []


def test_the_page_holds_no_source_of_a_figure_and_each_module_lies_in_the_site_once(figure_site):
    html = (figure_site / "index.html").read_text()
    assert "_esm" not in html and "export default" not in html and "require.js" not in html
    assert [path.name for path in sorted(figure_site.rglob("*.js")) if "export default" in path.read_text()] == [
        f"{name}.js" for name in sorted([*(figure.__module__.rpartition(".")[2] for figure in FIGURES), "question"])]


# Who does not see it, does not point, has no script


def test_without_scripts_and_in_print_there_is_a_picture_and_a_table(browser, figure_site):
    figure = LayerForward()
    shown = figure.W + figure.a_prev + figure.b + figure.z + figure.a
    told = [f"{x:.2f}".replace("-", "−") for row in shown for x in row]
    for scripts in (False, True):
        context = browser.new_context(java_script_enabled=scripts)
        tab = context.new_page()
        tab.goto((figure_site / "index.html").as_uri())
        if scripts:
            tab.emulate_media(media="print")
        table = tab.locator(".live-numbers").first
        assert table.is_visible() and "A layer forward" in table.inner_text()
        assert re.findall(r"−?\d+\.\d\d", table.inner_text()) == told
        drawn = tab.locator(".live").first.locator(".layer")
        assert drawn.is_visible() and drawn.locator(".entry").count() == 15
        assert not tab.locator(".tools").first.is_visible() and not tab.locator("input[type=range]").first.is_visible()
        context.close()


def test_print_shows_the_numbers_as_they_are_now(page):
    page.type("1.25", "W", 0, 0)
    page.tab.emulate_media(media="print")
    expect(page.tab.locator(".live-numbers").first).to_contain_text("1.25")  # a browser tells of paper with the next frame


def test_after_an_edit_the_note_says_what_mathref_computes(page):
    def note():
        return page.figure().locator(".note").inner_text()

    for text in ("-1.90", "0.25"):
        page.type(text, "W", 1, 1)
        W, a_prev, b = (np.array([[page.value(name, i, j) for j in range(columns)] for i in range(rows)])
                        for name, rows, columns in (("W", 2, 3), ("a_prev", 3, 1), ("b", 2, 1)))
        z = dense.forward(W, b, a_prev)
        a = activations.by_name("sigmoid")(z)
        terms = [*(W[1] * a_prev[:, 0]), b[1, 0]]
        k = int(np.argmax(np.abs(terms)))
        rest = z[1, 0] - terms[k]
        numbers = [terms[k], z[1, 0], a[1, 0], rest, activations.by_name("sigmoid")(np.array(rest))]
        assert note().startswith("Unit 2.")
        assert re.findall(r"−?\d+\.\d\d", note()) == [f"{x:.2f}".replace("-", "−") for x in numbers]


def test_numbers_and_their_changes_are_told_in_words(page):
    spin = page.figure().get_by_role("spinbutton", name="weight row 1, column 2")
    assert spin.get_attribute("aria-valuetext") == "minus 0.60"
    spin.focus()
    page.tab.keyboard.press("ArrowUp")
    assert spin.get_attribute("aria-valuenow") == "-0.5" and spin.get_attribute("aria-valuetext") == "minus 0.50"
    voice = page.figure().locator("[aria-live=polite]")
    page.tab.wait_for_function("document.querySelector('.voice').textContent !== ''")
    assert voice.inner_text() == "weight row 1, column 2: minus 0.50; z row 1: 1.15; a row 1: 0.76"
    assert page.figure().get_by_role("button", name="pre-activation z row 1: 1.15, show its sum").is_visible()
    assert page.figure().locator(".sum").get_attribute("aria-label") == (
        "z row 1 is 0.40 times 1.00 plus minus 0.50 times minus 0.50 plus 0.20 times 2.00 plus 0.10, which is 1.15; "
        "a row 1 is sigmoid of that, 0.76")


@pytest.mark.parametrize("width", [320, 900])
def test_whatever_can_be_touched_is_at_least_24_pixels_wide_and_high(browser, figure_site, width):
    context, opened = visit(browser, (figure_site / "index.html").as_uri(), viewport={"width": width, "height": 700})
    page = opened()
    assert page.too_small() == []
    context.close()


def test_on_a_phone_the_sum_stays_in_sight_while_a_number_is_moved(browser, figure_site):
    context, opened = visit(browser, (figure_site / "index.html").as_uri(), viewport={"width": 320, "height": 568})
    page = opened()
    for name, i, j in [("W", 0, 0), ("a_prev", 2, 0), ("b", 1, 0)]:
        page.entry(name, i, j).scroll_into_view_if_needed()
        page.tab.evaluate("cell => cell.scrollIntoView({ block: 'start' })", page.entry(name, i, j).element_handle())
        page.drag(page.entry(name, i, j), right=20)
        sum_ = page.figure().locator(".sum").bounding_box()
        cell = page.entry(name, i, j).bounding_box()
        assert sum_["y"] >= 0 and sum_["y"] + sum_["height"] <= 568
        assert cell["y"] >= -1 and cell["y"] + cell["height"] <= sum_["y"]
    page.follows()
    context.close()


def test_who_wants_less_motion_gets_none(browser, figure_site):
    for wish, moving in (("reduce", False), ("no-preference", True)):
        context, opened = visit(browser, (figure_site / "index.html").as_uri(), reduced_motion=wish)
        page = opened()
        durations = page.figure().locator("*").evaluate_all("all => all.map((e) => getComputedStyle(e).transitionDuration)")
        assert any(duration != "0s" for duration in durations) == moving
        context.close()


def test_axe_finds_nothing_in_a_figure_with_controls_beside_it(browser, figure_site):
    context, opened = visit(browser, (figure_site / "index.html").as_uri(), viewport={"width": 390, "height": 900},
                            device_scale_factor=2)
    page = opened()
    page.tab.add_style_tag(content="body { margin: 0; padding: 16px; background: var(--page);"
                                   " color: var(--text); font-family: system-ui }")
    page.figure(OTHER).get_by_role("button", name="it grows").click()
    answer(page, "it grows")
    page.entry("W", 0, 1, OTHER).hover()
    page.tab.evaluate(AXE)
    result = page.tab.evaluate("""axe.run({include: [[".VBoxModel"]]}, {preload: false,
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})""")
    assert [(fault["id"], [node["html"][:200] for node in fault["nodes"]]) for fault in result["violations"]] == []
    context.close()
