"""Fold an admonition of class `dropdown` into a `<details>` element, which opens without a script.

Solutions and remarks are written as ``{admonition} Solution`` with ``:class: dropdown``.
"""

from docutils import nodes
from sphinx.locale import admonitionlabels
from sphinx.transforms import SphinxTransform


class folded(nodes.General, nodes.Element):
    """A folded admonition: its `folded_title`, then what it hides."""


class folded_title(nodes.General, nodes.TextElement):
    """The line that stays in sight."""


class FoldAdmonitions(SphinxTransform):
    """Replace every admonition of class `dropdown` by a `folded` node."""

    default_priority = 210

    def apply(self, **kwargs):
        for admonition in list(self.document.findall(nodes.Admonition)):
            if "dropdown" in admonition.get("classes", ()):
                admonition.replace_self(_folded(admonition))


def _folded(admonition):
    body = list(admonition.children)
    if body and isinstance(body[0], nodes.title):
        title = body.pop(0).children
    else:
        title = [nodes.Text(admonitionlabels[admonition.tagname])]
    classes = [name for name in admonition["classes"] if name != "dropdown"]
    admonition.clear()
    return folded("", folded_title("", "", *title), *body, classes=classes, ids=admonition["ids"])


def setup(app):
    """Register the transform."""
    app.add_transform(FoldAdmonitions)
    app.add_node(folded, html=(lambda self, node: self.body.append(self.starttag(node, "details", CLASS="folded")),
                               lambda self, node: self.body.append("</details>\n")))
    app.add_node(folded_title, html=(lambda self, node: self.body.append("<summary>"),
                                     lambda self, node: self.body.append("</summary>\n")))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
