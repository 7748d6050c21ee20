"""The page for those who teach: times that stand in one place, and plans that add up."""

import re

import pytest

from publishing.syllabus import clock, minutes, parts, table
from publishing.toc import stems
from test_repository import ROOT

PAGE = (ROOT / "book" / "teaching.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("words, total", [
    ("40 minutes", 40), ("an hour", 60), ("half an hour", 30), ("an hour and a half", 90), ("an hour and a quarter", 75),
    ("ten minutes, and the questions half an hour more", 40), ("two hours, half of them for the debugging", 120),
    ("an hour, and the exercises half an hour more", 90), ("45 minutes, with paper", 45)])
def test_the_words_of_a_chapter_are_counted_in_minutes(words, total):
    assert minutes(words) == total


def test_words_without_a_time_are_refused():
    with pytest.raises(ValueError, match="'a while' names no time"):
        minutes("a while")


def test_minutes_are_told_as_a_clock_does():
    assert [clock(total).replace("\N{NO-BREAK SPACE}", " ") for total in (45, 60, 95)] == ["45 min", "1 h", "1 h 35 min"]


def test_the_table_has_every_numbered_chapter_once_with_the_words_at_its_head():
    rows = [row for row in ([cell.strip() for cell in line.split("|")[1:-1]] for line in table(ROOT)) if row[0].isdigit()]
    chapters = sum(parts(ROOT).values(), [])
    assert chapters == stems(ROOT)[1:len(chapters) + 1]
    assert [(int(number), chapter) for number, chapter, *_ in rows] == [
        (number, f"{{doc}}`{stem}`") for number, stem in enumerate(chapters, start=1)]
    for (_, _, time, needs), stem in zip(rows, chapters):
        assert f"**It takes** {time}." in (ROOT / "book" / f"{stem}.md").read_text(encoding="utf-8")
        assert all(int(need) != chapters.index(stem) + 1 for need in needs.split(", ") if need)


def test_a_chapter_that_does_not_say_how_long_it_takes_is_named(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "one.md").write_text("# One\n\n**You need** nothing.\n")
    (tmp_path / "_toc.yml").write_text("root: notebooks/index\nparts:\n- {caption: A, numbered: 1, chapters: [{file: notebooks/one}]}\n")
    with pytest.raises(ValueError, match=r"book/one.md does not say at its head how long \*\*It takes\*\*"):
        table(tmp_path)


def test_each_of_three_lessons_takes_90_minutes_and_each_step_says_where_it_is_in_the_book():
    lessons = PAGE.split("### Lesson ")[1:]
    assert len(lessons) == 3
    for lesson in lessons:
        steps = re.findall(r"^\| (\d+) \| .* \| \[.+\]\(\w+\.ipynb#[\w-]+\) \|$", lesson, re.MULTILINE)
        assert sum(map(int, steps)) == 90 and len(steps) == len(re.findall(r"^\| \d", lesson, re.MULTILINE))


def test_the_page_names_the_problem_sets_that_there_are():
    from teaching.problem_sets import SETS
    for name in SETS:
        assert f"| `{name}` | lesson" in PAGE and f"Problem set `{name}` belongs to it" in PAGE
