"""The book on paper: two chapters of it, printed once. Every chapter on a page of its own, contents that tell the truth,
equations with their numbers, figures in their first state, and the solutions at the end."""

import re

import pytest
import yaml
from bs4 import BeautifulSoup
from pypdf import PdfReader

from book_site import CHAPTERS, ROOT
from mathref.engine.registry import equations
from publishing.pdf import print_book

pytestmark = pytest.mark.thorough

PRINTED = CHAPTERS[:3]  # the landing page, and two chapters


@pytest.fixture(scope="module")
def lines_and_book(browser, site, tmp_path_factory):
    path = tmp_path_factory.mktemp("paper") / "book.pdf"
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    lines = print_book(browser, site, path, settings, limit=len(PRINTED))
    return lines, PdfReader(path)


@pytest.fixture(scope="module")
def lines(lines_and_book):
    """The lines of the contents."""
    return lines_and_book[0]


@pytest.fixture(scope="module")
def book(lines_and_book):
    return lines_and_book[1]


@pytest.fixture(scope="module")
def texts(book):
    """The text of each page, without its spaces: how a line is set decides where they are."""
    return [squeezed(page.extract_text()) for page in book.pages]


def squeezed(text):
    return re.sub(r"\s+", "", text)


def front(book):
    """Return how many pages stand before the first chapter."""
    return book.page_labels.index("1")


def test_the_pages_are_numbered_as_printed(book, texts):
    before = front(book)
    assert 2 <= before < 6 and len(book.pages) > 30
    assert book.page_labels[before:] == [str(number) for number in range(1, len(book.pages) - before + 1)]
    assert all(text.endswith(label) or text.startswith(label) for text, label in zip(texts[before:], book.page_labels[before:]))


def test_cover_and_contents_come_first(book, texts):
    assert book.metadata.title in ("Backpropagation, derived and run",) and squeezed(book.metadata.title) in texts[0]
    assert texts[1].startswith("Contents")


def test_the_contents_name_every_chapter_and_section_and_the_page_where_it_is(site, lines, book, texts):
    before = front(book)
    for page in PRINTED:
        soup = BeautifulSoup((site / page).read_text(encoding="utf-8"), "html.parser")
        for heading in soup.select("main h1, main h2"):
            heading.find(class_="headerlink").extract()
            for visible in heading.select(".katex-html"):
                visible.extract()
            assert squeezed(heading.get_text()) in {squeezed(line["text"]) for line in lines}
    contents = "".join(texts[:before])
    for line in lines:
        if "$" not in line["text"] and not re.search(r"[^\x00-\u2fff]", line["text"]):
            assert squeezed(line["text"]) in texts[before + line["page"] - 1], line
            assert f"{squeezed(line['text'])}{line['page']}" in contents, line


def test_a_line_of_the_contents_leads_to_its_page(book, lines):
    before, targets = front(book), []
    for page in book.pages[:before]:
        for annotation in (entry.get_object() for entry in page.get("/Annots", ())):
            if "/Dest" in annotation:
                targets.append(book.get_page_number(annotation["/Dest"][0].get_object()) - before + 1)
    assert sorted(targets) == sorted(line["page"] for line in lines)


def test_every_chapter_begins_a_page(lines):
    begun = [line["page"] for line in lines if line["level"] == 1]
    assert len(begun) == len(PRINTED) + 1 == len(set(begun))
    assert lines[[line["level"] for line in lines].index(1)]["page"] == 1


def test_every_numbered_equation_is_printed_with_its_number(texts):
    whole = "".join(texts)
    stems = [page.split("/")[1].removesuffix(".html") for page in PRINTED]
    numbers = [equation.number for equation in equations().values() if equation.chapter in stems]
    assert numbers and [number for number in numbers if f"({number})" not in whole] == []


def test_solutions_stand_at_the_end_and_nowhere_else(site, lines, book, texts):
    begin = front(book) + next(line["page"] for line in lines if line["text"] == "Solutions") - 1
    solved = 0
    for page in PRINTED:
        for fold in BeautifulSoup((site / page).read_text(encoding="utf-8"), "html.parser").select("details.folded"):
            if re.match("Solution|Answer", fold.summary.get_text()):
                words = squeezed(max((text for text in fold.find_all(string=True) if not text.find_parents(class_="katex") and text.parent.name in ("p", "li")), key=len, default=""))
                if len(words) > 25:
                    solved += words in "".join(texts[begin:])
                    assert words not in "".join(texts[:begin]), words
    assert solved >= 4


def test_figures_are_there_in_their_first_state(book, texts):
    """The figure of the landing page is drawn with the numbers that its notebook saved."""
    assert "Layer" in "".join(texts) and not any("Loading" in text for text in texts)


def test_links_lead_within_the_book_or_to_the_web(book):
    addresses = [annotation["/A"]["/URI"] for page in book.pages for annotation in (entry.get_object() for entry in page.get("/Annots", ()))
                 if "/URI" in annotation.get("/A", {})]
    assert [address for address in addresses if not re.match(r"https://(?!book\.invalid|contents\.invalid)", address)] == []
