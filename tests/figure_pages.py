"""A page with live figures, made as the book makes its pages: cells executed in a kernel, ids normalised, Sphinx."""

import subprocess
import sys
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

from publishing import figures

ROOT = Path(__file__).parent.parent

CONFIGURATION = """
extensions = ["myst_nb", "publishing.figures"]
nb_execution_mode = "off"
nb_ipywidgets_js = {}
html_theme = "basic"
html_sidebars = {"**": []}
"""


PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="_static/figures/figures.css">
<style>body {{ margin: 0; padding: 16px; background: var(--page); color: var(--text); font-family: system-ui }}</style>
{scripts}</head>
<body><main><h1>{title}</h1>{body}</main></body></html>"""
MODEL = "model-0001"


def alone(figure, folder):
    """Write a page with one figure, the model `MODEL`, and all that it loads; return where it lies."""
    name = type(figure).__module__.rpartition(".")[2]
    figures._write_scripts(SimpleNamespace(outdir=folder))
    models = figures.page_models([MODEL], {MODEL: {"model_name": "AnyModel", "state": figure.get_state()}})
    scripts = "".join(f'<script defer src="_static/figures/{script}.js"></script>' for script in ("shared", name, "mount"))
    path = folder / f"{name}.html"
    path.write_text(PAGE.format(title=name, scripts=scripts, body=figures.json_script(models) + figures.mount_point(MODEL, models)),
                    encoding="utf-8")
    return path


def executed(cells):
    """Return a notebook of code cells with its outputs and the state of its widgets."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Figures"),
                                               *map(nbformat.v4.new_code_cell, cells)])
    with TemporaryDirectory() as folder:  # left to itself, every kernel of a working folder has the same sockets
        sockets = {"transport": "ipc", "ip": f"{folder}/kernel"}
        NotebookClient(notebook, kernel_name="python3", config=Config(KernelManager=sockets)).execute()
    return notebook


def built(notebook, folder):
    """Build a site of one page, `index.html`, from an executed notebook, and return where it lies."""
    source = folder / "source"
    source.mkdir()
    figures.stable_ids(notebook)
    nbformat.write(notebook, source / "index.ipynb")
    (source / "conf.py").write_text(CONFIGURATION)
    done = subprocess.run([sys.executable, "-m", "sphinx", "-nW", "-q", source, folder / "html"], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "html"


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder, without a word."""

    def do_GET(self):
        if self.path == "/favicon.ico":  # asked for by every browser, and none of Sphinx's plain theme
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *arguments):
        pass


TOO_SMALL = """least => {
    const targets = [...document.querySelectorAll(`:is(.live, .widget) :is(a[href], button, input, select, summary, svg [role],
        [tabindex], [role=button], [role=slider], [role=spinbutton], [data-action], [data-trait], [data-size], [data-choice],
        .movable, .entries .entry, svg [data-name]:not(path))`)].filter((e) => e.checkVisibility());
    const size = (e) => (({ width, height }) => [width, height])((e.closest(".entry") ?? e).getBoundingClientRect());
    const isSmall = (e) => size(e).some((length) => length < least - 0.01);
    // What lies below a point of a curve answers for the same: it is as large as the larger of the two.
    const same = (e) => targets.filter((other) => other.ownerSVGElement && other.ownerSVGElement === e.ownerSVGElement
        && ["name", "row", "column"].every((key) => other.dataset[key] === e.dataset[key]));
    return targets.filter((e) => isSmall(e) && (!e.dataset.name || same(e).every(isSmall)))
        .map((e) => [e.outerHTML.slice(0, 90), ...size(e)]);
}"""
"""A line of a graph is no target: it is as thin as what it shows, and its entry in the matrix answers for the same."""


class Page:
    """A page with `count` figures, and what was heard while it was open."""

    count = 3

    def __init__(self, tab, address):
        self.tab, self.said, self.requested = tab, [], []
        tab.on("console", lambda line: self.said.append(line.text) if line.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: self.said.append(error.stack))
        tab.on("request", lambda request: self.requested.append(request.url))
        self.open(address)

    def open(self, address):
        self.tab.goto(address)
        self.tab.wait_for_function(f"document.querySelectorAll('.live:not([inert])').length === {self.count}")

    def figure(self, number=0):
        return self.tab.locator(".live").nth(number)

    def entry(self, name, i, j=0, number=0):
        return self.figure(number).locator(f'.entry[data-name="{name}"][data-row="{i}"][data-column="{j}"]')

    def value(self, name, i, j=0, number=0):
        return float(self.entry(name, i, j, number).get_attribute("data-value"))

    def status(self, number=0):
        return self.figure(number).locator(".status").inner_text()

    def too_small(self, least=24):
        """Whatever answers a finger, a key or a pointer on less than so many pixels: what it is, its width and height."""
        return self.tab.evaluate(TOO_SMALL, least)

    def type(self, text, name, i, j=0):
        self.entry(name, i, j).locator("input").fill(text)
        self.tab.keyboard.press("Enter")

    def drag(self, cell, right, up=0, shift=False):
        cell.scroll_into_view_if_needed()
        box = cell.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.tab.mouse.move(x, y)
        self.tab.mouse.down()
        if shift:
            self.tab.keyboard.down("Shift")
        self.tab.mouse.move(x + right, y - up, steps=5)
        self.tab.mouse.up()
        self.tab.keyboard.up("Shift")


def visit(browser, address, page=Page, **circumstances):
    context = browser.new_context(**{"viewport": {"width": 900, "height": 900}, **circumstances})
    context.set_default_timeout(5000)
    return context, lambda: page(context.new_page(), address)
