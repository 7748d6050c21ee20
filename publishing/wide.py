"""Give every table a box of its own to scroll in, so that a wide one never makes the page scroll sideways."""

from docutils import nodes
from sphinx.transforms import SphinxTransform


class BoxTables(SphinxTransform):
    """Put each table into a container of class `wide`."""

    default_priority = 220

    def apply(self, **kwargs):
        for table in list(self.document.findall(nodes.table)):
            box = nodes.container(classes=["wide"])
            table.replace_self(box)
            box += table


def setup(app):
    """Register the transform."""
    app.add_transform(BoxTables)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
