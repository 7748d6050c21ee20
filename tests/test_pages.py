"""What stands in the HTML of the site, read without a browser: links, numbers, names, and what a cell leaves behind."""

import re
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse

import nbformat
import pytest

from mathref.engine.cells import is_equation_cell
from book_site import CHAPTERS, PAGES, ROOT, named, read

LABELLED = re.compile(r"^\$\$\n(?P<latex>.*?)\n\$\$ \((?P<label>[\w-]+)\)$", re.MULTILINE | re.DOTALL)


def notebook_of(site, page):
    """Return the notebook as the page offers it for download, which is what the page was made from."""
    return nbformat.read(site / "_sources" / Path(page).with_suffix(".ipynb"), as_version=4)


def equation_cells(notebook):
    """Return the equation cells of a notebook, each with the Markdown of its output, or None where it failed as meant."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and is_equation_cell(cell.source)]
    return [(cell, next((out.data["text/markdown"] for out in cell.outputs if "text/markdown" in out.get("data", {})), None))
            for cell in cells]


@pytest.mark.thorough
@pytest.mark.parametrize("page", ["index.html", *PAGES])
def test_every_internal_link_and_anchor_leads_somewhere(site, page):
    lost = []
    for tag, attribute in (("a", "href"), ("link", "href"), ("script", "src"), ("img", "src")):
        for address in (element[attribute] for element in read(site / page).find_all(tag) if element.get(attribute)):
            if urlparse(address).scheme:
                continue
            path, anchor = urldefrag(address)
            target = ((site / page).parent / unquote(path.split("?")[0])).resolve() if path else site / page
            if not target.is_file() or anchor and unquote(anchor) not in named(target):
                lost.append(address)
    assert lost == []


@pytest.mark.thorough
@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_loaded_from_another_host(site, page):
    page = read(site / page)
    loaded = [element.get("src") or element.get("href") for element in page.select("script[src], link[href], img[src], iframe[src]")]
    assert [address for address in loaded if re.match(r"(https?:)?//", address)] == []


@pytest.mark.parametrize("page", PAGES)
def test_no_id_stands_twice(site, page):
    ids = [element["id"] for element in read(site / page).find_all(id=True)]
    assert sorted(name for name in set(ids) if ids.count(name) > 1) == []


def test_every_page_has_a_title_of_its_own_a_description_and_one_heading(site):
    titles = [read(site / page).title.get_text() for page in PAGES]
    assert len(set(titles)) == len(titles)
    for page in CHAPTERS:
        assert len(read(site / page).find_all("h1")) == 1, page
        assert 20 <= len(read(site / page).find("meta", attrs={"name": "description"})["content"]) <= 162, page


def test_the_root_of_the_site_leads_to_the_landing_page(site):
    assert read(site / "index.html").find("meta", attrs={"http-equiv": "refresh"})["content"] == f"0; url={CHAPTERS[0]}"


@pytest.mark.parametrize("page", CHAPTERS)
def test_every_labelled_equation_of_the_notebook_is_on_the_page_with_its_number(site, page):
    labels = [match["label"] for _, markdown in equation_cells(notebook_of(site, page)) if markdown
              for match in LABELLED.finditer(markdown)]
    numbers = [named(site / page)[f"equation-{label}"].find(class_="eqno").find(string=True) for label in labels]
    chapter = CHAPTERS.index(page)
    assert numbers == [f"({chapter}.{count})" for count in range(1, len(labels) + 1)]


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_reference_to_an_equation_shows_the_number_that_stands_beside_it(site, page):
    wrong = []
    for link in read(site / page).select("a.reference.internal[href*='#equation-']"):
        path, anchor = urldefrag(link["href"])
        target = named(((site / page).parent / path).resolve() if path else site / page)[anchor]
        if target.find(class_="eqno").find(string=True) != link.get_text():
            wrong.append((link["href"], link.get_text()))
    assert wrong == []


@pytest.mark.parametrize("page", CHAPTERS)
def test_an_equation_cell_is_one_block_and_its_latex_unfolds_from_the_mark(site, page):
    cells = equation_cells(notebook_of(site, page))
    blocks = read(site / page).select("div.equation")
    assert [block.select_one("details.verdict .report pre").get_text().strip() for block in blocks] \
        == [cell.source.strip() for cell, markdown in cells if markdown]
    code = [block.get_text().strip() for block in read(site / page).select(".cell_input pre")]
    assert [source for source in code if is_equation_cell(source)] \
        == [cell.source.strip() for cell, markdown in cells if not markdown]


@pytest.mark.parametrize("page", CHAPTERS)
def test_every_mark_is_named_in_words(site, page):
    for block in read(site / page).select("div.equation"):
        numbers = [number.find(string=True).strip("()") for number in block.select(".eqno")]
        name = block.select_one("summary")["aria-label"]
        assert re.fullmatch(r"Equations?[\d., and]*, [a-z ]+: show how", name)
        assert re.findall(r"\d+\.\d+", name) == numbers
        if "refuted" in block["class"]:
            assert "refuted" in block.select_one("summary").get_text()


@pytest.mark.parametrize("page", CHAPTERS)
def test_every_equation_is_also_there_for_a_screen_reader(site, page):
    formulas = read(site / page).select(".katex")
    assert all(formula.select_one("math") and formula.select_one(".katex-html[aria-hidden=true]") for formula in formulas)
    assert "htmlData" not in read(site / page).get_text()


@pytest.mark.parametrize("page", PAGES)
def test_no_picture_of_a_figure_has_a_field_for_which_a_browser_would_lay_it_out(site, page):
    assert read(site / page).select("main .figure :is(select, textarea, input:not([type=button]))") == []


def test_katex_is_of_one_version():
    folder = ROOT / "publishing" / "assets" / "katex"
    script = re.search(r'version:"(\d+\.\d+\.\d+)"', (folder / "katex.min.js").read_text(encoding="utf-8"))[1]
    style = (folder / "katex.min.css").read_text(encoding="utf-8")
    assert re.search(r'katex-version:after\{content:"([\d.]+)"', style)[1] == script
    fonts = set(re.findall(r"url\((fonts/[^)]+)\)", style))
    assert fonts == {f"fonts/{path.name}" for path in (folder / "fonts").iterdir()}


@pytest.mark.parametrize("path", CHAPTERS)
def test_mathematics_comes_in_no_size_for_which_the_style_has_no_rule(path, site):
    style = (site / "_static" / "site.css").read_text(encoding="utf-8")
    steps = set(re.findall(r"reset-size\d+ size\d+", (site / path).read_text(encoding="utf-8")))
    assert [step for step in steps if f".sizing.{step.replace(' ', '.')}{{" not in style.replace(",", "{")] == []
