"""What the site makes of an equation, and which faults of a chapter it refuses: each on a book of one or two pages."""

import io
from collections import namedtuple

import nbformat.v4 as v4
import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from mathref.engine import registry
from publishing.equations import spoken_name
from publishing.katex import KatexError, render
from publishing.pictures import without_fallback

CONFIGURATION = {"extensions": ["myst_nb", "publishing.katex", "publishing.equations", "publishing.listings", "publishing.folding", "publishing.wide"],
                 "myst_enable_extensions": ["dollarmath"], "html_math_renderer": "katex", "nb_execution_mode": "off",
                 "nb_render_markdown_format": "myst", "nb_mime_priority_overrides": [["html", "text/markdown", 0]],
                 "numfig": True, "math_numfig": True, "numfig_secnum_depth": 1, "html_theme": "basic"}


def notebook(*cells):
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}
    return v4.writes(v4.new_notebook(cells=list(cells), metadata=python))


def equation_cell(source, markdown):
    return v4.new_code_cell(source, outputs=[v4.new_output("display_data", data={"text/html": "", "text/markdown": markdown})])


@pytest.fixture
def build(tmp_path):
    """Build a book from files by name; return the page `chapter` and the warnings."""
    def build(**files):
        (tmp_path / "index.md").write_text("# Book\n\n```{toctree}\n:numbered: 1\n:glob:\n*\n```\n", encoding="utf-8")
        for name, text in files.items():
            suffix = "ipynb" if text.startswith("{") else "md"
            (tmp_path / f"{name}.{suffix}").write_text(text, encoding="utf-8")
        warnings = io.StringIO()
        with docutils_namespace():
            Sphinx(tmp_path, None, tmp_path / "out", tmp_path / "doctrees", "html", CONFIGURATION,
                   status=None, warning=warnings).build()
        page = (tmp_path / "out" / "chapter.html").read_text(encoding="utf-8")
        return BeautifulSoup(page, "html.parser"), warnings.getvalue()
    return build


def display(latex, label):
    return f"$$\n{latex}\n$$ ({label})\n\n"


# Mathematics

def test_symbols_carry_their_quantity_and_their_colour():
    html = BeautifulSoup(render(r"z^{l} = W^{l} a^{l-1} + b^{l}"), "html.parser")
    marks = [(span["data-quantity"], span.select_one("[class*=q-]")["class"]) for span in html.select("[data-quantity]")]
    assert [(quantity, classes[-1]) for quantity, classes in marks] == [("z", "q-z"), ("W", "q-W"), ("a_prev", "q-a"), ("b", "q-b")]


def test_mathematics_outside_the_language_is_shown_without_marks():
    assert "data-quantity" not in render(r"f(x+h) = f(x) + O(h^2) \text{ for some } f")


def test_latex_can_add_no_link_to_a_page():
    with pytest.raises(KatexError, match=r"does not take \\href"):
        render(r"\href{https://example.org}{x}")


def test_latex_that_katex_cannot_read_is_refused_with_its_position_in_the_source():
    with pytest.raises(KatexError) as fault:
        render(r"z^{l} = \wrong a")
    assert str(fault.value) == r"Undefined control sequence: \wrong at character 9 of 'z^{l} = \\wrong a'"


def test_a_fault_in_mathematics_fails_the_build_and_names_the_equation(build):
    _, warnings = build(chapter="# Chapter\n\n" + display(r"z^{l} = \wrong{a}", "eq-bad"))
    assert "equation eq-bad" in warnings and r"\wrong" in warnings and "chapter.md" in warnings


# Equation cells

CELL = equation_cell("%%claim eq-one N=1\nz = a", display("z = a", "eq-one")
                     + "```{verdict} claim\n:status: holds\n:conditions: for $N=1$\n\nFive *networks*.\n```\n")


def test_an_equation_cell_becomes_one_block(build):
    page, warnings = build(chapter=notebook(v4.new_markdown_cell("# Chapter"), CELL))
    block = page.select_one("div.equation.claim.holds")
    assert warnings == ""
    assert block.select_one(".eqno").find(string=True) == "(1.1)"
    assert block.select_one(".conditions .katex")
    assert block.select_one("summary")["aria-label"] == "Equation 1.1, checked numerically: show how"
    assert block.select_one(".report em").get_text() == "networks"
    assert block.select_one(".report pre").get_text().strip() == "%%claim eq-one N=1\nz = a"
    assert not page.select(".cell_input")


def test_a_reference_from_another_page_shows_the_number(build):
    page, warnings = build(a_chapter="# First\n\n" + display("y = 1", "eq-first"),
                           chapter="# Second\n\nSee {eq}`eq-first`.")
    link = page.select_one("a[href='a_chapter.html#equation-eq-first']")
    assert warnings == "" and link.get_text() == "(1.1)"


def test_one_label_in_two_cells_fails_the_build(build):
    _, warnings = build(a_chapter="# First\n\n" + display("y = 1", "eq-same"), chapter="# Second\n\n" + display("y = 2", "eq-same"))
    assert "duplicate label of equation eq-same" in warnings


def test_a_number_that_differs_from_the_notebooks_fails_the_build(build, monkeypatch):
    Record = namedtuple("Record", "number")
    monkeypatch.setattr(registry, "equations", lambda: {"eq-one": Record("1.2")})
    _, warnings = build(chapter=notebook(v4.new_markdown_cell("# Chapter"), CELL))
    assert "equation eq-one is (1.1) on the page and (1.2) in the notebooks" in warnings


@pytest.mark.parametrize("directive", ["```{verdict} guess\n:status: holds\n```", "```{verdict} claim\n:status: fine\n```"])
def test_an_unknown_kind_or_status_fails_the_build(build, directive):
    _, warnings = build(chapter=notebook(v4.new_markdown_cell("# Chapter"), equation_cell("%%claim\nz = a", directive)))
    assert "unknown" in warnings and "expected one of" in warnings


@pytest.mark.parametrize("numbers, status, name", [
    ([], "open", "Equation, an open exercise: show how"),
    (["3.4"], "refuted", "Equation 3.4, refuted: show how"),
    (["3.4", "3.5"], "holds", "Equations 3.4 and 3.5, checked numerically: show how"),
    (["3.4", "3.5", "3.6"], "defined", "Equations 3.4, 3.5 and 3.6, a definition: show how"),
])
def test_a_mark_is_read_aloud_as_a_sentence(numbers, status, name):
    assert spoken_name(numbers, status) == name


# What else stands on a page

def test_only_what_the_style_sheet_tells_apart_in_code_gets_an_element(build):
    page, _ = build(chapter="# Chapter\n\n```python\nz = W @ a  # forward\nreturn z\n```\n")
    classes = {name for span in page.select(".highlight span") for name in span.get("class", [])}
    assert classes == {"c1", "k"} and page.select_one(".highlight pre").get_text() == "z = W @ a  # forward\nreturn z\n"


def test_a_solution_is_folded_without_a_script(build):
    page, _ = build(chapter="# Chapter\n\n```{admonition} Solution to $z$\n:class: dropdown\nIt is 2.\n```\n")
    folded = page.select_one("details.folded")
    assert folded.summary.get_text().startswith("Solution to") and "It is 2." in folded.get_text() and "open" not in folded.attrs


def test_a_table_scrolls_in_a_box_of_its_own(build):
    page, _ = build(chapter="# Chapter\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert page.select_one("div.wide > table")


def test_a_picture_stands_on_the_page_once():
    picture = '<figure class="picture" role="img"><div hidden="hidden"><svg><g/></svg></div>'
    assert without_fallback(f'<p>{picture}<img alt="a > b" src="data:,"></figure></p>') == f"<p>{picture}</figure></p>"
    assert without_fallback('<img src="photo.png">') == '<img src="photo.png">'


def test_the_indentation_of_a_picture_is_dropped_and_the_space_between_its_words_is_not():
    drawn = '<svg>\n  <g>\n   <text>one <tspan>two</tspan> three</text>\n  </g>\n</svg>'
    shown = without_fallback(f'<figure class="picture"><div>{drawn}\n</div><img alt="" src="data:,"/></figure>')
    assert shown == '<figure class="picture"><div><svg><g><text>one <tspan>two</tspan> three</text></g></svg></div></figure>'
