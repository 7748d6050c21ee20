"""The engine that a page brings along against the engine in Python, over everything: same verdict, same words.

    PYTHONPATH=tests python -m benchmarks.editor [CHAPTER ...]

All cells of the book, or of those chapters, all their false variants, and slips of typing in them. It prints what differs
and how far it has come, and says at the end how much was compared. About ten minutes for the book.
"""

import os
import random
import sys
import time

from mathref.engine.registry import equations
from two_engines import chapters, false_variants, slips_of_typing, tree_in_javascript, tree_in_python, typed

SLIPS = 150
"""So many slips of typing for each chapter."""


def compare(name, cells):
    """Print every cell that gets two verdicts, and how many got one; return how many differ."""
    compared, differing, begun = 0, 0, time.monotonic()
    for chapter, position, source in cells:
        here, there = chapter.in_javascript_again(position, source), chapter.in_python(position, source)
        compared += 1
        if here != there:
            differing += 1
            print(f"\n{source}\nPython: {there}\nJavaScript: {here}", flush=True)
        if compared % 500 == 0:
            print(f"{name}: {compared} so far, {time.monotonic() - begun:.0f} s", flush=True)
    print(f"{name}: {compared} compared, {differing} differ, {time.monotonic() - begun:.0f} s", flush=True)
    return differing


def main(*stems):
    stems = stems or list(chapters())
    count = SLIPS * len(stems)
    generator, known = random.Random(11), [equation.latex for equation in equations().values()]
    texts = known + [slips_of_typing(generator.choice(known), generator) for _ in range(count)]
    differing = [latex for latex in texts if tree_in_javascript(latex) != tree_in_python(latex)]
    print(f"read or refused: {len(texts)} compared, {len(differing)} differ", *differing, sep="\n", flush=True)
    found = len(differing)
    found += compare("cells", ((chapters()[stem], position, source) for stem in stems for position, source, _ in chapters()[stem].cells))
    found += compare("false variants", false_variants(stems))
    return found + compare("slips of typing", typed(stems, count, seed=2))


if __name__ == "__main__":
    os._exit(bool(main(*sys.argv[1:])))  # not sys.exit: V8 may hang while the interpreter takes itself down
