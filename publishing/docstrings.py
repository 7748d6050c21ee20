"""What the docstrings of `mathref` say, taken apart at the headings of numpydoc.

A docstring is prose, then sections: *Parameters*, *Returns*, *Raises*, and this book's own *Equations*, which names for
a value that is returned the labels of the equations that it is.
"""

import ast
import inspect
import re
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path

PACKAGE = "mathref"

_HEADING = re.compile(r"^(\S.*)\n-+\n", re.MULTILINE)


@dataclass(frozen=True)
class Item:
    """An entry of a section: `names` before the colon, or none; what they are; and what is said about them."""

    names: str
    kind: str
    text: str


@dataclass(frozen=True)
class Entry:
    """Something public of a module. `name` is its full one, `kind` what Sphinx calls it, `signature` its arguments."""

    name: str
    kind: str
    signature: str
    text: str
    sections: dict

    @property
    def short(self):
        """The name as chapters write it: module and function."""
        return self.name.removeprefix(f"{PACKAGE}.")

    @property
    def labels(self):
        """The labels of the equations that it implements, each with the value that is one."""
        return {label: item.names for item in self.sections.get("Equations", ()) for label in item.kind.split()}


def taken_apart(docstring):
    """Return the prose of a docstring and its sections, {heading: list of Item}.

    Parameters
    ----------
    docstring : str
        Without the indentation that all its lines share.

    Returns
    -------
    text : str
    sections : dict
        A section that is no list of entries, *References*, is one Item without names.
    """
    text, *pairs = _HEADING.split(docstring)
    sections = {heading: _items(body) if heading != "References" else [Item("", "", body.strip())]
                for heading, body in zip(pairs[::2], pairs[1::2])}
    return text.strip(), sections


def _items(body):
    items = []
    for line in body.strip().splitlines():
        if line and not line[0].isspace():
            names, colon, kind = line.partition(" : ")
            items.append([names if colon else "", kind if colon else line, []])
        else:
            items[-1][2].append(line)
    return [Item(names, kind, inspect.cleandoc("\n".join(["", *lines]))) for names, kind, lines in items]


@cache
def entries(module):
    """Return what is public in a module of `mathref` and has a docstring, as list of Entry in the order of the source.

    Methods follow their class. A constant is there if a string stands below it.
    """
    loaded = import_module(f"{PACKAGE}.{module}")
    found = []
    body = ast.parse(Path(loaded.__file__).read_text(encoding="utf-8")).body
    for node, after in zip(body, [*body[1:], None]):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_") and ast.get_docstring(node):
            found += _defined(f"{loaded.__name__}.{node.name}", getattr(loaded, node.name))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            text = inspect.cleandoc(after.value.value)
            found.append(Entry(f"{loaded.__name__}.{node.targets[0].id}", "data", "", text, {}))
    return found


def _defined(name, thing):
    """Yield the entry of a function, or those of a class and its methods."""
    if not inspect.isclass(thing):
        yield _entry(name, "function", _arguments(thing), thing)
        return
    whole = _entry(name, "class", "", thing)
    made_elsewhere = issubclass(thing, (tuple, Exception)) or "Attributes" in whole.sections and "Parameters" not in whole.sections
    yield whole if made_elsewhere else replace(whole, signature=_arguments(thing))
    for own, member in vars(thing).items():
        if member.__doc__ and own in ("__call__", own.lstrip("_")):
            if isinstance(member, property) and member.fget.__doc__:
                yield _entry(f"{name}.{own}", "property", "", member)
            elif inspect.isroutine(inspect.unwrap(member)) and callable(member):
                yield _entry(f"{name}.{own}", "method", _arguments(member), member)


def _arguments(thing):
    """Return the arguments as they are written in a call, without types: the docstring has those, with shapes."""
    parameters = inspect.signature(thing).parameters.values()
    return f"({', '.join(str(one.replace(annotation=one.empty)) for one in parameters if one.name != 'self')})"


def _entry(name, kind, signature, thing):
    return Entry(name, kind, signature, *taken_apart(inspect.getdoc(thing)))


def module_text(module):
    """Return what a module says about itself."""
    return inspect.getdoc(import_module(f"{PACKAGE}.{module}"))


def named_in(entry, source):
    """Say whether a chapter names or uses an entry: `dense.forward`, or `forward` imported from `mathref.dense`."""
    module, _, name = re.sub(r"^widgets\.\w+\.", "widgets.", entry.short).partition(".")  # a chapter takes them from the package
    return bool(re.search(rf"\b{module}\.{re.escape(name)}\b|^from {PACKAGE}\.{module} import .*\b{re.escape(name)}\b",
                          source, re.MULTILINE))
