"""Figure 6 on a static page, in a real browser, without a kernel."""

from importlib.resources import files

import numpy as np
import pytest

import figure_pages
from figure_pages import ROOT, executed, visit
from mathref import conv

pytestmark = pytest.mark.thorough

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
SCREENSHOTS = ROOT / "_build" / "screenshots"
CELL = """from ipywidgets import FloatSlider, jslink
from mathref.widgets import ConvGradient

figure = ConvGradient()
slider = FloatSlider(figure.value, min=-5, max=5, step=0.1, description="w₁₂")
jslink((figure, "value"), (slider, "value"))
display(slider, figure)"""
LARGE = "ConvGradient(W=[[1, -2, 0.5], [3, -1, 2], [0, 4, -0.5]], delta=[[2, -1, 0, 1]] * 3 + [[1, 2, 3, -4]])"


@pytest.fixture(scope="module")
def notebook():
    return executed([CELL, LARGE])


class Page(figure_pages.Page):
    """The page of figure 6; its second figure is the largest there can be."""

    count = 2

    def matrix(self, name, number=0):
        cells = self.figure(number).locator(f'.entry[data-name="{name}"][data-value]').evaluate_all(
            "all => all.map((c) => [+c.dataset.row, +c.dataset.value])")
        return np.array([[x for row, x in cells if row == i] for i in range(max(row for row, _ in cells) + 1)])

    def switch(self, name):
        return self.figure().get_by_role("button", name=name)

    def follows(self, number=0):
        """Check that the result and the written sum are what `mathref` makes of δ, W and the switches; return both."""
        delta, W = self.matrix("delta", number), self.matrix("W", number)
        turned, framed = (self.figure(number).locator(f"[data-trait={trait}]").get_attribute("aria-pressed") == "false"
                          for trait in ("turned", "framed"))
        image = conv.pad([[delta]], [[W]]) if framed else [[delta]]
        kernel = np.flip(W) if turned else W
        expected = conv.forward([[kernel]], None, image)[0, 0]
        np.testing.assert_array_equal(self.matrix("kernel", number), kernel)
        np.testing.assert_allclose(self.matrix("result", number), expected, rtol=1e-12, atol=1e-12)
        sum_ = self.figure(number).locator(".sum")
        m, n = int(sum_.get_attribute("data-row")), int(sum_.get_attribute("data-column"))
        written = sum_.locator("[data-value]").evaluate_all("all => all.map((x) => +x.dataset.value)")
        window = np.array(image)[0, 0][m:m + len(W), n:n + len(W[0])]
        np.testing.assert_allclose(written, [*(window * kernel).ravel(), expected[m, n]], rtol=1e-12, atol=1e-12)
        return delta, W, expected


@pytest.fixture
def page(browser, figure_site):
    context, opened = visit(browser, (figure_site / "index.html").as_uri(), Page)
    page = opened()
    yield page
    context.close()
    assert page.said == []


def test_whatever_is_dragged_typed_or_keyed_the_gradient_follows(page):
    page.drag(page.entry("W", 0, 1), right=80)
    assert page.follows()[1][0, 1] == 2.8
    page.drag(page.entry("delta", 1, 0), right=0, up=50)
    assert page.follows()[0][1, 0] == 4.5
    page.type("−0,125", "delta", 0, 1)
    assert page.follows()[0][0, 1] == -0.125
    page.entry("W", 1, 1).locator("input").focus()
    for key, value in [("ArrowUp", 4.1), ("Shift+ArrowLeft", 3.1), ("Home", -10), ("End", 10)]:
        page.tab.keyboard.press(key)
        assert page.follows()[1][1, 1] == value
    page.entry("delta", 2, 1, number=1).locator("input").fill("7")
    page.tab.keyboard.press("Enter")
    assert page.follows(1)[0][2, 1] == 7


def test_pointing_at_a_gradient_slides_the_window_there_and_writes_its_sum(page):
    for m, n in [(0, 0), (2, 1), (1, 2)]:
        page.entry("result", m, n).hover()
        sum_ = page.figure().locator(".sum")
        assert (sum_.get_attribute("data-row"), sum_.get_attribute("data-column")) == (str(m), str(n))
        page.follows()
        page.tab.wait_for_timeout(300)
        window, first = page.figure().locator(".window").bounding_box(), page.entry("delta", m - 1, n - 1).bounding_box()
        last = page.entry("delta", m, n).bounding_box()
        assert abs(window["x"] - first["x"]) < 5 and abs(window["y"] - first["y"]) < 5
        assert abs(window["x"] + window["width"] - last["x"] - last["width"]) < 5
        assert abs(window["y"] + window["height"] - last["y"] - last["height"]) < 5
    page.entry("result", 0, 1).focus()
    assert page.figure().locator(".sum").get_attribute("aria-label").startswith(
        "gradient of a, row 1, column 2: 1.00, the sum of four products, 0.00 times 4.00 plus ")


def test_pointing_at_an_error_tells_where_it_goes_back_to(page):
    page.entry("delta", 0, 1).locator("input").focus()
    fed = page.figure().locator(".entry.fed").evaluate_all("all => all.map((c) => c.dataset.row + c.dataset.column)")
    assert fed == ["01", "02", "11", "12"]
    marked = page.figure().locator('.paths .on[data-name="a"]').evaluate_all(
        "all => all.map((c) => c.dataset.row + c.dataset.column)")
    assert marked == fed and "Scatter" in page.figure().locator(".paths p").inner_text()
    page.entry("W", 0, 1).hover()
    assert page.figure().locator(".term.hot").count() == 1
    page.entry("a", 0, 0).hover()
    assert "Gather" in page.figure().locator(".paths p").inner_text()


def test_steps_fill_the_gradient_in_entry_by_entry(page):
    page.switch("step").click()
    assert page.figure().locator(".entry.covered").count() == 8
    assert page.figure().locator(".sum").get_attribute("data-row") == "0"
    page.switch("step").click()
    page.switch("step").press("Enter")
    assert page.matrix("result").tolist() == [[1, 1, -2]]
    page.entry("result", 2, 2).hover()
    assert page.figure().locator(".sum").get_attribute("data-row") == "0", "what is covered stays covered"
    page.switch("back").click()
    assert page.matrix("result").tolist() == [[1, 1]]
    page.switch("all").click()
    page.follows()


def test_what_is_forgotten_changes_the_numbers_and_the_labels(page):
    body = page.figure().locator(".board")
    assert "rot180(W)" in body.inner_text() and "pad(δ)" in body.inner_text()
    page.switch("forget rot180").click()
    _, _, result = page.follows()
    note = page.figure().locator(".note").inner_text()
    assert "9 of 9 entries are wrong" in note and f"{result.sum():.2f}" in note and result.sum() == 36
    assert "rot180(W)" not in body.inner_text() and "W, not turned" in body.inner_text()
    page.switch("forget the frame").click()
    assert page.follows()[2].tolist() == [[3]]
    assert "1 × 1 instead of 3 × 3" in page.figure().locator(".note").inner_text()
    assert "pad(" not in body.inner_text()
    page.switch("forget rot180").click()
    assert page.follows()[2].tolist() == [[15]]
    page.switch("forget the frame").click()
    assert page.follows()[2].shape == (3, 3)


def test_the_question_names_the_slip(page):
    def reply(choice):
        page.figure().get_by_role("button", name=choice, exact=True).click()
        return page.figure().locator(".reply").inner_text()

    assert page.figure().locator(".reply").inner_text() == ""
    assert "kernel is not turned" in reply("it shrinks")
    assert "does depend on" in reply("no change")
    assert reply("it grows").startswith("Right.")


def test_a_copied_link_brings_the_whole_state_back_and_reset_the_first(page, figure_site):
    before = page.follows()
    page.figure().get_by_role("button", name="random example").click()
    page.type("0.1234567890123456", "W", 1, 1)
    page.switch("forget rot180").click()
    page.entry("result", 2, 1).hover()
    state, where = page.follows(), page.figure().locator(".sum").get_attribute("aria-label")
    page.figure().get_by_role("button", name="copy link").focus()
    page.tab.keyboard.press("Enter")
    page.tab.wait_for_function("/link/i.test(document.querySelector('.status').textContent)")
    link = page.tab.url
    page.tab.goto("about:blank")
    page.open(link)
    np.testing.assert_equal(page.follows(), state)
    assert page.figure().locator(".sum").get_attribute("aria-label") == where
    page.figure().get_by_role("button", name="reset").click()
    np.testing.assert_equal(page.follows(), before)
    for wrong in ("turned=maybe&framed=true", "turned=true", "turned=false&framed=false&row=99"):
        page.tab.goto("about:blank")
        page.open(f"{(figure_site / 'index.html').as_uri()}#figure=model-0001&delta=1,2;3,4&W=1,2;3,&{wrong}")
        np.testing.assert_equal(page.follows(), before)


def test_the_slider_beside_it_is_alive_in_both_directions(page):
    slider = page.tab.locator("input[type=range]").first
    slider.focus()
    page.tab.keyboard.press("ArrowRight")
    assert page.follows()[1][0, 1] == pytest.approx(2.1)
    page.type("−3", "W", 0, 1)
    assert slider.input_value() == "-3"


def test_changes_are_told_politely_in_words(page):
    page.entry("W", 0, 1).locator("input").focus()
    page.tab.keyboard.press("ArrowUp")
    page.tab.wait_for_function("document.querySelector('.voice').textContent !== ''")
    assert page.figure().locator(".voice").inner_text() == "weight row 1, column 2: 2.10; gradient of a, row 2, column 2: 15.40"
    assert page.figure().get_by_role("button", name="gradient of a, row 1, column 1: 1.00, show its sum").is_visible()
    assert page.figure().get_by_role("img", name="W turned by 180 degrees: 4.00, minus 1.00; 2.10, 1.00").is_visible()


def test_on_a_phone_the_result_and_its_sum_stay_in_sight_while_a_number_is_moved(browser, figure_site):
    context, opened = visit(browser, (figure_site / "index.html").as_uri(), Page, viewport={"width": 390, "height": 700})
    page = opened()
    for name, i, j in [("delta", 0, 0), ("delta", 1, 1), ("W", 0, 0), ("W", 1, 1)]:
        page.tab.evaluate("cell => cell.scrollIntoView({ block: 'center' })", page.entry(name, i, j).element_handle())
        page.drag(page.entry(name, i, j), right=20)
        cell = page.entry(name, i, j).bounding_box()
        for part in (page.entry("result", 0, 0), page.entry("result", 2, 2), page.figure().locator(".sum")):
            box = part.bounding_box()
            assert box["y"] >= cell["y"] + cell["height"] and box["y"] + box["height"] <= 700
    page.follows()
    context.close()


@pytest.mark.parametrize("width", [320, 900])
def test_nothing_sticks_out_and_whatever_is_touched_is_large_enough(browser, figure_site, width):
    context, opened = visit(browser, (figure_site / "index.html").as_uri(), Page, viewport={"width": width, "height": 800},
                            reduced_motion="reduce")
    page = opened()
    for switch in (None, "forget rot180", "forget the frame"):
        if switch:
            page.switch(switch).click()
        for number in (0, 1):
            outside = page.figure(number).evaluate(
                "root => { const { left, right } = root.getBoundingClientRect();"
                " return [...root.querySelectorAll('*')].filter((e) => e.checkVisibility() && !e.matches('.voice'))"
                ".map((e) => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])"
                ".filter(([, b]) => b.width && (b.left < left || b.right > right)).map(([name]) => name); }")
            assert outside == []
    assert page.too_small() == []
    context.close()


def test_the_kernel_turns_before_the_eye_unless_less_motion_is_wanted(browser, figure_site):
    for wish, moving in (("reduce", False), ("no-preference", True)):
        context, opened = visit(browser, (figure_site / "index.html").as_uri(), Page, reduced_motion=wish)
        page = opened()
        count = "document.querySelector('.kernels').getAnimations({ subtree: true }).filter((a) => a.animationName).length"
        assert page.tab.evaluate(count) == 0, "nothing turns by itself"
        page.switch("forget rot180").click()
        assert (page.tab.evaluate(count) > 0) == moving
        context.close()


def test_axe_finds_nothing_where_something_is_forgotten_and_its_picture_is_kept(browser, figure_site):
    context, opened = visit(browser, (figure_site / "index.html").as_uri(), Page, viewport={"width": 390, "height": 900},
                            device_scale_factor=2, reduced_motion="reduce")
    page = opened()
    page.tab.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.tab.add_style_tag(content="body { margin: 0; padding: 16px; background: var(--page);"
                                   " color: var(--text); font-family: system-ui }")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.tab.evaluate(AXE)
    for state, switch in (("unturned", "forget rot180"), ("unframed", "forget the frame")):
        page.switch(switch).click()
        page.figure().screenshot(path=SCREENSHOTS / f"figure-conv_gradient-{state}.png")
        faults = page.tab.evaluate("""axe.run({include: [[".conv-gradient"]]}, {preload: false,
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})""")["violations"]
        assert [(fault["id"], [node["html"][:200] for node in fault["nodes"]]) for fault in faults] == []
    context.close()
