"""What is particular to figure 2 on a static page, in a real browser: the unit that is pointed at, its tangent, the choice
of σ, the question."""

import re

import numpy as np
import pytest

import figure_pages
from figure_pages import executed, visit
from mathref import activations, cost, dense

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def notebook():
    return executed(["from mathref.widgets import OutputError\nOutputError()",
                     "OutputError([[-9], [0], [1], [2.5], [-2], [4]], [[1], [-1], [1], [-3], [10], [4]], 'relu', 'z_1')"])


class Page(figure_pages.Page):
    """The page of figure 2; its second figure is the largest there can be."""

    count = 2

    def column(self, name, number=0):
        return np.array([[self.value(name, i, number=number)]
                         for i in range(self.figure(number).locator(f'.entry[data-name="{name}"]').count())])

    def unit(self, number=0):
        """The unit that is pointed at, as the sum, the sentence, the cells and the curve have it; all agree."""
        figure = self.figure(number)
        row = int(figure.locator(".sum").get_attribute("data-row"))
        assert figure.locator(".lesson").inner_text().startswith(f"Unit {row + 1} ")
        assert figure.locator("circle.on").get_attribute("data-row") == str(row)
        assert set(figure.locator(".entry.on").evaluate_all("all => all.map((x) => x.dataset.row)")) == {str(row)}
        assert figure.locator(".term.hot .symbols sub").all_inner_texts() == [str(row + 1)] * 2
        return row

    def follows(self, number=0):
        """Check every number that follows against `mathref`; return σ."""
        figure = self.figure(number)
        sigma = activations.by_name(figure.locator("select").input_value())
        z, y = self.column("z", number), self.column("y", number)
        a = sigma(z)
        delta = dense.output_delta(a, y, z, sigma)
        for name, expected in (("a", a), ("error", a - y), ("prime", sigma.prime(z)), ("delta", delta)):
            np.testing.assert_allclose(self.column(name, number), expected, rtol=1e-12, atol=1e-13)
        C = float(figure.locator('[data-number="C"]').get_attribute("data-value"))
        assert C == pytest.approx(cost.half_squared_error(a, y), rel=1e-12)
        shown = float(figure.locator(".after [data-value]").get_attribute("data-value"))
        assert shown == pytest.approx(delta[self.unit(number), 0], rel=1e-12)
        return sigma.name

    def answer(self, choice, number=0):
        self.figure(number).get_by_role("button", name=choice, exact=True).click()
        return self.figure(number).locator(".reply").inner_text()


@pytest.fixture
def page(browser, figure_site):
    context, opened = visit(browser, (figure_site / "index.html").as_uri(), Page)
    page = opened()
    yield page
    context.close()
    assert page.said == []


def test_pointing_at_any_entry_of_a_unit_or_at_its_point_picks_the_unit(page):
    assert page.unit() == 0
    for name, i in (("delta", 1), ("y", 2), ("prime", 0), ("z", 1), ("error", 2), ("a", 0)):
        page.entry(name, i).hover()
        assert page.unit() == i
    page.figure().locator('[data-name="point"]:not(.hit)').nth(2).hover()
    assert page.unit() == 2


def test_the_tab_key_picks_a_unit_too(page):
    page.figure().locator("select").focus()
    seen = []
    for _ in range(18):
        page.tab.keyboard.press("Tab")
        seen.append(page.unit())
    assert seen == [0, 1, 2] * 6
    assert page.figure().locator(".sum").get_attribute("aria-label") == (
        "C is half of 1.00 squared plus 0.62 squared plus minus 0.73 squared, which is 0.96; "
        "δ row 3 is a minus y, minus 0.73, times the slope, 0.20, which is minus 0.14")


def test_every_sigma_gives_its_own_numbers_and_its_own_sentence(page):
    said = {}
    for name in ("tanh", "relu", "softplus", "identity", "sigmoid"):
        page.figure().locator("select").select_option(name)
        page.entry("z", 2).hover()
        assert page.follows() == name
        said[name] = re.search("Unit 3 (.*?)[.]", page.figure().locator(".lesson").inner_text())[1]
    assert said == {"sigmoid": "learns", "tanh": "learns", "relu": "is dead", "softplus": "learns", "identity": "has no bend"}
    assert page.follows(1) == "relu", "the other figure has a σ of its own"


def test_a_saturated_unit_wakes_when_it_is_dragged_to_the_middle(page):
    page.entry("z", 0).hover()
    lesson = page.figure().locator(".lesson")
    assert "is saturated" in lesson.inner_text() and "100 times as much" in lesson.inner_text()

    def tangent():
        x1, y1, x2, y2 = map(float, re.findall(r"-?[\d.]+", page.figure().locator(".tangent").get_attribute("d")))
        return (y1 - y2) / (x2 - x1)

    flat = tangent()
    page.drag(page.entry("z", 0), right=-600)
    assert page.value("z", 0) == 0 and "learns" in lesson.inner_text() and tangent() > 20 * flat
    assert page.follows() == "sigmoid"


def test_the_question_names_the_slip(page):
    assert "target minus answer" in page.answer("it shrinks")
    assert "is small, but not 0" in page.answer("no change")
    assert page.answer("it grows").startswith("Right.")
    page.type("0.5", "z", 0)
    assert "is not 0" in page.answer("no change")
    assert "= −1.00 alone" in page.answer("it shrinks", 1)
    assert page.answer("no change", 1).startswith("Right.")


def test_on_a_phone_c_and_delta_stay_in_sight_while_a_number_is_moved(browser, figure_site):
    context, opened = visit(browser, (figure_site / "index.html").as_uri(), Page, viewport={"width": 390, "height": 700})
    page = opened()
    for number, name, i in [(0, "z", 0), (0, "y", 2), (1, "z", 0), (1, "y", 5)]:
        cell = page.entry(name, i, number=number)
        cell.evaluate("cell => cell.scrollIntoView({ block: 'start' })")
        page.drag(cell, right=20)
        box, sum_ = cell.bounding_box(), page.figure(number).locator(".sum").bounding_box()
        assert sum_["y"] >= box["y"] + box["height"] and sum_["y"] + sum_["height"] <= 700
        page.follows(number)
    context.close()


def test_the_picture_does_not_jump_from_unit_to_unit(browser, figure_site):
    for width in (390, 740):
        context, opened = visit(browser, (figure_site / "index.html").as_uri(), Page, viewport={"width": width, "height": 900})
        page = opened()
        heights = []
        for i in range(3):
            page.entry("delta", i).focus()
            heights.append(page.figure().bounding_box()["height"])
        assert len(set(heights)) == 1
        context.close()
