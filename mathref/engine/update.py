"""Whether an update is a step of gradient descent: against `mathref.sgd`, and by what it does to the cost."""

import numpy as np

from .. import sgd
from .check import Verdict, agree, cases, differentiated_by, told_where
from .derivative import derivative
from .errors import MeaningError, NotTrue, ShapeError
from .evaluate import Evaluator, Place
from .networks import NETWORKS
from .parser import parse, source
from .program import Key, shape_text

SMALL_RATE = 1e-6     # the learning rate with which the fall of the cost is measured
RATIO_TOLERANCE = 1e-3

ETA = Key(r"\eta")


def check_update(label, latex, conditions, program, runs=None, networks=NETWORKS):
    """Check that an update subtracts the learning rate times the gradient of C.

    The right side uses the old values. Its result is compared with `mathref.sgd.step` on the numerical gradient;
    and a small step in the same direction v has to lower the cost as only the gradient does:
    (C_new - C) / (-η‖v‖²) → 1.

    Parameters, returns and errors are those of `check`.
    """
    tree = parse(latex)
    if tree.data != "update":
        raise MeaningError(r"An update is written with \leftarrow, the new value on its right.")
    verdict = Verdict(witness="mathref.sgd.step")
    for network, run, layers in cases(tree, conditions, program, {} if runs is None else runs, networks):
        for layer in layers:
            bound = {} if layer is None else {"l": layer}
            with told_where(label, latex, run, bound):
                _compare(tree, latex, run, bound, verdict)
        verdict.cases.append((network, run.samples, tuple(layer for layer in layers if layer is not None)))
    return verdict


def _compare(tree, latex, run, bound, verdict):
    left, right = tree.children
    evaluator = Evaluator(run, latex, bound)
    place = evaluator.place(left)
    if place.key is None or place.entry or place.sample is not None:
        raise MeaningError(f"{source(left, latex)} is no parameter: an update changes W or b as a whole.")
    old, new, eta = place.value(run), evaluator.visit(right), run.value(ETA)
    if np.shape(new) != np.shape(old):
        raise ShapeError(f"{source(left, latex)} is {shape_text(old)}, its new value is {shape_text(new)}.")
    gradient = derivative(run, Place(Key("C")), place)
    stepped, = sgd.step([np.asarray(old)], [np.asarray(gradient)], eta)
    error = agree(f"the new {source(left, latex)}", new, "mathref.sgd.step", np.asarray(stepped), run)
    verdict.note(differentiated_by(run), np.size(new), error)
    direction = (new - old) / eta
    before = run.value(Key("C"))
    after = run.with_override(place.key, old + SMALL_RATE * direction).value(Key("C"))
    ratio = (after - before) / (-SMALL_RATE * np.sum(direction**2))
    if not abs(ratio - 1) <= RATIO_TOLERANCE:
        raise NotTrue(f"A small step changes C by {ratio:.4g} times what a step down the gradient does.")
    verdict.note("fall of C", 1, abs(ratio - 1))
    verdict.entries += int(np.size(new))
