"""The engine in Python and its mirror in JavaScript, asked the same: what each makes of LaTeX, and of a cell of a chapter."""

import random
import re
from functools import cache

import lark
import nbformat

import javascript
from book_site import ROOT
from mathref.engine.cells import is_equation_cell, read_source
from mathref.engine.check import Verdict
from mathref.engine.errors import EquationError
from mathref.engine.mutants import mutants
from mathref.engine.parser import parse
from mathref.engine.registry import equations
from mathref.engine.session import Session
from publishing import editing
from publishing.toc import stems

_TREE = """
function treeOf(latex) {
  const told = (node) => (node.data ? [node.data, node.start, node.end, node.children.map(told)] : [node.type, node.text]);
  try { return told(parse(latex)); } catch (error) { return [error.constructor.name, error.message]; }
}

const pages = new Map(); // what an open editor keeps from one key to the next
function pageOf(above, given) {
  const page = JSON.stringify([above, given]);
  if (!pages.has(page)) pages.set(page, sessionUnder(above, given));
  return pages.get(page);
}
function answerIn(source, asked, ...page) {
  const said = answerOn(source, asked, pageOf(...page));
  return { ...said, hint: said.hint() };
}
const verdictAgain = (source, ...page) => (source.startsWith("%%definition") ? verdictOn(source, ...page) : verdictIn(pageOf(...page), source));
"""


@cache
def engine_in_javascript():
    """The engine in JavaScript, with what these tests ask of it."""
    return editing.source() + _TREE


class Chapter:
    """A chapter's equation cells, as a reader who goes through it meets them.

    `cells` are (number of cells above, source, what running it printed or raised) of all of them; `above` the sources of
    those that stay, and `given` as in `publishing.editing`.
    """

    def __init__(self, stem):
        notebook = nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4)
        self.given, self.above, self.cells = editing.given(notebook), [], []
        for cell in notebook.cells:
            if cell.cell_type == "code" and is_equation_cell(cell.source):
                self.cells.append((len(self.above), cell.source, cell.outputs[0]))
                if "raises-exception" not in cell.metadata.get("tags", []):
                    self.above.append(cell.source)

    def in_javascript(self, position, source, engine=None):
        """Return the status and the words of the verdict on a cell with so many cells above it."""
        verdict = javascript.call(engine or engine_in_javascript(), "verdictOn", source, self.above[:position], self.given)
        return verdict["status"], "\n".join(verdict["lines"])

    def in_javascript_again(self, position, source):
        """The same, from a session that is kept, within a minute or two."""
        verdict = javascript.call(engine_in_javascript(), "verdictAgain", source, self.above[:position], self.given, seconds=100)
        return verdict["status"], "\n".join(verdict["lines"])

    def session(self, position):
        """Return a session of the engine in Python that ran the definitions above."""
        steps = []
        for count in range(position + 1):
            steps += [line for above, line in self.given if above == count]
            steps += [cell for cell in self.above[count:count + 1] if count < position and cell.startswith("%%definition")]
        return _ran(tuple(steps))

    def in_python(self, position, source):
        """The same from the engine in Python."""
        session = self.session(position)
        if source.startswith("%%definition"):  # the others leave no trace
            session = _branch(session)
        try:
            outcomes = session.run(read_source(source))
        except EquationError as error:
            # Which of its arguments a function of mathref finds at fault is told by mathref alone.
            return "stopped", re.sub(r"(does not take these symbols: ).*", r"\1their shapes do not fit.", str(error))
        return outcomes[0].status, "\n".join(dict.fromkeys(line for outcome in outcomes for line in outcome.report))


class _Trusting(Session):
    """Takes over what the book has checked."""

    def _take(self, world, new, gone=frozenset()):
        self.worlds[world] = {label: d for label, d in self.worlds.get(world, {}).items() if label not in gone} | new
        return dict.fromkeys(new, Verdict())


@cache
def _ran(steps):
    session = _Trusting()
    for step in steps:
        if step.startswith("%%"):
            session.run(read_source(step))
        else:
            session.give(step)
    return _branch(session)


def _branch(session):
    """Return a session that knows the same and goes its own way from here."""
    branch = Session()
    branch.worlds = {world: dict(definitions) for world, definitions in session.worlds.items()}
    branch._homes, branch._together = dict(session._homes), dict(session._together)
    return branch


class Definitions(Chapter):
    """A chapter that has nothing but definitions."""

    def __init__(self, cells):
        self.given, self.above, self.cells = [], list(cells), []


@cache
def chapters():
    """All chapters by stem."""
    return {stem: Chapter(stem) for stem in stems(ROOT)}


def tree_in_javascript(latex):
    return javascript.call(engine_in_javascript(), "treeOf", latex)


def tree_in_python(latex):
    def told(node):
        if isinstance(node, lark.Tree):
            return [node.data, node.meta.start_pos, node.meta.end_pos, [told(child) for child in node.children]]
        return [node.type, str(node)]

    try:
        return told(parse(latex))
    except EquationError as error:
        return [type(error).__name__, str(error)]


def false_variants(stems):
    """Yield (chapter, position, source) for every cell with one of its equations made false by machine."""
    for chapter in (chapters()[stem] for stem in stems):
        for position, text, _ in chapter.cells:
            cell = read_source(text)
            if cell.kind not in ("definition", "claim", "update", "refuted"):
                continue
            first, body = text.split("\n", 1)
            for _, latex in cell.equations:
                for variant in mutants(latex):
                    yield chapter, position, f"{first}\n{body.replace(latex, variant, 1)}"


def slips_of_typing(latex, generator):
    """Return an equation with one to three pieces left out, put in or replaced, as a hand may type them."""
    pieces = _pieces()
    for _ in range(generator.randint(1, 3)):
        start = generator.randrange(len(latex) + 1)
        stop = min(len(latex), start + generator.randint(0, 3))
        latex = latex[:start] + (generator.choice(pieces) if generator.random() < 0.6 else "") + latex[stop:]
    return latex


@cache
def _pieces():
    return sorted({piece for equation in equations().values() for piece in re.findall(r"\\[A-Za-z]+|.", equation.latex)})


def typed(stems, count, seed=1):
    """Yield (chapter, position, source) of cells with slips of typing in them."""
    generator = random.Random(seed)
    cells = [(chapter, position, text) for chapter in (chapters()[stem] for stem in stems)
             for position, text, _ in chapter.cells if text.split()[0] in ("%%claim", "%%update", "%%refuted", "%%exercise")]
    for _ in range(count):
        chapter, position, text = generator.choice(cells)
        first, body = text.split("\n", 1)
        yield chapter, position, f"{first}\n{slips_of_typing(body, generator)}"


@cache
def exercises():
    """All exercises by label: (chapter, position, line one, the left side as it is printed)."""
    found = {}
    for chapter in chapters().values():
        for position, text, _ in chapter.cells:
            if text.startswith("%%exercise"):
                first, body = text.split("\n", 1)
                found[first.split()[1]] = chapter, position, first, body.split("=")[0].strip()
    return found


def answered(label, answer):
    """What a page says of an answer to an exercise, which may be typed as in NumPy: status, lines, read, hint."""
    chapter, position, first, asked = exercises()[label]
    return javascript.call(engine_in_javascript(), "answerIn", f"{first}\n{answer}", asked, chapter.above[:position], chapter.given,
                           seconds=100)


def answered_in_python(label, latex):
    """The status and the words that a notebook has for an answer in LaTeX."""
    chapter, position, first, _ = exercises()[label]
    return chapter.in_python(position, f"{first}\n{latex}")
