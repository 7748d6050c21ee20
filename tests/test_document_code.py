"""The code of the document that the book follows: stored to the letter in `book/data/`, and printed to the letter.

The stored files are copies by hand, character by character, faults included; the chapters repair them.
"""

import ast
from pathlib import Path

import pytest

from publishing.notebooks import read_chapters

ROOT = Path(__file__).parents[1]
STORED = {"full_connect": "fc_code"}


def printed_in(stem):
    """Return the text that a chapter assigns to `printed`, read from its source without running it."""
    texts = [ast.literal_eval(node.value)
             for cell in read_chapters(ROOT)[stem].cells if cell.cell_type == "code" and "printed = " in cell.source
             for node in ast.parse(cell.source).body
             if isinstance(node, ast.Assign) and node.targets[0].id == "printed"]
    assert len(texts) == 1
    return texts[0]


@pytest.mark.parametrize(("function", "stem"), STORED.items())
def test_a_chapter_prints_the_documents_function_to_the_letter(function, stem):
    assert printed_in(stem) == (ROOT / "book" / "data" / f"{function}.py.txt").read_text(encoding="utf-8")
