"""Which exercises mark themselves, page by page, and the script that counts those a reader has answered.

What a reader has answered is kept in that reader's browser and nowhere else; `progress.js` says how. On a page it counts
the places that carry `data-exercise`; the landing page is told here which those of every chapter are.
"""

import json
import re
from pathlib import Path

from docutils import nodes

from publishing.equations import equation_cell
from publishing.sources import sent_script

ASSETS = Path(__file__).parent / "assets"

_PLACE = re.compile(r'^<div class="figure[^>]* data-exercise="([^"]+)"', re.MULTILINE)


def exercises(doctree):
    """Return the names of the exercises of a page that mark themselves, equations and questions, in order."""
    found = []
    for node in doctree.findall(lambda node: isinstance(node, (equation_cell, nodes.raw))):
        named = _PLACE.findall(node.astext().replace("</script>", "\n")) if isinstance(node, nodes.raw) else [node.get("exercise")]
        found += filter(None, named)
    return found


def _collect(app, doctree):
    app.env.metadata[app.env.docname]["exercises"] = " ".join(exercises(doctree))


def _load_script(app, pagename, templatename, context, doctree):
    of_chapters = {docname.rpartition("/")[2]: metadata["exercises"].split()
                   for docname, metadata in app.env.metadata.items() if metadata.get("exercises")}
    if pagename == app.config.root_doc:
        body = json.dumps(of_chapters, separators=(",", ":"))
        app.add_js_file(None, body=body, type="application/json", id="exercise-names")
    elif not app.env.metadata.get(pagename, {}).get("exercises"):
        return
    app.add_js_file("site-progress.js", loading_method="defer")


def _write_script(app):
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    (static / "site-progress.js").write_text(sent_script((ASSETS / "progress.js").read_text(encoding="utf-8")), encoding="utf-8")


def setup(app):
    """Collect after the figures have their places, which they have from priority 500 on."""
    app.connect("builder-inited", _write_script)
    app.connect("doctree-read", _collect, priority=900)
    app.connect("html-page-context", _load_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
