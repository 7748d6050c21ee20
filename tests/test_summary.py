"""The summary sheet: its lines of code are those of `mathref`, and its shapes are those of arrays."""

import ast
import inspect
import re
from pathlib import Path

import numpy as np
import pytest

from mathref import activations, cost, dense, sgd
from publishing.notebooks import read_chapters

ROOT = Path(__file__).parents[1]
CAPTION = re.compile(r"^\{eq\}`(?P<link>[\w-]+)` `(?P<label>[\w-]+)` · (?P<shape>.+?) · (?:`(?P<code>.+)`|the same line) · .+\.$",
                     re.MULTILINE)
CALLS = ("a = activation(z)", "C = half_squared_error(a, y)")
"""The two lines that call `mathref` where the others quote it."""

CAPTIONS = [match for cell in read_chapters(ROOT)["fc_summary"].cells if cell.cell_type == "markdown"
            for match in CAPTION.finditer(cell.source)]
QUOTED = [match["code"] for match in CAPTIONS if match["code"] and match["code"] not in CALLS]

SIZES = {"1": 1, "N": 6, "n_{l}": 3, "n_{l-1}": 4, "n_{L}": 3}
"""The layer shown has 3 units, the one before 4, the one after 5; it is also the last one where a target is named."""


def numbers(rng):
    """Return an array for each name that the lines of the sheet read."""
    N, m, n, k = 6, 4, 3, 5
    shapes = {"W": (n, m), "b": (n, 1), "a_prev": (m, N), "z": (n, N), "a": (n, N), "y": (n, N), "delta": (n, N),
              "W_next": (k, n), "delta_next": (k, N), "parameter": (n, m), "gradient": (n, m)}
    return {"N": N, "np": np, "learning_rate": 0.1, "activation": activations.tanh,
            "half_squared_error": cost.half_squared_error,
            **{name: rng.normal(size=shape) for name, shape in shapes.items()}}


def run(code):
    """Return the value of a line, an assignment or an expression, and what it read."""
    names = numbers(np.random.default_rng(0))
    return eval(code.split(" = ", 1)[-1], dict(names)), names


def test_each_of_the_nine_equations_has_its_caption():
    cells = [cell.source for cell in read_chapters(ROOT)["fc_summary"].cells if cell.cell_type == "code"]
    assert len(CAPTIONS) == sum(source.startswith(("%%claim", "%%update")) for source in cells) == 9
    assert [match["label"] for match in CAPTIONS] == [match["link"] for match in CAPTIONS]
    assert len(QUOTED) == 6


@pytest.mark.parametrize("code", QUOTED)
def test_a_line_of_the_sheet_stands_in_mathref(code):
    written = {ast.dump(node) for module in (dense, sgd) for node in ast.walk(ast.parse(inspect.getsource(module)))
               if isinstance(node, (ast.stmt, ast.expr))}
    line, = ast.parse(code).body
    assert ast.dump(line.value if isinstance(line, ast.Expr) else line) in written


def test_the_two_lines_that_call_mathref_give_what_they_say():
    assert [match["code"] for match in CAPTIONS if match["code"] in CALLS] == list(CALLS)
    a, names = run(CALLS[0])
    assert np.allclose(a, 1 - 2 / (np.exp(2 * names["z"]) + 1))
    C, names = run(CALLS[1])
    assert np.isclose(C, np.mean([np.linalg.norm(miss)**2 / 2 for miss in (names["a"] - names["y"]).T]))


@pytest.mark.parametrize("caption", [match for match in CAPTIONS if match["code"]], ids=lambda match: match["label"])
def test_the_left_side_has_the_shape_that_the_sheet_says(caption):
    said = () if caption["shape"] == "a number" else tuple(SIZES[size] for size in caption["shape"].strip("$()").split(", "))
    value, _ = run(caption["code"])
    assert np.shape(value) == said
