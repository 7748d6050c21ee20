"""The cell magics of the book, for IPython."""

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.display import display

from .cells import read_cell
from .display import bundle
from .session import Session


@magics_class
class EquationMagics(Magics):
    """One reader's session behind the magics."""

    def __init__(self, shell):
        super().__init__(shell)
        self.session = Session()

    @line_magic
    def given(self, line):
        """Take over the definitions with these labels."""
        self.session.give(line)

    def _run(self, kind, line, body):
        cell = read_cell(kind, line, body)
        display(bundle(cell, self.session.run(cell)), raw=True)

    @cell_magic
    def definition(self, line, body):
        """Give a symbol its meaning."""
        self._run("definition", line, body)

    @cell_magic
    def claim(self, line, body):
        """Check that an equation is true."""
        self._run("claim", line, body)

    @cell_magic
    def update(self, line, body):
        """Check a step of gradient descent: all right sides use the old values."""
        self._run("update", line, body)

    @cell_magic
    def refuted(self, line, body):
        """Check that an equation is false, and show what breaks."""
        self._run("refuted", line, body)

    @cell_magic
    def informal(self, line, body):
        """Show mathematics that is outside the language."""
        self._run("informal", line, body)

    @cell_magic
    def exercise(self, line, body):
        """Judge the reader's own equation."""
        self._run("exercise", line, body)
