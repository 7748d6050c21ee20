"""What every page of the site shares: theme, style sheets, scripts, its description and the way in."""

import re
from html import escape
from pathlib import Path

from docutils import nodes

from mathref import colours
from publishing.katex import plain
from publishing.policy import BARE
from publishing.sources import sent_script, sent_style

HERE = Path(__file__).parent
ASSETS = HERE / "assets"


def description(doctree):
    """Return what the page says of itself, as one line of at most 160 characters, cut between words.

    That is what the reader will be able to do, where an admonition "In this chapter" says it; else the first paragraph.
    """
    first = next((node for node in doctree.findall(nodes.paragraph)
                  if isinstance(node.parent, nodes.section) or _opens_chapter(node.parent)), None)
    words = plain(first).split() if first else []
    text = " ".join(words)
    while len(text) > 160:
        words.pop()
        text = f"{' '.join(words)} …"
    return text


def _opens_chapter(node):
    return isinstance(node, nodes.admonition) and node[0].astext() == "In this chapter"


def _configure(app, config):
    config.html_static_path.append(str(ASSETS))


SIZES = {"6", "3", "1"}
"""The sizes in which the book sets mathematics, as KaTeX counts them: of the line, of an index, and of the index of one."""

_RESIZED = re.compile(r"([^{}]*\.reset-size[^{}]*)(\{[^}]*\})")


def _in_sizes(rule):
    """Return a rule of KaTeX for the step from one size to another, if the book has both: most of the 121 steps it has not."""
    kept = [selector for selector in rule[1].split(",") if set(re.findall(r"size(\d+)", selector)) <= SIZES]
    return ",".join(kept) + rule[2] if kept else ""


def _write_style_and_script(app):
    """Write the style sheets of every page as one, which a slow connection brings sooner than three, and its script."""
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    katex = _RESIZED.sub(_in_sizes, (ASSETS / "katex" / "katex.min.css").read_text(encoding="utf-8"))
    katex = katex.replace("url(fonts/", "url(katex/fonts/")
    own = (ASSETS / "book.css").read_text(encoding="utf-8")
    script = sent_script((ASSETS / "book.js").read_text(encoding="utf-8"))
    (static / "site.js").write_text(script, encoding="utf-8")
    (static / "site.css").write_text("\n".join([katex, colours.css(), sent_style(own)]), encoding="utf-8")


def _describe(app, pagename, templatename, context, doctree):
    context["description"] = description(doctree) if doctree else ""


def _write_entrance(app, exception):
    """Let the root of the site lead to the landing page, which lies beside the chapters."""
    target = escape(app.builder.get_target_uri(app.config.root_doc))
    if exception or app.builder.name != "html" or target == "index.html":
        return
    title = escape(app.config.html_title)
    (Path(app.outdir) / "index.html").write_text(
        f'<!doctype html>\n<html lang="{app.config.language}">\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{BARE}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f'<meta http-equiv="refresh" content="0; url={target}">\n<main><a href="{target}">{title}</a></main>\n</html>\n',
        encoding="utf-8")


def setup(app):
    """Register the book's theme and the assets that it loads."""
    app.add_config_value("comments_config", {}, "html", [dict])  # Jupyter Book always sets it
    app.add_html_theme("backpropagation", str(HERE / "theme"))
    app.add_js_file("site.js", loading_method="defer")
    app.connect("config-inited", _configure)
    app.connect("builder-inited", _write_style_and_script)
    app.connect("html-page-context", _describe)
    app.connect("build-finished", _write_entrance)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
