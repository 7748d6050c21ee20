"""The network that the chapter on digits trains, written down for its live figure.

The cells of the chapter that carry the tag `trains` are run as they stand; what they call `network` is the network. Its
parameters are rounded to whole steps, a power of two, so that Python and JavaScript read the same numbers and the page stays
light. With them go digits that were held out, for the figure to begin with: two of each, and all that are read wrong.

The file is written again when those cells or the mathematics behind them have changed.
"""

import contextlib
import io
import json
import re
from math import floor, log2
from pathlib import Path

import numpy as np

from publishing.fingerprint import fingerprint

CHAPTER, TAG = "digits", "trains"
DATA = Path(__file__).resolve().parent.parent / "mathref" / "widgets" / "digits_network.js"
MATHEMATICS = tuple(f"mathref/{name}.py" for name in (
    "network", "conv", "im2col", "geometry", "dense", "pooling", "softmax", "layout", "initial", "sgd", "activations", "arrays"))
NAMES = "kernels", "biases", "weights", "last_biases"
LARGEST = 127
"""Of the whole numbers that stand for a parameter."""


def sources(chapter):
    """Return the cells that train, in order."""
    return [cell.source for cell in chapter.cells if TAG in cell.metadata.get("tags", [])]


def trained(chapter):
    """Run the cells that train and return what they leave behind: {name: value}, `network` among them."""
    left = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for source in sources(chapter):
            exec(source, left)
    return left


def rounded(parameter):
    """Return a parameter in whole steps: its shape, the power of two that a step is, and the whole numbers."""
    power = floor(log2(LARGEST / np.max(np.abs(parameter))))
    steps = np.round(np.ravel(parameter) * 2**power).astype(int)
    return {"shape": list(np.shape(parameter)), "power": power, "steps": steps.tolist()}


def examples(left):
    """Return held-out digits as text, a letter for each pixel: 0 to 9, then a to g for 10 to 16."""
    held, target = left["held"], left["digits"].target
    wrong = left["network"].predict(left["x_held"]) != target[held]
    chosen = [n for digit in range(10) for n in held[target[held] == digit][:2]]
    chosen += [n for n in held[wrong] if n not in chosen]
    return ["".join("0123456789abcdefg"[int(pixel)] for pixel in left["digits"].data[n]) for n in chosen]


def module(left, made_from):
    """Return the text of the file."""
    data = {**dict(zip(NAMES, map(rounded, left["network"].parameters), strict=True)), "examples": examples(left)}
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in data.items())
    return ("// Written by publishing/digits.py: the network of the chapter on digits, in steps of 2 to the minus `power`, and\n"
            f"// digits that it has not seen. Made from {made_from}\n"
            f"export const TRAINED = {{\n{lines}\n}};\n")


def made_from(root, chapter):
    """Return the hash of all that the network is made from."""
    return fingerprint(root, MATHEMATICS, *sources(chapter))


def is_stale(root, chapters, path=DATA):
    """Say whether the file was made from something else than what is there now."""
    if CHAPTER not in chapters:
        return False
    found = re.search("Made from (.*)", path.read_text(encoding="utf-8")) if path.exists() else None
    return not found or found[1] != made_from(root, chapters[CHAPTER])


def record(root, chapters, path=DATA):
    """Train, and write the file, if it is stale."""
    if is_stale(root, chapters, path):
        chapter = chapters[CHAPTER]
        path.write_text(module(trained(chapter), made_from(root, chapter)), encoding="utf-8")
