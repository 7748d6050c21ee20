"""The engine: LaTeX cells that run. Load it in a notebook with `%load_ext mathref.engine`."""


def load_ipython_extension(shell):
    """Register the book's cell magics."""
    from .magics import EquationMagics

    shell.register_magics(EquationMagics)
