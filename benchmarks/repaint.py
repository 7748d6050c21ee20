"""Measure what a move of the hand costs a live figure, from the event to the painted frame, in Chromium.

    python -m benchmarks.repaint [FIGURE ...]

Each figure stands in a page of the built site, among its formulas, and the pointer drags an entry of each of its matrices to
and fro. A trace that the browser takes of itself tells what the main thread did for each move: the listeners, then style,
layout and paint of the frame that follows, which is all that must fit between two frames. Waiting for that frame is not
counted, nor what other threads do with it. With names only those figures are measured, and nothing is kept.
"""

import json
import re
import sys
from bisect import bisect
from statistics import quantiles

import numpy as np

from benchmarks import report, served
from mathref.widgets import FIGURES, ConvGradient, Network
from publishing.figures import json_script, page_models
from tests.browser import chromium

HOST = "notebooks/conv_rot180.html"
"""A page of many formulas, and of one figure, in whose place the others are put."""

MOVES = 240
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
MEASURED = [("as it is made", figure, {}) for figure in FIGURES] + LARGEST


def hosted(figure, arguments):
    """Return the host page with a figure in the place of its own, and the name of the figure's module."""
    html = (served.SITE / HOST).read_text(encoding="utf-8")
    [(own, place)] = re.findall(r'data-figure="(\w+)" data-model="([\w-]+)"', html)
    widget = figure(**arguments)
    models = page_models([place], {place: {"model_name": widget._model_name, "state": widget.get_state()}})
    [model] = models.values()
    html = re.sub(r'<script type="application/json" id="figure-models">.*?</script>', lambda _: json_script(models), html, flags=re.DOTALL)
    return html.replace(f"figures/{own}.js", f"figures/{model['figure']}.js"), model["figure"]


def drag(browser, page, cell, moves):
    """Drag an entry to and fro, make sure that every move changes it, and return the browser's trace of the moves."""
    cell.scroll_into_view_if_needed()
    box = cell.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    last = cell.get_attribute("data-value")
    browser.start_tracing(page=page, categories=["devtools.timeline", "toplevel"])
    for k in range(1, moves + 1):
        page.mouse.move(x + 6 + 2 * min(k % 60, -k % 60), y)
        value = cell.get_attribute("data-value")
        if value == last:
            raise SystemExit(f"Move {k} of the pointer did not change the entry: it stays {value}")
        last = value
    page.wait_for_timeout(200)  # until the last frame is painted
    trace = json.loads(browser.stop_tracing())
    page.mouse.up()
    return trace


def work(trace):
    """Yield, for each move of a trace, the milliseconds of CPU and by the clock until its frame was painted."""
    events = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    moves = [event for event in events if event["name"] == "EventDispatch" and event["args"]["data"]["type"] == "pointermove"]
    main = {(event["pid"], event["tid"]) for event in moves}
    own = sorted((event for event in events if (event["pid"], event["tid"]) in main), key=lambda event: event["ts"])
    tasks = [event for event in own if event["name"] == "ThreadControllerImpl::RunTask"]
    painted = [event["ts"] for event in own if event["name"] == "Layerize"]  # the last thing before the frame is handed on
    starts = [task["ts"] for task in tasks]
    for move in moves:
        done = painted[bisect(painted, move["ts"])]
        needed = tasks[bisect(starts, move["ts"]) - 1:bisect(starts, done)]
        yield sum(task["tdur"] for task in needed) / 1000, sum(task["dur"] for task in needed) / 1000


def measure(browser, address, figure, arguments, rate):
    """Return the CPU time and the time of every move of a figure, on a processor that many times slower."""
    html, name = hosted(figure, arguments)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.route(f"**/{HOST}", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    page.goto(address + HOST, wait_until="networkidle")
    page.wait_for_selector(f".live.{name.replace('_', '-')}:not([inert])")
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": rate})
    matrices = page.eval_on_selector_all(".live .movable", "cells => [...new Set(cells.map((cell) => cell.dataset.name))]")
    traces = [drag(browser, page, page.locator(f'.live .movable[data-name="{matrix}"]').first, -(-MOVES // len(matrices)))
              for matrix in matrices]
    context.close()
    return [times for trace in traces for times in work(trace)]


def summary(times):
    """Return median, 95th percentile and largest of some times."""
    cuts = quantiles(times, n=20)
    return {"median": round(cuts[9], 2), "p95": round(cuts[18], 2), "largest": round(max(times), 2)}


def main():
    found, names = [], sys.argv[1:]
    with served.site() as address, chromium() as browser:
        for state, figure, arguments in MEASURED:
            if names and figure.__name__ not in names:
                continue
            for rate in RATES:
                cpu, clock = zip(*measure(browser, address, figure, arguments, rate))
                found.append({"figure": figure.__name__, "state": state, "target": (state, figure, arguments) in LARGEST,
                              "rate": rate, "moves": len(cpu), "cpu": summary(cpu), "clock": summary(clock)})
                print(f"{figure.__name__:16} {state:26} {rate} ×  CPU {found[-1]['cpu']}  clock {found[-1]['clock']}", flush=True)
    if not names:
        report.keep({"repaint": found})


if __name__ == "__main__":
    main()
