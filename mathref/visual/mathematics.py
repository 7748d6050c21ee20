r"""Sets mathematics in the texts of an SVG: `slope $\sigma'(z^{l})$` becomes runs of letters, each with its class.

It knows what a label of a figure needs: letters, the names below, primes, and one script, above or below, at a time.
"""

import re

NAMES = {"sigma": "σ", "delta": "δ", "eta": "η", "partial": "∂", "nabla": "∇", "cdot": "·", "times": "×", "odot": "⊙",
         "top": "⊤", "ldots": "…"}
ITALIC = "σδη∂"
SIZES = {"": 1, "s": 0.7, "r": 1.15, "i": 1.15, "rs": 0.8, "is": 0.8}
"""How large a class is beside plain text: plain, mathematics upright and italic, and each as a script. `picture.css` has
the same numbers."""

_TOKEN = re.compile(r"\\(?P<name>[A-Za-z]+) ?|(?P<side>[\^_])(?:\{(?P<script>[^{}]*)\}|(?P<short>[^{}]))"
                    r"|(?P<letters>[A-Za-z]+)|(?P<prime>['′])|(?P<other>[^{}\\])")
_PLAIN = re.compile(r"\\mathdefault\{(.*)\}")
_HEIGHTS = {"^": -0.42, "_": 0.22}


def runs(text):
    """Return the runs of a text as (letters, class, height), the height in sizes of plain text, downwards.

    Raises
    ------
    ValueError
        If a dollar sign has no second one, or a name is not known here.
    """
    parts = text.split("$")
    if len(parts) % 2 == 0:
        raise ValueError(f"{text!r} has a dollar sign without a second one")
    found = []
    for i, part in enumerate(parts):
        if i % 2 == 0:
            found.append((part, "", 0))
        elif number := _PLAIN.fullmatch(part):  # how matplotlib writes a power of ten beside an axis
            found += _mathematics(number[1], upright="")
        else:
            found += _mathematics(part)
    return _joined(found)


def _mathematics(latex, upright="r", script="", height=0):
    for token in _TOKEN.finditer(latex):
        if side := token["side"]:
            yield from _mathematics(token["script"] or token["short"] or "", upright, "s", _HEIGHTS[side])
        elif token["prime"]:  # in plain text, whose prime is high already
            yield "′", script, height
        elif letters := token["letters"]:
            yield letters, "i" + script, height
        else:
            sign = NAMES.get(token["name"], token["other"])
            if sign is None:
                raise ValueError(f"\\{token['name']} is not known in a figure; known are {', '.join(NAMES)}")
            yield sign.replace("-", "−"), ("i" if sign in ITALIC else upright) + script, height


def _joined(found):
    joined = []
    for letters, style, height in found:
        if joined and joined[-1][1:] == (style, height):
            joined[-1] = (joined[-1][0] + letters, style, height)
        elif letters:
            joined.append((letters, style, height))
    return joined
