"""What all live figures share: one Python class and one ES module of the same name, side by side.

In Jupyter a figure is an anywidget. On a static page the same module runs in a small mount script; it finds there the
state that the notebook saved. Where neither is at hand a figure is a picture and a table of its numbers.
"""

import re
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from mathref import arrays, colours
from mathref.widgets import still

HERE = Path(__file__).parent
BOUND = 10.0
"""No number in a figure is larger than this. It keeps every result finite and every cell readable."""

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_COMMENT = re.compile(r"^ *(?://[^\n]*|/\*\*.*?\*/)\n", re.MULTILINE | re.DOTALL)


def _modules(name):
    """Return the ES module `name`.js and the modules beside it that it needs, without what they import, needed ones first."""
    modules = {}

    def take(name):
        source = (HERE / f"{name}.js").read_text(encoding="utf-8")
        for part in _IMPORT.findall(source):
            if part not in modules:
                take(part)
        modules[name] = _IMPORT.sub("", source)

    take(name)
    return modules


def uncommented(source):
    """Return JavaScript without the comments that have lines of their own."""
    return _COMMENT.sub("", source)


def _written(modules):
    """Return modules as one source: no comments, and nothing exported but what the last of them exports."""
    *parts, own = modules.values()
    return uncommented("\n".join([*(re.sub(r"^export ", "", part, flags=re.MULTILINE) for part in parts), own]))


def bundle(name):
    """Return the ES module `name`.js with the modules beside it that it needs written into it, without comments."""
    return _written(_modules(name))


def parted(names, beside=()):
    """Return what all the ES modules `names` need as one source, and each module without it: after it, it is whole.

    Those `beside` them stand after it too, and need not need all of it.
    """
    needed = {name: _modules(name) for name in (*names, *beside)}
    shared = [module for module in needed[names[0]] if all(module in needed[name] for name in names)]
    rest = {name: _written({module: source for module, source in modules.items() if module not in shared})
            for name, modules in needed.items()}
    return _written({**{module: needed[names[0]][module] for module in shared}, "": ""}), rest


def script(name):
    """Return the bundle as a classic script, for an engine without modules: what was exported is global."""
    return re.sub(r"^export (?:default )?", lambda found: "const figure = " if "default" in found[0] else "",
                  bundle(name), flags=re.MULTILINE)


def stylesheet(*names):
    """Return the book's colours and the rules of the figures `names`, each after those of the modules that it needs."""
    sheets = [HERE / f"{module}.css" for module in dict.fromkeys(module for name in names for module in _modules(name))]
    return colours.css() + "".join(sheet.read_text(encoding="utf-8") for sheet in sheets if sheet.exists())


class Matrix(traitlets.TraitType):
    """A matrix of finite real numbers, held as nested lists: plain data for `observe`, jslink and saved notebooks.

    Assign a whole matrix; a change inside the list goes unnoticed. Once a figure is made the shapes of what can be
    assigned stay, unless the matrix is `resizable`; then the figure says itself what fits together. Entries lie `within`
    two ends; where they are narrower than usual, `bounds` in the module says so too.
    """

    info_text = f"a matrix of numbers between −{BOUND:g} and {BOUND:g}"

    def __init__(self, resizable=False, within=(-BOUND, BOUND), **kwargs):
        super().__init__(**kwargs)
        self.resizable = resizable
        self.within = within

    def outside(self, x):
        """Return in words why an entry cannot be `x`, or nothing if it can."""
        low, high = self.within
        return "" if low <= x <= high else f"it needs to lie between {low:g} and {high:g}".replace(" -", " −")

    def validate(self, obj, value):
        try:
            matrix = arrays.array(self.name, value)
        except (TypeError, ValueError) as error:
            raise traitlets.TraitError(str(error)) from None
        if matrix.ndim != 2:
            raise traitlets.TraitError(f"{self.name} has shape {matrix.shape}; it needs two dimensions, "
                                       "a column is written [[1], [2]]")
        if np.iscomplexobj(matrix):
            raise traitlets.TraitError(f"{self.name} is complex; it needs real numbers")
        if obj.made and not self.read_only and not self.resizable and matrix.shape != np.shape(getattr(obj, self.name)):
            raise traitlets.TraitError(f"{self.name} has shape {matrix.shape}; in this figure it keeps its shape "
                                       f"{np.shape(getattr(obj, self.name))}, another shape needs a figure of its own")
        for (row, column), x in np.ndenumerate(matrix):
            if not self.read_only and self.outside(x):
                raise traitlets.TraitError(f"{self.name}[{row}, {column}] is {x:g}; {self.outside(x)}")
        return matrix.astype(float).tolist()


class Figure(anywidget.AnyWidget):
    """A live figure. A subclass in `name.py` takes its module and its rules from the files beside it:

        _esm = bundle("name")
        _css = stylesheet("name")

    and says in `letters` how the entries of its matrices that can be moved are called: `{"w": "W"}` makes `w_12` the
    entry of W in row 1 and column 2. The entries of a column have one index.

    Attributes
    ----------
    bound : float
        The largest number that an entry can be moved to, and the negative of the smallest.
    entry : str
        The entry that `value` stands for and that the figure asks about.
    value : float
        The number at `entry`. Both ways: setting it moves the entry, so a slider can be linked to it.
    """

    letters = {}
    columns = ()
    """Those of its matrices that are columns."""

    bound = traitlets.Float(BOUND, read_only=True).tag(sync=True)
    entry = traitlets.Unicode().tag(sync=True)
    value = traitlets.Float().tag(sync=True)
    made = False

    def __init__(self, **kwargs):
        self.observe(self._show_entry, [*self.letters.values(), "entry"])
        super().__init__(**kwargs)
        self.made = True

    def title(self):
        """Return what the figure shows, in one line of text."""
        raise NotImplementedError

    def quantities(self):
        """Return the numbers it shows, a list of `mathref.widgets.still.Quantity` in the order of the equation."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return {**data,
                "text/plain": still.text(self.title(), self.quantities()),
                "text/html": still.html(self.title(), self.quantities())}, metadata

    def _entries(self):
        """Return where each entry that can be moved stands: {"w_12": ("W", 0, 1), …}."""
        return {f"{letter}_{i + 1}{'' if name in self.columns else j + 1}": (name, i, j)
                for letter, name in self.letters.items()
                for i, row in enumerate(getattr(self, name)) for j in range(len(row))}

    @traitlets.validate("entry")
    def _known(self, proposal):
        if proposal.value not in self._entries():
            raise traitlets.TraitError(f"entry is {proposal.value!r}; it needs to be one of {', '.join(self._entries())}")
        return proposal.value

    @traitlets.validate("value")
    def _bounded(self, proposal):
        name = self._entries().get(self.entry, next(iter(self._entries().values())))[0]
        if self.traits()[name].outside(proposal.value):
            raise traitlets.TraitError(f"value is {proposal.value}; {self.traits()[name].outside(proposal.value)}")
        return proposal.value

    def _show_entry(self, change):
        entries = self._entries()
        if self.entry not in entries:  # a matrix is smaller than it was
            self.entry = next(iter(entries))
        name, i, j = entries[self.entry]
        self.value = getattr(self, name)[i][j]

    @traitlets.observe("value")
    def _move_entry(self, change):
        name, i, j = self._entries()[self.entry]
        matrix = np.array(getattr(self, name))
        matrix[i, j] = change.new
        setattr(self, name, matrix)
