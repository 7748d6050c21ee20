"""Small chapters for the engine's tests: their definitions, a session that ran them, and one network of a session."""

from copy import deepcopy
from functools import cache

from mathref.engine.cells import read_source
from mathref.engine.evaluate import Evaluator
from mathref.engine.networks import NETWORKS
from mathref.engine.parser import parse
from mathref.engine.program import Run
from mathref.engine.session import Session

LAYERS = (
    "%%definition eq-input\na^{0} = x",
    "%%definition eq-z\nz^{l} = W^{l} a^{l-1} + b^{l}",
    "%%definition eq-a\na^{l} = \\sigma(z^{l})",
    "%%definition eq-cost N=1\nC = \\frac{1}{2} \\lVert a^{L} - y \\rVert^{2}",
    "%%definition eq-delta N=1\n\\delta^{l} = \\frac{\\partial C}{\\partial z^{l}}",
    "%%definition N>1\n"
    "C_{i} = \\frac{1}{2} \\lVert a^{L}_{i} - y_{i} \\rVert^{2} \\label{eq-cost-sample}\n"
    "C = \\frac{1}{N} \\sum_{i} C_{i} \\label{eq-cost-batch}\n"
    "\\delta^{l}_{i} = \\frac{\\partial C_{i}}{\\partial z^{l}_{i}} \\label{eq-delta-batch}",
)
ONE_LAYER = (
    "%%definition eq-z\nz = W x + b",
    "%%definition eq-a\na = \\sigma(z)",
    "%%definition eq-cost N=1\nC = \\frac{1}{2} \\lVert a - y \\rVert^{2}",
)
NUMBERS = (
    "%%definition eq-z\nz = w x + b",
    "%%definition eq-a\na = \\sigma(z)",
    "%%definition eq-cost\nC = \\frac{1}{2} (a - y)^{2}",
)
PLANES = (
    "%%definition eq-z\nz = a \\star W + b",
    "%%definition eq-cost\nC = \\frac{1}{2} \\lVert \\sigma(z) - y \\rVert^{2}",
    "%%definition eq-delta\n\\delta = \\frac{\\partial C}{\\partial z}",
    "%%definition eq-nabla-a\n\\nabla a = \\frac{\\partial C}{\\partial a}",
)
PLANES_IN_LAYERS = (
    "%%definition eq-z\nz^{l} = a^{l-1} \\star W^{l} + b^{l}",
    *LAYERS[:1], *LAYERS[2:5],
    "%%definition eq-nabla-a 0<=l<=L\n\\nabla a^{l} = \\frac{\\partial C}{\\partial a^{l}}",
)
CHANNELS = (
    "%%definition\n"
    "z^{l}_{n,k} = \\sum_{c} a^{l-1}_{n,c} \\star W^{l}_{k,c} + b^{l}_{k} \\label{eq-z}\n"
    "a^{0}_{n,c} = x_{n,c} \\label{eq-input}\n"
    "a^{l}_{n,k} = \\sigma(z^{l}_{n,k}) \\label{eq-a}\n"
    "C_{n} = \\frac{1}{2} \\sum_{k} \\lVert a^{L}_{n,k} - y_{n,k} \\rVert^{2} \\label{eq-cost-sample}\n"
    "C = \\frac{1}{N} \\sum_{n} C_{n} \\label{eq-cost}\n"
    "\\delta^{l}_{n,k} = \\frac{\\partial C_{n}}{\\partial z^{l}_{n,k}} \\label{eq-delta}",
    "%%definition eq-nabla-a 0<=l<=L\n\\nabla a^{l}_{n,c} = \\frac{\\partial C_{n}}{\\partial a^{l}_{n,c}}",
)
RECURSION = "\\delta^{l} = \\left( (W^{l+1})^{\\top} \\delta^{l+1} \\right) \\odot \\sigma'(z^{l})"


def run(session, source):
    """Run a whole cell, and return its outcomes."""
    return session.run(read_source(source))


@cache
def _ran(cells):
    session = Session()
    for source in cells:
        run(session, source)
    return session


def session_of(cells):
    """Return a new session that ran the cells."""
    return deepcopy(_ran(tuple(cells)))


def run_of(session, samples=1, network=NETWORKS[0], world=""):
    """Return a run of a session's definitions, with nothing computed yet."""
    return Run(session.program(world)[0], network, samples)


def value(run, latex, **bound):
    """Return what the engine makes of one side of an equation; `l` is a layer, indices count from zero."""
    equation = f"{latex} = 1"
    return Evaluator(run, equation, bound).visit(parse(equation).children[0])
