"""The displays of the document that the book follows, as it prints them: the wrong ones are refused, the right ones hold.

`book/data/document_displays.json` lists each display, where it stands, how its typography is normalised before it is
read, and the verdict of its errata on the last member. Where a symbol in it has no meaning, every near reading is tried.
"""

import json
from pathlib import Path

import pytest

from mathref.engine.cells import is_equation_cell, read_source
from mathref.engine.check import check
from mathref.engine.conditions import read_conditions
from mathref.engine.errors import NotTrue, ShapeError
from mathref.engine.session import Session
from mathref.engine.update import check_update
from publishing.notebooks import read_chapters

ROOT = Path(__file__).parents[1]
DISPLAYS = json.loads((ROOT / "book/data/document_displays.json").read_text(encoding="utf-8"))
READINGS = [(display, reading) for display in DISPLAYS for reading in display["read_as"]]
WORLDS = {
    "": "eq-fc-input eq-fc-z eq-fc-a eq-loss eq-delta-def eq-loss-sample eq-loss-batch eq-delta-batch",
    "layers": "eq-conv-z eq-fc-input eq-fc-a eq-loss eq-delta-def eq-conv-nabla-a",
    "example": "eq-conv-example-z eq-conv-example-loss eq-conv-example-delta eq-conv-example-nabla-a",
}


@pytest.fixture(scope="module")
def session():
    """The definitions of the book: fully connected, convolutional, and those of the document's worked example."""
    session = Session()
    for world, definitions in WORLDS.items():
        session.give(f"{definitions} world={world}" if world else definitions)
    return session


@pytest.mark.parametrize(("display", "reading"), READINGS, ids=lambda value: value["label"] if "label" in value else "")
def test_a_display_is_refused_where_the_errata_call_it_wrong_and_holds_where_they_call_it_right(
        display, reading, session):
    checked = check_update if r"\leftarrow" in reading else check
    conditions = read_conditions(display["conditions"].split())
    program, _ = session.program(conditions.world)
    if display["verdict"] == "right":
        assert checked(display["label"], reading, conditions, program).entries > 0
    else:
        with pytest.raises((NotTrue, ShapeError)):  # by value or shape, never because it could not be read
            checked(display["label"], reading, conditions, program)


def test_every_display_is_listed_once_and_in_order():
    assert [display["number"] for display in DISPLAYS] == list(range(1, 43))
    assert len({display["label"] for display in DISPLAYS}) == 42
    lines = [int(display["line"].split("-")[0]) for display in DISPLAYS]
    assert lines == sorted(set(lines))


def test_the_book_has_every_display_as_a_cell_that_runs_in_the_order_of_the_document():
    cells = [read_source(cell.source) for notebook in read_chapters(ROOT).values() for cell in notebook.cells
             if cell.cell_type == "code" and is_equation_cell(cell.source)]
    displayed = {display["label"] for display in DISPLAYS}
    assert [label for cell in cells if cell.kind in ("definition", "claim", "update")
            for label, _ in cell.equations if label in displayed] == [display["label"] for display in DISPLAYS]


@pytest.mark.parametrize("display", DISPLAYS, ids=lambda display: display["label"])
def test_what_is_not_read_letter_by_letter_is_listed(display):
    def letters(latex):
        return [sign for sign in latex.removeprefix("$$").removesuffix("$$") if not sign.isspace() and sign not in "{}"]

    assert display["normalised"] or any(letters(display["printed"]) == letters(reading) for reading in display["read_as"])
