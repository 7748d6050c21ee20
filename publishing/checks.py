"""What checking the book's equations found, written down for the ledger: cases, numbers compared, and how well they agree.

The last digits of an error differ between machines, and now and then a power of ten does. So an error is written down
as a power of ten that it stays below with room to spare, and a bound on record stays there as long as it fits.
"""

import json
from math import ceil, log10
from pathlib import Path

from mathref.engine.check import cases, check
from mathref.engine.errors import NotTrue, ShapeError
from mathref.engine.parser import parse
from mathref.engine.session import try_out
from mathref.engine.update import check_update
from mathref.engine.witness import witnesses
from publishing.fingerprint import fingerprint

DATA = Path(__file__).with_name("checks.json")
STEPS = ("complex step", "central differences")
DERIVATIVES = (r"\partial", r"\delta", r"\nabla", r"\sigma'")
SMALLEST = -14   # powers of ten: no bound is smaller, since that much is rounding
ROOM, SLACK = 1, 4  # a new bound leaves a power of ten of room; one on record may leave four


def made(replayed):
    """Check every labelled equation that is executed, each by itself.

    Parameters
    ----------
    replayed : list of (Session, list of Cell)

    Returns
    -------
    dict
        {label: {"networks": how many, "samples": their numbers, "cases": how many of network, layer and samples,
        "function": of `mathref`, or None, "oracles": {name: [numbers that agreed, worst relative error]}}};
        of a refuted equation "networks", and "false": in how many of them it is false. Exercises and what is outside
        the language are not among them.
    """
    found = {}
    for session, cells in replayed:
        for cell in cells:
            if cell.kind in ("exercise", "informal"):
                continue
            program, runs = session.program(cell.conditions.world)
            for label, latex in filter(lambda equation: equation[0], cell.equations):
                if cell.kind == "refuted":
                    found[label] = _refuted(label, latex, cell.conditions, program, runs)
                elif cell.kind == "definition":
                    found[label] = _defined(session.worlds[cell.conditions.world][label], program)
                else:
                    found[label] = _held(cell.kind, label, latex, cell.conditions, program, runs)
    unheard = [label for label, row in found.items() if label in witnesses() and not row.get("function")]
    if unheard:
        raise ValueError(f"mathref names equations that its functions were not compared with: {', '.join(unheard)}.")
    return found


def _held(kind, label, latex, conditions, program, runs):
    verdict = (check_update if kind == "update" else check)(label, latex, conditions, program, runs)
    oracles = dict(verdict.oracles)
    if not any(sign in latex for sign in DERIVATIVES):  # both sides were evaluated, and nothing was differentiated
        both = [oracles.pop(name) for name in STEPS if name in oracles]
        oracles = {"evaluation": (sum(count for count, _ in both), max(error for _, error in both)), **oracles}
    return _row(verdict, oracles)


def _defined(definition, program):
    """A definition agrees with itself; what can disagree is the function that implements it."""
    verdict = try_out(definition, program)
    return _row(verdict, {name: found for name, found in verdict.oracles.items() if name not in STEPS})


def _row(verdict, oracles):
    return {"networks": len({network for network, _, _ in verdict.cases}),
            "samples": sorted({samples for _, samples, _ in verdict.cases}),
            "cases": sum(len(layers) or 1 for _, _, layers in verdict.cases),
            "function": verdict.witness,
            "oracles": {name: list(found) for name, found in oracles.items()}}


def _refuted(label, latex, conditions, program, runs):
    checked, false = check_update if r"\leftarrow" in latex else check, 0
    networks = list(dict.fromkeys(network for network, _, _ in cases(parse(latex), conditions, program, {})))
    for network in networks:
        try:
            checked(label, latex, conditions, program, runs, (network,))
        except (NotTrue, ShapeError):
            false += 1
    return {"networks": len(networks), "false": false}


def new_bound(error):
    """Return the power of ten that goes on record for an error."""
    return max(SMALLEST, ceil(log10(error)) + ROOM) if error else SMALLEST


def fits(bound, error):
    """Say whether a power of ten on record is one that the error stays below, and not needlessly wide."""
    return error <= 10**bound and (bound == SMALLEST or error > 10**(bound - SLACK))


def bounded(found, recorded):
    """Put bounds in the place of the errors found, those on record where they fit.

    Parameters
    ----------
    found : dict
        As `made` returns it.
    recorded : dict
        The same with bounds, from an earlier time; may be empty.

    Returns
    -------
    dict
    """
    rows = {}
    for label, row in found.items():
        rows[label] = dict(row)
        if "oracles" in row:
            known = recorded.get(label, {}).get("oracles", {})
            rows[label]["oracles"] = {
                name: [count, known[name][1] if name in known and fits(known[name][1], error) else new_bound(error)]
                for name, (count, error) in row["oracles"].items()}
    return rows


def record(root, replayed):
    """Write down what the ledger quotes, unless it was made from what is there now.

    Parameters
    ----------
    root : pathlib.Path
    replayed : callable
        Returns all chapters replayed; called only if it is needed.
    """
    made_from = fingerprint(root, ("mathref", "publishing/checks.py", "publishing/variants.py"))
    if DATA.exists() and json.loads(DATA.read_text(encoding="utf-8"))["made_from"] == made_from:
        return
    rows = ",\n".join(f"{json.dumps(label)}: {json.dumps(row)}" for label, row in bounded(made(replayed()), checks()).items())
    DATA.write_text(f'{{"made_from": "{made_from}", "checks": {{\n{rows}\n}}}}\n', encoding="utf-8")


def checks():
    """Return what is on record, by label: as `made` returns it, with a power of ten in the place of each error."""
    return json.loads(DATA.read_text(encoding="utf-8"))["checks"] if DATA.exists() else {}
