"""The engine that a page brings along against the engine in Python, over everything: same verdict, same words.

    PYTHONPATH=tests python -m benchmarks.editor [how many slips of typing]

All cells of the book and all their false variants, and as many slips of typing in every chapter. It prints what
differs, and says at the end how much was compared.
"""

import random
import sys

from mathref.engine.registry import equations
from two_engines import chapters, false_variants, slips_of_typing, tree_in_javascript, tree_in_python, typed


def compare(name, cells):
    """Print every cell that gets two verdicts, and how many got one."""
    compared = differing = 0
    for chapter, position, source in cells:
        here, there = chapter.in_javascript(position, source), chapter.in_python(position, source)
        compared += 1
        if here != there:
            differing += 1
            print(f"\n{source}\nPython: {there}\nJavaScript: {here}", flush=True)
    print(f"{name}: {compared} compared, {differing} differ", flush=True)


def main(count):
    generator, known = random.Random(11), [equation.latex for equation in equations().values()]
    texts = known + [slips_of_typing(generator.choice(known), generator) for _ in range(count)]
    differing = [latex for latex in texts if tree_in_javascript(latex) != tree_in_python(latex)]
    print(f"read or refused: {len(texts)} compared, {len(differing)} differ", *differing, sep="\n", flush=True)
    stems = list(chapters())
    compare("cells", ((chapter, position, source) for chapter in chapters().values() for position, source, _ in chapter.cells))
    compare("false variants", false_variants(stems))
    compare("slips of typing", typed(stems, count, seed=2))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
