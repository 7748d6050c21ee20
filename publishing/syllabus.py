"""Show how long the book takes: a table of the chapters of each part. What it says of a chapter stands at its head.

The directive ``{syllabus}`` stands in book/teaching.md. What it holds is what Jupyter shows in its place.
"""

import re
from fractions import Fraction
from pathlib import Path

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

TIME = re.compile(r"^\*\*It takes\*\* ([^.]+)\.", re.MULTILINE)
NEED = re.compile(r"^\*\*You need\*\* (.+)$", re.MULTILINE)

_NUMBERS = {"an": 1, "one": 1, "two": 2, "three": 3, "ten": 10, "half an": Fraction(1, 2)}
_LENGTH = re.compile(rf"\b(half an|{'|'.join(_NUMBERS)}|\d+) (hour|minute)s?(?: and a (half|quarter))?")
_MORE = {"": 0, "half": Fraction(1, 2), "quarter": Fraction(1, 4)}


def minutes(words):
    """Return how many minutes the words of a chapter add up to: "an hour, and the exercises half an hour more" is 90.

    Raises
    ------
    ValueError
        If they name no time.
    """
    found = [((_NUMBERS.get(number) or int(number)) + _MORE[more]) * (60 if unit == "hour" else 1)
             for number, unit, more in _LENGTH.findall(words)]
    if not found:
        raise ValueError(f"{words!r} names no time; it needs to be such as 40 minutes, or an hour and a half")
    return int(sum(found))


def clock(total):
    """Return minutes in words: 1 h 30 min."""
    hours, rest = divmod(total, 60)
    return " ".join([f"{hours}\N{NO-BREAK SPACE}h"] * bool(hours) + [f"{rest}\N{NO-BREAK SPACE}min"] * bool(rest))


def parts(root):
    """Return the numbered parts of the book: {caption: stems of its chapters}."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return {part["caption"]: [Path(chapter["file"]).stem for chapter in part["chapters"]]
            for part in toc["parts"] if part.get("numbered")}


def said(root, stem, pattern, what):
    """Return what the head of a chapter says.

    Raises
    ------
    ValueError
        If it does not.
    """
    found = pattern.search((root / "book" / f"{stem}.md").read_text(encoding="utf-8"))
    if not found:
        raise ValueError(f"book/{stem}.md does not say at its head {what}")
    return found[1]


def table(root):
    """Return the table as Markdown."""
    numbers = {stem: number for number, stem in enumerate(sum(parts(root).values(), []), start=1)}
    lines, whole = ["| | chapter | it takes | you need |", "|---|---|---|---|"], 0
    for caption, chapters in parts(root).items():
        times = {stem: said(root, stem, TIME, "how long **It takes**") for stem in chapters}
        needs = {stem: re.findall(r"\{doc\}`(\w+)`", said(root, stem, NEED, "what **You need**")) for stem in chapters}
        part = sum(map(minutes, times.values()))
        whole += part
        lines.append(f"| | **{caption}** | **{clock(part)}** | |")
        lines += [f"| {numbers[stem]} | {{doc}}`{stem}` | {times[stem]} | "
                  f"{', '.join(str(number) for number in sorted(numbers[need] for need in needs[stem]))} |" for stem in chapters]
    return [*lines, f"| | **All of it** | **{clock(whole)}** | |"]


class Syllabus(SphinxDirective):
    """The table."""

    has_content = True

    def run(self):
        try:
            lines = table(Path(self.env.srcdir))
        except ValueError as error:
            raise self.error(str(error)) from None
        node = nodes.container()
        self.state.nested_parse(StringList(lines, "syllabus"), self.content_offset, node)
        return node.children


def setup(app):
    """Register the directive."""
    app.add_directive("syllabus", Syllabus)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
