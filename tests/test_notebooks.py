"""What stands in notebooks/ is what book/ says, was executed, and does not depend on when and where it ran.

That every cell gives its stored output is checked by nbval, which collects notebooks/*.ipynb in the same pytest run, and
in test_binder.py once more, as if on another processor.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PICTURES = ("image/png", "image/jpeg")

PERSONAL = {
    "a memory address": r"\b0x[0-9a-fA-F]{6,}",
    "a path": r"(?<![\w./<])/(?:home|root|Users|tmp|work|usr|opt|var|private)/\w|\b[A-Z]:\\\w|site-packages|ipykernel_\d",
    "a time": r"\b\d{4}-\d\d-\d\d[T ]?\d\d:\d\d|\b\d\d:\d\d:\d\d\b|\b\d+(?:\.\d+)? ?(?:ns|µs|us|ms)\b|\bWall time",
    "a random id": r"\b[0-9a-f]{32}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
}

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def tags(cell):
    return cell.metadata.get("tags", [])


def test_book_notebooks_and_table_of_contents_name_the_same_chapters():
    in_toc = re.findall(r"^\s*(?:root|- file):\s*notebooks/(\w+)\s*$", (ROOT / "_toc.yml").read_text(), re.MULTILINE)
    assert len(in_toc) == len(set(in_toc)) > 0
    assert set(in_toc) == {path.stem for path in (ROOT / "book").glob("*.md")} == {path.stem for path in NOTEBOOKS}


def test_no_notebook_is_stale():
    command = [sys.executable, "-m", "publishing.notebooks", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@each_notebook
def test_source_and_notebook_hold_the_same_cells(path):
    def cells(notebook):
        return [(cell.cell_type, cell.source, sorted(tags(cell))) for cell in notebook.cells]

    source, notebook = jupytext.read(ROOT / "book" / f"{path.stem}.md", fmt="md:myst"), read(path)
    assert cells(notebook) == cells(source)
    assert cells(jupytext.reads(jupytext.writes(notebook, "md:myst"), "md:myst")) == cells(source)


@each_notebook
def test_every_code_cell_was_executed_once_and_in_order(path):
    cells = code_cells(read(path))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        if cell.source.startswith("%%"):
            assert cell.outputs, f"no output: {cell.source}"


@each_notebook
def test_a_cell_fails_where_the_chapter_says_so_and_nowhere_else(path):
    for cell in code_cells(read(path)):
        fails = any(output.output_type == "error" for output in cell.outputs)
        assert fails == ("raises-exception" in tags(cell)), cell.source


@each_notebook
def test_no_cell_is_hidden_from_nbval(path):
    for cell in read(path).cells:
        hiding = [tag for tag in tags(cell) if tag.lower().replace("_", "-").startswith("nbval")]
        assert not hiding and "nbval" not in cell.source.lower(), cell.source


@each_notebook
def test_setup_cells_are_folded_in_jupyter_and_absent_from_the_page(path):
    for cell in code_cells(read(path)):
        is_setup = cell.source.startswith(("%load_ext", "%given"))
        assert is_setup == ("setup" in tags(cell)) == ("remove-cell" in tags(cell)), cell.source
        folded = is_setup or "question" in tags(cell)  # whose code holds the answer
        assert folded == cell.metadata.get("jupyter", {}).get("source_hidden", False), cell.source


def strings(node, key=""):
    """Yield every string in a notebook's outputs or widget state; pictures and a figure's own source tell nothing."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield name
            if name not in (*PICTURES, "_esm", "_css"):
                yield from strings(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value, key)
    elif isinstance(node, str):
        yield node


@each_notebook
def test_outputs_carry_no_address_path_time_or_random_id(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    outputs = [cell.get("outputs", []) for cell in notebook["cells"]]
    found = [f"{what}: {text[:200]}" for what, pattern in PERSONAL.items()
             for text in strings([outputs, notebook["metadata"].get("widgets", {})]) if re.search(pattern, text)]
    assert not found, "\n".join(found)
