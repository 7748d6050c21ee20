"""A figure seen from Python: what follows from what, what is refused, and what is left of it without a browser."""

import base64
import re
import xml.etree.ElementTree as ElementTree

import nbformat
import numpy as np
import pytest
from ipywidgets import FloatSlider, jslink
from traitlets import TraitError

from javascript import call
from mathref import activations, dense
from mathref.widgets import (
    FIGURES, ConvForward, ConvGradient, Descent, Digits, GradientCheck, KernelGradient, LayerForward, Network, OutputError,
    Strides,
)
from mathref.widgets.figure import script
from mathref.widgets.layer_forward import NAMES
from publishing.figures import STATE, VIEW, json_script, page_models, stable_ids


@pytest.fixture
def figure():
    return LayerForward()


def test_z_and_a_follow_whatever_is_assigned(figure):
    figure.W = [[1, 2, 3], [4, 5, 6]]
    figure.b = np.array([[0.5], [-9.5]])
    figure.a_prev = ((0.25,), (-1,), (2,))
    for name in NAMES:
        figure.activation = name
        z = dense.forward(figure.W, figure.b, figure.a_prev)
        np.testing.assert_array_equal(figure.z, z)
        np.testing.assert_array_equal(figure.a, activations.by_name(name)(z))


def test_numbers_are_nested_lists_of_floats(figure):
    figure.W = np.ones((2, 3), dtype=int)
    assert figure.W == [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    assert all(type(x) is float for name in ("W", "b", "a_prev", "z", "a") for row in getattr(figure, name) for x in row)


ENTRIES = [
    (LayerForward, "w_23", "W", 1, 2), (LayerForward, "a_3", "a_prev", 2, 0), (LayerForward, "b_2", "b", 1, 0),
    (OutputError, "z_2", "z", 1, 0), (OutputError, "y_3", "y", 2, 0),
    (Network, "w2_13", "W2", 0, 2), (Network, "b1_2", "b1", 1, 0), (Network, "x_2", "x", 1, 0), (Network, "y_1", "y", 0, 0),
    (Descent, "eta_1", "learning_rate", 0, 0), (Descent, "w1_12", "W1", 0, 1), (Descent, "b1_1", "b1", 0, 0),
    (Descent, "w2_11", "W2", 0, 0), (Descent, "x_26", "x", 1, 5), (Descent, "y_13", "y", 0, 2),
    (ConvForward, "a_23", "a_prev", 1, 2), (ConvForward, "w_12", "W", 0, 1), (ConvForward, "b_1", "b", 0, 0),
    (ConvGradient, "w_12", "W", 0, 1), (ConvGradient, "delta_21", "delta", 1, 0),
    (KernelGradient, "a_23", "a_prev", 1, 2), (KernelGradient, "delta_21", "delta", 1, 0),
    (Strides, "a_23", "a_prev", 1, 2), (Strides, "w_12", "W", 0, 1), (Strides, "delta_21", "delta", 1, 0),
    (Digits, "x_38", "x", 2, 7),
    *((GradientCheck, f"{name}_1", name, 0, 0) for name in ("w", "x", "b", "y", "exponent")),
]


@pytest.mark.parametrize("made, entry, name, i, j", ENTRIES, ids=lambda part: getattr(part, "__name__", None))
def test_value_and_its_entry_are_one_number_in_python_and_in_the_browser(made, entry, name, i, j):
    figure = made()
    figure.entry = entry
    assert figure.value == getattr(figure, name)[i][j]
    low, high = figure.traits()[name].within
    for x in (low + 0.25, high - 0.25):
        figure.value = x
        assert getattr(figure, name)[i][j] == x
        matrix = np.array(getattr(figure, name))
        matrix[i, j] = (low + high) / 2
        setattr(figure, name, matrix)
        assert figure.value == (low + high) / 2
    assert call(script(made.__module__.rpartition(".")[2]), "place", entry) == [name, i, j]


def test_entries_of_every_matrix_are_tried():
    assert {(made, name) for made, _, name, _, _ in ENTRIES} == {
        (made, name) for made in FIGURES for name in made.letters.values()} - {
        (Network, name) for name in ("W1", "W3", "b2", "b3")}  # like W2 and b1


def test_observers_hear_of_each_change_once(figure):
    heard = []
    figure.observe(lambda change: heard.append((change.name, change.new)), ["W", "value"])
    figure.value = 0.25
    assert sorted(heard) == [("W", [[0.4, 0.25, 0.2], [-1.0, 0.8, 0.5]]), ("value", 0.25)]


@pytest.mark.parametrize("name, wrong, words", [
    ("W", [[1, 2]], r"W has shape \(1, 2\); in this figure it keeps its shape \(2, 3\)"),
    ("W", [1, 2, 3], r"W has shape \(3,\); it needs two dimensions"),
    ("W", [[1, 2, 3], [4, 5]], "W is ragged"),
    ("W", [[1, 2, 3], [4, 5, float("nan")]], r"W\[1, 2\] is nan"),
    ("b", [[1], [float("inf")]], r"b\[1, 0\] is inf"),
    ("b", [[1], [-10.5]], r"b\[1, 0\] is -10.5; it needs to lie between −10 and 10"),
    ("a_prev", [[1j], [0], [0]], "a_prev is complex"),
    ("a_prev", "words", "a_prev"),
    ("a_prev", None, "a_prev"),
    ("value", float("nan"), "value is nan"),
    ("value", 10.01, "value is 10.01; it needs to lie between −10 and 10"),
    ("entry", "w_44", "entry is 'w_44'; it needs to be one of w_11, w_12"),
    ("activation", "softmax", "sigmoid"),
    ("z", [[0], [0]], "read-only"),
])
def test_what_cannot_be_shown_is_refused_in_words_and_nothing_changes(figure, name, wrong, words):
    before = figure.get_state()
    with pytest.raises(TraitError, match=words):
        setattr(figure, name, wrong)
    assert figure.get_state() == before


def test_a_message_from_the_browser_is_taken_whole_or_not_at_all(figure):
    before = figure.get_state()
    with pytest.raises(TraitError, match="b"):
        figure.set_state({"W": [[1, 2, 3], [4, 5, 6]], "b": [[1], [99]]})
    assert figure.get_state() == before


@pytest.mark.parametrize("wrong, words", [
    ({"W": [[1, 2]]}, "needs shape"),
    ({"a_prev": [[1], [2]]}, r"a_prev has shape \(2, 1\)"),
    ({"W": [[1]] * 7, "a_prev": [[1]], "b": [[1]] * 7, "entry": "w_11"}, "room for 6"),
    ({"W": [[1]], "a_prev": [[1]], "b": [[1]]}, "entry is 'w_12'"),
])
def test_a_figure_that_does_not_fit_together_is_not_made(wrong, words):
    with pytest.raises(TraitError, match=words):
        LayerForward(**wrong)


def test_repr_makes_the_figure_again(figure):
    figure.value = 1.25
    again = eval(repr(figure), {"LayerForward": LayerForward})
    assert (again.W, again.z, again.a) == (figure.W, figure.z, figure.a)


def test_without_a_browser_a_figure_is_a_table_of_text(figure):
    assert figure._repr_mimebundle_()[0]["text/plain"] == """\
A layer forward: z = W a_prev + b, a = sigmoid(z)
W                   a_prev   b       z       a
 0.40 −0.60  0.20    1.00     0.10    1.20   0.77
−1.00  0.80  0.50   −0.50    −0.30   −0.70   0.33
                     2.00"""


def test_where_scripts_and_styles_are_stripped_a_figure_is_a_picture_and_a_table(figure):
    html = figure._repr_mimebundle_()[0]["text/html"]
    assert not re.search(r"<script|<style|style=|class=|\bid=", html)
    svg = base64.b64decode(re.search(r'<img alt="A layer forward[^"]*" src="data:image/svg\+xml;base64,([^"]*)">', html)[1])
    drawn = [text.text for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    told = re.findall(r"<td>([^<]+)</td>", html)
    assert [x for x in drawn if x in told] == told == [
        "0.40", "−0.60", "0.20", "−1.00", "0.80", "0.50", "1.00", "−0.50", "2.00", "0.10", "−0.30", "1.20", "−0.70",
        "0.77", "0.33"]


def test_every_figure_can_be_drawn_without_arguments():
    for figure in FIGURES:
        assert figure()._repr_mimebundle_()[0]["text/plain"].startswith(figure().title())


def notebook_of(ids):
    """A notebook that shows a figure and a linked slider, as if a kernel had given the widgets these ids, and holds a
    widget that nobody sees."""
    figure, layout, slider, link, unseen = ids
    widgets = {
        layout: {"model_name": "LayoutModel", "state": {"_model_name": "LayoutModel"}},
        slider: {"model_name": "FloatSliderModel", "state": {"value": 1.0, "layout": f"IPY_MODEL_{layout}"}},
        unseen: {"model_name": "HTMLModel", "state": {"value": "unseen"}},
        link: {"model_name": "LinkModel", "state": {"source": [f"IPY_MODEL_{figure}", "value"],
                                                    "target": [f"IPY_MODEL_{slider}", "value"]}},
        figure: {"model_name": "AnyModel", "state": {"_anywidget_id": "mathref.widgets.layer_forward.LayerForward",
                                                     "_esm": "…", "_css": "…", "value": 1.0,
                                                     "layout": f"IPY_MODEL_{layout}"}},
    }
    cell = nbformat.v4.new_code_cell(outputs=[
        nbformat.v4.new_output("display_data", {VIEW: {"model_id": shown}, "text/plain": "a widget"})
        for shown in (figure, slider)])
    cell.id = "cell"
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata["widgets"] = {STATE: {"state": widgets, "version_major": 2, "version_minor": 0}}
    return notebook


def test_ids_of_widgets_are_the_same_in_every_run():
    one, other = notebook_of(["f0e1", "1a2b", "0c3d", "9e8f", "77aa"]), notebook_of(["03", "f7", "d1", "22", "e9"])
    stable_ids(one)
    stable_ids(other)
    assert one == other
    assert [output.data[VIEW]["model_id"] for output in one.cells[0].outputs] == ["model-0001", "model-0003"]
    assert "unseen" not in nbformat.writes(one)


def test_normalising_ids_twice_is_normalising_them_once():
    once = notebook_of(["f0e1", "1a2b", "0c3d", "9e8f", "77aa"])
    stable_ids(once)
    text = nbformat.writes(once)
    stable_ids(once)
    assert nbformat.writes(once) == text


def test_a_notebook_without_widgets_stays_as_it_is():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("text", id="one")])
    text = nbformat.writes(notebook)
    stable_ids(notebook)
    assert nbformat.writes(notebook) == text


def test_a_page_carries_of_the_state_only_what_it_needs():
    notebook = notebook_of(["f", "l", "s", "k", "u"])
    widgets = notebook.metadata["widgets"][STATE]["state"]
    assert page_models(["f", "s"], widgets) == {
        "f": {"model": "AnyModel", "state": {"value": 1.0}, "figure": "layer_forward"},
        "s": {"model": "FloatSliderModel", "state": {"value": 1.0}},
        "k": {"model": "LinkModel", "state": {"source": ["IPY_MODEL_f", "value"], "target": ["IPY_MODEL_s", "value"]}}}


def test_a_widget_that_a_page_cannot_show_is_an_error():
    widgets = {"t": {"model_name": "TextareaModel", "state": {}}}
    with pytest.raises(ValueError, match="TextareaModel has no view on a page without a kernel"):
        page_models(["t"], widgets)


def test_no_text_in_the_state_can_end_its_script_element():
    script = json_script({"model-0001": {"model": "FloatSliderModel", "state": {"description": "</script><!--<b>"}}})
    assert script.count("<") == 2 and script.endswith("</script>")


def test_a_slider_can_be_linked_to_the_value_of_a_figure(figure):
    link = jslink((figure, "value"), (FloatSlider(), "value"))
    assert link.source[0] is figure
