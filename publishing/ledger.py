"""What the ledger of the book says of each equation. Nothing in it is typed but the meanings: the rest is on record.

An equation that lacks a field is an error; a field that cannot apply says why.
"""

import json
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from mathref.engine.registry import Equation, equations
from publishing import checks, variants

BOOK_DATA = Path(__file__).resolve().parent.parent / "book" / "data"
KIND_NAMES = {"definition": "definitions", "claim": "claims", "update": "updates", "refuted": "refuted",
              "informal": "informal", "exercise": "exercises"}
NOT_APPLICABLE = {"refuted": "none: it is false", "informal": "none: it is not executed",
                  "exercise": "none until you answer it"}
FALL = "fall of C"


class LedgerError(ValueError):
    """Fields are missing, or do not belong to the book; the message has a line for each."""


@dataclass(frozen=True)
class Records:
    """All that the ledger is made from, each by label: the book's equations and what is on record about them."""

    equations: dict
    meanings: dict
    displays: dict
    checks: dict
    variants: dict

    @classmethod
    def read(cls):
        """Return what is on record now."""
        def data(name):
            return json.loads((BOOK_DATA / name).read_text(encoding="utf-8"))

        displays = {display["label"]: display for display in data("document_displays.json")}
        return cls(equations(), data("meanings.json"), displays, checks.checks(), variants.counts())


@dataclass(frozen=True)
class Row:
    """One equation. `fields` are its headings with what stands under them: lines of inline Markdown."""

    equation: Equation
    meaning: str
    fields: dict
    compared: int        # numbers
    worst: int | None    # the power of ten that every error stays below
    refused: int         # false variants
    variants: int        # that were made and are not the same equation


@dataclass(frozen=True)
class Totals:
    """Sums over rows."""

    kinds: dict
    compared: int
    worst: int | None
    refused: int
    variants: int


def rows(records):
    """Return a `Row` for every equation of the book, in its order.

    Raises
    ------
    LedgerError
        Naming every field that is missing and every meaning that no equation of the book has.
    """
    made, faults = [], []
    for label, equation in records.equations.items():
        fields, checked = _fields(equation, records), records.checks.get(label, {})
        faults += [f"{label}: {heading} is missing" for heading, text in fields.items() if not text]
        found = {name: pair for name, pair in checked.get("oracles", {}).items() if name != FALL}
        count = records.variants.get(label, {"made": 0, "refused": 0, "same": 0})
        made.append(Row(equation, fields.pop("Meaning"), fields, sum(number for number, _ in found.values()),
                        max((bound for _, bound in found.values()), default=None),
                        count["refused"], count["made"] - count["same"]))
    faults += [f"{label}: has a meaning, and is no equation of the book" for label in records.meanings
               if label not in records.equations]
    faults += [f"{label}: Function is {records.checks[label]['function']}, and book/data/meanings.json says it has none"
               for label, row in records.meanings.items()
               if records.checks.get(label, {}).get("function") and {"towards", "beside"} & set(row)]
    if faults:
        raise LedgerError("\n".join(faults))
    return made


def by_chapter(made):
    """Return the rows of each chapter: {stem: list of Row}."""
    return {stem: list(group) for stem, group in groupby(made, key=lambda row: row.equation.chapter)}


def totals(made):
    """Return the `Totals` of rows."""
    kinds = {kind: sum(row.equation.kind == kind for row in made) for kind in KIND_NAMES}
    return Totals(kinds, sum(row.compared for row in made),
                  max((row.worst for row in made if row.worst is not None), default=None),
                  sum(row.refused for row in made), sum(row.variants for row in made))


def worst_by(records, oracle):
    """Return the power of ten that every error by one oracle stays below."""
    return max(row["oracles"][oracle][1] for row in records.checks.values() if oracle in row.get("oracles", {}))


def _fields(equation, records):
    """Return every field as lines of inline Markdown, an empty string where it is missing."""
    label, kind = equation.label, equation.kind
    meaning, checked = records.meanings.get(label, {}), records.checks.get(label)
    display = records.displays.get(label)
    return {
        "Meaning": meaning.get("meaning", "").strip(),
        "Label": f"`{label}` · {kind}",
        "Document": _document(display, meaning),
        "Function": NOT_APPLICABLE.get(kind) or _function(checked, meaning, records.equations),
        "Checked by": _oracles(kind, checked),
        "Cases": _cases(kind, checked),
        "False variants": NOT_APPLICABLE.get(kind) or _variants(records.variants.get(label)),
        "Errata corrected": _errata(display, meaning),
    }


def _document(display, meaning):
    if display:
        return f"display {display['number']}, line {display['line']}" if display.get("line") else ""
    return f"line {meaning['inline']}, within the text" if "inline" in meaning else "not in the document"


def _errata(display, meaning):
    if display and "errata" not in display:
        return ""
    return ", ".join(f"{{ref}}`{name} <{name.lower()}>`" for name in (display or meaning).get("errata", ())) or "none"


def _function(checked, meaning, known):
    if checked and checked.get("function"):
        return f"`{checked['function']}`"
    if meaning.get("towards") in known:
        return f"none: a step towards {{eq}}`{meaning['towards']}`"
    return f"none: {meaning['beside']}" if meaning.get("beside") else ""


def _oracles(kind, checked):
    if kind in ("informal", "exercise"):
        return NOT_APPLICABLE[kind]
    if not checked:
        return ""
    if kind == "refuted":
        return "evaluation of its sides: they differ in value or shape"
    if kind == "definition" and not checked["oracles"]:
        return "none: it says what a symbol means, and is compiled into the forward program"
    return "\n".join(_oracle(kind, name, *checked["oracles"][name]) for name in sorted(checked["oracles"], key=_place))


def _place(oracle):
    """Return the key by which the oracles of an equation are sorted: numbers, functions, the fall of C."""
    order = ("evaluation", *checks.STEPS)
    return order.index(oracle) if oracle in order else len(order) + (oracle == FALL)


def _oracle(kind, name, numbers, bound):
    if name == FALL:
        return f"the fall of C: {numbers} small steps, as steep as the gradient says, error ≤\N{NO-BREAK SPACE}1e{bound}"
    words = {"evaluation": "evaluation of all sides", "central differences": "central differences, where σ is relu"}
    words = f"`{name}`" if name.startswith("mathref.") else words.get(name, name)
    if kind == "update" and name in checks.STEPS:
        words = f"`mathref.sgd.step` along the gradient by {words}"
    return f"{words}: {numbers:,} number{'s' * (numbers != 1)}, error ≤\N{NO-BREAK SPACE}1e{bound}"


def _cases(kind, checked):
    if kind in ("informal", "exercise"):
        return NOT_APPLICABLE[kind]
    if not checked:
        return ""
    if kind == "refuted":
        return f"{checked['networks']} networks, and it is false in {checked['false']} of them"
    samples = " and ".join("one sample" if number == 1 else f"a batch of {number}" for number in checked["samples"])
    return f"{checked['cases']}, over the layers of {checked['networks']} networks, with {samples}"


def _variants(count):
    if not count:
        return ""
    refused = f"{count['refused']} of {count['made'] - count['same']} refused"
    if not count["same"]:
        return refused
    return f"{refused}; {count['same']} more {'is' if count['same'] == 1 else 'are'} the same equation in other words"
