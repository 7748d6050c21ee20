"""What one reader's notebook knows: the definitions that hold, by label, and what running a cell does to them."""

from dataclasses import dataclass, replace

from .check import check, refute
from .conditions import read_conditions
from .errors import MeaningError, naming
from .exercise import judge
from .networks import chosen
from .parser import parse
from .program import Definition, Program, Run
from .registry import equations
from .symbols import symbols
from .update import check_update


@dataclass(frozen=True)
class Outcome:
    """What running one equation came to: the status of the page contract, and a report in plain words."""

    label: str
    latex: str
    status: str
    report: tuple


class Session:
    """The definitions of a chapter, world by world, each under its label."""

    def __init__(self):
        self.worlds = {}
        self._homes = {}     # the world that each label was defined in; a given definition has none
        self._together = {}  # label: the labels of the cell that defined it
        self._programs = {}

    def give(self, line):
        """Take over definitions of earlier chapters: labels, and `world=name` if they belong to one.

        Raises
        ------
        ConditionError, MeaningError
            If a label is unknown or no definition.
        """
        words = line.split()
        labels = [word for word in words if "=" not in word]
        world = read_conditions([word for word in words if "=" in word]).world
        for label in labels:
            if label not in equations() or equations()[label].kind != "definition":
                raise MeaningError(f"{label} is no definition of this book, so it cannot be given.")
        given = {label: Definition.read(label, equations()[label].latex,
                                        replace(read_conditions(equations()[label].conditions.split()), world=world))
                 for label in labels}
        self._take(world, given)

    def run(self, cell):
        """Run a cell and return one `Outcome` per equation; a cell that fails leaves no trace.

        Raises
        ------
        EquationError
            Whatever is wrong with it.
        """
        if cell.kind == "definition":
            return self._define(cell)
        outcomes = []
        for label, latex in cell.equations:
            with naming(label):
                outcomes.append(self._run_one(cell, label, latex))
        return outcomes

    def program(self, world):
        """Return the world's program and the runs of it so far."""
        if world not in self._programs:
            self._programs[world] = Program(self.worlds.get(world, {}).values()), {}
        return self._programs[world]

    def _define(self, cell):
        new = {}
        for label, latex in cell.equations:
            with naming(label):
                new[label] = Definition.read(label, latex, cell.conditions)
        # What the cell defined when it ran before, and is no longer in it, is forgotten.
        gone = {old for label in new for old in self._together.get(label, ())} - set(new)
        verdicts = self._take(cell.conditions.world, new, gone)
        for label in {*new, *gone}:
            home = self._homes.pop(label, cell.conditions.world)
            if home != cell.conditions.world:  # the cell has moved to another world
                self.worlds[home].pop(label, None)
        self._homes.update(dict.fromkeys(new, cell.conditions.world))
        self._together.update(dict.fromkeys(new, tuple(new)))
        return [_defined(definition, verdicts[definition.label]) for definition in new.values()]

    def _take(self, world, new, gone=frozenset()):
        """Put definitions into a world, if it still makes sense with them, and return their verdicts."""
        kept = {label: d for label, d in self.worlds.get(world, {}).items() if label not in gone}
        program = Program({**kept, **new}.values())
        verdicts, drafts = {}, {}
        for label, definition in new.items():
            with naming(label):
                verdicts[label] = try_out(definition, program, drafts)
        self.worlds[world] = {**kept, **new}
        self._programs.clear()
        return verdicts

    def _run_one(self, cell, label, latex):
        if cell.conditions.world and cell.conditions.world not in self.worlds:
            raise MeaningError(f"No definition belongs to world={cell.conditions.world}.")
        if cell.kind == "exercise":
            program, runs = self.program(cell.conditions.world)
            return Outcome(label, latex, *judge(label, latex, cell.conditions, program, runs))
        if cell.kind == "informal":
            return Outcome(label, latex, "informal", ("Mathematics outside the language of the engine: not executed.",))
        program, runs = self.program(cell.conditions.world)
        if cell.kind == "refuted":
            checked = check_update if r"\leftarrow" in latex else check
            broken = refute(label, latex, cell.conditions, program, runs, checked)
            return Outcome(label, latex, "refuted", tuple(broken))
        if cell.kind == "update":
            verdict = check_update(label, latex, cell.conditions, program, runs)
            return Outcome(label, latex, "holds", _update_report(verdict, program))
        verdict = check(label, latex, cell.conditions, program, runs)
        return Outcome(label, latex, "holds", _claim_report(latex, verdict, program))


def try_out(definition, program, drafts=None):
    """Evaluate a definition on every network, where what it uses may still be undefined, and return the verdict.

    `drafts` are runs to take up and to leave for the next definition of the same program.
    """
    conditions, drafts = definition.conditions, {} if drafts is None else drafts
    for network in chosen(conditions, program.world.networks):
        for samples in program.world.sample_counts(conditions):
            drafts.setdefault((network, samples), Run(program, network, samples, drafting=True))
    return check(definition.label, definition.latex, conditions, program, drafts)


def _defined(definition, verdict):
    report = ["A definition: it gives the symbol on the left its meaning, and is compiled into the forward program."]
    if verdict.witness:
        report.append(_witness_words(verdict.witness))
    return Outcome(definition.label, definition.latex, "defined", tuple(report))


def _claim_report(latex, verdict, program):
    if not symbols(parse(latex)):
        report = ["There is no symbol in it: the sides are equal as they stand."]
    elif program.scalar:
        names = ", ".join(network.activation for network, _, _ in verdict.cases)
        report = [f"All sides are equal with σ = {names}, each time with other numbers."]
    else:
        report = [f"All sides are equal in {_cases(verdict, program)}."]
    if r"\partial" in latex or r"\delta" in latex:
        report.append("Every derivative in it was found by running the definitions with one number moved: by complex "
                      "step, and by central differences where σ is relu. No formula of this book was used.")
    report.append("Every entry agrees: relative error below 1e-10, with relu below 1e-6.")
    if verdict.witness:
        report.append(_witness_words(verdict.witness))
    return tuple(report)


def _update_report(verdict, program):
    return (f"The new values are those of gradient descent in {_cases(verdict, program)}. All right sides use the old values.",
            "A small step lowers C by η‖∂C/∂·‖², as only a step along the gradient does.",
            _witness_words(verdict.witness))


def _cases(verdict, program):
    """Say each network with the layers it was tried for, and the numbers of samples once."""
    networks = {network: layers for network, _, layers in verdict.cases}
    counts = sorted({samples for _, samples, _ in verdict.cases})
    words = [f"{program.world.case(network)}{' (l = ' + ', '.join(map(str, layers)) + ')' if layers else ''}"
             for network, layers in networks.items()]
    samples = " and ".join("one sample" if n == 1 else f"a batch of {n}" for n in counts)
    return f"{len(words)} networks, with {samples}: {'; '.join(words)}"


def _witness_words(name):
    return f"`{name}` agrees."
