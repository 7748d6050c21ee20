"""Every exercise that a notebook judges takes its right answer, and takes neither the question nor a slip for one."""

from dataclasses import replace

import pytest

from mathref.engine.mutants import mutants

pytestmark = pytest.mark.thorough

ANSWERS = {
    "ex-on-shared": r"\frac{\partial C}{\partial w} = \delta_{1} x_{1} + \delta_{2} x_{2}",
    "ex-on-grad-w": r"\frac{\partial C}{\partial W} = \delta x^{\top}",
    "ex-no-entries": r"\lVert W x \rVert^{2} = \sum_{j} \left( \sum_{k} w_{jk} x_{k} \right)^{2}",
    "ex-fc-two-layers": r"a^{2} = \sigma(W^{2} \sigma(W^{1} x + b^{1}) + b^{2})",
    "ex-fc-delta-out-sigmoid": r"\delta^{L} = (a^{L} - y) \odot a^{L} \odot (1 - a^{L})",
    "ex-fc-grad-a-prev": r"\frac{\partial C}{\partial a^{L-1}} = (W^{L})^{\top} \delta^{L}",
    "ex-fc-delta-two": r"\delta^{L-1} = \left( (W^{L})^{\top} \left( (a^{L} - y) \odot \sigma'(z^{L}) \right) \right)"
                       r" \odot \sigma'(z^{L-1})",
    "ex-fc-grad-x": r"\frac{\partial C}{\partial x} = (W^{1})^{\top} \delta^{1}",
    "ex-fc-grad-length": r"\lVert \frac{\partial C}{\partial W^{l}} \rVert^{2} = \lVert \delta^{l} \rVert^{2}"
                         r" \lVert a^{l-1} \rVert^{2}",
    "ex-fc-grad-before-last": r"\frac{\partial C}{\partial W^{L-1}} = \left( \left( (W^{L})^{\top} \left( (a^{L} - y) \odot"
                              r" \sigma'(z^{L}) \right) \right) \odot \sigma'(z^{L-1}) \right) (a^{L-2})^{\top}",
    "ex-fc-line-cost": r"\frac{1}{2} \left( \left( w - \eta \frac{\partial C}{\partial w} \right) x - y \right)^{2} ="
                       r" \left( 1 - \eta (x)^{2} \right)^{2} C",
    "ex-fc-step-z": r"\left( W^{l} - \eta \frac{\partial C}{\partial W^{l}} \right) a^{l-1} + b^{l} ="
                    r" z^{l} - \eta \lVert a^{l-1} \rVert^{2} \delta^{l}",
    "ex-fc-rows-delta": r"(\delta^{l})^{\top} = \left( (\delta^{l+1})^{\top} W^{l+1} \right) \odot \sigma'((z^{l})^{\top})",
    "ex-fc-grad-w-summed": r"\frac{\partial C}{\partial W^{l}} = \frac{\partial C}{\partial z^{l}} (a^{l-1})^{\top}",
    "ex-fc-straight": r"\frac{\partial C}{\partial W^{1}} = \frac{1}{N} (W^{2})^{\top} \left( W^{2} (W^{1} x + b^{1}) + b^{2} - y \right)"
                      r" x^{\top}",
    "ex-conv-two-layers": r"a^{2} = \sigma(\sigma(x \star W^{1} + b^{1}) \star W^{2} + b^{2})",
    "ex-conv-corner": r"\nabla a_{13} = (\sigma(z_{12}) - y_{12}) \sigma'(z_{12}) w_{12}",
    "ex-conv-grad-x": r"\frac{\partial C}{\partial x} = \operatorname{pad}(\delta^{1}) \star \operatorname{rot180}(W^{1})",
    "ex-conv-grad-w-out": r"\frac{\partial C}{\partial W^{L}} = a^{L-1} \star \left( (a^{L} - y) \odot \sigma'(z^{L}) \right)",
    "ex-conv-turned-nabla-a": r"\nabla a = \operatorname{pad}(\delta) \star W",
    "ex-fast-grad-w": r"\operatorname{vec}(\frac{\partial C}{\partial W}) = \operatorname{columns}(a) \operatorname{vec}(\delta)",
    "ex-gc-activated": r"\frac{\partial C}{\partial W} = (y \odot \sigma'(z)) x^{\top}",
    "ex-pt-sum": r"\frac{\partial C}{\partial W^{l}} = \delta^{l} (a^{l-1})^{\top}",
    "ex-strides-turned-nabla-a": r"\nabla a = \operatorname{crop}(\operatorname{pad}(\delta_{\uparrow s}) \star W_{\uparrow d})",
    "ex-dg-two": r"a = \sigma(x_{1} - x_{2})",
    "ex-ag-gate": r"\frac{\partial a}{\partial z} = \sigma(z) + z \sigma'(z)",
}


@pytest.fixture(scope="module")
def exercises(replayed):
    """The exercises of the book by label: the session of their chapter, and their cell."""
    return {label: (session, cell) for session, cells in replayed for cell in cells if cell.kind == "exercise"
            for label, _ in cell.equations}


def answered(exercises, label, latex):
    session, cell = exercises[label]
    outcome, = session.run(replace(cell, equations=((label, latex),)))
    return outcome


def test_every_exercise_has_its_answer_here(exercises):
    assert exercises.keys() == ANSWERS.keys()


@pytest.mark.parametrize("label", ANSWERS)
def test_an_exercise_is_open_until_it_is_answered_and_then_right(exercises, label):
    session, cell = exercises[label]
    assert session.run(cell)[0].status == "open"
    assert answered(exercises, label, ANSWERS[label]).status == "right"


@pytest.mark.parametrize("label", ANSWERS)
def test_the_question_itself_is_no_answer(exercises, label):
    left = ANSWERS[label].split(" = ")[0]
    assert answered(exercises, label, f"{left} = {left}").status == "wrong"


@pytest.mark.parametrize("label", ANSWERS)
def test_slips_are_wrong_and_what_is_said_of_them_does_not_hold_the_answer(exercises, label):
    left, right = ANSWERS[label].split(" = ")
    session, cell = exercises[label]
    program, _ = session.program(cell.conditions.world)
    slips = [variant for variant in mutants(ANSWERS[label], program.scalar) if variant.startswith(left + " =")]
    assert len(slips) >= 5
    for slip in slips:
        outcome = answered(exercises, label, slip)
        assert outcome.status == "wrong", slip
        said = "".join(" ".join(outcome.report).split())
        assert "".join(right.split()) not in said.replace("".join(slip.split()), "")
