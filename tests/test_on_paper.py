"""What a reader gets who prints a page: the text, whole and dark on white, and the summary on one sheet."""

import re

import pytest

from book_site import CHAPTERS

pytestmark = pytest.mark.thorough

SHEET = "notebooks/fc_summary.html"
PAPER = {"width": 688, "height": 1046}
"""An A4 page between its margins, in CSS pixels."""


@pytest.fixture
def reader(browser):
    """A reader whose screen is dark and as large as a sheet of paper between its margins."""
    with browser.new_context(viewport=PAPER, color_scheme="dark") as context:
        yield context.new_page()


def number_of_pages(pdf):
    """Return how many pages a PDF has: Chromium writes the object of a page without compressing it."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def theme(reader):
    return reader.evaluate("document.documentElement.dataset.theme")


@pytest.mark.parametrize("size", ["A4", "Letter"])
def test_the_summary_goes_on_one_sheet(reader, site, size):
    reader.goto((site / SHEET).as_uri())
    assert number_of_pages(reader.pdf(format=size)) == 1


def test_a_chapter_goes_on_several_sheets(reader, site):
    reader.goto((site / "notebooks/fc_forward.html").as_uri())
    assert number_of_pages(reader.pdf(format="A4")) > 3


def test_the_summary_on_paper_is_its_equations_and_tables_without_the_program_the_questions_and_the_exercises(reader, site):
    reader.goto((site / SHEET).as_uri())
    reader.emulate_media(media="print")
    assert [reader.locator(f"{part}:visible").count() for part in (".equation", ".equation + p", "table")] == [9, 9, 2]
    for part in ("#the-sheet-as-a-program", "#do-you-know-it", "#exercises"):
        assert reader.locator(part).count() == 1 and not reader.locator(part).is_visible(), part


def test_a_dark_page_is_light_on_paper_and_dark_again_afterwards(reader, site):
    reader.goto((site / SHEET).as_uri())
    reader.evaluate("""addEventListener("beforeprint", () => { window.printed = document.documentElement.dataset.theme; })""")
    assert theme(reader) == "dark"
    reader.pdf()
    assert (reader.evaluate("window.printed"), theme(reader)) == ("light", "dark")


@pytest.mark.parametrize("page", CHAPTERS)
def test_on_paper_nothing_is_cut_off_and_nothing_is_there_to_be_clicked(reader, site, page):
    reader.goto((site / page).as_uri())
    reader.emulate_media(media="print")
    assert reader.evaluate("""() => [...document.querySelectorAll("main *")].filter((part) => part.checkVisibility()
        && part.closest(".katex-mathml, svg") === null && part.getBoundingClientRect().right > innerWidth + 1)
        .map((part) => part.outerHTML.slice(0, 200))""") == []
    assert reader.evaluate("""() => [...document.querySelectorAll(".formula, .wide, main pre")].filter((box) =>
        getComputedStyle(box).overflowX !== "visible" || getComputedStyle(box).maskImage !== "none")
        .map((box) => box.outerHTML.slice(0, 200))""") == []
    assert not reader.locator(":is(.side, .take-away, .turn, .copy, .skip):visible").count()


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_figure_or_an_equation_is_not_torn_apart_between_two_sheets(reader, site, page):
    """The table of a live figure's numbers goes on behind it, and may be as long as it likes; so may a table of many rows."""
    reader.goto((site / page).as_uri())
    reader.emulate_media(media="print")
    parts = reader.evaluate("""() => [...document.querySelectorAll("main :is(.equation, .live, .picture, figure, table:not(.live-numbers))")]
        .filter((part) => part.checkVisibility() && !(part.rows?.length >= 15))
        .map((part) => [part.className || part.localName, getComputedStyle(part).breakInside, part.offsetHeight])""")
    assert [part for part in parts if part[1] != "avoid" or part[2] > PAPER["height"]] == []
