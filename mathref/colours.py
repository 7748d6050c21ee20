"""The book's colours: one hue for one kind of quantity, in equations, figures, plots and pages.

`colours.json` is the only place where a colour stands. The first six entries of a theme are the kinds of
quantity (activations, weights, bias, pre-activations, errors, gradients), the rest is the page itself.
"""

import json
from pathlib import Path

TABLE = json.loads(Path(__file__).with_name("colours.json").read_text(encoding="utf-8"))
KINDS = ("a", "W", "b", "z", "delta", "grad")

_DARK_SELECTORS = 'html[data-theme="dark"], [data-jp-theme-light="false"]'


def css():
    """Return the table as CSS custom properties, light first, dark where the page or JupyterLab is dark.

    Returns
    -------
    str
    """
    properties = {theme: "".join(f"--{name}:{value};" for name, value in colours.items())
                  for theme, colours in TABLE.items()}
    kinds = "".join(f".q-{kind}{{color:var(--{kind})}}" for kind in KINDS)
    return f":root{{{properties['light']}}}\n{_DARK_SELECTORS}{{{properties['dark']}}}\n{kinds}\n"
