"""The glossary: every term with the sentence of the book that says what it means, and a link to that place.

`book/data/terms.json` names the terms, each with the chapter that sets it in bold where it explains it. The words are the
chapter's own: a term that its chapter no longer explains is an error. The directive ``{terms}`` stands in
book/glossary.md.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

TERMS = Path(__file__).resolve().parent.parent / "book" / "data" / "terms.json"
FOLDER = "notebooks/"
_POINTS_BACK = re.compile(r"(That|This|Its?|Such|One such|Use it|What|The (first|second|third|last)|And|Drawn)\b")
_END = re.compile(r"(?<=[.!?])\s+")


class Term(NamedTuple):
    """A term, the page and the id where it is explained, and the sentence that does it, as inline nodes."""

    name: str
    docname: str
    anchor: str
    sentence: list


class terms(nodes.General, nodes.Element):
    """The place of the glossary."""


class Terms(SphinxDirective):
    """Where the glossary stands. What it holds is what Jupyter shows in its place."""

    has_content = True

    def run(self):
        return [terms()]


def anchor(name):
    """Return the id of the place that explains a term."""
    return nodes.make_id(f"term-{name}")


def explained(doctree, name):
    """Return the bold words that introduce a term on a page.

    Raises
    ------
    sphinx.errors.ExtensionError
        If the page has none.
    """
    for node in doctree.findall(nodes.strong):
        if node.astext().lower() == name.lower() and isinstance(node.parent, nodes.paragraph):
            return node
    raise ExtensionError(f"book/data/terms.json: the chapter has no “{name}” in bold within a paragraph")


def sentence(word):
    """Return the sentence around a node of a paragraph, as inline nodes; a colon at its end becomes a full stop.

    One that points back, as in "That is the graph", comes with the sentence before it.
    """
    found = [[]]
    for child in word.parent.children:
        if not isinstance(child, nodes.Text):
            found[-1].append(child)
            continue
        first, *rest = _END.split(child.astext())
        found[-1].append(nodes.Text(first))
        found += [[nodes.Text(part)] for part in rest]
    at = next(at for at, part in enumerate(found) if any(node is word for node in part))
    around = found[at]
    if at and _POINTS_BACK.match("".join(node.astext() for node in around)):
        around = [*found[at - 1], nodes.Text(" "), *around]
    copied = [nodes.Text(node.astext()) if isinstance(node, addnodes.pending_xref) else node.deepcopy() for node in around]
    if isinstance(copied[-1], nodes.Text):
        copied[-1] = nodes.Text(re.sub(r":$", ".", copied[-1].astext()))
    return copied


def collected(env):
    """Return every `Term` of the book, in the order of the alphabet."""
    found = []
    for name, stem in json.loads(TERMS.read_text(encoding="utf-8")).items():
        word = explained(env.get_doctree(FOLDER + stem), name)
        found.append(Term(name, FOLDER + stem, anchor(name), sentence(word)))
    return sorted(found, key=lambda term: term.name.lower())


def _mark_places(app, doctree):
    """Give the places that explain terms their ids."""
    for name, stem in json.loads(TERMS.read_text(encoding="utf-8")).items():
        if app.env.docname == FOLDER + stem:
            explained(doctree, name)["ids"].append(anchor(name))


def _fill(app, doctree, docname):
    for place in list(doctree.findall(terms)):
        entries = nodes.definition_list(classes=["glossary"])
        for term in collected(app.env):
            address = f"{app.builder.get_relative_uri(docname, term.docname)}#{term.anchor}"
            for node in term.sentence:
                for strong in [node, *node.findall(nodes.strong)]:
                    if isinstance(strong, nodes.strong):
                        strong["ids"] = []
            chapter = nodes.Text(app.env.titles[term.docname].astext())
            entries += nodes.definition_list_item(
                "", nodes.term("", "", nodes.reference("", term.name, refuri=address, internal=True)),
                nodes.definition("", nodes.paragraph("", "", *term.sentence), nodes.paragraph("", "", chapter, classes=["where"])))
        place.replace_self(entries)


def setup(app):
    """Register the directive, and fill it when all chapters are read."""
    app.add_directive("terms", Terms)
    app.add_node(terms)
    app.connect("doctree-read", _mark_places)
    app.connect("doctree-resolved", _fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
