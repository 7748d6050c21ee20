"""Makes of an SVG a figure of the book, that follows the page from light to dark.

In it a colour is the CSS variable of its name in `mathref.colours`, with the light colour where there is no such variable;
a coordinate has one digit, so that it is the same on every machine; an id is its own on the page; mathematics in a text
is set as in an equation; and what stands for a quantity carries its name.
"""

import hashlib
import re
from base64 import b64encode
from html import escape
from pathlib import Path
from xml.etree import ElementTree

from mathref.colours import TABLE
from mathref.visual import mathematics

MARK = "quantity:"
"""An id that begins so names a quantity; matplotlib knows ids alone."""

LARGER = 1.25
"""How much larger the letters of a figure are on a phone, where the figure is small."""

HERE = Path(__file__).parent
DRAWINGS = HERE / "drawings"

_KINDS = {"a": "a", "x": "a", "W": "W", "b": "b", "z": "z", "delta": "delta",
          "dW": "grad", "db": "grad", "dx": "grad", "grad_a": "grad"}
_NAMES = {colour: name for name, colour in TABLE["light"].items()}
_OWN = "figure-of-its-own"
"""Stands in the ids for what tells one figure from another, until the figure is written out and that is known."""

_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"


def kind(quantity):
    """Return the kind of a quantity, which is its colour: `a_prev` is an activation, `dW` a gradient.

    Raises
    ------
    ValueError
        If it is no quantity of the book, named as in Python.
    """
    name = re.sub("_(prev|next|out|out_prev|in)$", "", quantity)
    if name not in _KINDS:
        raise ValueError(f"quantity is {quantity!r}; it needs to be one of {', '.join(_KINDS)}, "
                         "or one of these with _prev, _next or _out")
    return _KINDS[name]


def drawing(name, **values):
    """Return the SVG of a drawing with `values` written into it, and what it shows.

    A text of the drawing with `data-value="z"` is the place of the number z, and gone where none is given.

    Raises
    ------
    ValueError
        If there is no such drawing, or no such place in it.
    """
    names = sorted(path.stem for path in DRAWINGS.glob("*.svg"))
    if name not in names:
        raise ValueError(f"name is {name!r}; it needs to be one of {', '.join(names)}")
    root = ElementTree.fromstring((DRAWINGS / f"{name}.svg").read_text(encoding="utf-8"))
    alt = " ".join(" ".join(root.find(_SVG + part).text.split()) for part in ("title", "desc"))
    places = {place.get("data-value") for place in root.iter(_SVG + "text")} - {None}
    if unknown := sorted(values.keys() - places):
        raise ValueError(f"{name} has no place for {', '.join(unknown)}; it has places for "
                         f"{', '.join(sorted(places)) or 'nothing'}")
    for parent in list(root.iter()):
        for child in list(parent):
            place = child.attrib.pop("data-value", None)
            if place in values:
                child.text = _number(values[place])
            elif place:
                parent.remove(child)
    if values:
        alt += f" The numbers: {', '.join(f'{place} = {_number(value)}' for place, value in values.items())}."
    return ElementTree.tostring(root, encoding="unicode"), alt


def _number(value):
    return f"{value:g}".replace("-", "−")


def html(svg, alt):
    """Return the HTML of a figure.

    It holds the SVG twice. The first is part of the page, so that it takes the page's colours and font. The second is an
    image, for where the first is taken out: by Jupyter as long as it does not trust a notebook, by GitHub. The style sheet
    that shows the first and hides the second is inside the first, and goes with it.

    Parameters
    ----------
    svg : str
    alt : str
        What it shows, for those who do not see it.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If `alt` is empty, or if the SVG has a colour that is not the book's, a bitmap, or mathematics that is not known.
    """
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt is {alt!r}; it needs to say what the figure shows")
    drawn = ElementTree.tostring(_adapted(svg), encoding="unicode")
    drawn = drawn.replace(_OWN, "f" + hashlib.sha256((drawn + alt).encode()).hexdigest()[:8])
    image = b64encode(drawn.encode()).decode()
    alt = escape(alt)
    return (f'<figure class="picture" role="img" aria-label="{alt}"><div hidden="hidden">{drawn}</div>'
            f'<img alt="{alt}" src="data:image/svg+xml;base64,{image}"/></figure>')


def _adapted(svg):
    ElementTree.register_namespace("", _SVG[1:-1])
    root = ElementTree.fromstring(svg)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.removeprefix(_SVG) in ("style", "title", "desc", "metadata"):
                parent.remove(child)
    used = [found[1] or found[2] for node in root.iter() for value in node.attrib.values()
            for found in re.finditer(r"^#(.+)|url\(#(.+?)\)", value)]
    ids = {name: f"{_OWN}-{i}" for i, name in enumerate(dict.fromkeys(used))}
    for node in root.iter():
        if node.tag == _SVG + "image":
            raise ValueError("the figure holds a bitmap, which cannot follow the page into the dark; "
                             "draw areas, with pcolormesh for instance, in one colour and different depths")
        node.attrib = dict(_attributes(node, ids))
    for text in list(root.iter(_SVG + "text")):
        _set(text)
    _shorten(root)
    root.attrib = {"viewBox": root.get("viewBox"), "fill": _paint("var(--text)"), "stroke-linejoin": "round",
                   "font-family": "sans-serif", "style": f"background:{_paint('var(--page)')}"}
    style = ElementTree.Element(_SVG + "style")
    style.text = _stylesheet()
    root.insert(0, style)
    return root


def _shorten(root):
    """Take out, in place, what is not seen, and write once what all marks of a group share."""
    for group in list(root.iter(_SVG + "g")):
        for child in list(group):
            if child.tag == _SVG + "path" and child.attrib.keys() <= {"d", "fill"} and child.get("fill") == "none":
                group.remove(child)
        if len(group) > 1 and all(child.tag == _SVG + "use" for child in group):
            for name in ("fill", "stroke", "stroke-width", "stroke-linejoin"):
                values = {child.get(name) for child in group}
                if len(values) == 1 and None not in values:
                    group.set(name, values.pop())
                    for child in group:
                        del child.attrib[name]


def _attributes(node, ids):
    """Yield the attributes of a node in the book's colours, with two digits, and with the figure's own `ids`."""
    given = dict(node.attrib)
    for declaration in filter(None, given.pop("style", "").split(";")):
        name, value = declaration.split(":", 1)
        given[name.strip()] = value.strip()
    given.pop("font-family", None)  # the page's
    if given.get("id", "").startswith(MARK):
        given["data-quantity"] = given.pop("id").removeprefix(MARK)
    if quantity := given.get("data-quantity"):
        yield "class", f"q-{kind(quantity)}"
        yield "color", _paint(f"var(--{kind(quantity)})")
    for name, value in given.items():
        if value.startswith("url(#"):
            yield name, f"url(#{ids[value[5:-1]]})"
        elif name in ("fill", "stroke", "color"):
            yield name, _paint(value)
        elif name == _LINK:
            yield "href", f"#{ids[value[1:]]}"
        elif name == "id":
            if value in ids:
                yield name, ids[value]
        elif name == "font-size":
            yield "style", f"font-size:calc({_short(value.removesuffix('px'))}px*var(--larger,1))"
        elif not (name == "transform" and value.startswith("rotate(-0 ")):
            yield name, " ".join(_short(value, 1 if name in ("d", "x", "y") else 2).split())


def _short(value, digits=2):
    """Return the value with its numbers rounded."""
    return re.sub(r"-?\d+\.\d+", lambda found: f"{round(float(found[0]), digits) + 0:g}", value)


def _paint(value):
    """Return a colour of the book as its variable, with the light colour where the page has no such variable."""
    name = _NAMES.get(value.lower()) or value.removeprefix("var(--").removesuffix(")")
    if value in ("none", "currentColor"):
        return value
    if name not in TABLE["light"]:
        raise ValueError(f"the figure has the colour {value}; it needs one of the book's, {', '.join(TABLE['light'])}, "
                         "in matplotlib visual.COLOUR[…] or visual.ink(…)")
    return f"var(--{name}, {TABLE['light'][name]})"


def _set(text):
    """Set the mathematics in a text, run by run."""
    height = 0
    runs = mathematics.runs(text.text or "")
    text.text = None
    for letters, style, own in runs:
        span = ElementTree.SubElement(text, _SVG + "tspan")
        span.text = letters
        if style:
            span.set("class", style)
        if own != height:
            span.set("dy", f"{round((own - height) / mathematics.SIZES[style], 3)}em")
        height = own


def _stylesheet():
    """Return the rules of every figure, and the dark colours for Jupyter, which has no variables of the book's."""
    rules = (HERE / "picture.css").read_text(encoding="utf-8")
    dark = " ".join(f"--{name}: {colour};" for name, colour in TABLE["dark"].items())
    return (f'{rules}@container (max-width: 30rem) {{ .picture svg {{ --larger: {LARGER}; }} }}\n'
            f'[data-jp-theme-light="false"] .picture {{ {dark} }}\n')
