"""A solution that a chapter prints for an exercise in Python is right: its own judge, in the chapter, says so.

A solution gives a function in full, or the lines that belong where the exercise says "# your lines", or what to set the
names of the cell to, after "In the cell:". The chapter on PyTorch is tried in test_pytorch.py.
"""

import ast
import contextlib
import io
import re
from pathlib import Path

import pytest

from mathref.engine.cells import is_equation_cell
from publishing.needs import needed
from publishing.notebooks import read_chapters

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[1]
CHAPTERS = read_chapters(ROOT)
SOLUTION = re.compile(r"(`{3,})\{admonition\} Solution\n:class: dropdown\n(.*?)\n\1\n", re.DOTALL)
PYTHON = re.compile(r"```python\n(.*?)\n```", re.DOTALL)
IN_THE_CELL = re.compile(r"In the cell: `(\w[^`]* = [^`]+)`")
JUDGED = re.compile(r"^print\(judge|^\w[^\n]* = (?:None|\{\"\w+\": None)", re.MULTILINE)
YOURS = re.compile(r"^.*# your .*$", re.MULTILINE)


def exercises(stem):
    """Return the exercises in Python of a chapter: {the number of their cell: the text of the solution after it}."""
    cells, found = CHAPTERS[stem].cells, {}
    for number, (cell, after) in enumerate(zip(cells, cells[1:])):
        if cell.cell_type == "code" and not is_equation_cell(cell.source) and after.cell_type == "markdown":
            solution = SOLUTION.match(after.source + "\n")
            if solution and JUDGED.search(cell.source):
                found[number] = solution[2]
    return found


def answered(source, solution):
    """Return the source of an exercise with the solution put in."""
    code, values = PYTHON.search(solution), IN_THE_CELL.search(solution)
    if code and code[1].startswith("def "):
        old, = (node for node in ast.parse(source).body
                if isinstance(node, ast.FunctionDef) and code[1].startswith(f"def {node.name}("))
        return source.replace(ast.get_source_segment(source, old), code[1])
    if code:
        assert len(YOURS.findall(source)) == 1
        return YOURS.sub(lambda _: code[1], source)
    assert values, f"no answer that could be run: {solution}"
    names = values[1].split(" = ")[0]
    old, = (node for node in ast.parse(source).body
            if isinstance(node, ast.Assign) and ast.get_source_segment(source, node).startswith(f"{names} = "))
    return source.replace(ast.get_source_segment(source, old), values[1])


def run(source, names):
    """Run a cell and return what it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(source, names)
    return printed.getvalue()


def verdicts(stem, change=answered):
    """Run a chapter without its equations and figures, and return what its judges say of the solutions."""
    names, said, solutions = {}, [], exercises(stem)
    for number, cell in enumerate(CHAPTERS[stem].cells):
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or is_equation_cell(cell.source) or cell.source.startswith("%"):
            continue
        if number in solutions:
            said.append(run(change(cell.source, solutions[number]), names))
        elif "mathref.widgets" not in cell.source or "question" in tags:
            source = definitions(cell.source) if {"hide-input", "remove-input"} & set(tags) else cell.source
            with contextlib.suppress(Exception) if "raises-exception" in tags else contextlib.nullcontext():
                run(source, names)
    return said


def definitions(source):
    """Return what a cell that draws imports and defines, which later cells may use, without the drawing."""
    kept = [node for node in ast.parse(source).body if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef))]
    return "\n".join(ast.get_source_segment(source, node) for node in kept)


WITH_EXERCISES = [stem for stem in CHAPTERS if exercises(stem) and not needed(ROOT / "book" / f"{stem}.md")]


@pytest.mark.parametrize("stem", WITH_EXERCISES)
def test_the_judge_of_an_exercise_takes_the_printed_solution_for_right(stem):
    for printed in verdicts(stem):
        assert "right" in printed and "open" not in printed and "not right" not in printed, printed


def test_every_chapter_with_exercises_in_python_is_tried():
    assert len(WITH_EXERCISES) == 14 and sum(len(exercises(stem)) for stem in WITH_EXERCISES) == 14


def test_the_judge_takes_the_open_exercise_for_wrong():
    for printed in verdicts("conv_gradients", change=lambda source, solution: source):
        assert "open" in printed or "not right" in printed, printed
