"""Show the ledger: totals, then a row for each equation, by chapter. A row is its number, its meaning and what was found;
the fields unfold from it, without a script.

The directive ``{ledger}`` stands in book/ledger.md. What it holds is what Jupyter shows in its place.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from publishing.equations import MARKS
from publishing.ledger import KIND_NAMES, LedgerError, Records, by_chapter, rows, totals, worst_by
from publishing.sentences import recorded

STATUS = {"definition": "defined", "claim": "holds", "update": "holds", "refuted": "refuted", "informal": "informal",
          "exercise": "open"}
SAID_INSTEAD = {"refuted": "refuted", "informal": "not executed", "exercise": "your turn"}


class element(nodes.General, nodes.TextElement):
    """An HTML element by name: `tag`, and perhaps `attributes`."""


class Ledger(SphinxDirective):
    """The whole ledger; it stands alone in its section, which the chapters become sections of."""

    has_content = True

    def run(self):
        try:
            records = Records.read()
            made = rows(records)
        except LedgerError as error:
            raise self.error(f"The ledger is not complete.\n{error}") from None
        return [self._totals(made, records), *(self._chapter(*chapter) for chapter in by_chapter(made).items())]

    def _totals(self, made, records):
        total = totals(made)
        executed = len(made) - total.kinds["informal"] - total.kinds["exercise"]
        kinds = ", ".join(f"{number} {KIND_NAMES[kind]}" for kind, number in total.kinds.items() if number)
        errata = {name for row in made for name in re.findall(r"E\d+", row.fields["Errata corrected"])}
        return self._fields({
            "Equations": f"{len(made)}: {kinds}",
            "Executed": f"{executed}; what is informal is not, and an exercise is judged when you answer it",
            "Numbers compared": f"{total.compared:,}",
            "Worst relative error": f"≤\N{NO-BREAK SPACE}1e{worst_by(records, 'complex step')} by the complex step, "
                                    f"≤\N{NO-BREAK SPACE}1e{worst_by(records, 'central differences')} by central differences",
            "False variants": f"{total.refused:,} of {total.variants:,} refused",
            "In sentences": self._sentences(),
            "Displays of the document": str(sum(label in records.equations for label in records.displays)),
            "Errata corrected": str(len(errata)),
        })

    @staticmethod
    def _sentences():
        found = recorded().values()
        given, unread = (sum(len(chapter[kind]) for chapter in found) for kind in ("given", "unread"))
        return (f"{sum(chapter['computed'] for chapter in found)} equations computed; {given} give a symbol its value, "
                f"and {unread} have been read by a person")

    def _chapter(self, stem, made):
        number = made[0].equation.number.split(".")[0]
        section = nodes.section("", nodes.title("", f"{number} {_title(Path(self.env.srcdir), stem)}"),
                                ids=[nodes.make_id(f"ledger-of-{stem}")])
        total = totals(made)
        found = [f"{len(made)} equation{'s' * (len(made) != 1)} in {{doc}}`the chapter <{stem}>`"]
        if total.compared:
            found.append(f"{total.compared:,} numbers compared, error ≤\N{NO-BREAK SPACE}1e{total.worst}")
        if total.variants:
            found.append(f"{total.refused} of {total.variants} false variants refused")
        section += nodes.paragraph("", "", *self._inline(f"{'; '.join(found)}."))
        section += element("", "", *map(self._row, made), tag="ul", classes=["ledger"])
        return section

    def _row(self, row):
        sign, _, spoken = MARKS[STATUS[row.equation.kind]]
        mark = element("", sign or "–", tag="span", classes=["sign"], attributes={"role": "img", "aria-label": spoken})
        found = " · ".join(filter(None, [SAID_INSTEAD.get(row.equation.kind), f"≤\N{NO-BREAK SPACE}1e{row.worst}" * (row.worst is not None),
                                         f"{row.refused} of {row.variants}" * bool(row.variants)]))
        fields = self._fields(row.fields)
        fields["names"] = [f"ledger-{row.equation.label}"]
        self.state.document.note_explicit_target(fields)
        summary = element("", "", mark, element("", row.meaning, tag="span"),
                          element("", found, tag="span", classes=["found"]), tag="summary")
        return element("", "", *self._inline(f"{{eq}}`{row.equation.label}`"),
                       element("", "", summary, fields, tag="details"), tag="li")

    def _fields(self, fields):
        pairs = (element("", "", element("", heading, tag="dt"),
                         *(element("", "", *self._inline(line), tag="dd") for line in text.splitlines()), tag="div")
                 for heading, text in fields.items())
        return element("", "", *pairs, tag="dl", classes=["facts"])

    def _inline(self, text):
        parsed, messages = self.state.inline_text(text, self.lineno)
        return [*parsed, *messages]


def _title(root, stem):
    """Return the title of a chapter, from its source."""
    lines = (root / "book" / f"{stem}.md").read_text(encoding="utf-8").splitlines()
    return next(line.removeprefix("# ") for line in lines if line.startswith("# "))


def _visit(translator, node):
    translator.body.append(translator.starttag(node, node["tag"], "", **node.get("attributes", {})))


def setup(app):
    """Register the directive."""
    app.add_directive("ledger", Ledger)
    app.add_node(element, html=(_visit, lambda self, node: self.body.append(f"</{node['tag']}>\n")))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
