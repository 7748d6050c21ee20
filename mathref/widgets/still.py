"""A figure that stands still: its numbers as a picture and as a table, for a page that runs no script (GitHub, a
notebook without its kernel, a printed sheet, a terminal)."""

from base64 import b64encode
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from html import escape

import numpy as np

from mathref.colours import TABLE

LIGHT = TABLE["light"]
CELL, GAP, MARGIN = 56, 4, 20


@dataclass(frozen=True)
class Quantity:
    """A matrix of a figure.

    Parameters
    ----------
    symbol : str
        As in Python, `a_prev`.
    label : str
        As in print, `aˡ⁻¹`.
    kind : str
        Its colour, one of `mathref.colours.KINDS`.
    entries : nested list
        The numbers, in rows.
    before : str
        What stands between it and the quantity to its left, `+` for instance.
    first : bool
        Whether it begins a line of its own.
    """

    symbol: str
    label: str
    kind: str
    entries: list
    before: str = ""
    first: bool = False


def number(x):
    """Return `x` with two digits and a true minus; a small one keeps its leading digit: 0.004 is 4e−3, a large one its
    first two."""
    exact = Decimal(x) + 0  # the 0 takes the sign off another
    if 0.005 <= abs(x) < 99999.5 or x == 0:
        return str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP)).replace("-", "−")  # as the browser rounds: 0.125 is 0.13
    digits = 1 if abs(x) < 1 else 2
    mantissa, exponent = f"{Context(digits, ROUND_HALF_UP).plus(exact):.{digits - 1}e}".split("e")
    return f"{mantissa}e{int(exponent)}".replace("-", "−")


def lines(quantities):
    """Return the quantities line by line."""
    found = []
    for quantity in quantities:
        if quantity.first or not found:
            found.append([])
        found[-1].append(quantity)
    return found


def text(title, quantities):
    """Return the numbers as lines of text, one matrix beside the other."""
    return "\n".join([title, *(_line_of_text(line) for line in lines(quantities))])


def _line_of_text(quantities):
    blocks = []
    for quantity in quantities:
        rows = [[number(x) for x in row] for row in quantity.entries]
        width = max(len(x) for row in rows for x in row)
        written = [quantity.symbol, *(" ".join(x.rjust(width) for x in row) for row in rows)]
        blocks.append([line.ljust(max(map(len, written))) for line in written])
    height = max(map(len, blocks))
    padded = [block + [" " * len(block[0])] * (height - len(block)) for block in blocks]
    return "\n".join("   ".join(line).rstrip() for line in zip(*padded))


def html(title, quantities):
    """Return the picture, and under it the table, with nothing that a careful page takes out (no style, no script)."""
    svg = b64encode(picture(quantities).encode()).decode()
    return (f'<img alt="{escape(title)}; the numbers are in the table below" src="data:image/svg+xml;base64,{svg}">\n'
            + table(title, quantities))


def table(title, quantities):
    """Return the numbers as a table, one line for each row of each matrix."""
    columns = max(len(row) for quantity in quantities for row in quantity.entries)
    lines = []
    for quantity in quantities:
        for i, row in enumerate(quantity.entries, start=1):
            cells = "".join(f"<td>{number(x)}</td>" for x in row) + "<td></td>" * (columns - len(row))
            lines.append(f'<tr><th scope="row">{quantity.label}, row {i}</th>{cells}</tr>')
    return f"<table><caption>{escape(title)}</caption><tbody>\n" + "\n".join(lines) + "\n</tbody></table>"


def picture(quantities):
    """Return the matrices side by side as SVG, in the book's light colours: hue for the kind, depth for the magnitude,
    a hatch and a true minus for what is negative."""
    y, width, parts = 0, 0, []
    for line in lines(quantities):
        y, end = _line(y, line, parts)
        width = max(width, end)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y:g}" '
            f'font-family="sans-serif" font-size="15" text-anchor="middle" fill="{LIGHT["text"]}">'
            '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate(45)"><rect width="2" height="6" fill="{LIGHT["page"]}" fill-opacity=".7"/>'
            f'</pattern></defs><rect width="{width}" height="{y:g}" rx="12" fill="{LIGHT["panel"]}"/>'
            + "".join(parts) + "</svg>")


def _line(y, quantities, parts):
    """Draw a line of matrices below `y`; return where it ends."""
    height = max(len(quantity.entries) for quantity in quantities) * (CELL + GAP) + 2 * MARGIN + 30
    middle = y + (height + 30) / 2
    x = MARGIN
    for quantity in quantities:
        if quantity.before:
            wide = 12 + 11 * len(quantity.before)
            parts.append(f'<text x="{x + wide / 2}" y="{middle + 6}" font-size="20">{escape(quantity.before)}</text>')
            x += wide
        rows, columns = np.shape(quantity.entries)
        top = middle - rows * (CELL + GAP) / 2
        colour = LIGHT[quantity.kind]
        parts.append(f'<text x="{x + columns * (CELL + GAP) / 2}" y="{y + MARGIN + 14}" font-size="18" font-style="italic"'
                     f' fill="{colour}">{escape(quantity.label)}</text>')
        for i, row in enumerate(quantity.entries):
            for j, entry in enumerate(row):
                parts.append(_cell(x + j * (CELL + GAP), top + i * (CELL + GAP), entry, colour))
        x += columns * (CELL + GAP) + 8
    return y + height, x + MARGIN - 8


def _cell(x, y, entry, colour):
    place = f'x="{x:g}" y="{y:g}" width="{CELL}" height="{CELL}" rx="8"'
    tint = 0.06 + 0.34 * abs(entry) / (1 + abs(entry))
    hatch = f'<rect {place} fill="url(#hatch)"/>' if entry < 0 else ""
    return (f'<rect {place} fill="{LIGHT["page"]}"/><rect {place} fill="{colour}" fill-opacity="{tint:.2f}" '
            f'stroke="{colour}" stroke-opacity=".4"/>{hatch}'
            f'<text x="{x + CELL / 2:g}" y="{y + CELL / 2 + 5:g}">{number(entry)}</text>')
