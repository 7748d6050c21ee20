"""Plots and drawings in the book's colours: what a chapter calls.

A plot is made with matplotlib from `axes` and shown with `show`. A drawing is a file in `drawings`, shown with `drawing`.
In both, mathematics in a text is written between dollar signs, `$a^{l-1}$`, and what stands for a quantity is
told so by `ink`, `line` or `points`: it has the quantity's colour, and lights up together with it in the equations.
"""

import io

from mathref.colours import TABLE
from mathref.visual import picture

COLOUR = TABLE["light"]
"""What matplotlib draws with, by name: `COLOUR["muted"]`. On the page each becomes the colour of that name."""

STYLE = {
    "font.size": 12, "axes.titlesize": 12, "axes.titlelocation": "left",
    "text.color": COLOUR["text"], "axes.labelcolor": COLOUR["text"], "axes.edgecolor": COLOUR["muted"],
    "xtick.color": COLOUR["muted"], "ytick.color": COLOUR["muted"], "grid.color": COLOUR["line"],
    "axes.prop_cycle": f"cycler('color', ['{COLOUR['text'][1:]}'])", "patch.edgecolor": COLOUR["text"],
    "hatch.color": COLOUR["page"], "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 1, "lines.linewidth": 2,
    "svg.fonttype": "none",  # text stays text, and takes the font of the page
    "path.simplify_threshold": 0.04,  # of a point; a curve may come with more points than can be seen
}

DASHES = {"a": "solid", "W": (0, (6, 2)), "b": (0, (1, 1.5)), "z": (0, (6, 2, 1, 2)), "delta": (0, (3, 1.5)),
          "grad": (0, (9, 2, 3, 2))}
MARKERS = {"a": "o", "W": "s", "b": "v", "z": "D", "delta": "^", "grad": "X"}


def ink(quantity):
    """Return the colour and the mark of a quantity, as keywords for a text, an axis label, an area.

    Parameters
    ----------
    quantity : str
        Named as in Python: `a_prev`, `z`, `dW`.

    Raises
    ------
    ValueError
        If it is no quantity of the book.
    """
    return {"color": COLOUR[picture.kind(quantity)], "gid": picture.MARK + quantity}


def line(quantity):
    """Return `ink` and the dashes of its kind, as keywords for a curve."""
    return {**ink(quantity), "linestyle": DASHES[picture.kind(quantity)]}


def points(quantity):
    """Return `ink` and the shape of its kind, as keywords for points without a curve."""
    return {**ink(quantity), "linestyle": "none", "marker": MARKERS[picture.kind(quantity)], "markersize": 7}


def axes(rows=1, columns=1, height=3.0, **keywords):
    """Return a figure and its axes, and set matplotlib's style to the book's.

    Parameters
    ----------
    rows, columns : int
        Plots below and beside each other. A page is read on a phone too: two beside each other is the most.
    height : float
        In inches; the width is 6.
    **keywords
        For `matplotlib.figure.Figure.subplots`.
    """
    import matplotlib
    from matplotlib.figure import Figure

    matplotlib.rcParams.update(STYLE)
    figure = Figure(figsize=(6, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **keywords)


def show(figure, alt):
    """Show a matplotlib figure, in the notebook and on the page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    alt : str
        What it shows, for those who do not see it.

    Raises
    ------
    ValueError
        If `alt` is empty, or if something in the figure has a colour that is not the book's.
    """
    _display(picture.html(svg(figure), alt), alt)


def drawing(name, **values):
    """Show a drawing. What it shows, for those who do not see it, stands in its file as title and description.

    Parameters
    ----------
    name : str
        Of a file in `drawings`, without `.svg`.
    **values : float
        Numbers to write into the places that the drawing has for them.

    Raises
    ------
    ValueError
        If there is no such drawing, or no such place in it.
    """
    text, alt = picture.drawing(name, **values)
    _display(picture.html(text, alt), alt)


def svg(figure):
    """Return what matplotlib draws. It leaves mathematics as it is written, for `picture.html` to set."""
    import matplotlib
    from matplotlib.text import Text

    layout = figure.get_layout_engine()
    with matplotlib.rc_context(STYLE):
        figure.draw_without_rendering()
        texts = figure.findobj(Text)
        _enlarge(texts, picture.LARGER)
        figure.draw_without_rendering()  # the layout, with room for the letters of a phone and for mathematics as it will be
        figure.set_layout_engine("none")
        _enlarge(texts, 1 / picture.LARGER)
        for text in texts:
            text.set_parse_math(False)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
        for text in texts:
            text.set_parse_math(True)
        figure.set_layout_engine(layout)
    return file.getvalue()


def _enlarge(texts, factor):
    for text in texts:
        text.set_fontsize(text.get_fontsize() * factor)


class _Shown:
    """What is displayed: the picture, or in a terminal its words."""

    def __init__(self, html, alt):
        self.html, self.alt = html, alt

    def __repr__(self):
        return f"Figure: {self.alt}"

    def _repr_html_(self):
        return self.html


def _display(html, alt):
    from IPython.display import display

    display(_Shown(html, alt))
