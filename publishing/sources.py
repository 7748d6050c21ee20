"""Scripts and style sheets as a page gets them: without what only their authors read."""

import re

from mathref.widgets.figure import uncommented

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_INDENTATION = re.compile(r"\n\s*")


def sent_script(source):
    """Return JavaScript without comments that have lines of their own, and without indentation.

    Text that goes over several lines is markup in this book, where indentation says nothing.
    """
    return _INDENTATION.sub("\n", uncommented(source))


def sent_style(source):
    """Return a style sheet without comments and indentation."""
    return _INDENTATION.sub("\n", _COMMENT.sub("", source))
