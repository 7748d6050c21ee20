r"""What running a cell does: definitions and worlds, claims and refutations, exercises, labels, and the magics."""

import json
import re

import nbclient
import nbformat
import numpy as np
import pytest
from engine_fixture import LAYERS, NUMBERS, ONE_LAYER, RECURSION, run, run_of, session_of, value
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from mathref import dense
from mathref.engine import registry
from mathref.engine.cells import KINDS, is_equation_cell, read_source
from mathref.engine.check import check
from mathref.engine.conditions import read_conditions
from mathref.engine.errors import (ConditionError, EquationError, LatexError, MeaningError, NotFalse, NotInstalled,
                                   NotTrue, ShapeError)
from mathref.engine.networks import NETWORKS
from mathref.engine.program import Key
from mathref.engine.session import Session


@pytest.fixture(scope="module")
def layers():
    return session_of(LAYERS)


def holds(session, source):
    try:
        return all(outcome.status == "holds" for outcome in run(session, source))
    except (NotTrue, ShapeError):
        return False


def verdict_of(session, latex, conditions=""):
    return check("", latex, read_conditions(conditions.split()), session.program("")[0])


# Reading cells

def test_every_kind_of_cell_is_known_by_its_first_line_and_nothing_else_is():
    assert all(is_equation_cell(f"%%{kind} eq-x\nx = x") for kind in KINDS)
    assert not any(is_equation_cell(source) for source in ("%%definitions\nx = x", "# %%claim\nx = x", "%given eq-x", "claim", ""))


def test_a_label_stands_on_line_one_or_behind_each_equation():
    assert read_source("%%claim eq-x N=1\nx = x").equations == (("eq-x", "x = x"),)
    assert read_source("%%claim\nx = x").equations == (("", "x = x"),)
    assert read_source("%%claim N=1\nx = x \\label{eq-x}\n\ny = y\n\\label{eq-y}\n").equations == (
        ("eq-x", "x = x"), ("eq-y", "y = y"))


@pytest.mark.parametrize(("source", "says"), [
    ("%%definition\nx = y", "A definition needs a label"),
    ("%%claim eq-x\nx = x \\label{eq-y}", "on line one (eq-x) or by \\label, not both"),
    ("%%claim\nx = x \\label{eq-x} y = y", "this one does not:\n  y = y"),
    ("%%claim\nx = x \\label{eq-x} y = y \\label{eq-x}", "The label eq-x stands twice"),
    ("%%claim Eq_x\nx = x", "Eq_x is no label"),
    ("%%claim\nx = x \\label{eq x}", "eq x is no label"),
    ("%%claim eq-x eq-y\nx = x", "eq-y is no condition"),
    ("%%claim find=x\nx = x", "belong to an exercise"),
    ("%%exercise ex-x\nx = ?", "An exercise says what is to be found"),
    ("%%definition eq-x activation=tanh\nx = y", "only N and l can restrict it"),
    ("%%claim\n" + "\n".join(f"x = x \\label{{eq-{k}}}" for k in range(21)), "at most 20"),
])
def test_a_cell_whose_first_line_or_labels_cannot_be_read_says_so(source, says):
    with pytest.raises((ConditionError, LatexError)) as caught:
        read_source(source)
    assert says in str(caught.value)


# Conditions

@pytest.mark.parametrize(("words", "depth", "layers"), [
    ("", 3, [1, 2, 3]), ("1<=l<L", 3, [1, 2]), ("1<=l<=L", 3, [1, 2, 3]), ("1<l<L", 4, [2, 3]), ("0<l<L", 3, [1, 2]),
    ("l<L", 3, [1, 2]), ("2<=l", 4, [2, 3, 4]), ("l=L", 3, [3]), ("l=1", 3, [1]), ("l=L-1", 3, [2]), ("l<L-1", 4, [1, 2]),
    ("l<=2", 4, [1, 2]), ("l=5", 4, []),
])
def test_a_range_of_layers_is_what_it_says(words, depth, layers):
    assert list(read_conditions(words.split()).layer_range(depth)) == layers


def test_conditions_say_samples_depth_activations_and_world():
    assert read_conditions([]).sample_counts(6) == (1, 6)
    assert read_conditions(["N=1"]).sample_counts(6) == (1,) and read_conditions(["N>1"]).sample_counts(6) == (6,)
    conditions = read_conditions(["L=2", "activation=relu,softmax", "world=fan-out"])
    assert (conditions.depth, conditions.activations, conditions.world) == (2, ("relu", "softmax"), "fan-out")


def test_conditions_are_printed_in_words_a_reader_knows():
    assert str(read_conditions(["N=1", "1<=l<L", "L=3", "activation=tanh,relu"])) == (
        r"for $1\le l< L$, for $L=3$, for one sample, for $\sigma$ = tanh or relu")
    assert str(read_conditions(["N>1"])) == "for a batch" and str(read_conditions(["world=other"])) == ""


def test_no_width_of_a_network_is_the_size_of_the_batch():
    assert not {6} & {width for network in NETWORKS for width in network.widths}


# Claims: for every network, layer and number of samples they speak of

def test_a_claim_is_tried_in_every_network_layer_and_entry_for_one_sample_and_for_a_batch(layers):
    verdict = verdict_of(layers, "z^{l} = W^{l} a^{l-1} + b^{l} = b^{l} + W^{l} a^{l-1}")
    tried = {(network, samples): tuple(range(1, len(network.widths))) for network in NETWORKS for samples in (1, 6)}
    assert len(NETWORKS) >= 5 and {(network, samples): ls for network, samples, ls in verdict.cases} == tried
    assert verdict.entries == sum(2 * samples * sum(network.widths[1:]) for network in NETWORKS for samples in (1, 6))


def test_a_claim_by_entries_is_tried_for_every_value_of_every_index(layers):
    verdict = verdict_of(layers, r"\frac{\partial C}{\partial w^{l}_{jk}} = \delta^{l}_{j} a^{l-1}_{k}", "N=1 1<=l<L")
    assert verdict.entries == sum(n * m for network in NETWORKS for m, n in zip(network.widths[:-2], network.widths[1:-1]))


def test_a_verdict_says_which_oracle_gave_how_many_numbers_and_how_well_they_agree(layers):
    verdict = verdict_of(layers, "z^{l} = W^{l} a^{l-1} + b^{l}")
    by_relu = sum(samples * sum(network.widths[1:]) for network in NETWORKS if network.activation == "relu" for samples in (1, 6))
    numbers = {oracle: count for oracle, (count, _) in verdict.oracles.items()}
    assert numbers == {"central differences": by_relu, "complex step": verdict.entries - by_relu}
    almost = verdict_of(layers, "z^{l} = W^{l} a^{l-1} + b^{l} + 0.00000000001 z^{l} = z^{l}")
    assert 5e-12 < almost.oracles["complex step"][1] < 2e-11
    assert verdict.oracles["complex step"][1] < 1e-14


def test_conditions_narrow_what_is_tried(layers):
    verdict = verdict_of(layers, "z^{l} = W^{l} a^{l-1} + b^{l}", "N=1 L=3 1<l<L activation=tanh,softmax")
    assert verdict.cases and all(samples == 1 and ls == (2,) and network.depth == 3 for network, samples, ls in verdict.cases)
    assert {network.activation for network, _, _ in verdict.cases} == {"tanh", "softmax"}


def test_the_report_lists_each_network_with_its_layers_and_the_samples(layers):
    outcome, = run(layers, f"%%claim 1<=l<L\n{RECURSION}")
    listed = outcome.report[0]
    assert "6 networks, with one sample and a batch of 6: " in listed
    for network in NETWORKS:
        ls = ", ".join(str(k) for k in range(1, len(network.widths) - 1))
        assert f"{'-'.join(map(str, network.widths))} {network.activation} (l = {ls})" in listed


@pytest.mark.parametrize(("latex", "true_under", "false_under"), [
    (r"\delta^{l} = (a^{L} - y) \odot \sigma'(z^{l})", "l=L", ""),
    (r"\delta^{l} = (a^{L} - y) \odot \sigma'(z^{l})", "l=L", "l<=L"),
    (r"\frac{\partial C}{\partial b^{L}} = \delta^{L}", "N=1", "N>1"),
    (r"\frac{\partial C}{\partial b^{L}} = \delta^{L}", "N=1", ""),
    (r"\sigma'(z^{l}) = a^{l} - a^{l} \odot a^{l}", "activation=sigmoid", ""),
    (r"\sigma'(z^{l}) = a^{l} - a^{l} \odot a^{l}", "activation=sigmoid", "activation=sigmoid,tanh"),
    (r"a^{L} = a^{2}", "L=2", ""),
    (r"\frac{\partial a^{L}}{\partial z^{L}} = \operatorname{diag}(\sigma'(z^{L}))", "N=1", "N=1 activation=softmax"),
])
def test_an_equation_that_holds_under_a_condition_only_is_refused_without_it(layers, latex, true_under, false_under):
    assert holds(layers, f"%%claim {true_under}\n{latex}")
    assert not holds(layers, f"%%claim {false_under}\n{latex}")


def test_every_side_of_a_chain_counts(layers):
    assert holds(layers, "%%claim N=1\na^{0} = x = x")
    assert not holds(layers, "%%claim N=1\na^{0} = x = 2 x")
    assert not holds(layers, "%%claim N=1\na^{0} = 2 x = x")
    assert not holds(layers, "%%claim N=1\n2 x = a^{0} = x")


def test_numbers_have_no_batches():
    with pytest.raises(ConditionError, match="no batches"):
        run(session_of(NUMBERS), "%%claim N>1\nz = w x + b")


# Definitions

def test_running_a_cell_again_is_allowed_and_changes_nothing():
    session = session_of(LAYERS)
    for source in LAYERS + LAYERS[::-1]:
        run(session, source)
    assert holds(session, f"%%claim 1<=l<L\n{RECURSION}")


def test_running_an_edited_definition_again_changes_what_follows_and_the_edit_can_be_undone():
    session = session_of(NUMBERS)
    claim = "%%claim\n\\frac{\\partial C}{\\partial w} = (a - y) \\sigma'(z) x"
    assert holds(session, claim)
    run(session, "%%definition eq-z\nz = w (x)^{2} + b")
    assert not holds(session, claim)
    run(session, NUMBERS[0])
    assert holds(session, claim)


@pytest.mark.parametrize("edit", [
    "%%definition eq-z\nz^{l} = W^{l} a^{l}",
    "%%definition eq-z\nz^{l} = (W^{l})^{\\top} a^{l-1} + b^{l}",
    "%%definition eq-z\nz^{l} = W^{l} q + b^{l}",
    "%%definition eq-z\nz^{l} = W^{l} a^{l-1} + ",
    "%%definition eq-z\nz^{l} = \\mathbf{W}",
    "%%definition eq-z N=1 N=1\nz^{l} = b^{l}",
    "%%definition eq-z\na^{l} = b^{l}",
    "%%definition\nz^{l} = b^{l} \\label{eq-z}\na^{l} = q \\label{eq-a}",
    "%%definition\nz^{l} = b^{l} \\label{eq-z}\na^{l} = \\sigma(b^{l}) \\label{eq-other}",
    "%%definition\nq = x \\label{eq-q}\nz^{l} = a^{l} \\label{eq-z}",
    "%%definition world=other\nz = W x \\label{eq-z}\na = q \\label{eq-a}",
])
def test_a_failed_edit_leaves_no_trace(edit):
    session = session_of(LAYERS)
    before = {world: dict(definitions) for world, definitions in session.worlds.items()}
    with pytest.raises(EquationError):
        run(session, edit)
    assert session.worlds == before
    assert holds(session, f"%%claim 1<=l<L\n{RECURSION}")


def test_a_failed_claim_leaves_no_trace():
    session = session_of(LAYERS)
    for false in ("\\delta^{l} = W^{l}", "\\delta^{L} = \\sum_{j} q", "\\delta^{L} = a^{L+1}"):
        with pytest.raises(EquationError):
            run(session, f"%%claim\n{false}")
    assert holds(session, f"%%claim 1<=l<L\n{RECURSION}")


def test_a_line_taken_out_of_a_cell_of_several_definitions_is_forgotten():
    session = session_of(["%%definition\np = x \\label{eq-p}\nq = y \\label{eq-q}"])
    run(session, "%%definition\np = x \\label{eq-p}")
    with pytest.raises(MeaningError, match="q has no meaning"):
        run(session, "%%claim\nq = y")
    run(session, "%%definition\np = x \\label{eq-p}\nq = 2 y \\label{eq-renamed}")
    run(session, "%%claim\nq = 2 y")


def test_a_circle_is_found_across_cells_and_leaves_the_older_definition_standing():
    session = session_of(["%%definition eq-p\np = 2 x", "%%definition eq-q\nq = 3 p"])
    with pytest.raises(MeaningError, match="circle: p needs q needs p"):
        run(session, "%%definition eq-p\np = q")
    assert holds(session, "%%claim\nq = 6 x")


def test_one_symbol_has_one_meaning_for_each_case():
    session = session_of(["%%definition eq-one N=1\nC = \\lVert W x \\rVert^{2}"])
    run(session, "%%definition eq-many N>1\nC = 2 \\lVert W x \\rVert^{2}")
    for label, conditions in [("eq-all", ""), ("eq-again", "N=1"), ("eq-more", "N>1")]:
        with pytest.raises(MeaningError, match="already has a meaning"):
            run(session, f"%%definition {label} {conditions}\nC = 3")
    with pytest.raises(MeaningError, match="eq-one for one sample: state N=1"):
        run(session_of(["%%definition eq-one N=1\nC = \\lVert W x \\rVert^{2}"]), "%%claim\nC = \\lVert W x \\rVert^{2}")
    layered = session_of(["%%definition eq-hidden 1<=l<L\na^{l} = \\sigma(z^{l})", "%%definition eq-last\na^{L} = z^{L}",
                          "%%definition eq-first\na^{0} = x"])
    with pytest.raises(MeaningError, match="given by eq-hidden"):
        run(layered, "%%definition eq-too\na^{1} = z^{1}")


def test_a_symbol_defined_for_each_sample_has_these_values_as_columns():
    session = session_of(["%%definition eq-z\nz_{i} = W x_{i} + b"])
    assert holds(session, "%%claim\nz = W x + b")
    assert not holds(session, "%%claim\nz = W x - b")


def test_a_definition_must_agree_with_the_function_of_mathref_that_names_its_label():
    session = session_of(["%%definition eq-fc-input\na^{0} = x"])
    with pytest.raises(NotTrue, match="mathref.dense.forward"):
        run(session, "%%definition eq-fc-z\nz^{l} = W^{l} a^{l-1} - b^{l}")
    outcome, = run(session, "%%definition eq-fc-z\nz^{l} = W^{l} a^{l-1} + b^{l}")
    assert outcome.report[-1] == "`mathref.dense.forward` agrees."
    outcome, = run(session, "%%definition eq-named-otherwise\na^{l} = \\sigma(z^{l})")
    assert not any("agrees" in line for line in outcome.report)


def test_a_claim_is_heard_against_the_numbers_that_mathref_computes(layers, monkeypatch):
    claim = f"%%claim eq-fc-delta-rec 1<=l<L\n{RECURSION}"
    outcome, = run(layers, claim)
    assert outcome.report[-1] == "`mathref.dense.hidden_delta` agrees."
    with monkeypatch.context() as patch:
        from mathref.engine import witness
        names = dict(witness.witnesses())
        name, function, position = names["eq-fc-delta-rec"]

        def slip(W_next, delta_next, z, activation):
            return function(W_next, delta_next, z, activation) + 1e-6

        patch.setattr(witness, "witnesses", lambda: {**names, "eq-fc-delta-rec": (name, slip, position)})
        with pytest.raises(NotTrue, match="mathref.dense.hidden_delta differ"):
            run(layers, claim)
    assert dense.hidden_delta is function


def test_mathref_is_heard_for_the_layer_that_the_equation_speaks_of(layers):
    for latex in ("z^{1} = W^{1} x + b^{1}", "z^{L} = W^{L} a^{L-1} + b^{L}", "z^{2} = W^{2} a^{1} + b^{2}"):
        outcome, = run(layers, f"%%claim eq-fc-z\n{latex}")
        assert outcome.report[-1] == "`mathref.dense.forward` agrees."


def test_a_symbol_that_no_longer_is_what_mathref_takes_is_an_error_in_words(layers):
    with pytest.raises(ShapeError, match="mathref.cost.half_squared_error does not take these symbols"):
        run(session_of([ONE_LAYER[0]]), "%%claim eq-loss\nx = x")


# Worlds and %given

def test_one_symbol_may_mean_something_else_in_another_world():
    session = session_of([*NUMBERS, "%%definition world=fan-out\nz_{1} = w_{1} x \\label{eq-fan-1}\n"
                          "z_{2} = w_{2} x \\label{eq-fan-2}\nz = z_{1} + z_{2} \\label{eq-fan-z}"])
    assert holds(session, "%%claim\nz = w x + b")
    assert holds(session, "%%claim world=fan-out\n\\frac{\\partial z}{\\partial x} = w_{1} + w_{2}")
    assert not holds(session, "%%claim world=fan-out\nz = w x + b")
    with pytest.raises(MeaningError, match="C has no meaning"):
        run(session, "%%claim world=fan-out\nC = 1")


def test_a_definition_moved_to_another_world_is_gone_from_the_first():
    session = session_of([*NUMBERS, "%%definition eq-z world=other\nz = 2 x"])
    assert holds(session, "%%claim world=other\nz = 2 x")
    with pytest.raises(MeaningError, match="z has no meaning"):
        run(session, "%%claim\nz = w x + b")


def chapter(*sources):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book of two chapters, in place of the one that the package carries."""
    monkeypatch.setattr(registry, "DATA", tmp_path / "equations.json")
    registry.equations.cache_clear()
    chapters = {"index": chapter("print()"), "layers": chapter("%load_ext mathref.engine", *LAYERS, "x = 1"),
                "later": chapter("%%claim eq-rec 1<=l<L\n" + RECURSION, "%%claim\nx = x",
                                 "%%definition eq-other world=other\nz = W x")}
    registry.collect(chapters, ["index", "layers", "later"])
    yield chapters
    registry.equations.cache_clear()


def test_the_registry_knows_where_each_equation_stands_and_numbers_those_with_a_label(book):
    equations = registry.equations()
    assert list(equations) == ["eq-input", "eq-z", "eq-a", "eq-cost", "eq-delta", "eq-cost-sample", "eq-cost-batch",
                               "eq-delta-batch", "eq-rec", "eq-other"]
    assert (equations["eq-rec"].number, equations["eq-rec"].kind, equations["eq-rec"].chapter) == ("2.1", "claim", "later")
    assert equations["eq-cost-batch"].number == "1.7" and equations["eq-other"].number == "2.2"
    assert equations["eq-cost-batch"].conditions == "N>1" and equations["eq-rec"].latex == RECURSION
    assert json.loads(registry.DATA.read_text(encoding="utf-8"))[0]["label"] == "eq-input"


@pytest.mark.parametrize("second", ["%%claim eq-z\nx = x", "%%informal eq-z\nx", "%%definition\nq = x \\label{eq-z}"])
def test_one_label_in_two_cells_of_the_book_is_refused(book, second):
    before = registry.DATA.read_bytes()
    with pytest.raises(LatexError, match="eq-z stands in two cells: in layers and in twice"):
        registry.collect({**book, "twice": chapter(second)}, ["index", "layers", "later", "twice"])
    assert registry.DATA.read_bytes() == before


def test_given_takes_over_definitions_with_their_conditions_and_nothing_else(book):
    session = Session()
    session.give("eq-z eq-a eq-input eq-cost eq-delta")
    assert holds(session, f"%%claim N=1 1<=l<L\n{RECURSION}")
    with pytest.raises(MeaningError, match="state N=1"):
        run(session, f"%%claim 1<=l<L\n{RECURSION}")
    session.give("eq-cost-sample eq-cost-batch eq-delta-batch")
    session.give("eq-z")
    assert holds(session, f"%%claim 1<=l<L\n{RECURSION}")
    run(session, "%%definition eq-own\nq = x")


def test_what_is_not_given_does_not_exist_and_the_message_says_where_it_is(book):
    session = Session()
    session.give("eq-a")
    with pytest.raises(MeaningError, match=r"z\^\{1\} has no meaning here.*%given eq-z"):
        run(session, "%%claim\na^{l} = \\sigma(z^{l})")


def test_given_names_what_cannot_be_given(book):
    for line, says in [("eq-nothing", "eq-nothing is no definition"), ("eq-z eq-rec", "eq-rec is no definition")]:
        session = Session()
        with pytest.raises(MeaningError, match=says):
            session.give(line)
        assert session.worlds == {}
    with pytest.raises(ConditionError, match="planet=mars is no condition"):
        Session().give("eq-z planet=mars")


def test_a_definition_given_to_one_world_stays_in_the_others(book):
    session = Session()
    session.give("eq-z eq-a eq-input")
    session.give("eq-z eq-a eq-input world=layers")
    assert holds(session, "%%claim world=layers\nz^{1} = W^{1} x + b^{1}")
    assert holds(session, "%%claim\nz^{1} = W^{1} x + b^{1}")


def test_given_into_a_world(book):
    session = session_of(["%%definition eq-own\nz = w x + b"])
    session.give("eq-z eq-a eq-input world=layers")
    assert holds(session, "%%claim world=layers\nz^{1} = W^{1} x + b^{1}") and holds(session, "%%claim\nz = w x + b")


# Refutations

def test_a_refutation_shows_what_breaks_by_value_and_by_shape(layers):
    outcome, = run(layers, "%%refuted N=1\n\\frac{\\partial C}{\\partial W^{l}} = \\delta^{L} (a^{L-1})^{\\top}")
    assert outcome.status == "refuted"
    report = "\n".join(outcome.report)
    assert "differ: entry (" in report and "different shapes" in report and "3-3-3-3" in report


@pytest.mark.parametrize("latex", [RECURSION, "x = x", "\\delta^{L} = (a^{L} - y) \\odot \\sigma'(z^{L})"])
def test_a_refutation_of_what_is_true_fails(layers, latex):
    with pytest.raises(NotFalse, match="is not refuted"):
        run(layers, f"%%refuted eq-x {'1<=l<L' if 'l+1' in latex else ''}\n{latex}")


@pytest.mark.parametrize(("conditions", "latex"), [
    ("", "\\delta^{l} = q"), ("", "\\lVert W^{l+1} \\rVert^{2} = \\lVert W^{l+1} \\rVert^{2}"), ("N=1", "z^{l}_{9} = 1"), ("", "\\delta^{l} = \\delta^{"),
    ("", "\\frac{\\partial a^{l}}{\\partial z^{l}} = \\operatorname{diag}(\\sigma'(z^{l}))"), ("", "\\frac{1}{2 - 2} = 1"),
    ("L=9", "\\delta^{L} = 1"), ("N=1", "\\frac{\\partial z^{l}}{\\partial W^{l}} = 1"), ("", "W^{l} \\leftarrow q"),
    ("N=1", "\\begin{pmatrix} 1 & 2 \\\\ 3 \\end{pmatrix} = 1"),
])
def test_what_has_no_meaning_or_cannot_be_read_is_not_refuted_by_that(layers, conditions, latex):
    with pytest.raises((MeaningError, LatexError, ConditionError)):
        run(layers, f"%%refuted eq-x {conditions}\n{latex}")


def test_an_informal_equation_is_shown_and_not_executed():
    outcome, = run(Session(), "%%informal eq-big-o\nf(x+h) = f(x) + h f'(x) + \\mathcal{O}(h^2)")
    assert (outcome.status, outcome.label) == ("informal", "eq-big-o") and "not executed" in outcome.report[0]


# Updates

@pytest.mark.parametrize("latex", [
    "W^{l} \\leftarrow W^{l} - \\eta \\frac{\\partial C}{\\partial W^{l}}",
    "b^{l} \\leftarrow b^{l} - \\frac{\\eta}{N} \\sum_{i} \\delta^{l}_{i}",
])
def test_a_step_down_the_gradient_holds(layers, latex):
    assert holds(layers, f"%%update\n{latex}")


@pytest.mark.parametrize("latex", [
    "W^{l} \\leftarrow W^{l} + \\eta \\frac{\\partial C}{\\partial W^{l}}",
    "W^{l} \\leftarrow W^{l} - \\frac{\\partial C}{\\partial W^{l}}",
    "W^{l} \\leftarrow W^{l} - \\eta \\frac{\\partial C}{\\partial W^{L}}",
    "b^{l} \\leftarrow b^{l} - \\eta \\sum_{i} \\delta^{l}_{i}",
    "b^{l} \\leftarrow b^{l} - \\eta \\delta^{l}",
])
def test_any_other_step_is_refused(layers, latex):
    with pytest.raises((NotTrue, ShapeError)):
        run(layers, f"%%update\n{latex}")
    assert run(layers, f"%%refuted\n{latex}")[0].status == "refuted"


def test_a_step_must_lower_the_cost_even_if_the_function_for_steps_were_wrong(layers, monkeypatch):
    monkeypatch.setattr("mathref.engine.update.sgd.step", lambda parameters, gradients, eta: [
        parameter + eta * gradient for parameter, gradient in zip(parameters, gradients)])
    with pytest.raises(NotTrue, match="A small step changes C by -1"):
        run(layers, "%%update\nW^{l} \\leftarrow W^{l} + \\eta \\frac{\\partial C}{\\partial W^{l}}")
    with pytest.raises(NotTrue, match="mathref.sgd.step differ"):
        run(layers, "%%update\nW^{l} \\leftarrow W^{l} - \\eta \\frac{\\partial C}{\\partial W^{l}}")


# Exercises

EXERCISE = "%%exercise ex-delta find=\\delta^{L} using=a,y,z,\\sigma' N=1\n"


def judged(session, latex, line=EXERCISE):
    outcome, = run(session, line + latex)
    return outcome.status, "\n".join(outcome.report)


def test_an_exercise_is_open_until_the_question_mark_is_replaced(layers):
    status, report = judged(layers, "\\delta^{L} = ?")
    assert status == "open" and "in place of the ?" in report and "Use only a, y, z, \\sigma'" in report


@pytest.mark.parametrize("answer", [
    "\\delta^{L} = (a^{L} - y) \\odot \\sigma'(z^{L})", "\\delta^L = \\sigma'(z^L) \\odot \\left(a^L - y\\right)",
    "\\delta^{L} = -\\sigma'(z^{L}) \\odot y + a^{L} \\odot \\sigma'(z^{L})",
])
def test_every_form_of_a_right_answer_is_right(layers, answer):
    assert judged(layers, answer)[0] == "right"


@pytest.mark.parametrize(("answer", "says"), [
    ("\\delta^{L} = (y - a^{L}) \\odot \\sigma'(z^{L})", "the numbers differ"),
    ("\\delta^{L} = a^{L} - y", "the numbers differ"),
    ("\\delta^{L} = 3", "the shapes do not fit"),
    ("\\delta^{L} = (a^{L} - y) \\sigma'(z^{L})", "the shapes do not fit"),
    ("\\delta^{L} = a^{1} - y", "the shapes do not fit"),
    ("\\delta^{L} = \\delta^{L}", "it says \\delta^{L} again"),
    ("\\delta^{L} = y - y + \\delta^L", "it says \\delta^{L} again"),
    ("\\delta^{L} = \\frac{\\partial C}{\\partial z^{L}}", "it may not use"),
    ("\\delta^{L} = (a^{L} - y) \\odot \\sigma(z^{L})", "it may not use \\sigma;"),
    ("\\delta^{L} = a^{L} - x", "it may not use x"),
    ("\\delta^{L} = \\log(\\exp(a^{L} - y))", "it may not use \\log;"),
    ("\\delta^{L} = \\exp(a^{L} - y)", "it may not use \\exp;"),
    ("\\delta^{l} = (a^{L} - y) \\odot \\sigma'(z^{L})", "the left side has to stay \\delta^{L}"),
    ("y = y", "the left side has to stay \\delta^{L}"),
    ("\\delta^{L} \\leftarrow y", "an update"),
    ("\\delta^{L} = (a^{L} - y", "never closed"),
    ("\\delta^{L} = a^{L+1}", "does not exist"),
    ("\\delta^{L} = \\deltaa^{L}", "Unknown command \\deltaa"),
    ("\\delta^{L} =", "stops too early"),
    ("", "no equation"),
])
def test_a_wrong_answer_is_told_what_is_wrong_and_not_the_answer(layers, answer, says):
    status, report = judged(layers, answer)
    assert status == "wrong" and says.lower() in report.lower()
    assert not re.search(r"\d\.\d", report)  # no value
    assert "(a^{L} - y) \\odot \\sigma'(z^{L})" not in report.replace(answer, "")  # no formula


def test_an_answer_may_use_a_symbol_in_the_one_layer_that_is_allowed(layers):
    line = "%%exercise ex-grad find=\\frac{\\partial C}{\\partial a^{L-1}} using=W^{L},\\delta^{L} N=1\n"
    left = "\\frac{\\partial C}{\\partial a^{L-1}} = "
    assert judged(layers, left + "(W^{L})^{\\top} \\delta^{L}", line)[0] == "right"
    status, report = judged(layers, left + "(W^{L})^{\\top} \\delta^{1}", line)
    assert status == "wrong" and "it may not use \\delta^{1}" in report


def test_an_exercise_is_never_an_error_that_stops_the_notebook(layers):
    for answer in ("\\delta^{L} = ?", "\\delta^{L} = q_{", "", "?", "\\delta^{L} = " + "(" * 50):
        assert judged(layers, answer)[0] in ("open", "wrong")


# The magics

@pytest.fixture(scope="module")
def shell():
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "mathref.engine")
    for source in LAYERS:
        with capture_output():
            shell.run_cell(source).raise_error()
    yield shell
    InteractiveShell.clear_instance()


def typed(shell, source):
    with capture_output() as captured:
        result = shell.run_cell(source)
    return captured, result


def test_a_cell_shows_one_bundle_and_prints_nothing(shell):
    captured, result = typed(shell, f"%%claim eq-fc-delta-rec 1<=l<L\n{RECURSION}")
    result.raise_error()
    assert captured.stdout == captured.stderr == "" and result.result is None
    bundle, = captured.outputs
    assert set(bundle.data) == {"text/html", "text/markdown", "text/plain"}
    assert bundle.data["text/plain"].startswith("✓ eq-fc-delta-rec")


def test_an_error_prints_its_message_and_no_frame_of_the_engine(shell):
    captured, result = typed(shell, "%%claim eq-x N=1\n\\delta^{L} = a^{L} - y")
    assert isinstance(result.error_in_exec, NotTrue)
    assert captured.stdout.strip() == str(result.error_in_exec) and captured.stderr == "" and not captured.outputs
    assert captured.stdout.startswith("eq-x is not true:") and "Traceback" not in captured.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_cell_has_its_magic(shell, kind):
    body = {"definition": "q = x", "claim": "x = x", "update": "b^{l} \\leftarrow b^{l} - \\eta \\frac{\\partial C}{\\partial b^{l}}",
            "refuted": "x = 2 x", "informal": "\\mathcal{O}(h)", "exercise": "x = ?"}[kind]
    captured, result = typed(shell, f"%%{kind} eq-own{' find=x' if kind == 'exercise' else ''}\n{body}")
    result.raise_error()
    assert len(captured.outputs) == 1


def test_braces_and_dollars_on_line_one_are_not_run_as_python(shell, tmp_path):
    shell.user_ns["L"], written = 7, tmp_path / "written"
    typed(shell, f"%%claim eq-x world={{open({str(written)!r},'w')}}\nx = x")
    typed(shell, f"%given eq-{{open({str(written)!r},'w')}}")
    assert not written.exists()
    captured, result = typed(shell, "%%exercise ex-x find=\\delta^{L} N=1\n\\delta^{L} = a^{L} - a^{L} + \\delta^{L}")
    result.raise_error()
    assert "\\delta^{L} again" in captured.outputs[0].data["text/plain"]
    captured, _ = typed(shell, "%given eq-$L")
    assert "eq-$L is no definition" in captured.stdout


def test_given_is_a_line_magic(shell):
    captured, result = typed(shell, "%given eq-no-such-label")
    assert isinstance(result.error_in_exec, MeaningError) and "eq-no-such-label" in captured.stdout


def test_a_chapter_that_needs_a_package_stops_in_words_without_it_and_goes_on_with_it(shell):
    captured, result = typed(shell, "%needs nowhere")
    assert isinstance(result.error_in_exec, NotInstalled)
    assert captured.stderr == "" and "Traceback" not in captured.stdout
    assert "runs nowhere, which is not installed" in captured.stdout
    assert captured.stdout.endswith("\n%pip install -r ../requirements-nowhere.txt\n")
    captured, result = typed(shell, "%needs numpy")
    result.raise_error()
    assert captured.stdout == captured.stderr == ""


def test_two_notebooks_do_not_share_what_they_know():
    session, other = session_of(NUMBERS), session_of(ONE_LAYER)
    assert holds(session, "%%claim\nz = w x + b") and holds(other, "%%claim\nz = W x + b")
    with pytest.raises(MeaningError):
        run(Session(), "%%claim\nz = w x + b")


def test_a_notebook_stores_the_message_and_no_frames():
    notebook = chapter("%load_ext mathref.engine", *NUMBERS, "%%claim eq-x\nz = w x - b")
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    with pytest.raises(nbclient.exceptions.CellExecutionError) as caught:
        nbclient.NotebookClient(notebook).execute()
    error, = notebook.cells[-1].outputs
    assert error["ename"] == "NotTrue" and error["traceback"] == error["evalue"].splitlines()
    assert error["evalue"].startswith("eq-x is not true:\n  z = w x - b\n") and ".py" not in str(caught.value)
    shown, = notebook.cells[1].outputs
    assert shown["output_type"] == "display_data" and "z = w x + b" in shown["data"]["text/plain"]


def test_what_a_cell_comes_to_does_not_depend_on_the_cells_before_it_but_for_their_definitions():
    sources = [f"%%claim N=1 1<=l<L\n{RECURSION}", "%%claim N=1\n\\frac{\\partial C}{\\partial z^{l}} = \\delta^{l}",
               "%%refuted N=1\n\\delta^{l} = a^{l}", "%%claim N=1\n\\frac{\\partial \\delta^{L}_{1}}{\\partial y_{1}} = 0",
               "%%claim N=1\n\\frac{\\partial C}{\\partial C_{i}} = 1"]

    def outcome(session, source):
        try:
            return run(session, source)
        except EquationError as error:
            return str(error)

    alone = {source: outcome(session_of(LAYERS), source) for source in sources}
    together = session_of(LAYERS)
    for source in sources + sources[::-1]:
        assert outcome(together, source) == alone[source]


def test_the_numbers_of_a_run_do_not_depend_on_what_was_asked_first(layers):
    one, other = run_of(layers, 6), run_of(layers, 6)
    keys = [Key("z", 2), Key("W", 1), Key("a", 3), Key("x"), Key("y"), Key("C")]
    first = {key: one.value(key) for key in keys}
    second = {key: other.value(key) for key in reversed(keys)}
    assert all(np.array_equal(first[key], second[key]) for key in keys)
    assert value(one, "C") == value(other, "C")
