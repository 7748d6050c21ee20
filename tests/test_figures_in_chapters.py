"""The live figures in the chapters: the slider beside each, the equations around it, a phone, a dark page, little motion."""

import json

import numpy as np
import pytest

from book_site import CHAPTERS, ROOT
from browser import wait_until, wait_until_open
from mathref.widgets import FIGURES
from test_every_figure import ALLOWANCES, OUTSIDE, name_of

FIGURE_OF = {name_of(figure): figure for figure in FIGURES}
MODELS = "script#figure-models"
AWAKE = """name => { const live = document.querySelector(`[data-figure=${name}] .live`);
    live.scrollIntoView({ behavior: "instant" }); return !live.inert; }"""


def chapters():
    """The pages with a figure and a slider, each with the first figure's name."""
    for chapter in CHAPTERS:
        source = (ROOT / "book" / f"{chapter.removeprefix('notebooks/').removesuffix('.html')}.md").read_text(encoding="utf-8")
        for name in FIGURE_OF:
            if "jslink((" in source and (f"mathref.widgets.{name} import" in source or f"{FIGURE_OF[name].__name__}(" in source):
                yield pytest.param(chapter, name, id=chapter.removeprefix("notebooks/").removesuffix(".html"))


IN_CHAPTERS = list(chapters())


def test_every_figure_has_a_chapter_and_a_slider_there():
    assert {figure for figure in FIGURE_OF} == {parameter.values[1] for parameter in IN_CHAPTERS}


class Chapter:
    """The page of a chapter with its first figure awake and in sight."""

    def __init__(self, context, served, chapter, name):
        self.tab, self.name = context.new_page(), name
        self.tab.goto(served + chapter)
        wait_until_open(self.tab)
        self.live = self.tab.locator(f"[data-figure={name}] .live").first
        wait_until(self.tab, AWAKE, name)
        self.slider = self.tab.locator("main input[type=range]").first

    def in_python(self):
        """The figure as the notebook saved it, in Python."""
        saved = json.loads(self.tab.locator(MODELS).text_content())
        state = next(model["state"] for model in saved.values() if model.get("figure") == self.name)
        figure = FIGURE_OF[self.name]()
        figure.set_state({name: value for name, value in state.items() if figure.has_trait(name)})
        return figure

    def numbers(self):
        """All numbers that the figure shows: {(name, row, column): value}, and {(name,): value} outside of matrices."""
        return {tuple(place): x for place, x in self.live.locator(".entry[data-value], [data-number]").evaluate_all(
            "all => all.map(({ dataset: d }) => [d.number ? [d.number] : [d.name, +d.row, +d.column], +d.value])")}


@pytest.fixture
def chapter(request, browser, served):
    """A figure's chapter as a reader of the given circumstances has it."""
    where, name, circumstances = request.param
    with browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **circumstances}) as context:
        context.set_default_timeout(10_000)
        yield Chapter(context, served, where, name)


def everywhere(**circumstances):
    """Give a test every chapter with a figure, in these circumstances."""
    return pytest.mark.parametrize("chapter", [pytest.param((*one.values, circumstances), id=one.id) for one in IN_CHAPTERS],
                                   indirect=True)


@pytest.mark.thorough
@everywhere(color_scheme="dark")
def test_on_a_dark_page_the_slider_moves_its_number_and_all_that_depends_on_it(chapter):
    made, before = chapter.in_python(), chapter.numbers()
    chapter.slider.focus()
    chapter.tab.keyboard.press("ArrowRight")
    chapter.tab.keyboard.press("ArrowRight")
    moved = float(chapter.slider.input_value())
    assert moved != made.value
    made.value = moved
    allowed = ALLOWANCES.get(chapter.name, lambda figure: {})(made)
    after = chapter.numbers()
    for (name, *place), x in after.items():
        if made.has_trait(name):
            should = np.array(getattr(made, name))[tuple(place)]
            assert abs(x - should) <= 1e-12 * (1 + abs(should)) + allowed.get(name, 0), (name, place)
    assert after != before


SEEN = """all => all.findIndex((e) => {
    e.scrollIntoView({ block: "center", behavior: "instant" });
    const { x, y, width, height } = e.getBoundingClientRect();
    return e.contains(document.elementFromPoint(x + width / 2, y + height / 2)); })"""
"""Finds the first element that nothing lies on, and brings it into sight."""
LIT = "all => all.filter((e) => e.matches('.lit')).length"


@pytest.mark.thorough
@everywhere()
def test_a_quantity_lights_up_in_the_figure_and_in_the_equations_whichever_is_pointed_at(chapter):
    tab = chapter.tab
    of_figure = set(chapter.live.locator("[data-quantity]").evaluate_all("all => all.map((e) => e.dataset.quantity)"))
    of_equations = set(tab.locator("main .display [data-quantity]").evaluate_all("all => all.map((e) => e.dataset.quantity)"))
    both = sorted(of_figure & of_equations)
    tried = 0
    for quantity in both:
        part = f"[data-quantity='{quantity}']"
        drawn, printed = chapter.live.locator(f"{part}:visible"), tab.locator(f"main .display {part}")
        seen = drawn.evaluate_all(SEEN)
        if seen < 0:  # it stands in a part that is not unfolded
            continue
        drawn.nth(seen).hover()
        assert printed.evaluate_all(LIT) == printed.count() > 0, quantity
        tab.locator("h1").hover()
        assert printed.evaluate_all(LIT) == 0, quantity
        printed.nth(printed.evaluate_all(SEEN)).hover()
        shown = chapter.live.locator(part)
        assert shown.evaluate_all(LIT) == shown.count() > 0, quantity
        tried += 1
    assert tried > 1


MOVING = """() => [
    ...document.getAnimations().filter(({ timeline }) => timeline instanceof DocumentTimeline).map(({ effect }) => effect.target),
    ...[...document.querySelectorAll(".live *")].filter((e) => /[1-9]/.test(getComputedStyle(e).transitionDuration)),
].map((e) => e.outerHTML.slice(0, 90))"""


@pytest.mark.thorough
@everywhere(reduced_motion="reduce")
def test_who_wants_less_motion_gets_none_in_any_figure(chapter):
    for button in chapter.live.locator("button[data-action]:visible").all():
        if button.get_attribute("data-action") not in ("skip", "play") and button.is_enabled():
            button.click()
            assert chapter.tab.evaluate(MOVING) == []


@pytest.mark.thorough
@everywhere(viewport={"width": 390, "height": 700}, has_touch=True)
def test_on_a_phone_the_result_stays_in_sight_while_any_number_is_moved(chapter):
    made = chapter.in_python()
    result = chapter.live.locator(".result, .shares").first
    names = [name for name in dict.fromkeys(made.letters.values())
             if chapter.live.locator(f".entry.movable[data-name='{name}']:visible").count()]
    assert names
    for name in names:
        cell = chapter.live.locator(f".entry.movable[data-name='{name}']:visible").first
        cell.evaluate("cell => cell.scrollIntoView({ behavior: 'instant' })")
        cell.locator("input").focus()
        chapter.tab.keyboard.press("ArrowUp")
        place, box = cell.bounding_box(), result.bounding_box()
        assert box["y"] >= place["y"] + place["height"] and box["y"] + box["height"] <= 700, name


@pytest.mark.thorough
@pytest.mark.parametrize("width", [320, 390, 1280])
@everywhere()
def test_the_styles_of_the_book_leave_a_figure_as_it_is(chapter, width):
    chapter.tab.set_viewport_size({"width": width, "height": 900})
    assert chapter.live.evaluate(OUTSIDE) == []
