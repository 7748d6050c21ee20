"""The engines on equations that nobody would write: no crash, no hang, and both say the same.

    PYTHONPATH=tests python -m benchmarks.fuzz [how many] [seed]

Three quarters are cells of equations, grown from the grammar, grafted together or mistyped; one quarter is answers as they
may be typed on a page. Every input that an engine breaks off with anything but its own errors, does not finish within
`SECONDS`, or of which the two say different things, is printed.
"""

import os
import sys
import time

from random_equations import cells, faults, faults_of_an_answer, typed


def examine(name, inputs, of_input, count):
    """Print every fault, how far it has come, and how many inputs had one; return that number."""
    found, begun = 0, time.monotonic()
    for done, one in enumerate(inputs, 1):
        told = of_input(*one)
        found += bool(told)
        if told:
            print(f"\n{one[-1]!r}", *told, sep="\n  ", flush=True)
        if done % 2000 == 0 or done == count:
            print(f"{name}: {done} of {count}, {found} with a fault, {time.monotonic() - begun:.0f} s", flush=True)
    return found


def main(count=100_000, seed=11):
    answers = count // 4
    found = examine("cells", cells(count - answers, seed), faults, count - answers)
    found += examine("answers", typed(answers, seed), faults_of_an_answer, answers)
    print(f"{count} inputs, {found} with a fault", flush=True)
    return found


if __name__ == "__main__":
    os._exit(bool(main(*map(int, sys.argv[1:]))))  # not sys.exit: V8 may hang while the interpreter takes itself down
