"""A figure in a real JupyterLab with a real kernel: a drag is seen by Python, an assignment in Python by the reader."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import nbformat
import numpy as np
import pytest
from playwright.sync_api import expect

from browser import chromium
from figure_pages import ROOT
from mathref import dense
from mathref.activations import by_name
from mathref.widgets import FIGURES

pytestmark = pytest.mark.thorough

SHOW = """import json
from pathlib import Path
from ipywidgets import FloatSlider, jslink
from mathref.widgets import LayerForward

figure = LayerForward()
slider = FloatSlider(figure.value, min=-2, max=2, step=0.05, description="w₁₂")
jslink((figure, "value"), (slider, "value"))

def write(change):
    seen = {name: getattr(figure, name) for name in ("W", "b", "a_prev", "activation", "z", "a", "value")}
    Path("seen.json").write_text(json.dumps(seen))

figure.observe(write, ["W", "b", "a_prev", "activation", "a", "value"])
display(figure, slider)"""
ASSIGN = """figure.W = [[1, 0.5, -1], [0.25, 2, 3]]"""


@contextmanager
def jupyterlab(folder):
    """Run JupyterLab on `folder`, with no settings but its own, and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {name: str(folder / "own" / name) for name in
           ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR")}
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--port-retries=0",
         "--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={folder}"],
        env={**os.environ, **own}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}/lab"
        for _ in range(240):
            try:
                urllib.request.urlopen(address).close()
                break
            except urllib.error.URLError:
                assert server.poll() is None, "JupyterLab ended by itself"
                time.sleep(0.25)
        yield address
    finally:
        server.terminate()
        server.wait(20)


@contextmanager
def opened(folder, *sources):
    """A notebook of these code cells, open in JupyterLab with its kernel at rest; yield the page."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), folder / "figure.ipynb")
    with jupyterlab(folder) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        errors = []
        page.on("pageerror", lambda error: errors.append(error.stack))
        page.goto(f"{address}/tree/figure.ipynb")
        page.wait_for_function(f"window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length === {len(sources)}",
                               timeout=90_000)
        page.wait_for_function("jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'",
                               timeout=90_000)
        yield page
        assert [error for error in errors if "blob:" in error] == []


def run(page, cell):
    page.evaluate("""async (cell) => {
        jupyterapp.shell.currentWidget.content.activeCellIndex = cell;
        await jupyterapp.commands.execute("notebook:run-cell");
    }""", cell)


def numbers(page, name):
    """Return the numbers of a matrix as the figure shows them."""
    cells = page.locator(f'.live .entry[data-name="{name}"]').evaluate_all(
        "all => all.map((c) => [+c.dataset.row, +c.dataset.value])")
    return [[x for row, x in cells if row == i] for i in range(max(row for row, _ in cells) + 1)]


def is_close(one, other):
    """Whether two values are one, but for the last digits that ipywidgets' own slider adds."""
    return one == other if isinstance(one, str) else np.allclose(one, other, atol=1e-9)


def soon(page, path, holds):
    """Wait until what Python has seen passes all assertions of `holds`: it sees what follows from a change after the change."""
    for attempt in range(100):
        try:
            return holds(json.loads(path.read_text()))
        except (FileNotFoundError, json.JSONDecodeError, AssertionError):
            if attempt == 99:
                raise
            page.wait_for_timeout(100)


def agree(folder, page, **values):
    """Wait until Python has seen these values, then check that Python and the reader see one state, and that z and a follow."""
    def holds(state):
        for name, value in values.items():
            assert is_close(state[name], value)
        for name in ("W", "b", "a_prev"):
            assert numbers(page, name) == state[name]
        z = dense.forward(state["W"], state["b"], state["a_prev"])
        a = by_name(state["activation"])(z)
        for name, right in (("z", z), ("a", a)):
            np.testing.assert_allclose(state[name], right, rtol=1e-12)
            np.testing.assert_allclose(numbers(page, name), right, rtol=1e-12)

    soon(page, folder / "seen.json", holds)


def test_reader_and_kernel_move_one_figure(tmp_path):
    with opened(tmp_path, SHOW, ASSIGN) as page:
        run(page, 0)
        page.locator(".live:not([inert])").wait_for(timeout=30_000)

        # A drag reaches `observe`, and Python computes what follows.
        cell = page.locator('.live .entry[data-name="W"][data-row="0"][data-column="1"]')
        box = cell.bounding_box()
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + 100, box["y"] + 20, steps=8)
        page.mouse.up()
        agree(tmp_path, page, W=[[0.4, 0.2, 0.2], [-1.0, 0.8, 0.5]], value=0.2)

        # So does typing, and another σ.
        page.locator('.live .entry[data-name="b"][data-row="1"] input').fill("−1.5")
        page.keyboard.press("Enter")
        page.locator(".live select").select_option("tanh")
        agree(tmp_path, page, activation="tanh")
        assert numbers(page, "b") == [[0.1], [-1.5]]

        # An assignment in Python moves the picture, and the linked slider with it.
        run(page, 1)
        agree(tmp_path, page, W=[[1.0, 0.5, -1.0], [0.25, 2.0, 3.0]])
        page.wait_for_function("document.querySelector('.widget-readout').textContent === '0.50'")

        # The slider moves the figure, in the browser and in Python.
        page.locator(".noUi-handle").focus()
        page.keyboard.press("ArrowRight")
        agree(tmp_path, page, W=[[1.0, 0.55, -1.0], [0.25, 2.0, 3.0]])

        # Nothing else lights the figure in a notebook: it does so itself. A notebook has no address to copy.
        cell.hover()
        assert page.locator(".live .lit").count() > 0
        assert page.get_by_role("button", name="copy link").count() == 0

        (ROOT / "_build" / "screenshots").mkdir(parents=True, exist_ok=True)
        page.screenshot(path=ROOT / "_build" / "screenshots" / "figure-layer_forward-jupyterlab.png")


EVERY = """import json
from pathlib import Path
from ipywidgets import VBox
from mathref.widgets import FIGURES

figures = [figure() for figure in FIGURES]

def write(change):
    numbers = [{name: getattr(figure, name) for name in figure.traits(sync=True) if not name.startswith("_")
                and isinstance(getattr(figure, name), (list, float))} for figure in figures]
    Path("seen.json").write_text(json.dumps(numbers))

for figure in figures:
    figure.observe(write)
VBox(figures)"""
MOVE = """for figure in figures:
    figure.value /= 2"""


def test_every_figure_is_moved_by_the_reader_and_by_the_kernel(tmp_path):
    def agree_on_all(number, value):
        """Check that Python sees this value of a figure, and every number that the figure shows."""
        def holds(state):
            assert state[number]["value"] == value
            shown = page.locator(".live").nth(number).locator(".entry[data-value]").evaluate_all(
                "all => all.map((c) => [c.dataset.name, +c.dataset.row, +c.dataset.column, +c.dataset.value])")
            compared = [(state[number][name][i][j], x) for name, i, j, x in shown if name in state[number]]
            assert len(compared) > 1
            np.testing.assert_allclose([x for _, x in compared], [x for x, _ in compared], rtol=1e-12, atol=1e-12)

        soon(page, tmp_path / "seen.json", holds)

    moved = []
    with opened(tmp_path, EVERY, MOVE) as page:
        run(page, 0)
        page.wait_for_function(f"document.querySelectorAll('.live:not([inert])').length === {len(FIGURES)}", timeout=30_000)
        for number, figure in enumerate(FIGURES):
            name, i, j = figure()._entries()[figure().entry]
            cell = page.locator(".live").nth(number).locator(f'.movable[data-name="{name}"][data-row="{i}"][data-column="{j}"]')
            cell.locator("input").focus()
            page.keyboard.press("ArrowDown")
            now = float(cell.get_attribute("data-value"))
            assert now != figure().value
            agree_on_all(number, now)
            moved.append((cell, now))
        run(page, 1)
        for number, (cell, was) in enumerate(moved):
            expect(cell).to_have_attribute("data-value", str(was / 2))
            agree_on_all(number, was / 2)
