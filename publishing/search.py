"""Let the search find what its own index has no words for: equations by label, number and symbol, and terms.

Sphinx's index holds the words of the pages. Beside it the site gets `_static/symbols.js`: every labelled equation with its
LaTeX, its meaning from the ledger and its formula as MathML, which browsers set by themselves, and every term of the
glossary. `search.js` looks through them, and leads to the very equation.
"""

import json
import re
from pathlib import Path

from mathref.engine.registry import equations
from publishing import glossary
from publishing.katex import plain, render
from publishing.ledger import Records


def mathml(latex):
    """Return an equation as MathML alone."""
    return re.search(r"<math.*?</math>", render(latex, display=True), re.DOTALL)[0]


def records(app):
    """Return what the search looks through: equations in the order of the book, then terms, each as a dict."""
    env, meanings = app.env, Records.read().meanings
    places = env.get_domain("math").equations
    found = [{"label": label, "number": equation.number, "kind": equation.kind, "latex": equation.latex,
              "says": meanings[label]["meaning"], "shown": mathml(equation.latex), "page": env.titles[docname].astext(),
              "address": f"{app.builder.get_target_uri(docname)}#equation-{label}"}
             for label, equation in equations().items() if label in places
             for docname in [places[label][0]]]
    if "notebooks/glossary" in env.found_docs:
        found += [{"term": term.name, "says": "".join(map(plain, term.sentence)), "page": env.titles[term.docname].astext(),
                   "address": f"{app.builder.get_target_uri(term.docname)}#{term.anchor}"} for term in glossary.collected(env)]
    return found


def _write(app, exception):
    if exception or app.builder.name != "html":
        return
    text = json.dumps(records(app), ensure_ascii=False, separators=(",", ":"))
    (Path(app.outdir) / "_static" / "symbols.js").write_text(f"self.bookSymbols = {text};\n", encoding="utf-8")


def setup(app):
    """Write the file when all pages are."""
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
