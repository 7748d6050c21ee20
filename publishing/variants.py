"""False variants of the book's equations: how many are made of each, and how many its check refuses.

A variant of a claim or an update is refused when its own check fails. A definition cannot be false by itself: its
variant is refused when it stops making sense, when the function of `mathref` that implements it disagrees, or when
a claim that builds on it fails.
"""

import json
from pathlib import Path

from mathref.engine.cells import is_equation_cell, read_source
from mathref.engine.check import check
from mathref.engine.errors import EquationError, LatexError
from mathref.engine.mutants import mutants
from mathref.engine.program import Definition, Program
from mathref.engine.session import Session, try_out
from mathref.engine.update import check_update
from publishing.fingerprint import fingerprint

DATA = Path(__file__).with_name("variants.json")
SAME_EQUATION = Path(__file__).with_name("same_equation.json")
_CHECKS = {"claim": check, "update": check_update}


def same_equations():
    """Return the variants that are the same equation in other words: {label: {latex: the reason}}."""
    return json.loads(SAME_EQUATION.read_text(encoding="utf-8"))


def replay(notebook):
    """Run the equation cells of a chapter and return its session and the cells that hold.

    Parameters
    ----------
    notebook : NotebookNode

    Returns
    -------
    session : Session
    cells : list of Cell
    """
    session, cells = Session(), []
    for node in notebook.cells:
        if node.cell_type != "code" or "raises-exception" in node.metadata.get("tags", []):
            continue
        for line in node.source.splitlines():
            if line.startswith("%given "):
                session.give(line.removeprefix("%given "))
        if is_equation_cell(node.source):
            cell = read_source(node.source)
            session.run(cell)
            cells.append(cell)
    return session, cells


def replayed(chapters):
    """Replay all chapters, and return the session and the cells of each."""
    return [replay(notebook) for notebook in chapters.values()]


def tried(replayed):
    """Make every false variant of every labelled claim, update and definition, and try it.

    Parameters
    ----------
    replayed : list of (Session, list of Cell)

    Returns
    -------
    dict
        {label: {"made": number, "refused": number, "same": number, "passed": list of LaTeX}}; `same` are listed with
        the reason in `same_equation.json`, `passed` are neither refused nor listed.
    """
    results = {}
    for session, cells in replayed:
        for cell in cells:
            if cell.kind not in ("definition", "claim", "update"):
                continue
            for label, latex in cell.equations:
                if not label:
                    continue
                program, _ = session.program(cell.conditions.world)
                variants = mutants(latex, program.scalar)
                refused = [variant for variant in variants if _refused(cell, label, variant, session, replayed)]
                known = same_equations().get(label, {})
                passed = [variant for variant in variants if variant not in refused and variant not in known]
                results[label] = {"made": len(variants), "refused": len(refused),
                                  "same": len(variants) - len(refused) - len(passed), "passed": passed}
    return results


def _refused(cell, label, variant, session, replayed):
    if cell.kind == "definition":
        return _definition_refused(cell, label, variant, replayed)
    program, runs = session.program(cell.conditions.world)
    try:
        _CHECKS[cell.kind](label, variant, cell.conditions, program, runs)
    except LatexError:
        raise  # a variant that cannot be read proves nothing: the making of variants is at fault
    except EquationError:
        return True
    return False


def _definition_refused(cell, label, variant, replayed):
    """Put the variant in the definition's place, in every chapter that has it, and run what builds on it."""
    try:
        changed = Definition.read(label, variant, cell.conditions)
        for session, cells in replayed:
            for world, definitions in session.worlds.items():
                if label not in definitions:
                    continue
                program, runs = Program({**definitions, label: changed}.values()), {}
                try_out(changed, program)
                for user in cells:
                    if user.kind in _CHECKS and user.conditions.world == world:
                        for name, latex in user.equations:
                            _CHECKS[user.kind](name, latex, user.conditions, program, runs)
    except LatexError:
        raise
    except EquationError:
        return True
    return False


def record(root, replayed):
    """Write down the counts that the pages quote, unless they were made from what is there now.

    Parameters
    ----------
    root : pathlib.Path
    replayed : callable
        Returns all chapters replayed; called only if it is needed.
    """
    made_from = fingerprint(root, ("mathref", "publishing/variants.py", "publishing/same_equation.json"))
    if DATA.exists() and json.loads(DATA.read_text(encoding="utf-8"))["made_from"] == made_from:
        return
    counts = {label: {what: count[what] for what in ("made", "refused", "same")}
              for label, count in tried(replayed()).items()}
    rows = ",\n".join(f"{json.dumps(label)}: {json.dumps(count)}" for label, count in counts.items())
    DATA.write_text(f'{{"made_from": "{made_from}", "counts": {{\n{rows}\n}}}}\n', encoding="utf-8")


def counts():
    """Return the recorded counts: {label: {"made": …, "refused": …, "same": …}}."""
    return json.loads(DATA.read_text(encoding="utf-8"))["counts"] if DATA.exists() else {}
