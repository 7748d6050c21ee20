"""The reference: everything public stands in it once, and function, equation and chapter lead to each other."""

import importlib
import inspect
import io
import posixpath
import re
from functools import cache

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace
from sphinx.util.inventory import InventoryFile

from mathref.engine.registry import equations
from mathref.engine.witness import witnesses
from mathref.widgets import FIGURES, number
from publishing.docstrings import taken_apart
from book_site import CHAPTERS, ROOT
from test_repository import modules, part

REFERENCE = [page for page in CHAPTERS if "/api_" in page]
APART = {"mathref", "mathref.colours"}
"""What belongs to the mathematics and is no part of it: the package itself, and a table of colours."""


@cache
def read(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def entries(site):
    """The element of each entry, by the name of what it is about."""
    found = {}
    for page in REFERENCE:
        for entry in read(site / page).find_all(id=re.compile(r"^mathref\.")):
            assert entry["id"] not in found
            found[entry["id"]] = entry
    return found


MADE_WITH = [f"mathref.{name}" for name in re.search(r"\{api\} (.*)", (ROOT / "book" / "api_book.md").read_text(encoding="utf-8"))[1].split()]
"""The modules beside the mathematics that the reference shows."""


def test_the_reference_has_what_a_chapter_is_made_with():
    assert {"mathref.visual", number.__module__, *(figure.__module__ for figure in FIGURES)} <= set(MADE_WITH)


def public():
    """Yield every public function, class and method that the reference should have by name, as Python finds them."""
    for name in modules():
        if name in APART or part(name) and name not in MADE_WITH:
            continue
        module = importlib.import_module(name)
        yield name, module
        for short, member in vars(module).items():
            own = getattr(member, "__module__", None) == name and not short.startswith("_")
            if own and member.__doc__ and (inspect.isfunction(member) or inspect.isclass(member)):
                yield f"{name}.{short}", member
                for inner, method in vars(member).items() if inspect.isclass(member) else ():
                    if inspect.isfunction(inspect.unwrap(method)) and method.__doc__ and not inner.startswith("_"):
                        yield f"{name}.{short}.{inner}", method


def test_everything_public_stands_in_the_reference_with_its_arguments_and_its_first_sentence(entries):
    listed = dict(public())
    assert len(listed) > 60 and set(listed) <= set(entries)
    for name, member in listed.items():
        text = entries[name].get_text(" ", strip=True)
        for parameter in inspect.signature(member).parameters if inspect.isfunction(member) else ():
            assert parameter == "self" or re.search(rf"\b{parameter}\b", text), f"{name} does not name {parameter}"
        first = "".join(re.findall(r"\w", inspect.getdoc(member).split("\n\n")[0].split(". ")[0]))
        assert first in "".join(re.findall(r"\w", text)), name


def test_prose_keeps_its_signs(entries):
    """It is read as Markdown; nothing in a docstring may come out as emphasis, a quotation mark or a heading."""
    for name, entry in entries.items():
        assert not entry.find_all(["em", "strong", "blockquote"]), name
        assert "σ’" not in entry.get_text() and "H’" not in entry.get_text(), name


def test_a_function_leads_to_each_equation_that_it_is(site, entries):
    named = {label: name for label, (name, *_) in witnesses().items()}
    assert len(named) > 30
    for label, name in named.items():
        links = {link["href"]: link.get_text() for link in entries[name].select("a[href*='#equation-']")}
        assert links[f"{equations()[label].chapter}.html#equation-{label}"] == f"({equations()[label].number})"


@pytest.mark.thorough
def test_an_equation_leads_back_from_its_mark_and_from_its_row_of_the_ledger(site):
    for label, (name, *_) in witnesses().items():
        target = re.compile(rf"^api_\w+\.html#{re.escape(name)}$")
        cell = read(site / "notebooks" / f"{equations()[label].chapter}.html").find(id=f"equation-{label}").find_parent(class_="equation")
        row = read(site / "notebooks" / "ledger.html").find(id=f"ledger-{label}")
        assert cell.find("a", href=target) and row.find("a", href=target), label


def test_a_function_leads_to_the_chapters_that_use_it_and_their_texts_lead_back(site, entries):
    chapters = [link["href"] for link in entries["mathref.conv.input_gradient"].select(".facts a") if "#" not in link["href"]]
    assert {"conv_rot180.html", "conv_code.html"} <= set(chapters) and "fc_forward.html" not in chapters
    link = read(site / "notebooks" / "fc_code.html").find("a", href="api_dense.html#mathref.dense")
    assert link.get_text() == "mathref.dense"
    assert not read(site / "notebooks" / "fc_code.html").select("a a, h1 code a, h2 code a")


def test_another_book_can_link_to_a_function_by_its_name(site):
    with (site / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", posixpath.join)
    _, _, address, _ = inventory["py:function"]["mathref.dense.forward"]
    assert address.endswith("notebooks/api_dense.html#mathref.dense.forward")
    assert {"mathref.network.Sequential", "mathref.activations.Activation"} <= set(inventory["py:class"])


def test_a_label_that_no_equation_has_fails_the_build(tmp_path, monkeypatch):
    from publishing import api_page
    monkeypatch.setattr(api_page, "equations", lambda: {label: row for label, row in equations().items() if label != "eq-fc-z"})
    monkeypatch.setattr(api_page, "stems", lambda root: [])
    (tmp_path / "index.md").write_text("# Reference\n\n```{api} dense\n```\n")
    warnings = io.StringIO()
    with docutils_namespace():
        Sphinx(tmp_path, None, tmp_path / "out", tmp_path / "doctrees", "html",
               {"extensions": ["myst_nb", "publishing.ledger_page", "publishing.api_page"]}, status=None, warning=warnings).build()
    assert "mathref.dense.forward names eq-fc-z, which is no equation of the book" in warnings.getvalue()


def test_a_docstring_is_taken_apart_at_its_headings():
    text, sections = taken_apart("Return z.\n\nTwo\nlines.\n\nParameters\n----------\nW, b : array_like\n    Both.\n\n"
                                 "        indented\n*rest : int\n\nReturns\n-------\nfloat\n\nReferences\n----------\n.. [1] A book.")
    assert text == "Return z.\n\nTwo\nlines."
    assert [tuple(vars(item).values()) for item in sections["Parameters"]] == [
        ("W, b", "array_like", "Both.\n\n    indented"), ("*rest", "int", "")]
    assert [tuple(vars(item).values()) for item in sections["Returns"]] == [("", "float", "")]
    assert sections["References"][0].text == ".. [1] A book."
