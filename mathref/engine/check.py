"""Whether an equation is true: every side evaluated, in every case its conditions allow."""

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from .derivative import analytic
from .errors import ConditionError, EquationError, MeaningError, NotFalse, NotTrue, ShapeError
from .evaluate import Evaluator
from .networks import chosen
from .parser import parse, source
from .program import Effort, Run
from .symbols import letters, shape_text, symbols
from .witness import testimony

TOLERANCE = 1e-10          # relative, for every entry, where the complex step differentiates
CENTRAL_TOLERANCE = 1e-6   # where central differences do
FLOOR = 1e-3               # an entry smaller than this part of the largest is compared against that
NOISE, CENTRAL_NOISE = 5e-15, 1e-9  # what rounding leaves where the exact value is 0
SMALLEST = 1e-10           # sides that are all smaller, in every case, are as good as 0


@dataclass
class Verdict:
    """What a check found.

    `cases` lists, per network, the layers and numbers of samples it was tried with; `entries` counts the compared
    numbers, and `largest` is the largest of them in size; `witness` names the function of `mathref` that agreed, or is None.
    `oracles` holds, by the name of what gave the other value, how many numbers agreed with it and the worst relative error.
    """

    cases: list = field(default_factory=list)
    entries: int = 0
    largest: float = 0.0
    witness: str | None = None
    oracles: dict = field(default_factory=dict)

    def note(self, oracle, numbers, error):
        """Add numbers that agreed, the worst of them with this relative error."""
        count, worst = self.oracles.get(oracle, (0, 0.0))
        self.oracles[oracle] = count + int(numbers), max(worst, float(error))


def check(label, latex, conditions, program, runs=None, networks=None):
    """Check that all sides of an equation are equal.

    Parameters
    ----------
    label : str
        May be empty.
    latex : str
    conditions : Conditions
    program : Program
        What the symbols mean.
    runs : dict, optional
        Runs to take up and to leave for the next check: {(network, samples): Run}.
    networks : iterable, optional
        What to try it on; the networks of the program's world if not given.

    Returns
    -------
    Verdict

    Raises
    ------
    NotTrue
        Naming the sides that differ, the layer, the network and the worst entry with both values.
    ShapeError, MeaningError, LatexError, ConditionError
        If the equation cannot be evaluated.
    """
    tree = parse(latex)
    if tree.data != "equation":
        raise MeaningError("An update is no equation: its cell is %%update.")
    verdict = Verdict()
    for network, run, layers in cases(tree, conditions, program, {} if runs is None else runs, networks):
        for layer in layers:
            bound = {} if layer is None else {"l": layer}
            with told_where(label, latex, run, bound):
                ranges = free_indices(tree, latex, run, bound)
            for values in product(*ranges.values()):
                indexed = {**bound, **dict(zip(ranges, values))}
                with told_where(label, latex, run, indexed):
                    _compare(tree, latex, run, indexed, verdict)
                    if not ranges or program.world.has_planes:
                        _hear_witness(label, tree, latex, run, indexed, verdict)
        verdict.cases.append((network, run.samples, tuple(layer for layer in layers if layer is not None)))
    if verdict.largest < SMALLEST and all(symbols(side) for side in tree.children):
        raise MeaningError(f"{headed(label, 'says nothing', latex)}\n  Every side is 0 in every case. Does a definition "
                           "lack, so that nothing depends on the variable?")
    return verdict


@contextmanager
def told_where(label, latex, run, bound):
    """Put the equation in front of an error that comes up inside, and the case after it."""
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            yield
    except EquationError as error:
        says = "is not true" if isinstance(error, (NotTrue, ShapeError)) else "cannot be checked"
        kind, message = type(error), str(error)
    except ArithmeticError:
        kind, says, message = MeaningError, "cannot be checked", "The numbers in it become too large."
    except RecursionError:
        kind, says, message = MeaningError, "cannot be checked", "It is nested too deeply, with the definitions it uses."
    else:
        return
    raise kind(f"{headed(label, says, latex)}\n  {message}\n  {case_words(run, bound)}") from None


def refute(label, latex, conditions, program, runs=None, checked=check):
    """Check that an equation is false by its values or shapes, and return what breaks, in words.

    `checked` is `check`, or `check_update` for an update.

    Raises
    ------
    NotFalse
        If it holds in every case.
    MeaningError, LatexError, ConditionError
        If it cannot be evaluated: that refutes nothing.
    """
    runs = {} if runs is None else runs
    broken = {}
    for network in chosen(conditions, program.world.networks):
        try:
            checked(label, latex, conditions, program, runs, (network,))
        except (NotTrue, ShapeError) as error:
            broken.setdefault(type(error), error)
    if not broken:
        raise NotFalse(f"{headed(label, 'is not refuted', latex)}\n  It is true in every case tried.")
    return ["\n".join(str(error).splitlines()[2:]) for _, error in sorted(broken.items(), key=lambda b: b[0].__name__)]


def cases(tree, conditions, program, runs, networks=None):
    """Yield every (network, run, layers) that the conditions allow.

    Raises
    ------
    ConditionError
        If none is left.
    """
    speaks_of_l = any(symbol.layer and symbol.layer.startswith("l") for symbol in symbols(tree))
    if conditions.layers and not speaks_of_l:
        raise ConditionError(f"{conditions.layers} is stated, but the equation has no layer l.")
    effort = Effort()
    for network in chosen(conditions, networks or program.world.networks):
        for samples in program.world.sample_counts(conditions):
            if (network, samples) not in runs:
                runs[network, samples] = Run(program, network, samples)
            runs[network, samples].effort = effort
            yield network, runs[network, samples], conditions.layer_range(network.depth) if speaks_of_l else [None]


def free_indices(tree, latex, run, bound):
    """Return every index that nothing sums over, with the range of its values."""
    free = sorted(letters(tree) - {str(total.children[0]) for total in tree.find_data("total")})
    return {index: range(Evaluator(run, latex, bound).extent(index, tree)) for index in free}


def _compare(tree, latex, run, bound, verdict):
    first, *others = tree.children
    value = Evaluator(run, latex, bound).visit(first)
    for other in others:
        error = agree(source(first, latex), value, source(other, latex), Evaluator(run, latex, bound).visit(other), run)
        verdict.note(differentiated_by(run), np.size(value), error)
    verdict.entries += int(np.size(value)) * len(others)
    verdict.largest = max(verdict.largest, float(np.max(abs(value))))


def _hear_witness(label, tree, latex, run, bound, verdict):
    left, evaluator = tree.children[0], Evaluator(run, latex, bound)
    # The equation speaks of the symbol on its left, or of the one that the left side differentiates by.
    spoken_of = {"symbol": left, "derivative": left.children[-1]}.get(left.data)
    heard = testimony(label, run, spoken_of and evaluator.place(spoken_of).key, bound.get("l"))
    if heard:
        name, value = heard
        error = agree(source(left, latex), evaluator.visit(left), name, value, run)
        verdict.note(name, np.size(value), error)
        verdict.witness = name


def differentiated_by(run):
    """Return the name of what gives the derivatives of a run."""
    return "complex step" if analytic(run.network.activation) else "central differences"


def agree(left_name, left, right_name, right, run):
    """Raise NotTrue unless two values are equal in every entry; return the worst relative error."""
    if {np.shape(left), np.shape(right)} == {(), (1, 1)}:  # a row times a column is a number, a plane of one entry is none
        left, right = np.reshape(left, ()), np.reshape(right, ())
    if np.shape(left) != np.shape(right):
        raise ShapeError(f"the sides have different shapes: {left_name} is {shape_text(left)}, "
                      f"{right_name} is {shape_text(right)}.")
    left, right = np.asarray(left), np.asarray(right)
    tolerance, noise = (TOLERANCE, NOISE) if analytic(run.network.activation) else (CENTRAL_TOLERANCE, CENTRAL_NOISE)
    scale = np.maximum(np.maximum(abs(left), abs(right)), FLOOR * max(np.max(abs(left)), np.max(abs(right))))
    scale = np.maximum(scale, noise / tolerance)
    error = abs(left - right) / scale
    if not np.all(error <= tolerance):
        # The first entry that is as bad as any, but for rounding: the same on every machine.
        worst = np.unravel_index(np.argmax(error > 0.999 * np.max(error)), error.shape)
        entry = f"entry ({', '.join(str(i + 1) for i in worst)})" if worst else "the value"
        raise NotTrue(f"{left_name} and {right_name} differ: {entry} is {_digits(left[worst])} and "
                      f"{_digits(right[worst])}, a relative error of {error[worst]:.2g}.")
    return np.max(error)


def _digits(number):
    """Print what is the same on every machine: four digits, and none of what rounding leaves of a zero."""
    return f"{0 if abs(number) < CENTRAL_NOISE else number:.4g}"


def headed(label, says, latex):
    return f"{label or 'This equation'} {says}:\n  {' '.join(latex.split())}"


def case_words(run, bound):
    case = run.program.world.case(run.network)
    words = [case if run.program.scalar else f"network {case}"]
    if "l" in bound:
        words.insert(0, f"l = {bound['l']}")
    words += [f"{index} = {value + 1}" for index, value in bound.items() if index != "l"]
    if not run.program.scalar:
        words.append("one sample" if run.samples == 1 else f"a batch of {run.samples}")
    return f"({', '.join(words)})"


def needless_conditions(label, latex, conditions, program, runs):
    """Return the names of the stated conditions without which the equation would hold all the same.

    An activation outside the networks (softmax) is no restriction, but one case more.
    """
    needless = []
    usual = {network.activation for network in program.world.networks}
    for name in ("samples", "layers", "depth", "activations", "geometry"):
        if getattr(conditions, name) is not None and (name != "activations" or usual.issuperset(conditions.activations)):
            try:
                check(label, latex, replace(conditions, **{name: None}), program, runs)
            except EquationError:
                continue
            needless.append(name)
    return needless
