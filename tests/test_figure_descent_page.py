"""Figure 4 on a static page, in a real browser, without a kernel: what is particular to it."""

import re

import numpy as np
import pytest

import figure_pages
from figure_pages import executed, visit
from mathref.widgets import Descent
from mathref.widgets.descent import minibatches

pytestmark = pytest.mark.thorough

CELL = """from mathref.widgets import Descent
Descent()"""


@pytest.fixture(scope="module")
def notebook():
    return executed([CELL])


class Page(figure_pages.Page):
    """The page of figure 4."""

    count = 1

    def choose(self, trait, value):
        self.figure().locator(f"select[data-trait={trait}]").select_option(value)

    def step(self, name):
        self.figure().locator(f'[data-action="{name}"]').click()

    def note(self):
        return self.figure().locator(".note").inner_text()

    def reply(self, choice):
        self.figure().get_by_role("button", name=choice, exact=True).click()
        return self.figure().locator(".reply").inner_text()


@pytest.fixture
def page(browser, figure_site):
    context, opened = visit(browser, (figure_site / "index.html").as_uri(), Page)
    page = opened()
    yield page
    context.close()
    assert page.said == []


def test_the_start_is_dragged_over_the_plot_and_goes_by_the_arrow_keys(page):
    plane, handle = page.figure().locator(".plane"), page.figure().locator(".handle")
    plane.scroll_into_view_if_needed()
    side = plane.bounding_box()
    handle.hover()
    page.tab.mouse.down()
    for x, y in ((0.5, 0.5), (0.75, 0.25)):
        page.tab.mouse.move(side["x"] + x * side["width"], side["y"] + y * side["height"], steps=4)
    page.tab.mouse.up()
    start = [page.value("W1", 0, 0), page.value("W1", 0, 1)]
    assert start == pytest.approx([1.5, 1.5], abs=0.02)
    page.tab.mouse.move(side["x"], side["y"])
    assert [page.value("W1", 0, 0), page.value("W1", 0, 1)] == start, "what is let go stays"
    handle.focus()
    for key, (x, y) in (("ArrowRight", (0.1, 0)), ("ArrowDown", (0, -0.1)), ("Shift+ArrowLeft", (-1, 0)), ("Shift+ArrowUp", (0, 1))):
        start = [start[0] + x, start[1] + y]
        page.tab.keyboard.press(key)
        assert [page.value("W1", 0, 0), page.value("W1", 0, 1)] == pytest.approx(start, abs=1e-9)
    for _ in range(3):
        page.tab.keyboard.press("Shift+ArrowUp")
    assert page.value("W1", 0, 1) == 3, "the plot ends there"
    made = Descent(W1=[[page.value("W1", 0, 0), 3]])
    for k in (0, 1):
        assert [page.value("path", k, j) for j in (0, 1)] == pytest.approx(made.path[k], rel=1e-12)
    box, there = handle.bounding_box(), made.W1[0]
    centre = [(box["x"] + box["width"] / 2 - side["x"]) / side["width"], (box["y"] + box["height"] / 2 - side["y"]) / side["height"]]
    assert centre == pytest.approx([0.5 + there[0] / 6, 0.5 - there[1] / 6], abs=0.01)
    assert f"start, weight of layer 1, column 1 {there[0]:.2f}, weight of layer 1, column 2 3.00" in handle.get_attribute("aria-label")


def test_the_reader_chooses_which_two_move_and_drags_them_while_the_others_stay(page):
    page.choose("chosen", "b¹₁ and w²₁₁")
    others = [page.value("W1", 0, 0), page.value("W1", 0, 1)]
    handle = page.figure().locator(".handle")
    handle.focus()
    page.tab.keyboard.press("ArrowLeft")
    page.tab.keyboard.press("Shift+ArrowUp")
    assert [page.value("b1", 0), page.value("W2", 0)] == pytest.approx([-0.1, 2], abs=1e-9)
    assert [page.value("W1", 0, 0), page.value("W1", 0, 1)] == others
    page.type("0.5", "W1", 0, 0)
    made = Descent(W1=[[0.5, others[1]]], b1=[[-0.1]], W2=[[2]], chosen="b1_1 and w2_11")
    for k in (0, 1):
        assert [page.value("path", k, j) for j in (0, 1)] == pytest.approx(made.path[k], rel=1e-12)
    assert page.note().startswith("No bowl: the two stand in one product") and f"{made.curvature:.2f}" in page.note()
    assert handle.get_attribute("aria-label").startswith("start, bias of layer 1 minus 0.10, weight of layer 2 2.00")
    assert "b¹₁ = 3" in page.figure().locator(".plane").inner_text()
    page.figure().get_by_role("button", name="reset").click()
    assert page.figure().locator("select[data-trait=chosen]").input_value() == "w1_11 and w1_12"


def test_a_minibatch_of_each_step_is_marked_in_the_data_and_taken(page):
    page.choose("size", "2")
    made = Descent(size=2)
    for k, batch in enumerate(minibatches(2, 3), start=1):
        for name, rows in (("x", (0, 1)), ("y", (0,))):
            for row in rows:
                marked = [i for i in range(6) if "on" in page.entry(name, row, i).get_attribute("class").split()]
                assert marked == batch
        assert f"on samples {batch[0] + 1} and {batch[1] + 1}:" in page.figure().locator(".written").inner_text()
        assert [page.value("grads", k - 1, j) for j in (0, 1)] == pytest.approx(made.grads[k - 1], rel=1e-12)
        page.step("forward")
    assert "in the minibatch" in page.entry("y", 0, minibatches(2, 4)[3][0]).locator("input").get_attribute("aria-label")


def test_every_step_of_a_path_that_runs_away_shows_what_python_holds_and_no_number_that_is_none(page):
    page.type("2", "learning_rate", 0)
    made = Descent(learning_rate=[[2]])
    assert len(made.path) < 19
    count = len(made.grads)
    page.step("back")
    assert f"1 of {count}" in page.figure().locator(".steps").inner_text()
    for k in range(1, count + 1):
        for name, rows in (("path", (k - 1, k)), ("grads", (k - 1,)), ("costs", (k - 1, k))):
            for row in rows:
                for j, x in enumerate(getattr(made, name)[row]):
                    np.testing.assert_allclose(page.value(name, row, j), x, rtol=1e-10)
        page.step("forward")
    note = page.note()
    assert f"The path leaves the plot at update 1. After update {count} C is " in note and "beyond a million" in note
    assert "diverges" in note and not re.search("NaN|Infinity|undefined", page.figure().inner_html())


def test_the_question_names_the_slip(page):
    assert "doubled" in page.figure().locator(".asked").inner_text()
    assert "past the bottom" in page.reply("lower")
    assert "depends on" in page.reply("the same")
    assert page.reply("higher").startswith("Right.")
    page.type("0.2", "learning_rate", 0)
    assert page.reply("lower").startswith("Right.")
    assert "overshoots by less" in page.reply("higher")


def test_what_is_chosen_changes_the_words(page):
    assert "a bowl" in page.note() and "2.00" in page.note()
    page.choose("size", "1")
    assert "minibatch has a bowl of its own" in page.note() and "0.80" in page.note()
    page.choose("activation", "tanh")
    assert page.note().startswith("No bowl")
    page.choose("updates", "30")
    assert "After update 30" in page.note() and "1 of 30" in page.figure().locator(".steps").inner_text()


def test_on_a_phone_the_step_stays_in_sight_while_a_number_above_it_is_moved(browser, figure_site):
    context, opened = visit(browser, (figure_site / "index.html").as_uri(), Page, viewport={"width": 390, "height": 844})
    page = opened()
    for name in ("learning_rate", "x"):
        page.entry(name, 0, 0).scroll_into_view_if_needed()
        page.entry(name, 0, 0).locator("input").focus()
        page.tab.keyboard.press("ArrowUp")
        box = page.figure().locator(".result").bounding_box()
        assert 0 <= box["y"] and box["y"] + box["height"] <= 844
        cell = page.entry(name, 0, 0).bounding_box()
        assert cell["y"] + cell["height"] <= box["y"], "the result does not lie over what is moved"
    context.close()
