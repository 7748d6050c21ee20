"""What can be wrong with an equation, in words for a student."""

from contextlib import contextmanager


class EquationError(Exception):
    """Something about an equation that stops it; the message is all that a reader sees."""

    def _render_traceback_(self):
        # IPython asks for the lines of the traceback: the frames inside the engine would teach nothing.
        return str(self).splitlines()


class LatexError(EquationError):
    """The LaTeX cannot be read."""


class MeaningError(EquationError):
    """The LaTeX can be read, but a symbol has no meaning, two, or a circular one."""


class ShapeError(EquationError):
    """An operation was given operands whose shapes do not fit."""


class ConditionError(EquationError):
    """A condition on line one cannot be read, or leaves nothing to test."""


class NotTrue(EquationError):
    """The sides of an equation are not equal."""


class NotFalse(EquationError):
    """An equation that the book calls false is true."""


class NotInstalled(EquationError):
    """A chapter runs a package that is not there, so that none of its cells can be tried."""


@contextmanager
def naming(label):
    """Put the label in front of an error that comes up inside and does not name it."""
    try:
        yield
    except EquationError as error:
        if label in str(error):
            raise
        raise type(error)(f"{label}: {error}") from None
