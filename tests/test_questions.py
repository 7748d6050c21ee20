"""A question that marks itself: what is right, what is a slip and what is no answer, the same in Python and on the page."""

import json
import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import traitlets
import yaml

from javascript import call, notices_every_slip
from mathref.widgets import entry, number, question
from mathref.widgets.figure import script
from publishing.figures import STATE, figure_name
from publishing.notebooks import read_chapters
from slips import with_slip

ROOT = Path(__file__).parents[1]

NUMBERS = [
    number("ex-a", "δ", -0.25, {"no sigma'": -1.0, "no input": -0.125}),
    number("ex-a", "δ", 4 / 27, {"half": 2 / 27}, digits=2),
    number("ex-a", "h", 1.49e-8, {"no root": 2.2e-16}),
    number("ex-a", "steps", 16, {"one off": 15, "That is the number of samples.": 1000}, digits=5),
    number("ex-a", "∇a", 0.0, {"one path": 3.0, "sign": -3.0}),
]
TYPED = ["", " ", "   -0.25", "−0.25", "–1/4", "-1 / 4 ", "-,25", "-0,2512", "-0.2513", "-0.24", "0.25", "-1", "-.125", "4/27", "0.148",
         "0.15", "0.16", "0.074", "2/27", "0.7", "1.49e-8", "1.5E-8", "2.2e-16", "-1.49e-8", "16", "15", "16.0001", "16.001", "1000",
         "-16", "0", "-0", "0.0", "3", "-3", "4", "+4", "abc", "1/0", "0/0", "1/-2", "1//2", "1e999", "1e400/2", "1 2", "1.2.3", "1,2,3",
         "0x10", "1_0", "٣", "²", "--1", "1e", ".", "-", "Infinity", "NaN", "<b>1</b>", "\t1", "1\n", "1,000", "16,000", "1,234,567"]
ENTRIES = [
    entry("ex-a", "Which?", np.arange(6.0).reshape(2, 3), (0, 2), {"transpose": (1, 0), "from zero": (1, 2)}),
    entry("ex-a", "Which?", np.arange(6.0).reshape(3, 2), (2, 1), {"transpose": (1, 0)}),
    entry("ex-a", "Which?", [["w₁₁", "w₁₂", "w₁₃"]], [[False, True, False]], {"not turned": [[False, False, True]]}),
]
KEYS = ("exercise", "ask", "cells", "answer", "slips", "digits", "kind")


def state(made):
    return {key: getattr(made, key) for key in KEYS}


def agrees(source, made, given):
    assert tuple(call(source, "judge", state(made), given)) == made.judge(given), (made, given)


POINTS = [*product(NUMBERS, TYPED), *((made, [i, j]) for made in ENTRIES for i, row in enumerate(made.cells) for j in range(len(row)))]


def test_page_and_python_say_the_same_of_every_answer(told):
    notices_every_slip("question", [
        ("Math.abs(x - y) <= tolerance", "Math.abs(x - y) < tolerance"),
        ("<= tolerance * Math.abs(y)", "<= tolerance"),
        ("5 / 10 ** digits", "5 / 10 ** 3"),
        ("10 * tolerance", "tolerance"),
        ("Number(found[1]) / Number(found[2] ?? 1)", "Number(found[1]) * Number(found[2] ?? 1)"),
        ("Number.isFinite(x)", "true"),
        ('.replace(/[−–]/g, "-")', ""),
        ('.replaceAll(",", ".")', '.replaceAll(",", "")'),
        ("?$/i", "?$/"),
        ("?$/i", "?/i"),
        ("if (!text)", "if (!given)"),
        ("if (answer === 0)", "if (false)"),
        ("if (x === 0)", "if (false)"),
        ("x * answer > 0", "x > 0"),
        ("slip[1]]", '"Wrong."]'),
        ("i === row && j === column", "i === row"),
        ("i === k && j === n", "i === n && j === k"),
        ("|| cells[0].length === 1", ""),
        ("if (cells.length === 1", "if (false"),
        ("if (i === row) return", "if (j === column) return"),
        ('j === column ? "The column', 'i === column ? "The column'),
    ], [agrees], [*POINTS, (entry("ex-a", "?", [["a"], ["b"], ["c"]], (0, 0), {"one off": (1, 0)}), [2, 0])], told)


@pytest.mark.parametrize("right, wrong", [
    ("tolerance * abs(y)", "tolerance"), ("5 / 10**self.digits", "5 / 10**3"), ("if found and found[2]", "if found and not found[2]"),
    ('.replace(",", ".")', ""), ('re.sub("[−–]", "-", text)', "text"), ("if found and divisor", "if found"),
    ("if not np.isfinite(x):\n            return \"unread\"", "if False:\n            return \"unread\""), ("10 * tolerance", "tolerance"), ("if x * self.answer > 0", "if x > 0"),
    ("abs(x) < dust", "abs(x) < 1"), ("1e-12 * (abs(right) or 1)", "1e-12"), ("_THOUSANDS.fullmatch(text) and", "False and"), ("found.append((SLIPS[\"sign\"], -right))", "pass"), ("if given == place", "if given[0] == place[0]"),
    ("if i == row or j == column", "if i == row"), ("if given == self.answer", "if False"),
])
def test_a_slip_in_the_judge_is_noticed(right, wrong):
    slip = with_slip(question, right, wrong)
    with pytest.raises((AssertionError, ZeroDivisionError, AttributeError, TypeError, ValueError)):
        what_is_right(slip.number, slip.entry)


def what_is_right(number, entry):
    """What a reader is told, worked out by hand."""
    tenth = number("ex-a", "δ", 0.1, {"no weight": 0.5, "no input": -0.2})
    for given, verdict, words in [
            ("0.1", "right", "Right."), ("1/10", "right", "Right."), (" 0,1004 ", "right", "Right."), ("1e-1", "right", "Right."),
            ("-0.1", "wrong", "The size is right, the sign is not."), ("−0.1", "wrong", "The size is right, the sign is not."),
            ("0.5", "wrong", question.SLIPS["no weight"]), ("-1/5", "wrong", question.SLIPS["no input"]),
            ("0.103", "wrong", "Close: give 3 digits, or a fraction."), ("0.4", "wrong", "The sign is right, the size is not."),
            ("-4", "wrong", "Neither the sign nor the size is right."), ("0", "wrong", "It is not zero."),
            ("", "unread", "Write a number first."), ("1/0", "unread", None), ("ten", "unread", None), ("1e999", "unread", None)]:
        said = tenth.judge(given)
        assert said[0] == verdict and words in (None, said[1]), (given, said)
    assert number("ex-a", "δ", -2, {"half": -1}).judge("-5") == ("wrong", "The sign is right, the size is not.")
    assert number("ex-a", "δ", 0.004, {"half": 1}).judge("0.004015")[0] == "right"
    assert number("ex-a", "h", 3.7e-9, {"half": 1}, digits=2).judge("3.8e-9")[0] == "right"
    step = number("ex-a", "h", 6e-6, {"That is the spacing of the numbers.": 2.2e-16})
    assert [step.judge(given)[1] for given in ("2.2e-16", "0")] == ["That is the spacing of the numbers.", "It is not zero."]
    many = number("ex-a", "weights", 93000, {"half": 46500})
    assert [many.judge(given)[0] for given in ("93,000", "93.0e3", "93", "46,500", "93,00")] == ["right", "right", "wrong", "wrong", "wrong"]
    assert number("ex-a", "ms", 93.0, {"half": 46.5}).judge("93,000")[0] == "right"  # a decimal, as in half of the world
    where = entry("ex-a", "?", [[1, 2], [3, 4], [5, 6]], (2, 1), {"transpose": (0, 1)})
    told = [[where.judge((i, j)) for j in (0, 1)] for i in range(3)]
    assert [[verdict for verdict, _ in row] for row in told] == [["wrong"] * 2, ["wrong"] * 2, ["wrong", "right"]]
    assert [told[0][0][1], told[0][1][1], told[1][1][1], told[2][0][1]] == [
        "Neither the row nor the column is right.", question.SLIPS["transpose"], "The column is right, the row is not.",
        "The row is right, the column is not."]


def test_a_reader_is_told_what_is_known_of_the_answer_and_no_more():
    what_is_right(number, entry)


@pytest.mark.parametrize("made", [*NUMBERS, *ENTRIES], ids=repr)
def test_nothing_that_is_said_of_a_wrong_answer_holds_the_answer(made):
    for given in TYPED if made in NUMBERS else [(i, j) for i, row in enumerate(made.cells) for j in range(len(row))]:
        verdict, words = made.judge(given)
        assert verdict == "right" or f"{made.answer}" not in words.replace(str(given), "")


@pytest.mark.parametrize("made, error, words", [
    (lambda: number("ex-a", "?", 1, {}), ValueError, "at least one slip"),
    (lambda: number("ex-a", "?", 1, {"transpose": 1.004}), ValueError, "tell apart"),
    (lambda: number("ex-a", "?", 1, {"transpose": 2, "half": 2.01}), ValueError, "tell apart"),
    (lambda: number("ex-a", "?", 0, {"half": 0}), ValueError, "tell apart"),
    (lambda: number("ex-a", "?", 1, {"halve": 2}), ValueError, "no slip of the list"),
    (lambda: number("ex-a", "?", np.nan, {"half": 2}), ValueError, "finite"),
    (lambda: number("ex-a", "?", 1, {"half": np.inf}), ValueError, "finite"),
    (lambda: number("ex-a", "?", [1, 2], {"half": 2}), TypeError, "one number"),
    (lambda: number("ex-a", "?", "1", {"half": 2}), TypeError, "one number"),
    (lambda: number("ex-a", "?", 1j, {"half": 2}), TypeError, "one number"),
    (lambda: number("ex-a", "?", True, {"half": 2}), TypeError, "one number"),
    (lambda: number("ex-a", "?", 1, {"half": 2}, digits=1), ValueError, "from 2 to 6"),
    (lambda: number("exercise", "?", 1, {"half": 2}), traitlets.TraitError, "such as ex-fc-delta"),
    (lambda: number("ex-<b>", "?", 1, {"half": 2}), traitlets.TraitError, "such as ex-fc-delta"),
    (lambda: entry("ex-a", "?", [[1, 2]], (0, 2), {"half": (0, 0)}), ValueError, "counted from 0"),
    (lambda: entry("ex-a", "?", [[1, 2]], (0, -1), {"half": (0, 0)}), ValueError, "counted from 0"),
    (lambda: entry("ex-a", "?", [[1, 2]], [[True, True]], {"half": (0, 0)}), ValueError, "needs to name one"),
    (lambda: entry("ex-a", "?", [[1, 2]], [True, True], {"half": (0, 0)}), ValueError, "the shape of matrix"),
    (lambda: entry("ex-a", "?", [[1, 2]], (0, 1), {"half": (0, 1)}), ValueError, "tell apart"),
    (lambda: entry("ex-a", "?", [[1, 2]], (0, 1), {"half": (0, 0), "no half": (0, 0)}), ValueError, "tell apart"),
    (lambda: entry("ex-a", "?", [1, 2], (0, 1), {"half": (0, 0)}), ValueError, "two dimensions"),
    (lambda: entry("ex-a", "?", [[1, 2]], (0, 1), {"half": (0, 0)}, kind="x"), ValueError, "one of a, W"),
])
def test_a_question_that_could_not_be_judged_is_refused_when_it_is_made(made, error, words):
    with pytest.raises(error, match=words):
        made()


def test_text_in_a_question_is_shown_as_text():
    made = entry("ex-a", '<img src=x onerror="alert(1)">', [["<b>", "&"]], (0, 1), {"half": (0, 0)})
    markup = call(script("question"), "markup", state(made))
    assert "<img" not in markup and "<b>" not in markup and "&#60;img" in markup


CHAPTERS = {stem: notebook for stem, notebook in read_chapters(ROOT).items() if "\n## Exercises\n" in "\n".join(
    cell.source + "\n" for cell in notebook.cells)}
SOLUTION = re.compile(r"\{admonition\} Solution\n")


def asked(stem):
    """Return the cells of the exercises of a chapter, as text: each exercise from its number to the next."""
    cells = CHAPTERS[stem].cells
    first = next(k for k, cell in enumerate(cells) if re.search(r"^## Exercises$", cell.source, re.MULTILINE))
    text = "\n".join(f"{cell.source}\n" if cell.cell_type == "markdown" else f"<code>{cell.source}</code>\n" for cell in cells[first:])
    text = re.split(r"^## Exercises$", text, flags=re.MULTILINE)[1]
    text = re.split(r"^## ", text, flags=re.MULTILINE)[0]
    return re.split(r"^\*\*(?=\d+\. )", text, flags=re.MULTILINE)[1:]


def questions(stem):
    """Return the states of the questions of a chapter, as its notebook saved them, by the name of their exercise."""
    saved = json.loads((ROOT / "notebooks" / f"{stem}.ipynb").read_text(encoding="utf-8"))["metadata"].get("widgets", {}).get(STATE)
    widgets = saved["state"].values() if saved else []
    return {widget["state"]["exercise"]: widget["state"] for widget in widgets if figure_name(widget) == "question"}


@pytest.mark.parametrize("stem", CHAPTERS)
def test_a_chapter_has_at_least_eight_exercises_each_with_its_solution(stem):
    found = asked(stem)
    assert [int(text.split(".")[0]) for text in found] == list(range(1, len(found) + 1)) and len(found) >= 8
    assert [text[:40] for text in found if not SOLUTION.search(text)] == []
    marked = [text for text in found if re.search(r"<code>(?:.*\n)*?(?:number|entry)\(|<code>%%exercise", text)]
    assert len(marked) >= 6


def test_every_numbered_chapter_has_exercises():
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    numbered = {Path(page["file"]).stem for part in parts if part.get("numbered") for page in part["chapters"]}
    assert "fc_recursion" in CHAPTERS and set(CHAPTERS) == numbered


@pytest.mark.parametrize("stem", CHAPTERS)
def test_a_question_knows_a_slip_and_its_solution_gives_the_answer(stem):
    found = asked(stem)
    for name, held in questions(stem).items():
        text, = (text for text in found if f'"{name}"' in text)
        solution = SOLUTION.split(text, maxsplit=1)[1]
        made = question.Question(**{key: held[key] for key in KEYS})
        assert any(hint != question.SLIPS["sign"] for _, hint in made.slips) or len(made.slips) > 1, name
        if not made.cells:
            plain = solution.replace(r"\cdot", "·").replace(r"\,", "")
            powers = re.sub(r"(\d) *· *10\^\{(-?\d+)\}", r"\1e\2", plain)
            written = re.sub(r"\\frac\{(-?\d+)\}\{(\d+)\}", r"\1/\2", powers)
            numbers = re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+|/\d+)?", written)
            assert any(made.judge(x)[0] == "right" for x in numbers), (name, made.answer)


def test_no_two_exercises_of_the_book_have_one_name():
    names = [name for stem in CHAPTERS for text in asked(stem) for name in re.findall(r'\b(?:number|entry)\("([\w-]+)"', text)]
    names += [name for stem in CHAPTERS for text in asked(stem) for name in re.findall(r"<code>%%exercise (\S+)", text)]
    assert len(names) == len(set(names))
    assert {name for stem in CHAPTERS for name in questions(stem)} <= set(names)
