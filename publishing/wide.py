"""Give every table a box of its own to scroll in, so that a wide one never makes the page scroll sideways.

A table whose last column holds reasons is marked, so that the style can put a reason under what it is given for.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform


class BoxTables(SphinxTransform):
    """Put each table into a container of class `wide`, and of class `reasons` if its last column is headed `reason`."""

    default_priority = 220

    def apply(self, **kwargs):
        for table in list(self.document.findall(nodes.table)):
            heads = [entry.astext() for head in table.findall(nodes.thead) for entry in head.findall(nodes.entry)]
            box = nodes.container(classes=["wide", "reasons"] if heads and heads[-1] == "reason" else ["wide"])
            table.replace_self(box)
            box += table


def setup(app):
    """Register the transform."""
    app.add_transform(BoxTables)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
