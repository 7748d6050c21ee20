"""The book on paper, printed once. Every chapter on a page of its own, contents that tell the truth,
equations with their numbers, figures in their first state, and the solutions at the end."""

import re
import unicodedata
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from playwright.sync_api import Error
from pypdf import PdfReader

from book_site import CHAPTERS, ROOT
from mathref.engine.registry import equations
from publishing import pdf
from publishing.pdf import print_book

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def lines_and_book(browser, site, tmp_path_factory):
    path = tmp_path_factory.mktemp("paper") / "book.pdf"
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    lines = print_book(browser, site, path, settings)
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
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))  # the f and i of "first" may be one letter


def front(book):
    """Return how many pages stand before the first chapter."""
    return book.page_labels.index("1")


def test_the_pages_are_numbered_as_printed(book, texts):
    before = front(book)
    assert 2 <= before < 12 and len(book.pages) > 300
    assert book.page_labels[before:] == [str(number) for number in range(1, len(book.pages) - before + 1)]
    assert all(text.endswith(label) or text.startswith(label) for text, label in zip(texts[before:], book.page_labels[before:]))


def test_cover_and_contents_come_first(book, texts):
    assert book.metadata.title in ("Backpropagation, derived and run",) and squeezed(book.metadata.title) in texts[0]
    assert texts[1].startswith("Contents")


def test_the_contents_name_every_chapter_and_section_and_the_page_where_it_is(site, lines, book, texts):
    before = front(book)
    for page in CHAPTERS:
        soup = BeautifulSoup((site / page).read_text(encoding="utf-8"), "html.parser")
        for heading in soup.select("main h1, main h2"):
            heading.find(class_="headerlink").extract()
            for visible in heading.select(".katex-html"):
                visible.extract()
            assert squeezed(heading.get_text()) in {squeezed(line["text"]) for line in lines}
    contents = "".join(texts[:before])
    for line in lines:
        if "katex" not in line["html"]:  # the letters of a formula are read in another order
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
    assert len(begun) == len(CHAPTERS) + 1 == len(set(begun))
    assert lines[[line["level"] for line in lines].index(1)]["page"] == 1


def test_every_numbered_equation_is_printed_with_its_number(texts):
    whole = "".join(texts)
    stems = [page.split("/")[1].removesuffix(".html") for page in CHAPTERS]
    numbers = [equation.number for equation in equations().values() if equation.chapter in stems]
    assert numbers and [number for number in numbers if f"({number})" not in whole] == []


def test_solutions_stand_at_the_end_and_nowhere_else(site, lines, book, texts):
    begin = front(book) + next(line["page"] for line in lines if line["text"] == "Solutions") - 1
    solved = 0
    for page in CHAPTERS:
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


# Putting the chapters together, before anything is printed

SCRIPT = Path(pdf.__file__).with_name("paper.js").read_text(encoding="utf-8")
_TOLD = """async ([script, landing]) => {
  const told = await eval(script)(landing), main = document.querySelector("main"), all = (what) => [...main.querySelectorAll(what)];
  const ids = all("[id]").filter((part) => !part.closest("svg")).map(({id}) => id), drawn = all("svg [id]").map(({id}) => id);
  const text = (part) => part.textContent.replace(/\\s+/g, " ").trim();
  const found = { ids, drawn, headings: told.headings, sections: [...main.children].map(({id}) => id),
    links: all("a[href]").map((link) => link.getAttribute("href")), left: all(".headerlink, script, .figure.control").length,
    folds: all("details.folded").map((fold) => [fold.querySelector("summary")?.textContent, fold.open]),
    asked: all(".solved a").map((link) => [link.getAttribute("href"), text(link)]),
    solutions: all("#solutions > section > section").map((one) => [one.id, text(one.querySelector("h3")), one.querySelector("h3 a").getAttribute("href"),
      one.querySelectorAll("summary").length]), words: main.textContent.length };
  main.replaceChildren();
  return found;
}"""


TOGETHER = ["notebooks/index.html", "notebooks/fc_summary.html", "notebooks/pytorch.html"]  # solutions, answers, formulas in headings


@pytest.fixture(scope="module")
def put_together(browser, site):
    """Put these chapters together by a script, as if the book had no others; return what came of it."""
    landing = BeautifulSoup((site / TOGETHER[0]).read_text(encoding="utf-8"), "html.parser")
    for line in landing.select("nav .caption + ul > li"):
        if f"notebooks/{line.a['href'].split('/')[-1]}" not in TOGETHER:
            line.extract()
    page = browser.new_page()
    page.route("**/*", pdf._answer(site))
    page.route(f"{pdf.SITE}{TOGETHER[0]}", lambda route: route.fulfill(body=str(landing), content_type="text/html; charset=utf-8"))
    page.goto(f"{pdf.SITE}notebooks/paper.html")
    yield lambda script: page.evaluate(_TOLD, [script, f"{pdf.SITE}{TOGETHER[0]}"])
    page.close()


@pytest.fixture(scope="module")
def pages(site):
    """What is to come of it, read from the pages by another parser."""
    pages = [BeautifulSoup((site / page).read_text(encoding="utf-8"), "html.parser").select_one("main > section") for page in TOGETHER]
    folds = [fold for page in pages for fold in page.select("details.folded")]
    solved = [fold for fold in folds if re.match(r"Solution|Answers?\b", fold.summary.get_text())]
    for part in (part for page in pages for part in page.select(".headerlink, .katex-html")):
        part.extract()
    return {
        "drawn": sorted(part["id"] for page in pages for part in page.select("svg [id]")),
        "open": [[fold.summary.get_text(), True] for fold in folds if fold not in solved],
        "asked": [f"{fold.summary.get_text()} at the end of the book" for fold in solved],
        "subjects": [_subject(fold) for fold in solved],
        "headings": [[int(heading.name[1]), squeezed(heading.get_text())] for page in pages for heading in page.select("h1, h2, h3, h4, h5, h6")],
    }


def _subject(fold):
    """What a solution answers: the bold words of the paragraph before it, or the heading."""
    for before in fold.find_previous_siblings("p"):
        if before.strong and before.find(True) is before.strong:
            return squeezed(before.strong.get_text())
    return squeezed(fold.parent.find(["h2", "h3"]).get_text())


def promises_of_what_is_put_together(found, pages):
    stems = [page.split("/")[1].removesuffix(".html") for page in TOGETHER]
    assert len(set(found["ids"])) == len(found["ids"]) and set(stems) <= set(found["ids"])
    assert [section.split("--")[0] for section in found["sections"]] == [*stems, "solutions"]
    assert found["left"] == 0 and sorted(found["drawn"]) == pages["drawn"]
    assert [link for link in found["links"] if link[:1] != "#" and not link.startswith("https://")] == []
    assert [link for link in found["links"] if link[:1] == "#" and link[1:] not in found["ids"]] == []
    assert found["folds"] == pages["open"] and [words for _, words in found["asked"]] == pages["asked"]
    assert [link for link, _ in found["asked"]] == [f"#{name}" for name, *_ in found["solutions"]]
    assert [squeezed(subject) for _, subject, _, _ in found["solutions"]] == pages["subjects"]
    assert all(back == f"#asked-{name}" and not summaries for name, _, back, summaries in found["solutions"])
    said = [[heading["level"], squeezed(heading["text"])] for heading in found["headings"]]
    assert said[:len(pages["headings"])] == pages["headings"]
    parts = [heading["part"] for heading in found["headings"] if heading["level"] == 1]
    assert parts[0] is None and parts[-1] is None and all(parts[1:-1])


def test_chapters_are_put_together_with_every_link_and_solution_in_its_place(put_together, pages):
    assert pages["open"] and any("Answer" in words for words in pages["asked"])
    promises_of_what_is_put_together(put_together(SCRIPT), pages)


@pytest.mark.parametrize("right, wrong", [
    ("element.id = `${stem(address)}--${element.id}`", "element.id = element.id"), ("&& \"--\" + target", "&& target"), ("fold.open = true; ", ""),
    ("|Answers?)", ")"), ("while (asked && !asked.matches", "while (asked && asked.matches"), (".headerlink, script", "script"),
    ("spoken.querySelectorAll(\".katex-html\").forEach((seen) => seen.remove());", ""), ("chapter?.part ?? null", "null"),
    ("else if (target.host === address.host) link.replaceWith(...link.childNodes);", ""),
])
def test_a_slip_in_putting_chapters_together_is_noticed(put_together, pages, right, wrong):
    assert right in SCRIPT, f"the script no longer says {right}"
    with pytest.raises((AssertionError, Error)):
        promises_of_what_is_put_together(put_together(SCRIPT.replace(right, wrong, 1)), pages)
