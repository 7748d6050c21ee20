"""Python in the browser, as far as it goes without NumPy: it starts, answers, installs what the site brings, shows a figure."""

import nbformat.v4 as v4
import pytest
from pypdf import PdfReader

import pyodide_without_numpy
from book_site import ROOT
from browser import serving
from figure_pages import Quiet
from lite_page import differences, opened, plain, run, started
from publishing import lite
from publishing.pdf import PAPER
from test_workflows import copied, step

pytestmark = pytest.mark.thorough

STEM = "one_neuron"
FIGURE = """%pip install --quiet anywidget
import anywidget, traitlets
class Told(anywidget.AnyWidget):
    _esm = "export default { render({ model, el }) { el.className = 'told'; el.textContent = model.get('text'); } }"
    text = traitlets.Unicode("W before a").tag(sync=True)
Told()"""
PACKAGE = """import piplite
await piplite.install(["mathref", "lark"], deps=False)
from importlib.resources import files
import mathref, lark
print((files(mathref) / "engine" / "equations.json").read_text()[:1])"""


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    """A chapter in which Python has started, and every address that was asked for until then and after."""
    html = tmp_path_factory.mktemp("site")
    lite.build(ROOT, html, pyodide_without_numpy.folder())
    with serving(Quiet, html) as address, browser.new_context() as context:
        asked = []
        context.on("request", lambda request: asked.append(request.url))
        page = opened(context, f"{address}/", STEM)
        started(page)
        page.elsewhere = lambda: [url for url in asked if not url.startswith((address, "data:", "blob:"))]
        yield page


def test_python_starts_and_the_page_stops_saying_that_it_does(page):
    assert not page.locator("#start").count()
    [answer] = run(page, "6 * 7")
    assert answer.data["text/plain"] == "42"


def test_the_package_of_the_book_is_installed_from_the_site_and_brings_its_data(page):
    assert plain(run(page, PACKAGE)) == ("[\n", [])
    assert page.elsewhere() == []


def test_a_figure_is_shown(page):
    page.evaluate("""source => { const notebook = [...jupyterapp.shell.widgets("main")][0].content;
        notebook.activeCellIndex = 0; notebook.activeCell.model.sharedModel.setSource(source); }""", FIGURE)
    page.evaluate("""() => jupyterapp.commands.execute("notebook:run-cell")""")
    page.locator(".told").wait_for(timeout=120_000)
    assert page.locator(".told").inner_text() == "W before a" and page.elsewhere() == []


def test_a_cell_that_answers_otherwise_than_the_notebook_is_told(page):
    def cell(source, *outputs):
        return v4.new_code_cell(source, outputs=list(outputs))

    right = [cell("print(1); print(2)", v4.new_output("stream", text="1\n2\n")), cell("x = 3"),
             cell("x", v4.new_output("execute_result", data={"text/plain": "3"})),
             cell("1 / 0", v4.new_output("error", ename="ZeroDivisionError", evalue="division by zero"))]
    assert differences(page, v4.new_notebook(cells=right)) == []
    wrong = [cell("x + 1", v4.new_output("execute_result", data={"text/plain": "3"})), cell("y"), cell("x = 4", v4.new_output("stream", text="4"))]
    found = differences(page, v4.new_notebook(cells=wrong))
    assert [line.splitlines()[0] for line in found] == ["x + 1", "y", "x = 4"] and "name 'y' is not defined" in found[1]


# What the workflow does that publishes the site, with this Python

def test_make_pdf_builds_the_site_with_jupyterlite_prints_the_book_and_finds_every_notebook_up_to_date(tmp_path):
    whole = copied(tmp_path / "book")
    done = step(whole, f"make notebooks; make pdf LITE=1 PYODIDE={pyodide_without_numpy.folder()}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "to execute" not in done.stdout
    html = whole / "_build" / "html"
    assert {path.stem for path in (html / "notebooks").glob("*.html")} >= {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {path.name for path in (html / "lite" / "files").glob("*.ipynb")} == {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert len(PdfReader(html / PAPER).pages) > 300 and PAPER in (html / "notebooks" / "index.html").read_text(encoding="utf-8")

    # Of Python in the browser, NumPy lies elsewhere: every cell that needs it answers otherwise than in the notebook
    done = step(whole, "make lite")
    assert done.returncode != 0 and "numpy" in done.stdout and "should answer" in done.stdout, done.stdout + done.stderr
