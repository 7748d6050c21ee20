"""The cell magics of the book, for IPython."""

from importlib.util import find_spec

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand
from IPython.display import display

from .cells import read_cell
from .display import bundle
from .errors import NotInstalled
from .session import Session


@magics_class
class EquationMagics(Magics):
    """One reader's session behind the magics.

    IPython would run what stands in braces on line one as Python: here braces are LaTeX, hence `no_var_expand`.
    """

    def __init__(self, shell):
        super().__init__(shell)
        self.session = Session()

    @no_var_expand
    @line_magic
    def given(self, line):
        """Take over the definitions with these labels."""
        self.session.give(line)

    @no_var_expand
    @line_magic
    def needs(self, line):
        """Stop in words where a package is not installed that this chapter runs and the others do not."""
        package = line.strip()
        if find_spec(package) is None:
            raise NotInstalled(f"This chapter runs {package}, which is not installed here. You can read on: the outputs\n"
                               "below are stored. To run it, put the next line into a cell, run that, and begin again\n"
                               f"at the top:\n\n%pip install -r ../requirements-{package}.txt")

    def _run(self, kind, line, body):
        cell = read_cell(kind, line, body)
        display(bundle(cell, self.session.run(cell)), raw=True)

    @no_var_expand
    @cell_magic
    def definition(self, line, body):
        """Give a symbol its meaning."""
        self._run("definition", line, body)

    @no_var_expand
    @cell_magic
    def claim(self, line, body):
        """Check that an equation is true."""
        self._run("claim", line, body)

    @no_var_expand
    @cell_magic
    def update(self, line, body):
        """Check a step of gradient descent: all right sides use the old values."""
        self._run("update", line, body)

    @no_var_expand
    @cell_magic
    def refuted(self, line, body):
        """Check that an equation is false, and show what breaks."""
        self._run("refuted", line, body)

    @no_var_expand
    @cell_magic
    def informal(self, line, body):
        """Show mathematics that is outside the language."""
        self._run("informal", line, body)

    @no_var_expand
    @cell_magic
    def exercise(self, line, body):
        """Judge the reader's own equation."""
        self._run("exercise", line, body)
