"""What otter-grader reads: a problem as cells of a notebook with the key in it, and tests with numbers that are written out.

A test knows the numbers that are right and no formula, so that whoever grades needs NumPy alone.
"""

from dataclasses import dataclass
from pprint import pformat

import nbformat.v4 as v4
import numpy as np

YOURS = "# Yours alone. Leave this cell as it is."
"""How the cell begins that has a student's name and numbers."""


@dataclass(frozen=True)
class Problem:
    """One question: its text in Markdown, the code of the key, and two lists of tests, those that a student has and the
    others."""

    name: str
    points: int
    text: str
    key: str
    shown: list
    hidden: list


def master(title, text, first, problems):
    """Return the notebook that `otter assign` takes.

    Parameters
    ----------
    title, text : str
        What stands at its head, in Markdown.
    first : str
        The cell with a student's name and numbers.
    problems : list of Problem

    Returns
    -------
    notebook node
    """
    cells = [v4.new_raw_cell("# ASSIGNMENT CONFIG\ninit_cell: true\nexport_cell: false\nrequirements: [numpy]"),
             v4.new_markdown_cell(f"# {title}\n\n{text}"), v4.new_code_cell(first)]
    for problem in problems:
        points = problem.points / len(problem.hidden)  # a test that a student has earns nothing
        cells += [v4.new_raw_cell(f"# BEGIN QUESTION\nname: {problem.name}\npoints: {problem.points}"),
                  v4.new_markdown_cell(problem.text),
                  v4.new_raw_cell("# BEGIN SOLUTION"), v4.new_code_cell(problem.key), v4.new_raw_cell("# END SOLUTION"),
                  v4.new_raw_cell("# BEGIN TESTS"),
                  *(v4.new_code_cell(_test(code, hidden=False, points=0)) for code in problem.shown),
                  *(v4.new_code_cell(_test(code, hidden=True, points=points)) for code in problem.hidden),
                  v4.new_raw_cell("# END TESTS"), v4.new_raw_cell("# END QUESTION")]
    for place, cell in enumerate(cells):
        cell.id = f"cell-{place}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def _test(code, hidden, points):
    return f'""" # BEGIN TEST CONFIG\nhidden: {str(hidden).lower()}\npoints: {points:g}\n""" # END TEST CONFIG\n{code}'


# The key

def given(**values):
    """Return the key of questions for numbers: each name with the code that works it out."""
    return "\n".join(f"{name} = {code}  # SOLUTION" for name, code in values.items())


def written(head, *lines):
    """Return the key of a question for a function: its head, which a student has, and the lines that are missing."""
    body = "\n".join(f"    {line}" for line in ("# BEGIN SOLUTION", *lines, "# END SOLUTION"))
    return f"def {head}:\n{body}"


# Tests

def plain(value):
    """Return an array as nested lists, with nine digits after the point."""
    return np.round(value, 9).tolist()


def has_shape(name, shape):
    """Return a test that asks for the shape alone."""
    return f'assert np.shape({name}) == {shape}, f"{name} has shape {{np.shape({name})}}; it needs {shape}"'


def is_right(name, values):
    """Return a test of a student's own number: `values` are those of all students, by their names."""
    return (f"right = {pformat({student: plain(value) for student, value in values.items()}, width=120, compact=True)}\n"
            f"assert np.shape({name}) == np.shape(right[student]) and np.allclose({name}, right[student], atol=1e-6)")


def returns(function, *cases):
    """Return a test of a function: each case is the list of its arguments, and what it has to return."""
    cases = [([plain(argument) for argument in arguments], plain(result)) for arguments, result in cases]
    return (f"for arguments, right in {pformat(cases, width=120, compact=True)}:\n"
            f"    found = {function}(*map(np.array, arguments))\n"
            "    assert np.shape(found) == np.shape(right) and np.allclose(found, right, atol=1e-6)")
