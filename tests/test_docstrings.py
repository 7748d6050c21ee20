"""Every public function of the package says what it takes, what it returns and what it refuses."""

import inspect
import re

import pytest

from mathref import (activations, arrays, autograd, colours, conv, cost, dense, geometry, gradcheck, im2col, initial, layout,
                     pooling, sgd, softmax, strides)

FUNCTIONS = {f"{module.__name__}.{name}": member
             for module in (activations, arrays, autograd, colours, conv, cost, dense, geometry, gradcheck, im2col, initial,
                            layout, pooling, sgd, softmax, strides)
             for name, member in vars(module).items()
             if inspect.isfunction(member) and member.__module__ == module.__name__ and not name.startswith("_")}
FUNCTIONS |= {"mathref.activations.Activation.__call__": activations.Activation.__call__,
              "mathref.activations.Activation.prime": activations.Activation.prime}


NOTHING_TO_REFUSE = {"mathref.arrays.finite_result", "mathref.colours.css", "mathref.geometry.spread", *(
    f"mathref.autograd.{name}" for name in ("operation", "swapped", "placed", "spread", "summed_to"))}
"""What takes nothing, or what another function has looked at."""


def section(function, title):
    """Return the lines of a section that are not indented: the entries without their descriptions."""
    match = re.search(rf"^{title}\n-+\n((?:.*\S.*\n?|\n(?!\S+\n-))*)", inspect.getdoc(function), re.MULTILINE)
    return [line for line in match.group(1).splitlines() if line and line[0] != " "] if match else []


def names(lines):
    return [name.strip("* ") for line in lines for name in line.split(" : ")[0].split(",")]


@pytest.mark.parametrize("name", FUNCTIONS)
class TestTheDocstring:
    def test_names_every_parameter(self, name):
        parameters = [parameter for parameter in inspect.signature(FUNCTIONS[name]).parameters if parameter != "self"]
        assert sorted(names(section(FUNCTIONS[name], "Parameters"))) == sorted(parameters)

    def test_says_what_is_returned(self, name):
        assert section(FUNCTIONS[name], "Returns")

    def test_says_what_is_refused(self, name):
        assert section(FUNCTIONS[name], "Raises") or name in NOTHING_TO_REFUSE

    def test_lists_the_labels_of_the_equations_for_values_that_are_returned(self, name):
        returned = names(section(FUNCTIONS[name], "Returns"))
        for line in section(FUNCTIONS[name], "Equations"):
            assert re.fullmatch(r"\w+ :( eq-[a-z0-9-]+)+", line)
            assert line.split(" : ")[0] in returned


def test_each_label_is_implemented_by_one_function():
    labels = [label for function in FUNCTIONS.values()
              for line in section(function, "Equations") for label in line.split(" : ")[1].split()]
    assert len(labels) == len(set(labels)) and "eq-fc-z" in labels
