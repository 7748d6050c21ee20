"""The equations of the book, as data generated from its sources.

The data travels with the package, so that `%given` works wherever `mathref` is installed; it is rewritten
whenever the notebooks are.
"""

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from .cells import is_equation_cell, read_source
from .errors import LatexError

DATA = Path(__file__).with_name("equations.json")


@dataclass(frozen=True)
class Equation:
    """A labelled equation of the book: where it stands, its number, and line one of its cell."""

    label: str
    kind: str
    chapter: str
    number: str
    conditions: str
    latex: str


@cache
def equations():
    """Return the book's equations by label, in the order of the book."""
    if not DATA.exists():
        return {}
    return {row["label"]: Equation(**row) for row in json.loads(DATA.read_text(encoding="utf-8"))}


def collect(chapters, order):
    """Read the labelled equations out of the book's sources and write them to `DATA`.

    Parameters
    ----------
    chapters : dict of str to notebook node
        The chapters by stem.
    order : list of str
        The stems in the order of the book; the first is the landing page and counts as chapter 0.

    Returns
    -------
    dict
        The equations by label.

    Raises
    ------
    LatexError
        If one label stands in two cells.
    """
    found = {}
    for chapter_number, stem in enumerate(order):
        count = 0
        for cell in chapters[stem].cells:
            if cell.cell_type != "code" or not is_equation_cell(cell.source):
                continue
            read = read_source(cell.source)
            first_line = cell.source.split("\n", 1)[0].split(None, 1)
            line = first_line[1].removeprefix(read.equations[0][0]).strip() if len(first_line) > 1 else ""
            for label, latex in read.equations:
                if not label:
                    continue
                if label in found:
                    raise LatexError(f"The label {label} stands in two cells: in {found[label].chapter} and in {stem}.")
                count += 1
                found[label] = Equation(label, read.kind, stem, f"{chapter_number}.{count}", line, latex)
    rows = [asdict(equation) for equation in found.values()]
    DATA.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    equations.cache_clear()
    return found
