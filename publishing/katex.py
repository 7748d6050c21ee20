"""Render the book's mathematics with KaTeX while it is built, so that a page needs no script to show it.

KaTeX runs in V8 (mini-racer). Its script, style sheet and fonts are of one version and lie in `assets/katex`. The
symbols that the engine knows are marked with the quantity they stand for, which colours them and lets them light up
together with the figures. MathML stays beside the visible formula for screen readers.
"""

import re
from functools import cache
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup
from docutils import nodes
from py_mini_racer import MiniRacer
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

ASSETS = Path(__file__).with_name("assets") / "katex"
LOGGER = logging.getLogger(__name__)
PAUSE = '<script type="text/plain"></script>'
PAUSE_AFTER = 8000  # characters of formulas

# Only the two marks of a quantity are trusted: LaTeX from a notebook can add no link, style or id to a page.
_RENDER = r"""
function render(latex, displayMode) {
  const trust = ({command}) => {
    if (command === "\\htmlData" || command === "\\htmlClass") return true;
    throw new katex.ParseError(`This book does not take ${command}`);
  };
  try {
    return {html: katex.renderToString(latex, {displayMode, trust, strict: false})};
  } catch (error) {
    if (!(error instanceof katex.ParseError)) throw error;
    return {message: error.rawMessage, position: error.position};
  }
}
"""


class KatexError(ValueError):
    """LaTeX that KaTeX cannot render; the message tells what is wrong and at which character."""


@cache
def _engine():
    engine = MiniRacer()
    engine.eval((ASSETS / "katex.min.js").read_text(encoding="utf-8"))
    engine.eval(_RENDER)
    return engine


def _run(latex, display):
    answer = _engine().call("render", latex, display)
    if "html" in answer:
        return answer["html"]
    place = f" at character {answer['position'] + 1}" if answer.get("position") is not None else ""
    raise KatexError(f"{answer['message']}{place} of {latex!r}")


def marked(latex):
    """Return the LaTeX with its symbols marked by the quantity they stand for; what is outside the language, as it is."""
    from mathref.engine.errors import EquationError
    from mathref.engine import marking
    try:
        return marking.marked(latex)
    except EquationError:  # mathematics outside the language is shown without marks
        return latex


def render(latex, display=False):
    """Return the HTML of LaTeX: KaTeX's markup for the eye and MathML for the ear.

    Raises `KatexError`, with the position in `latex` itself, where KaTeX cannot read it.
    """
    latex = latex.strip()
    try:
        html = _run(marked(latex), display)
    except KatexError:
        _run(latex, display)  # raises as well, unless the marks are to blame, and tells the position without them
        raise
    # KaTeX repeats the LaTeX inside the MathML, where nobody reads it, with the marks in it; it names the namespace that
    # HTML knows; it ends every style with a mark that none needs; and it measures in 0.0001 em, of which nobody sees a hundred.
    html = re.sub(r'<annotation .*?</annotation>|</?semantics>|(?<=<math) xmlns="[^"]*"|(?<=em);(?=")', "", html, flags=re.DOTALL)
    return re.sub(r"-?\d*\.\d+(?=em)", lambda length: f"{float(length[0]):.2f}".rstrip("0").rstrip("."), html)


def plain(node):
    """Return the text of a document's node, its mathematics as a screen reader gets it."""
    if isinstance(node, nodes.math):
        return BeautifulSoup(render(node.astext()), "html.parser").math.get_text()
    return "".join(map(plain, node.children)) if node.children else node.astext()


def _html(node, display):
    latex = node.astext()
    try:
        return render(latex, display)
    except KatexError as error:
        name = f"equation {node['label']}" if node.get("label") else "mathematics"
        LOGGER.warning("%s: %s", name, error, location=node, type="katex")
        return f"<code>{escape(latex)}</code>"


def _add(translator, html):
    """Add a formula to a page, and let a browser breathe where it has read many.

    A browser reads half a second of a page on end, deaf to its reader, except after a script: there Chromium looks up.
    """
    translator.body.append(html)
    translator.formulas_since_pause = getattr(translator, "formulas_since_pause", 0) + len(html)
    if translator.formulas_since_pause > PAUSE_AFTER:
        translator.body.append(PAUSE)
        translator.formulas_since_pause = 0


def _visit_inline(translator, node):
    _add(translator, _html(node, display=False))
    raise nodes.SkipNode


def _visit_display(translator, node):
    translator.body.append(translator.starttag(node, "div", CLASS="display"))
    _add(translator, f'<div class="formula">{_html(node, display=True)}</div>')
    if node.get("number"):
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app):
    """Register the renderer; `html_math_renderer: katex` chooses it."""
    app.add_html_math_renderer("katex", (_visit_inline, None), (_visit_display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
