"""A figure's module in a JavaScript engine, and whether slips planted in it are noticed."""

from functools import cache

from py_mini_racer import JSEvalException, MiniRacer

from mathref.widgets.figure import script

NOTICED = (AssertionError, JSEvalException, AttributeError, IndexError, KeyError, TypeError, ValueError)


@cache
def engine(source):
    """An engine that has read a figure's module, with the shared parts in it."""
    racer = MiniRacer()
    racer.eval(source)
    return racer


def call(source, function, *arguments, seconds=None):
    """What a function of the module returns, within so many seconds; JavaScript's NaN comes over as None."""
    return engine(source).call(function, *arguments, timeout_sec=seconds)


def notices_every_slip(name, mutants, agreements, points, told):
    """Check that on all points all agreements hold for the module `name`.js, and for each mutant one fails.

    A mutant is what stands in the module, and what a slip makes of it.
    """
    def agree(source):
        for point in points:
            for agreement in agreements:
                agreement(source, *point)

    source = script(name)
    agree(source)
    alive = []
    for right, wrong in mutants:
        assert right in source, f"the module no longer says {right}"
        mutant = source.replace(right, wrong, 1)
        engine(mutant)  # one that cannot be read would prove nothing
        try:
            agree(mutant)
            alive.append(f"{right}  →  {wrong}")
        except NOTICED:
            pass
        engine.cache_clear()
    told(f"{name}.js: {len(mutants) - len(alive)}/{len(mutants)} mutants killed")
    assert alive == []
