"""Editing an equation on a page: the engine in JavaScript, and what it takes over from the engine in Python.

The modules in `publishing/engine/` mirror those of `mathref/engine/`. What both sides have to agree about is not written
twice: the automaton that reads LaTeX is made here from `grammar.lark`, and with it go the networks, the tolerances and
the book's definitions, as the module `facts`. All of it is one classic script, which a page loads when its reader asks for
an editor: a page opened from disk may not import a module.
"""

import inspect
import json
import re
from dataclasses import asdict
from functools import cache
from pathlib import Path

import lark
import nbformat

from mathref.engine import cells, check, derivative, display, networks, parser, program, registry, update, witness
from mathref.engine.cells import is_equation_cell

MODULES = Path(__file__).with_name("engine")
GRAMMAR = Path(parser.__file__).with_name("grammar.lark")
START = "statement"

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_COMMENT = re.compile(r"^ *(?://[^\n]*|/\*\*.*?\*/)\n", re.MULTILINE | re.DOTALL)


@cache
def grammar():
    """Return the tables of Lark's automaton for the grammar.

    Returns
    -------
    dict
        `terminals`: [name, regular expression] in the order in which they are tried; `ignored`, the name of spacing;
        `rules`: [origin, name of the node, number of parts, whether a single part stands for the node, the parts that
        stay: [position, whether its own parts are taken in]]; `symbols` and `states`: by the position of a symbol,
        the state to go to, or -1 - r for the rule r to reduce by; the `first` and the `last` state.
    """
    built = lark.Lark(GRAMMAR.read_text(encoding="utf-8"), start=START, parser="lalr", maybe_placeholders=False)
    table, rules = built.parser.parser._parse_table, {rule: number for number, rule in enumerate(built.rules)}
    states = {state: number for number, state in enumerate(table.states)}
    symbols = sorted({symbol for actions in table.states.values() for symbol in actions})
    terminals = built.parser.lexer.root_lexer.terminals
    ignored, = built.ignore_tokens
    return {
        "terminals": [[terminal.name, terminal.pattern.to_regexp()] for terminal in terminals],
        "ignored": ignored,
        "rules": [[rule.origin.name, rule.alias or rule.origin.name, len(rule.expansion),
                   bool(rule.options.expand1 and not rule.alias), _kept(rule)] for rule in rules],
        "symbols": symbols,
        "states": [[[symbols.index(symbol), states[target] if action.name == "Shift" else -1 - rules[target]]
                    for symbol, (action, target) in actions.items()] for actions in table.states.values()],
        "first": states[table.start_states[START]], "last": states[table.end_states[START]],
    }


def _kept(rule):
    """Return which parts of a rule stay in its node, and whether a part is a rule of Lark's own, which stands for a + or a *."""
    return [[position, not symbol.is_term and symbol.name.startswith("_")] for position, symbol in enumerate(rule.expansion)
            if rule.options.keep_all_tokens or not (symbol.is_term and symbol.filter_out)]


@cache
def facts():
    """Return what the engine in JavaScript takes over from the one in Python."""
    def sizes(of):
        return [asdict(network) for network in of]

    return {
        "grammar": grammar(), "commands": sorted(parser._COMMANDS), "words": parser._WORDS,
        "longest": parser.LONGEST, "deepest": parser.DEEPEST, "lines": cells.LINES, "evaluations": program.EVALUATIONS,
        "networks": sizes(networks.NETWORKS), "geometries": sizes(networks.GEOMETRIES), "strided": sizes(networks.STRIDED),
        "activations": list(networks.ACTIVATIONS), "notAnalytic": sorted(derivative._NOT_ANALYTIC),
        "centralStep": derivative.CENTRAL_STEP,
        "exact": {"tolerance": check.TOLERANCE, "noise": check.NOISE},
        "central": {"tolerance": check.CENTRAL_TOLERANCE, "noise": check.CENTRAL_NOISE},
        "marks": {status: [sign, display._WORDS[status]] for status, sign in display._MARKS.items()},
        "style": (MODULES / "editor.css").read_text(encoding="utf-8"),
        "floor": check.FLOOR, "smallest": check.SMALLEST,
        "smallRate": update.SMALL_RATE, "ratioTolerance": update.RATIO_TOLERANCE,
        "witnesses": {label: {"name": name, "position": position,
                              "parameters": None if inspect.isclass(function) else list(inspect.signature(function).parameters)}
                      for label, (name, function, position) in witness.witnesses().items()},
        "definitions": [{"label": equation.label, "conditions": equation.conditions, "latex": equation.latex}
                        for equation in registry.equations().values() if equation.kind == "definition"],
    }


def given(notebook):
    """Return the `%given` lines of a chapter, each with the number of equation blocks on its page that stand above."""
    lines, blocks = [], 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        lines += [[blocks, line.removeprefix("%given ")] for line in cell.source.splitlines() if line.startswith("%given ")]
        blocks += is_equation_cell(cell.source) and "raises-exception" not in cell.metadata.get("tags", [])
    return lines


def modules():
    """Return the source of the engine's modules by name, needed ones first; no comments, nothing imported or exported."""
    found = {}

    def take(name):
        source = (MODULES / f"{name}.js").read_text(encoding="utf-8")
        for needed in _IMPORT.findall(source):
            if needed != "facts" and needed not in found:
                take(needed)
        found[name] = re.sub(r"^export ", "", _COMMENT.sub("", _IMPORT.sub("", source)), flags=re.MULTILINE)

    take("editor")
    return found


def source(chapters=None):
    """Return the whole engine as one source; what its modules define is global in it.

    Parameters
    ----------
    chapters : dict, optional
        The `given` lines of the chapters, by stem.
    """
    data = json.dumps({**facts(), "given": chapters or {}}, ensure_ascii=False, separators=(",", ":"))
    return "\n".join([f"const facts = {data};", *modules().values()])


def script(chapters=None):
    """Return the engine as a classic script, which leaves nothing but `equationEditor` behind."""
    return f'self.equationEditor = (() => {{\n"use strict";\n{source(chapters)}\nreturn {{ open }};\n}})();\n'


def _write_script(app, exception):
    if exception or app.builder.name != "html":
        return
    sources = [Path(app.env.doc2path(docname)) for docname in sorted(app.env.found_docs)]
    chapters = {path.stem: given(nbformat.read(path, as_version=4)) for path in sources if path.suffix == ".ipynb"}
    (Path(app.outdir) / "_static" / "equation-editor.js").write_text(script(chapters), encoding="utf-8")


def setup(app):
    """Write the script that the pages load when an equation is to be edited."""
    app.connect("build-finished", _write_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
