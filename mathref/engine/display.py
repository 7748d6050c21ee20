"""How an equation cell shows itself: in Jupyter (HTML), in the book (Markdown) and as plain text."""

import re
from html import escape

from .parser import parse, source
from .registry import equations

_MARKS = {"defined": "≔", "holds": "✓", "refuted": "✗", "informal": "○", "open": "…", "right": "✓", "wrong": "✗"}
_WORDS = {"defined": "definition", "holds": "checked numerically", "refuted": "false: refuted",
          "informal": "not executed", "open": "your turn", "right": "right", "wrong": "not right"}

# A symbol that a report names with its layer or its plane filled in, which no part of the equation is: \delta^{2}.
_FILLED_IN = r"\\(?:delta|nabla a)(?:\^\{\d+\})?(?:_\{[\d,]+\})?|\b[A-Za-z](?:\^\{\d+\}(?:_\{[\d,]+\})?|_\{[\d,]+\})"


def bundle(cell, outcomes):
    """Return the MIME bundle of a cell that ran.

    Parameters
    ----------
    cell : Cell
    outcomes : list of Outcome

    Returns
    -------
    dict
        `text/html` for Jupyter, `text/markdown` for the book, `text/plain` for terminals and for comparison.
    """
    conditions = str(cell.conditions)
    return {"text/html": _html(outcomes, conditions), "text/markdown": _markdown(cell, outcomes, conditions),
            "text/plain": _plain(outcomes, conditions)}


def number(label):
    """Return the equation's number in the book, or "" for one that is not in it."""
    return equations()[label].number if label in equations() else ""


def _reports(outcomes):
    """Return what the outcomes report, without saying the same twice."""
    return list(dict.fromkeys(line for outcome in outcomes for line in outcome.report))


def _typeset_reports(outcomes):
    """Return the reports with the parts of the equations that they name set as mathematics."""
    lines = dict.fromkeys(_with_mathematics(line, o) for o in outcomes for line in o.report)
    return list(lines)


def _with_mathematics(line, outcome):
    if outcome.status != "refuted":
        return line
    parts = {source(node, outcome.latex) for node in parse(outcome.latex).iter_subtrees()}
    named = sorted((re.escape(part) for part in parts if re.search(r"[\\^_]", part)), key=len, reverse=True)
    return re.sub("|".join([*named, _FILLED_IN]), lambda part: f"${part.group()}$", line)


def _typeset(outcome):
    """The blank of an exercise becomes a box."""
    return outcome.latex.replace("?", r"\boxed{\,?\,}") if outcome.status == "open" else outcome.latex


def _markdown(cell, outcomes, conditions):
    blocks = [f"$$\n{_typeset(o)}\n$$" + (f" ({o.label})" if o.label else "") for o in outcomes]
    options = [f":status: {outcomes[0].status}"] + ([f":conditions: {conditions}"] if conditions else [])
    report = "\n\n".join(_typeset_reports(outcomes))
    blocks.append(f"```{{verdict}} {cell.kind}\n" + "\n".join(options) + f"\n\n{report}\n```")
    return "\n\n".join(blocks)


def _html(outcomes, conditions):
    status = outcomes[0].status
    rows = []
    for o in outcomes:
        tag = rf" \tag{{{number(o.label)}}}" if number(o.label) else ""
        rows.append(f"<div>$$ {escape(_typeset(o))}{tag} $$</div>")
    aside = f" <span>{escape(conditions)}</span>" if conditions else ""
    report = "".join(f"<p>{escape(line)}</p>" for line in _typeset_reports(outcomes))
    unfolded = " open" if status in ("open", "right", "wrong") else ""
    return (f'<div class="equation {status}">{"".join(rows)}<details{unfolded}><summary>{_MARKS[status]} '
            f"{_WORDS[status]}{aside}</summary>{report}</details></div>")


def _plain(outcomes, conditions):
    lines = []
    for o in outcomes:
        name = " ".join(word for word in (o.label, f"({number(o.label)})" if number(o.label) else "") if word)
        lines.append(f"{_MARKS[o.status]} {name + ': ' if name else ''}{' '.join(o.latex.split())}")
    lines.append(_WORDS[outcomes[0].status] + (f", {conditions}" if conditions else ""))
    return "\n".join(lines + _reports(outcomes))
