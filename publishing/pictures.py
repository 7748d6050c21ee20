"""Show a picture once.

`mathref.visual` puts each picture into its cell twice: as SVG in the colours of the page, and as an image for viewers
that drop style sheets, such as GitHub's. A page of this book needs the first alone, and is lighter by a quarter. The style sheet
inside, which is the same in every picture, is left in the first picture of a page.
"""

import re

from docutils import nodes

_FALLBACK = re.compile(r'(<figure class="picture".*?</svg>\s*</div>)\s*<img\b(?:[^>"]|"[^"]*")*>', re.DOTALL)
_INDENTATION = re.compile(r">\s*\n\s*<")
_COLOUR = re.compile(r"var\((--[\w-]+), #\w+\)")
_RECTANGLE = re.compile(r'd="M ([\d.]+) ([\d.]+) L ([\d.]+) \2 L \3 ([\d.]+) L \1 \4 (?:L \1 \2 )?z"')
_STYLE = re.compile(r'(<figure class="picture".*?)<style>.*?</style>', re.DOTALL)


def without_fallback(html):
    """Return a cell's HTML without the image that repeats its picture, the SVG's indentation, colours that a page has, and
    corners of rectangles that follow from the others."""
    return _FALLBACK.sub(lambda picture: _RECTANGLE.sub(r'd="M\1 \2H\3V\4H\1z"', _COLOUR.sub(
        r"var(\1)", _INDENTATION.sub("><", picture[1]))), html)


def _drop_fallbacks(app, doctree):
    styled = False
    for node in list(doctree.findall(nodes.raw)):
        html = without_fallback(node.astext())
        if html != node.astext():
            node.replace_self(nodes.raw("", _STYLE.sub(r"\1", html) if styled else html, format="html"))
            styled = True


def setup(app):
    """Clean every page once it is read."""
    app.connect("doctree-read", _drop_fallbacks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
