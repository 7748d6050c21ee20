"""Live figures on the pages: a place for each, what it shows before any script runs, and the script that wakes it.

A notebook carries the state of its widgets. Where a cell shows one, the page gets a mount point with the figure's
initial state inside it, drawn by the figure's own module during the build; at the first of them stands the state of all
widgets that the page shows. `mount.js` reads it. The module of each figure lies in the site once, and what all of them
need once for all: as classic scripts that hold them as text, because a page opened from disk may not import a file.
"""

import json
import re
from functools import cache
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from py_mini_racer import MiniRacer
from sphinx.util import logging

from mathref.widgets import FIGURES
from mathref.widgets.figure import parted, script, stylesheet
from publishing.sources import sent_script, sent_style

ASSETS = Path(__file__).parent / "assets"
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
CONTROLS = {"FloatSliderModel", "IntSliderModel", "DropdownModel", "CheckboxModel", "HBoxModel", "VBoxModel"}
LINKS = {"LinkModel", "DirectionalLinkModel"}
QUESTION = "question"
"""The module of a question that marks itself: a small figure, with nothing in it to move."""

_REFERENCE = re.compile(r"IPY_MODEL_([\w-]+)")
_FIELD = re.compile(r'<input\b[^>]*?( value="[^"]*")?>')
_CHOICE = re.compile(r"<select\b(?:(?!</select>).)*<option[^>]* selected>(.*?)</option>.*?</select>", re.DOTALL)
_LOG = logging.getLogger(__name__)


def references(state):
    """Return the ids of the widgets that a widget's state refers to, in order."""
    return _REFERENCE.findall(json.dumps(state))


def reachable(shown, widgets):
    """Return the ids of the widgets that are shown, those they refer to, and the links between them, in that order.

    Parameters
    ----------
    shown : iterable of str
        The ids of the widgets that have a view.
    widgets : dict
        The saved widgets by id, each with its `model_name` and its `state`.
    """
    def closure(waiting):
        found = {}
        while waiting:
            model_id = waiting.pop(0)
            if model_id in widgets and model_id not in found:
                found[model_id] = True
                waiting = references(widgets[model_id]["state"]) + waiting
        return found

    seen = closure(list(shown))
    links = [model_id for model_id, widget in widgets.items()
             if widget["model_name"] in LINKS and seen.keys() & set(references(widget["state"]))]
    return list(closure([*shown, *links]))


def stable_ids(notebook):
    """Give the widgets of an executed notebook ids that are the same in every run, and forget those nobody sees.

    They are counted in the order in which the outputs show them: model-0001, model-0002 …

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Changed in place.
    """
    saved = notebook.metadata.get("widgets", {}).get(STATE)
    if not saved:
        return
    views = [output.data[VIEW] for cell in notebook.cells for output in cell.get("outputs", [])
             if VIEW in output.get("data", {})]
    widgets = saved["state"]
    kept = reachable([view["model_id"] for view in views], widgets)
    names = {old: f"model-{number:04}" for number, old in enumerate(kept, start=1)}
    for view in views:
        view["model_id"] = names.get(view["model_id"], view["model_id"])
    renamed = {names[old]: widgets[old] for old in kept}
    for widget in renamed.values():  # what follows is worked out where it is shown; its last digit is the processor's
        for name in results(figure_name(widget)):
            widget["state"].pop(name, None)
    text = _REFERENCE.sub(lambda found: f"IPY_MODEL_{names.get(found[1], found[1])}", json.dumps(renamed))
    saved["state"] = json.loads(text)


def figure_name(widget):
    """Return the name of a figure's module, or None for a widget that is no figure of this book."""
    found = re.fullmatch(r"mathref\.widgets\.(\w+)\.\w+", widget["state"].get("_anywidget_id", ""))
    return found and found[1]


def results(figure):
    """Return the names of what follows in a figure from what can be moved: on a page the module works it out."""
    return {name for shown in FIGURES if shown.__module__.rpartition(".")[2] == figure
            for name, trait in shown.class_traits(sync=True).items() if trait.read_only and name != "bound"}


def page_models(shown, widgets):
    """Return what `mount.js` has to know: for each widget its kind and its state, without layout and sources.

    Raises
    ------
    ValueError
        If a widget is shown that a page without a kernel has no view for.
    """
    models = {}
    for model_id in reachable(shown, widgets):
        widget = widgets[model_id]
        kind, figure = widget["model_name"], figure_name(widget)
        if kind.endswith(("LayoutModel", "StyleModel")):
            continue
        if not figure and kind not in CONTROLS | LINKS:
            raise ValueError(f"{kind} has no view on a page without a kernel; there is one for the figures of "
                             f"mathref.widgets and for {', '.join(sorted(CONTROLS))}")
        dropped = {"layout", "style"} | results(figure)
        state = {key: value for key, value in widget["state"].items() if value is not None and key not in dropped
                 and (not key.startswith("_") or key == "_options_labels")}
        models[model_id] = {"model": kind, "state": state, **({"figure": figure} if figure else {})}
    return models


def json_script(models):
    """Return the models as a script element of data. No text in it can end the element."""
    text = json.dumps(models, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="figure-models">{text}</script>'


@cache
def _engine(figure):
    engine = MiniRacer()
    engine.eval(script(figure))
    return engine


def still(model_id, models):
    """Return a widget as it looks before it lives: a figure, a box of them, or nothing."""
    model = models[model_id]
    if "figure" in model:
        return _engine(model["figure"]).call("markup", model["state"])
    return "".join(still(child, models) for child in references(model["state"].get("children", [])))


def asleep(markup):
    """Return a figure's markup with nothing in it to be filled in: a button of the same looks for every field and choice.

    As a page opens, Chromium lays out whatever its autofill might fill in, however far from the screen; a picture needs none.
    """
    return _CHOICE.sub(r'<button type="button">\1</button>', _FIELD.sub(r'<input type="button"\1>', markup))


def mount_point(model_id, models):
    """Return the place of a widget on a page, with the widget standing still inside it."""
    inside = asleep(still(model_id, models))
    figure = models[model_id].get("figure")
    named = f' data-figure="{figure}"' if figure else ""
    if exercise := models[model_id]["state"].get("exercise"):
        named += f' data-exercise="{exercise}"'
    return f'<div class="figure{"" if inside else " control"}"{named} data-model="{model_id}">{inside}</div>'


def _models_of(app, docname):
    """Take the widget state, and the scripts meant to show it, away from MyST-NB and return the state."""
    files = NbMetadataCollector.get_js_files(app.env, docname)
    taken = [files.pop(key) for key in list(files) if key.startswith("ipywidgets")]
    bodies = [options["body"] for _, options in taken if options.get("type") == STATE]
    return json.loads(bodies[0])["state"] if bodies else {}


def _views_of(doctree):
    """Return the nodes that show a widget, each with the widget's id."""
    views = []
    for node in doctree.findall(nodes.raw):
        found = re.fullmatch(rf'<script type="{re.escape(VIEW)}">(.*)</script>', node.astext(), re.DOTALL)
        if found:
            views.append((node, json.loads(found[1])["model_id"]))
    return views


def _replace_views(app, doctree):
    docname = app.env.docname
    widgets, views = _models_of(app, docname), _views_of(doctree)
    views = [(node, model_id) for node, model_id in views if model_id in widgets]
    if not views:
        return
    try:
        models = page_models([model_id for _, model_id in views], widgets)
    except ValueError as error:
        _LOG.warning("%s", error, location=docname, type="figures")
        return
    for number, (node, model_id) in enumerate(views):
        data = json_script(models) if number == 0 else ""
        node.replace_self(nodes.raw("", data + mount_point(model_id, models), format="html"))
    figures = sorted({model["figure"] for model in models.values() if "figure" in model})
    app.env.metadata[docname]["figures"] = " ".join(figures)


def _load_scripts(app, pagename, templatename, context, doctree):
    figures = app.env.metadata.get(pagename, {}).get("figures")
    if figures is None:
        return
    app.add_css_file("figures/figures.css", priority=900)
    for name in ["shared", *figures.split(), "mount"]:
        app.add_js_file(f"figures/{name}.js", loading_method="defer")


def _write_scripts(app):
    names = [figure.__module__.rpartition(".")[2] for figure in FIGURES]
    folder = Path(app.outdir) / "_static" / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    shared, modules = parted(names, beside=[QUESTION])
    for name, source in {"shared": shared, **modules}.items():
        text = json.dumps(sent_script(source), ensure_ascii=False)
        (folder / f"{name}.js").write_text(f"(self.figureModules ??= {{}}).{name} = {text};\n", encoding="utf-8")
    (folder / "mount.js").write_text(sent_script((ASSETS / "mount.js").read_text(encoding="utf-8")), encoding="utf-8")
    (folder / "figures.css").write_text(
        sent_style(stylesheet(*names, QUESTION) + (ASSETS / "mount.css").read_text(encoding="utf-8")), encoding="utf-8")


def setup(app):
    """Give the widgets of the notebooks their places on the pages."""
    app.connect("builder-inited", _write_scripts)
    app.connect("doctree-read", _replace_views)
    app.connect("html-page-context", _load_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
