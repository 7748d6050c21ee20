"""Measure what a move of the hand costs a live figure, from the event to the painted frame, in Chromium.

    python -m benchmarks.repaint [FIGURE ...]

Each figure stands in a page of the built site, among its formulas, and the pointer drags an entry of each of its matrices to
and fro. A clock in the page runs from the pointer's event, which Chromium delivers at the start of a frame, to the first task
after that frame: the listeners, then style, layout and paint, which is all that the page's own thread has to do between two
frames. The browser's own traces would not do: to describe a layout they count every box of the page, which takes longer than
the layout. What a move costs where next to nothing has to be done is measured first: one number alone in an empty page. With
names only those figures are measured, and nothing is kept.
"""

import re
import sys
from itertools import pairwise
from statistics import quantiles

import numpy as np

from benchmarks import report, served
from mathref.widgets import FIGURES, ConvGradient, Digits, Network
from publishing.figures import json_script, page_models
from tests.browser import chromium

HOST = "notebooks/conv_rot180.html"
"""A page of many formulas, and of one figure, in whose place the others are put."""

MOVES = 240
FRAME = 40
"""Milliseconds from move to move, so that the frame of one is done before the next."""
RATES = (1, 4)
"""How many times slower the processor is made."""


def numbers(*shape):
    """Return numbers between −2 and 2, the same at each call."""
    return np.round(np.random.default_rng(0).uniform(-2, 2, shape), 1)


LARGEST = [
    ("image 6 × 6, kernel 3 × 3", ConvGradient, {"delta": numbers(4, 4), "W": numbers(3, 3)}),
    ("8 units in each layer", Network, {"x": numbers(8, 1), "y": numbers(8, 1)} | {
        f"{name}{layer}": numbers(8, columns) for layer in (1, 2, 3) for name, columns in (("W", 8), ("b", 1))}),
]
MEASURED = [("as it is made", figure, {}) for figure in FIGURES if figure is not Digits] + LARGEST
"""All that have a number to be dragged: on the figure of digits the pointer draws."""


EMPTY = """<!doctype html><html class="live"><span class="movable" data-name="x">0</span><script>
const number = document.querySelector(".movable");
addEventListener("pointermove", ({ clientX }) => { number.textContent = number.dataset.value = clientX; });
</script>"""


def hosted(figure, arguments):
    """Return the host page with a figure in the place of its own, and the selector of the figure as soon as it lives."""
    html = (served.SITE / HOST).read_text(encoding="utf-8")
    [(own, place)] = re.findall(r'data-figure="(\w+)" data-model="([\w-]+)"', html)
    widget = figure(**arguments)
    models = page_models([place], {place: {"model_name": widget._model_name, "state": widget.get_state()}})
    [model] = models.values()
    html = re.sub(r'<script type="application/json" id="figure-models">.*?</script>', lambda _: json_script(models), html, flags=re.DOTALL)
    return html.replace(f"figures/{own}.js", f"figures/{model['figure']}.js"), f".live.{model['figure'].replace('_', '-')}:not([inert])"


CLOCK = """() => {
    self.moves = [];
    let heard;
    self.addEventListener("pointermove", () => { heard = performance.now(); }, { capture: true });
    self.addEventListener("pointermove", ({ target }) => {
        const listened = performance.now() - heard;
        const entry = target.closest?.(".live .movable");
        requestAnimationFrame(() => {
            const frame = performance.now();
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => self.moves.push({ took: listened + performance.now() - frame, value: entry?.dataset.value });
            port2.postMessage(null);
        });
    });
}"""
"""A move is listened to, and what it changed is painted in the next frame; the wait between the two is not counted."""


def drag(page, matrix, moves):
    """Drag an entry to and fro, and return the milliseconds that each move took until it was painted.

    Raises
    ------
    SystemExit
        If a move changed nothing: that is not what is measured.
    """
    cell = page.locator(f'.live .movable[data-name="{matrix}"]').first
    cell.scroll_into_view_if_needed()
    page.wait_for_timeout(20 * FRAME)  # what was far from the screen is laid out on the way there, and moves it
    box = cell.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for k in range(1, moves + 1):
        page.mouse.move(x + 6 + 2 * min(k % 60, -k % 60), y)
        page.wait_for_timeout(FRAME)
    page.mouse.up()
    found = page.evaluate("self.moves")[-moves:]
    if len(found) < moves or any(one["value"] == other["value"] for one, other in pairwise(found)):
        raise SystemExit(f"A move of the pointer changed nothing in {matrix}: {[move['value'] for move in found]}")
    return [move["took"] for move in found]


def measure(browser, address, html, alive, rate):
    """Return the time that every move in a page took, as soon as something is alive, on a processor that many times slower."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.route(f"**/{HOST}", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    page.goto(address + HOST)
    page.keyboard.press("Shift")  # a key wakes the figure
    page.wait_for_selector(alive)
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": rate})
    page.evaluate(CLOCK)
    matrices = page.eval_on_selector_all(".live .movable", "cells => [...new Set(cells.map((cell) => cell.dataset.name))]")
    times = [took for matrix in matrices for took in drag(page, matrix, -(-MOVES // len(matrices)))]
    context.close()
    return times


def summary(times):
    """Return median, 95th percentile and largest of some times."""
    cuts = quantiles(times, n=20)
    return {"median": round(cuts[9], 2), "p95": round(cuts[18], 2), "largest": round(max(times), 2)}


def pages(names):
    """Yield what is measured: what it is called, its state, whether the target is set for it, and its page, as `measure` takes it."""
    if not names:
        yield "one number", "in an empty page", False, EMPTY, ".live"
    for state, figure, arguments in MEASURED:
        if not names or figure.__name__ in names:
            yield figure.__name__, state, (state, figure, arguments) in LARGEST, *hosted(figure, arguments)


def main():
    found, names = [], sys.argv[1:]
    with served.site() as address, chromium() as browser:
        for name, state, target, html, alive in pages(names):
            for rate in RATES:
                took = summary(measure(browser, address, html, alive, rate))
                found.append({"figure": name, "state": state, "target": target, "rate": rate, "moves": MOVES, **took})
                print(f"{name:16} {state:26} {rate} ×  {took}", flush=True)
    if not names:
        report.keep({"repaint": found})


if __name__ == "__main__":
    main()
