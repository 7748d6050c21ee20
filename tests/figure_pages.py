"""A page with live figures, made as the book makes its pages: cells executed in a kernel, ids normalised, Sphinx."""

import subprocess
import sys
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

from publishing.figures import stable_ids

ROOT = Path(__file__).parent.parent

CONFIGURATION = """
extensions = ["myst_nb", "publishing.figures"]
nb_execution_mode = "off"
nb_ipywidgets_js = {}
html_theme = "basic"
html_sidebars = {"**": []}
"""


def executed(cells):
    """Return a notebook of code cells with its outputs and the state of its widgets."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Figures"),
                                               *map(nbformat.v4.new_code_cell, cells)])
    NotebookClient(notebook, kernel_name="python3", config=Config(KernelManager={"transport": "ipc"})).execute()
    return notebook


def built(notebook, folder):
    """Build a site of one page, `index.html`, from an executed notebook, and return where it lies."""
    source = folder / "source"
    source.mkdir()
    stable_ids(notebook)
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
