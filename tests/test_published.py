"""What a published site says of where it is: addresses, pictures for links, the page for what is not there."""

import io
import struct
import xml.etree.ElementTree as ElementTree

import pytest
from bs4 import BeautifulSoup
from PIL import Image
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

import book_site
from browser import serving
from mathref.colours import TABLE
from mathref.engine.registry import equations
from publishing import cards
from publishing.launch import Repository
from publishing.published import pages_address
from publishing.toc import stems

BELOW = f"https://example.org{book_site.SUB_PATH}"
PAGES = {"index": "# The book\n\nFirst words.\n\n```{toctree}\nfc_recursion\n```\n",
         "fc_recursion": "# One layer back\n\n```{admonition} In this chapter\n**You will derive** $\\delta^{l}$, and more.\n```\n\nAnother paragraph.\n"}


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """Build a book of two pages for an address, and return its folder."""
    def build(address):
        folder = tmp_path_factory.mktemp("book")
        for name, text in PAGES.items():
            (folder / f"{name}.md").write_text(text, encoding="utf-8")
        settings = {"extensions": ["myst_nb", "publishing"], "myst_enable_extensions": ["dollarmath"], "nb_execution_mode": "off",
                    "html_math_renderer": "katex", "html_theme": "backpropagation", "html_title": "The book", "html_baseurl": address}
        warnings = io.StringIO()
        with docutils_namespace():
            Sphinx(folder, None, folder / "out", folder / "doctrees", "html", settings, status=None, warning=warnings).build()
        assert warnings.getvalue() == ""
        return folder / "out"
    return build


@pytest.fixture(scope="module")
def published(build):
    return build(BELOW.rstrip("/"))


def head(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").head


def named(head, name):
    return [meta["content"] for meta in head.select(f'meta[property="{name}"], meta[name="{name}"]')]


def test_a_page_names_its_address_itself_and_its_picture(published):
    page = head(published / "fc_recursion.html")
    assert page.find("link", rel="canonical")["href"] == f"{BELOW}fc_recursion.html"
    assert named(page, "og:url") == [f"{BELOW}fc_recursion.html"]
    assert named(page, "og:title") == ["One layer back"]
    assert named(page, "og:image") == [f"{BELOW}cards/fc_recursion.png"] and named(page, "twitter:card") == ["summary_large_image"]


def test_a_page_says_of_itself_what_the_reader_will_be_able_to_do(published):
    page = head(published / "fc_recursion.html")
    assert named(page, "description") == named(page, "og:description") == ["You will derive δl, and more."]
    assert named(head(published / "index.html"), "description") == ["First words."]


def test_the_sitemap_has_every_page_and_the_robots_know_where_it_is(published):
    places = [place.text for place in ElementTree.parse(published / "sitemap.xml").findall(".//{*}loc")]
    assert places == [f"{BELOW}index.html", f"{BELOW}fc_recursion.html"]
    assert (published / "robots.txt").read_text() == f"User-agent: *\nDisallow:\nSitemap: {BELOW}sitemap.xml\n"


def test_without_an_address_nothing_pretends_to_have_one(build):
    folder = build("")
    page = head(folder / "fc_recursion.html")
    assert not page.find("link", rel="canonical") and not named(page, "og:url") and not named(page, "og:image")
    assert not (folder / "sitemap.xml").exists() and not (folder / "cards").exists()
    assert "Sitemap" not in (folder / "robots.txt").read_text()


@pytest.mark.parametrize("repository, address", [
    (Repository("github.com", "Owner/book"), "https://owner.github.io/book/"),
    (Repository("github.com", "owner/owner.github.io"), "https://owner.github.io/"),
    (Repository("gitlab.com", "group/sub/book"), "https://group.gitlab.io/sub/book/"),
    (Repository("codeberg.org", "owner/book"), ""),
    (None, ""),
])
def test_a_fork_is_published_where_its_host_shows_pages(repository, address):
    assert pages_address(repository) == address


# The page for what is not there

class Host(book_site.BelowSubPath):
    """Serves a site below a sub-path, and its page 404.html for everything else, at any depth."""

    def send_error(self, code, message=None, explain=None):
        body = (self.directory_path() / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def directory_path(self):
        return type(book_site.ROOT)(self.directory)


def test_a_wrong_address_at_any_depth_shows_a_page_that_leads_back(published, browser):
    with serving(Host, published) as address, browser.new_context() as context:
        page, requested = context.new_page(), []
        page.on("request", lambda request: requested.append(request.url))
        wrong = f"{address}{book_site.SUB_PATH}notebooks/deep/er/nowhere.html"
        assert page.goto(wrong).status == 404
        assert page.locator("h1").inner_text() == "There is no page here"
        red, green, blue = bytes.fromhex(TABLE["light"]["page"][1:])
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == f"rgb({red}, {green}, {blue})"
        assert [url for url in requested if not url.endswith("/favicon.ico")] == [wrong]
        page.get_by_role("link").click()
        assert page.url == f"{address}{book_site.SUB_PATH}index.html" and page.locator("h1").inner_text().startswith("The book")
        page.goto(wrong)
        page.get_by_role("searchbox").fill("layer")
        page.get_by_role("searchbox").press("Enter")
        page.wait_for_url(f"{address}{book_site.SUB_PATH}search.html?q=layer")
        page.get_by_role("link", name="One layer back").first.wait_for()


# Pictures for links

def test_a_card_has_the_size_that_is_asked_for_and_the_same_bytes_every_time(published, tmp_path):
    picture = (published / "cards" / "fc_recursion.png").read_bytes()
    assert struct.unpack(">II", picture[16:24]) == (1200, 630)
    cards.draw("One layer back", equations()["eq-fc-delta-rec"].latex, "The book", tmp_path / "again.png")
    assert (tmp_path / "again.png").read_bytes() == picture


def test_an_equation_on_a_card_wears_the_colours_of_its_quantities(published):
    with Image.open(published / "cards" / "fc_recursion.png") as picture:
        seen = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20)}
    kinds = {kind for kind in ("a", "W", "b", "z", "delta", "grad") if tuple(bytes.fromhex(TABLE["light"][kind][1:])) in seen}
    assert kinds == {"W", "z", "delta"}


def test_every_chapter_with_equations_has_a_main_one_and_it_can_be_set():
    main, chapters = cards.main_equations(), {equation.chapter for equation in equations().values()}
    assert chapters <= set(main) and set(main) <= set(stems(book_site.ROOT))
    for label in set(main.values()):
        assert equations()[label].kind in ("definition", "claim", "update", "informal")
        assert len(cards._coloured(equations()[label].latex)) > 3
