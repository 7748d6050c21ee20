"""Plots and drawings: the book's colours and no others, in the light and in the dark, the same on every machine."""

import json
import os
import re
import subprocess
import sys
from base64 import b64decode
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from mathref import visual
from mathref.engine.marking import marked
from mathref.visual import mathematics, picture

ROOT = Path(__file__).parent.parent
LIGHT, DARK = (json.loads((ROOT / "mathref" / "colours.json").read_text())[theme] for theme in ("light", "dark"))
DRAWINGS = sorted(path.stem for path in (ROOT / "mathref" / "visual" / "drawings").glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"

PLOT = """
import numpy as np
from mathref import visual
z = np.linspace(-4, 4, 201)
figure, ax = visual.axes()
ax.plot(z, np.tanh(z), **visual.line("a"))
ax.plot([0, 1], [0, 0.5], **visual.points("W"))
ax.fill_between(z, 0, np.tanh(z), alpha=0.2, **visual.ink("z"))
ax.bar([-3], [0.5], hatch="//", **visual.ink("delta"))
ax.text(2, 0.5, "slope $\\\\sigma'(z^{l})$", **visual.ink("grad_a"))
ax.set_xlabel("$z$", **visual.ink("z"))
"""


def plot():
    names = {}
    exec(PLOT, names)
    return names["figure"], names["ax"]


def shown(figure, alt="A plot."):
    return picture.html(visual.svg(figure), alt)


def svg_of(html):
    return re.search("<svg.*</svg>", html, re.DOTALL)[0]


def without_style(html):
    return re.sub("<style>.*?</style>", "", svg_of(html), flags=re.DOTALL)


@cache
def plain():
    return shown(plot()[0])


@cache
def every_figure():
    return [plain(), *(picture.html(*picture.drawing(name)) for name in DRAWINGS)]


def test_every_colour_is_a_variable_of_the_table_with_its_light_colour_to_fall_back_on():
    for html in every_figure():
        used = re.findall(r"var\(--(\w+), (#\w+)\)", without_style(html))
        assert used and all(LIGHT[name] == colour for name, colour in used)


def test_no_colour_is_left_that_the_page_cannot_turn():
    for html in every_figure():
        bare = re.sub(r"var\(--\w+, #\w{6}\)", "VARIABLE", without_style(html))
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?!\))|rgb|hsl|black|white", re.sub(r'"#f\w{8}-\d+"', "", bare))
        paints = set(re.findall(r'(?:fill|stroke|color)="([^"]*)"', bare))
        assert {paint for paint in paints if not paint.startswith("url(#")} <= {"VARIABLE", "none", "currentColor"}


@pytest.mark.parametrize("colour", ["red", "#25559c", "black"])
def test_a_colour_that_is_not_the_books_is_refused(colour):
    figure, ax = plot()
    ax.plot([0, 1], [0, 1], color=colour)
    with pytest.raises(ValueError, match="the figure has the colour #......; it needs one of the book's"):
        shown(figure)


def test_a_bitmap_is_refused():
    figure, ax = plot()
    ax.imshow([[0.0, 1.0]])
    with pytest.raises(ValueError, match="bitmap"):
        shown(figure)


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_a_figure_without_words_is_refused(alt):
    with pytest.raises(ValueError, match="alt is .*; it needs to say what the figure shows"):
        visual.show(plot()[0], alt)


def test_the_words_are_read_to_those_who_do_not_see_and_stand_where_there_is_no_picture(capsys):
    html = shown(plot()[0], 'a < b & "c"')
    node = ElementTree.fromstring(html)
    assert (node.tag, node.get("role"), node.get("aria-label")) == ("figure", "img", 'a < b & "c"')
    assert node.find("img").get("alt") == 'a < b & "c"'
    visual.show(plot()[0], "A plot.")
    assert capsys.readouterr().out == "Figure: A plot.\n"


def test_a_figure_is_the_same_in_every_process():
    program = PLOT + "from mathref.visual import picture\nprint(picture.html(visual.svg(figure), 'A plot.'))"
    first, second = (subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True,
                                    env={**os.environ, "PYTHONHASHSEED": seed}).stdout for seed in ("1", "2"))
    assert first == second == plain() + "\n"


def test_a_figure_is_the_same_where_the_last_digit_of_a_number_differs():
    figure, ax = plot()
    for curve in ax.lines:
        curve.set_ydata(curve.get_ydata() * (1 + 1e-12) + 1e-13)
    assert shown(figure) == plain()


def test_a_curve_of_many_points_is_written_with_few():
    figure, ax = visual.axes()
    z = np.linspace(-5, 5, 2001)
    ax.plot(z, np.tanh(z), **visual.line("a"))
    curve = re.search('q-a"[^>]*> *<path d="([^"]*)"', re.sub(r"\s+", " ", svg_of(shown(figure))))[1]
    written = np.array(re.findall(r"[ML] (\S+) (\S+)", curve), dtype=float)
    assert len(written) < 200
    points = ax.transData.transform(np.column_stack([z, np.tanh(z)]))
    height = figure.get_figheight() * 72
    exact = np.interp(written[:, 0], points[:, 0] * 72 / figure.dpi, height - points[:, 1] * 72 / figure.dpi)
    assert np.abs(written[:, 1] - exact).max() < 0.2


def test_a_figure_is_the_same_when_it_is_shown_again():
    figure, _ = plot()
    assert shown(figure) == shown(figure)


def test_no_number_has_more_than_two_digits_after_the_point():
    for html in every_figure():
        for node in ElementTree.fromstring(without_style(html)).iter():
            for name, value in node.attrib.items():
                if name != "dy":  # relative to the letters, not a coordinate
                    assert not re.search(r"\.\d{3}", value), (name, value)


def test_two_figures_share_no_id():
    figure, ax = plot()
    ax.plot([0, 1], [1, 0], **visual.line("b"))
    ids = [set(re.findall(r' id="([^"]+)"', svg_of(html))) for html in (shown(figure), *every_figure())]
    assert len(set.union(*ids)) == sum(map(len, ids))
    assert all(ids)


def test_every_reference_in_a_figure_finds_its_target():
    for html in every_figure():
        drawn = svg_of(html)
        assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', drawn)) and {
            a or b for a, b in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', drawn)} <= set(re.findall(r' id="([^"]+)"', drawn))


def test_a_figure_scales_and_brings_no_font_no_date_and_no_maker():
    for html in every_figure():
        drawn = svg_of(html)
        root = ElementTree.fromstring(drawn)
        assert root.get("viewBox") and root.get("width") is None
        assert drawn.count("<style") == 1  # the book's own
        assert "@font-face" not in drawn and "DejaVu" not in drawn
        assert not re.search("matplotlib|metadata|20[0-9][0-9]-", drawn)


def test_the_image_for_careful_readers_is_the_same_drawing():
    for html in every_figure():
        assert b64decode(re.search("base64,([^\"]+)", html)[1]).decode() == svg_of(html)


def test_a_mark_of_a_plot_has_the_name_and_the_class_of_its_quantity():
    root = ElementTree.fromstring(svg_of(plain()))
    marks = {node.get("data-quantity"): node.get("class") for node in root.iter() if node.get("data-quantity")}
    assert marks == {"a": "q-a", "W": "q-W", "z": "q-z", "delta": "q-delta", "grad_a": "q-grad"}


@pytest.mark.parametrize("latex", [
    r"\delta^{l} = (W^{l+1})^{\top} \delta^{l+1} \odot \sigma'(z^{l})", r"z^{l} = W^{l} a^{l-1} + b^{l}", r"z = w_{1} x_{1} + b",
    r"\frac{\partial C}{\partial W^{l}} = \delta^{l}", r"\frac{\partial C}{\partial b^{l}} = \delta^{L}",
    r"\frac{\partial C}{\partial x} = \frac{\partial C}{\partial a^{l}}", r"a^{L} = a^{L-1}", r"a^{0} = x"])
def test_figures_and_equations_give_a_quantity_the_same_colour(latex):
    for quantity, kind in re.findall(r"quantity=(\w+)}{\\htmlClass{q-(\w+)}", marked(latex)):
        assert visual.ink(quantity)["color"] == LIGHT[kind]


def test_what_is_no_quantity_is_refused():
    with pytest.raises(ValueError, match="quantity is 'w'; it needs to be one of a, x, W"):
        visual.line("w")


def test_no_two_kinds_share_dashes_or_a_shape():
    for looks in (visual.DASHES, visual.MARKERS):
        assert sorted(looks) == sorted(["a", "W", "b", "z", "delta", "grad"])
        assert len(set(looks.values())) == 6


@pytest.mark.parametrize(("text", "runs"), [
    ("slope", [("slope", "", 0)]),
    ("$a^{l-1}$", [("a", "i", 0), ("l", "is", -0.42), ("−1", "rs", -0.42)]),
    (r"slope $\sigma'(z)$", [("slope ", "", 0), ("σ", "i", 0), ("′", "", 0), ("(", "r", 0), ("z", "i", 0), (")", "r", 0)]),
    ("$w_{12}$", [("w", "i", 0), ("12", "rs", 0.22)]),
    (r"$\mathdefault{10^{-3}}$", [("10", "", 0), ("−3", "s", -0.42)]),
])
def test_mathematics_in_a_label_is_set_as_in_an_equation(text, runs):
    assert mathematics.runs(text) == runs


@pytest.mark.parametrize(("text", "error"), [("$a", "a dollar sign without a second one"), (r"$\frac{1}{2}$", r"\\frac")])
def test_mathematics_that_a_label_cannot_show_is_refused(text, error):
    with pytest.raises(ValueError, match=error):
        mathematics.runs(text)


def test_the_style_sheet_makes_each_run_as_large_as_its_height_is_reckoned_with():
    rules = (ROOT / "mathref" / "visual" / "picture.css").read_text()
    sizes = {}
    for selector, size in re.findall(r":root\) ([^{]+)\{[^}]*font-size: ([\d.]+)em", rules):
        sizes |= dict.fromkeys(re.findall(r"\.(\w+)", selector), float(size))
    assert sizes == {style: size for style, size in mathematics.SIZES.items() if style}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_says_what_it_shows_and_shows_every_number_that_it_is_given(name):
    empty, alt = picture.drawing(name)
    places = re.findall(r'data-value="(\w+)"', (ROOT / "mathref" / "visual" / "drawings" / f"{name}.svg").read_text())
    assert len(alt) > 100 and "data-value" not in empty
    filled, longer = picture.drawing(name, **{place: -1000.5 - i for i, place in enumerate(places)})
    for i, place in enumerate(places):
        assert f"−{1000.5 + i:g}" in filled and f"{place} = −{1000.5 + i:g}" in longer


@pytest.mark.parametrize(("name", "values", "error"), [
    ("lair", {}, "name is 'lair'; it needs to be one of conv, fan_out, forms, layer, one_neuron"),
    ("one_neuron", {"dw": 1}, "one_neuron has no place for dw; it has places for C, W?"),
    ("layer", {"z": 1}, "layer has no place for z; it has places for nothing")])
def test_a_drawing_that_is_not_there_or_has_no_such_place_is_refused(name, values, error):
    with pytest.raises(ValueError, match=error):
        visual.drawing(name, **values)


def test_the_layer_shows_each_quantity_of_its_equations():
    drawn = svg_of(picture.html(*picture.drawing("layer")))
    equations = marked(r"z^{l} = W^{l} a^{l-1} + b^{l}") + marked(r"a^{l} = \sigma(z^{l})")
    assert set(re.findall('data-quantity="(.*?)"', drawn)) == set(re.findall(r"quantity=(\w+)", equations))


def test_importing_mathref_does_not_import_matplotlib():
    program = "import sys, mathref.visual; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    yield page
    page.close()


def rgb(colour):
    return "rgb({}, {}, {})".format(*bytes.fromhex(colour[1:]))


VARIABLES = "".join(f"--{name}:{colour};" for name, colour in DARK.items())


@pytest.mark.parametrize(("around", "colours"), [
    ("<body>", LIGHT), (f'<body style="{VARIABLES}">', DARK), ('<body data-jp-theme-light="false">', DARK)],
    ids=["where nothing is known", "on a dark page", "in dark Jupyter"])
def test_a_reader_sees_the_colours_of_the_theme_and_one_picture(page, around, colours):
    page.set_content(around + plain())
    assert page.evaluate("getComputedStyle(document.querySelector('svg .q-a path')).stroke") == rgb(colours["a"])
    assert page.evaluate("getComputedStyle(document.querySelector('svg text')).fill") == rgb(colours["muted"])
    assert page.evaluate("getComputedStyle(document.querySelector('svg')).backgroundColor") == rgb(colours["page"])
    assert page.locator("svg").is_visible() and not page.locator("img").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_where_the_drawing_is_taken_out_its_image_is_seen_and_no_crumbs_of_it(page):
    page.set_content(re.sub("<style.*?</style>|</?(svg|g|defs|path|use|rect|text|tspan|clipPath|pattern).*?>", "",
                            plain(), flags=re.DOTALL))
    image = page.locator("img")
    assert image.is_visible() and image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert page.locator("body").inner_text().strip() == ""


def test_a_quantity_that_is_lit_stands_out_from_the_others(page):
    page.set_content(plain())
    page.evaluate("document.querySelector('svg .q-a').classList.add('lit')")
    page.wait_for_function("getComputedStyle(document.querySelector('svg .q-z')).opacity < 0.5")
    assert page.evaluate("getComputedStyle(document.querySelector('svg .q-a')).opacity") == "1"


def test_letters_on_a_phone_are_large_enough_to_read(page):
    for html in every_figure():
        page.set_content(f'<body style="margin:0 20px">{html}')
        smallest = page.evaluate("""Math.min(...[...document.querySelectorAll('svg text')].map(text =>
            parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))""")
        assert smallest >= 10.5
