"""The displays of the document that the book follows, as it prints them: the wrong ones are refused, the right ones hold.

`book/data/document_displays.json` lists each display, how its typography is normalised before it is read, and the
verdict of its errata on the last member. Where a symbol in it has no meaning, every near reading is tried.
"""

import json
from pathlib import Path

import pytest

from mathref.engine.check import check
from mathref.engine.conditions import read_conditions
from mathref.engine.errors import NotTrue, ShapeError
from mathref.engine.session import Session
from mathref.engine.update import check_update

DISPLAYS = json.loads((Path(__file__).parents[1] / "book/data/document_displays.json").read_text(encoding="utf-8"))
READINGS = [(display, reading) for display in DISPLAYS for reading in display["read_as"]]
DEFINITIONS = ("eq-fc-input eq-fc-z eq-fc-a eq-loss eq-delta-def eq-loss-sample eq-loss-batch eq-delta-batch")


@pytest.fixture(scope="module")
def program():
    session = Session()
    session.give(DEFINITIONS)
    return session.program("")[0]


@pytest.mark.parametrize(("display", "reading"), READINGS, ids=lambda value: value["label"] if "label" in value else "")
def test_a_display_is_refused_where_the_errata_call_it_wrong_and_holds_where_they_call_it_right(
        display, reading, program):
    checked = check_update if r"\leftarrow" in reading else check
    conditions = read_conditions(display["conditions"].split())
    if display["verdict"] == "right":
        assert checked(display["label"], reading, conditions, program).entries > 0
    else:
        with pytest.raises((NotTrue, ShapeError)):  # by value or shape, never because it could not be read
            checked(display["label"], reading, conditions, program)


def test_every_display_of_the_fully_connected_part_is_listed_once_and_in_order():
    assert [display["number"] for display in DISPLAYS] == list(range(1, 15))
