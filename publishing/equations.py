"""Show an equation cell on the page: its equations with their numbers, and a small mark that unfolds the rest.

A notebook stores an equation cell as LaTeX (the input) and Markdown (the output): the displayed lines, then one
`verdict` directive with the report of the check. On the page the cell becomes one block. Its mark is the summary of a
`<details>` element, so that mouse, touch and keyboard open it without a script; inside are the report and the LaTeX.
Where the report is what the reader came for, the cell carries the tag `unfolded`.
"""

from typing import NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.math import get_node_equation_number

from publishing import variants

LOGGER = logging.getLogger(__name__)

KINDS = ("definition", "claim", "update", "refuted", "informal", "exercise")


class Mark(NamedTuple):
    """How a status looks (a sign, a word beside it) and how it is read aloud."""

    sign: str
    word: str
    spoken: str


MARKS = {
    "defined": Mark("≔", "", "a definition"),
    "holds": Mark("✓", "", "checked numerically"),
    "refuted": Mark("✗", "refuted", "refuted"),
    "informal": Mark("", "not executed", "not executed"),
    "open": Mark("?", "your turn", "an open exercise"),
    "right": Mark("✓", "right", "an exercise answered right"),
    "wrong": Mark("✗", "not right", "an exercise not yet answered right"),
}


class verdict(nodes.General, nodes.Element):
    """What running an equation cell said: `kind`, `status`, the report as children, later also the `source`."""


class equation_cell(nodes.General, nodes.Element):
    """The displayed equations of one cell, perhaps the conditions under which they hold, and a `verdict`."""


class conditions(nodes.General, nodes.TextElement):
    """The words beside an equation that say where it holds."""


class ledger_link(nodes.General, nodes.Element):
    """The way to the row of the ledger that an equation has: its `label`."""


class Verdict(SphinxDirective):
    """The directive that ends the output of an equation cell."""

    required_arguments = 1
    has_content = True
    option_spec = {"status": directives.unchanged_required, "conditions": directives.unchanged_required}

    def run(self):
        kind, status = self.arguments[0], self.options.get("status")
        if kind not in KINDS:
            raise self.error(f"verdict: unknown kind {kind!r}, expected one of {', '.join(KINDS)}")
        if status not in MARKS:
            raise self.error(f"verdict: unknown status {status!r}, expected one of {', '.join(MARKS)}")
        node = verdict(kind=kind, status=status)
        self.set_source_info(node)
        self.state.nested_parse(self.content, self.content_offset, node)
        if "conditions" not in self.options:
            return [node]
        text = self.options["conditions"]
        inline, messages = self.state.inline_text(text, self.lineno)
        return [conditions(text, "", *inline), node, *messages]


class EquationCells(SphinxTransform):
    """Replace every code cell that has a verdict by an `equation_cell`."""

    default_priority = 200

    def apply(self, **kwargs):
        for cell in list(self.document.findall(_is_code_cell)):
            verdicts = list(cell.findall(verdict))
            if not verdicts:
                continue
            if len(verdicts) > 1:
                LOGGER.warning("one cell, %d verdicts", len(verdicts), location=verdicts[1], type="equations")
            output = verdicts[0].parent
            verdicts[0]["unfolded"] = "tag_unfolded" in cell["classes"]
            cell.replace_self(_equation_cell(source=next(cell.findall(nodes.literal_block)), output=output))


def _is_code_cell(node):
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def _equation_cell(source, output):
    source.parent.remove(source)
    source["language"] = "text"
    shown = list(output.children)
    output.clear()
    beside = [node for node in shown if isinstance(node, (conditions, verdict))]
    lines = nodes.container("", *(node for node in shown if node not in beside), classes=["lines"])
    mark = next(node for node in beside if isinstance(node, verdict))
    labels = [line["label"] for line in lines.findall(nodes.math_block) if line.get("label")]
    mark += _variants_refused(labels)
    mark += [ledger_link(label=label) for label in labels[:1]]  # the rows of one cell stand together
    mark += source
    cell = equation_cell("", lines, *beside, classes=[mark["kind"], mark["status"]])
    if mark["kind"] == "exercise":
        cell["exercise"] = source.astext().split(maxsplit=2)[1]
    return cell


def _variants_refused(labels):
    """Return what the recorded trial of false variants says of these equations, as a paragraph, if it was made."""
    counts = [variants.counts()[label] for label in labels if label in variants.counts()]
    if not counts:
        return []
    made = sum(count["made"] - count["same"] for count in counts)
    refused = sum(count["refused"] for count in counts)
    return [nodes.paragraph("", f"False variants made from it, such as a dropped term or a wrong layer: "
                                f"{refused} of {made} refused.")]


def spoken_name(numbers, status):
    """Return the accessible name of a mark: 'Equation 3.4, checked numerically: show how'."""
    subject = "Equation" if len(numbers) < 2 else "Equations"
    listed = " and ".join(filter(None, [", ".join(numbers[:-1]), *numbers[-1:]]))
    return f"{' '.join(filter(None, [subject, listed]))}, {MARKS[status].spoken}: show how"


def _visit_equation_cell(translator, node):
    numbered = [line for line in node.findall(nodes.math_block) if line.get("number")]
    numbers = [get_node_equation_number(translator, line) for line in numbered]
    named = {"data-exercise": node["exercise"]} if "exercise" in node else {}
    translator.body.append(translator.starttag(node, "div", CLASS="equation", **named))
    mark = node.next_node(verdict)
    mark["name"] = spoken_name(numbers, mark["status"])


def _visit_verdict(translator, node):
    sign, word, _ = MARKS[node["status"]]
    content = "".join(f'<span class="{name}">{text}</span>' for name, text in (("sign", sign), ("word", word)) if text)
    translator.body.append(
        f'<details class="verdict"{" open" if node["unfolded"] else ""}><summary aria-label="{node["name"]}" title="{node["name"]}">{content}</summary>'
        '<div class="report">\n')


def _depart_verdict(translator, node):
    translator.body.append("</div></details>\n")


def _visit_ledger_link(translator, node):
    """Link to the row, if the book has a ledger; that every registered equation has its row is the ledger's to see to."""
    target = f"ledger-{node['label']}"
    page, anchor = translator.builder.env.get_domain("std").anonlabels.get(target, ("", ""))
    if page:
        address = translator.builder.get_relative_uri(translator.builder.current_docname, page)
        translator.body.append(f'<a href="{address}#{anchor}">ledger</a>\n')
    raise nodes.SkipNode


def _check_numbers(app, env):
    """Warn where the number on the page differs from the one that the notebooks print.

    Sphinx counts the equations of a chapter as it builds the site, the engine's registry as the notebooks run.
    """
    from mathref.engine.registry import equations

    registered = equations()
    for label, (docname, _) in env.get_domain("math").equations.items():
        if label in registered:
            counted = env.toc_fignumbers.get(docname, {}).get("displaymath", {}).get(nodes.make_id(f"equation-{label}"))
            number = ".".join(map(str, counted or ()))
            if number != registered[label].number:
                LOGGER.warning("equation %s is (%s) on the page and (%s) in the notebooks", label, number,
                               registered[label].number, location=docname, type="equations")


def setup(app):
    """Register the directive, the transform and the check of the numbers."""
    app.add_directive("verdict", Verdict)
    app.add_transform(EquationCells)
    app.add_node(equation_cell, html=(_visit_equation_cell, lambda self, node: self.body.append("</div>\n")))
    app.add_node(verdict, html=(_visit_verdict, _depart_verdict))
    app.add_node(ledger_link, html=(_visit_ledger_link, None))
    app.add_node(conditions, html=(lambda self, node: self.body.append('<p class="conditions">'),
                                   lambda self, node: self.body.append("</p>\n")))
    app.connect("env-check-consistency", _check_numbers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
