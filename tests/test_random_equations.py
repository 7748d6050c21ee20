"""Whatever is typed, both engines give a verdict or refuse in their own words, soon, and say the same.

A few thousand inputs; `python -m benchmarks.fuzz` tries a hundred thousand.
"""

import random

import pytest
from py_mini_racer import JSEvalException

import random_equations
from mathref.engine.registry import equations
from random_equations import cells, faults, faults_of_an_answer, grafted, grown, typed
from two_engines import Definitions, slips_of_typing, tree_in_javascript, tree_in_python


def test_what_the_grammar_allows_is_read_and_what_it_does_not_is_refused_the_same():
    generator, known = random.Random(3), [equation.latex for equation in equations().values()]
    texts = [grown(generator, room=generator.randint(8, 14)) for _ in range(300)]
    assert sum(tree_in_python(text)[0] != "LatexError" for text in texts) > 180
    texts += [grafted(generator, known) for _ in range(200)] + [slips_of_typing(generator.choice(known), generator) for _ in range(500)]
    assert [text for text in texts if tree_in_javascript(text) != tree_in_python(text)] == []


def test_any_cell_gets_one_verdict():
    found = [(source, told) for chapter, position, source in cells(400, seed=4) if (told := faults(chapter, position, source))]
    assert found == []


def test_any_answer_that_is_typed_gets_one_verdict():
    found = [(label, answer, told) for label, answer in typed(700, seed=5) if (told := faults_of_an_answer(label, answer))]
    assert found == []


class Broken(Definitions):
    """An engine in Python that crashes, hangs, or says something else."""

    def __init__(self, does):
        super().__init__([])
        self.in_python = lambda position, source: does()


def hang():
    while True:
        pass


@pytest.mark.parametrize("does, told", [
    (lambda: 1 / 0, "Python: ZeroDivisionError: division by zero"), (hang, "Python: TimeoutError: no verdict within 1 seconds"),
    (lambda: ("holds", "Yes."), "Python: ('holds', 'Yes.')")])
def test_a_crash_a_hang_and_another_verdict_are_noticed(monkeypatch, does, told):
    monkeypatch.setattr(random_equations, "SECONDS", 1)
    assert faults(Broken(does), 0, "%%claim\nx = 2")[0] == told


def test_a_crash_on_the_page_is_noticed(monkeypatch):
    def crash(label, answer):
        raise JSEvalException("TypeError: x is undefined")

    monkeypatch.setattr(random_equations, "answered", crash)
    assert faults_of_an_answer("ex-fc-grad-x", "W") == ["JavaScript: TypeError: x is undefined"]
