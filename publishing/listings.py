"""Show code without colours: they mean quantities. Only the tokens that the style sheet tells apart get an element."""

from pygments.formatters import HtmlFormatter
from pygments.token import Comment, Keyword, Name, Operator, String
from sphinx.highlighting import PygmentsBridge

TOLD_APART = (Comment, Keyword, Name.Decorator, Operator.Word, String)


class SparingFormatter(HtmlFormatter):
    """Writes a token as plain text unless it is one of `TOLD_APART`: half the elements of a page would say nothing."""

    def _get_css_classes(self, ttype):
        return super()._get_css_classes(ttype) if any(ttype in kind for kind in TOLD_APART) else ""


def setup(app):
    """Let Sphinx write code with it."""
    PygmentsBridge.html_formatter = SparingFormatter
    return {"parallel_read_safe": True, "parallel_write_safe": True}
