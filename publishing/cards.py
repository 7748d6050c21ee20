"""The picture of a page for those who link to it (Open Graph): its title and its main equation, in the book's colours.

Drawn while the site is built, the same bytes every time, and only where the site has an address: such a picture is named
in full. No page loads it. Which equation is a page's main one stands in `book/data/main_equations.json`; a page without
one shows its title alone.
"""

import json
import re
import textwrap
from pathlib import Path

import matplotlib
from bs4 import BeautifulSoup
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.textpath import text_to_path

from mathref.colours import TABLE
from mathref.engine.registry import equations
from publishing.katex import marked

MAIN_EQUATIONS = Path(__file__).resolve().parent.parent / "book" / "data" / "main_equations.json"
WIDTH, HEIGHT, MARGIN = 1200, 630, 80
COLOUR = TABLE["light"]
LARGEST = 68  # of an equation, in pixels

_MARK = re.compile(r"\\htmlData\{quantity=\w+\}\{\\htmlClass\{q-(\w+)\}\{")
_STYLE = {"mathtext.fontset": "cm", "font.family": "DejaVu Sans", "text.hinting": "none"}


def main_equations():
    """Return the label of the main equation by page: {stem: label}."""
    return json.loads(MAIN_EQUATIONS.read_text(encoding="utf-8"))


def draw(title, latex, book, file):
    """Draw one card as a PNG of 1200 × 630.

    Parameters
    ----------
    title : str
        Of the page.
    latex : str or None
        Its main equation.
    book : str
        The title of the book.
    file : str or pathlib.Path
        Where to.
    """
    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **_STYLE}):
        figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor=COLOUR["page"])
        plane = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, HEIGHT))
        plane.axis("off")
        plane.text(MARGIN, HEIGHT - MARGIN, book, va="top", fontsize=19, color=COLOUR["muted"])
        plane.text(MARGIN, HEIGHT - 150, textwrap.fill(title, 30), va="top", fontsize=43, weight="bold", color=COLOUR["text"],
                   linespacing=1.25)
        if latex:
            _set(plane, latex)
        figure.savefig(file, metadata={"Software": None})


def _set(plane, latex):
    """Set an equation at the foot, as large as fits, each glyph in the colour of its quantity."""
    shapes = _coloured(latex)
    corners = [shape.get_extents() for shape, _ in shapes]
    left, right = min(box.x0 for box in corners), max(box.x1 for box in corners)
    low, high = min(box.y0 for box in corners), max(box.y1 for box in corners)
    size = min(LARGEST / text_to_path.FONT_SCALE, (WIDTH - 2 * MARGIN) / (right - left), 190 / (high - low))
    place = matplotlib.transforms.Affine2D().translate(-left, -(low + high) / 2).scale(size).translate(MARGIN, 150)
    for shape, colour in shapes:
        plane.add_patch(PathPatch(place.transform_path(shape), facecolor=colour, linewidth=0))


def _glyphs(latex):
    """Return the glyphs of an equation, each as its name and its outline, and its fraction bars."""
    placed, outlines, bars = text_to_path.get_glyphs_mathtext(FontProperties(size=text_to_path.FONT_SCALE), "$%s$" % latex.replace(r"\frac", r"\dfrac"))
    glyphs = [(name, Outline(outlines[name][0] * scale + (x, y), outlines[name][1])) for name, x, y, scale in placed]
    return glyphs, [Outline(*bar) for bar in bars]


def _coloured(latex):
    """Return (outline, colour) for everything that an equation is set from."""
    glyphs, bars = _glyphs(latex)
    names, kinds, begin = [name for name, _ in glyphs], ["text"] * len(glyphs), 0
    for kind, symbol in _symbols(latex):  # found again by the glyphs that it is set from
        own = [name for name, _ in _glyphs(symbol)[0]]
        begin = next((at for at in range(begin, len(names)) if names[at:at + len(own)] == own), None)
        if begin is None:
            raise ValueError(f"{symbol} is not set in one piece in {latex}")
        kinds[begin:begin + len(own)] = [kind] * len(own)
        begin += len(own)
    shapes = [(outline, COLOUR[kind]) for (_, outline), kind in zip(glyphs, kinds)]
    return shapes + [(bar, min(shapes, key=lambda shape: _distance(shape[0], bar))[1]) for bar in bars]


def _symbols(latex):
    """Yield the kind of quantity and the LaTeX of every symbol that the engine marks, in order."""
    for kind, rest in zip(*[iter(_MARK.split(marked(latex))[1:])] * 2):
        depth = 1
        for end, letter in enumerate(rest):
            depth += (letter == "{") - (letter == "}")
            if not depth:
                yield kind, rest[:end]
                break


def _distance(outline, bar):
    one, other = outline.get_extents(), bar.get_extents()
    return abs(one.x0 + one.x1 - other.x0 - other.x1) + abs(one.y0 + one.y1 - other.y0 - other.y1)


def _add_to_page(app, pagename, templatename, context, doctree):
    address = app.config.html_baseurl
    context["card"] = None
    if doctree is None or not address:
        return
    stem = Path(pagename).name
    label = main_equations().get(stem)
    title = BeautifulSoup(context["title"], "html.parser")
    for number in title.select(".section-number"):
        number.extract()
    title = title.get_text()
    (Path(app.outdir) / "cards").mkdir(exist_ok=True)
    draw(title, equations()[label].latex if label else None, app.config.html_title, Path(app.outdir) / "cards" / f"{stem}.png")
    context["card"] = {"url": f"{address}cards/{stem}.png", "width": WIDTH, "height": HEIGHT,
                       "alt": f"The title “{title}”" + (", and its main equation" if label else "")}


def setup(app):
    """Draw the card of every page as the page is written."""
    app.connect("html-page-context", _add_to_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
