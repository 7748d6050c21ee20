"""The ways to run a chapter: which there are, which is put first, where each leads, and that a reader reaches them."""

import io
import re
import subprocess
from urllib.parse import parse_qs, urlparse

import nbformat.v4 as v4
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from jinja2 import Environment
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from book_site import ROOT
from mathref import colours
from publishing.launch import Repository, binder_address, colab_address, hub_address, parse_remote, ways
from publishing.offline import _without_offer
from publishing.toc import stems

pytestmark = pytest.mark.thorough

HERE = Repository("github.com", "owner/book")


def names(**case):
    return [way.name for way in ways("fc_forward", **{"repository": HERE, "branch": "main", "to_root": "../", **case})]


@pytest.mark.parametrize("case, expected", [
    ({"lite": True}, ["Run in the browser", "Run on Binder", "Run on Colab", "Notebook"]),
    ({}, ["Run on Binder", "Run on Colab", "Notebook"]),
    ({"lite": True, "needs_more": True}, ["Run on Colab", "Run on Binder", "Notebook"]),
    ({"repository": Repository("gitlab.com", "group/book")}, ["Run on Binder", "Notebook"]),
    ({"repository": None, "lite": True}, ["Run in the browser", "Notebook"]),
    ({"repository": None}, ["Notebook"]),
])
def test_what_needs_nothing_comes_first_and_nothing_is_offered_that_leads_nowhere(case, expected):
    assert names(**case) == expected


@pytest.mark.parametrize("stem", stems(ROOT))
def test_every_way_opens_the_very_chapter(stem):
    for way in ways(stem, HERE, "main", "../", lite=True):
        assert re.search(rf"[/=]{stem}\.ipynb$", way.address), way
    assert (ROOT / "notebooks" / f"{stem}.ipynb").exists()


def test_colab_opens_the_copy_that_brings_the_package_along():
    assert colab_address(HERE, "notebooks/a.ipynb") == "https://colab.research.google.com/github/owner/book/blob/anywhere/notebooks/a.ipynb"


@pytest.mark.parametrize("repository", [HERE, Repository("gitlab.com", "group/sub/book")])
def test_a_hub_is_told_repository_branch_and_chapter(repository):
    address = urlparse(hub_address(repository, "https://hub.example.org", "notebooks/a.ipynb"))
    assert address.netloc == "hub.example.org" and address.path == "/hub/user-redirect/git-pull"
    assert parse_qs(address.query) == {"repo": [repository.url], "branch": ["anywhere"], "urlpath": ["lab/tree/book/notebooks/a.ipynb"]}


def test_in_the_zip_the_notebook_stands_where_the_site_has_the_browser():
    first = ways("a", HERE, "main", "../", lite=True)[0]
    page = f'<a href="{first.address}">{first.name}</a>'.encode()
    assert _without_offer(page, "notebooks/a.html") == b'<a href="../_sources/notebooks/a.ipynb" download>Notebook</a>'


# The remote

@pytest.mark.parametrize("remote, url", [
    ("https://github.com/owner/book.git", "https://github.com/owner/book"),
    ("https://user:secret@github.com/owner/book", "https://github.com/owner/book"),
    ("git@github.com:owner/book.git", "https://github.com/owner/book"),
    ("ssh://git@gitlab.com:22/group/sub/book.git", "https://gitlab.com/group/sub/book"),
    ("git@git.example.org:owner/my.book", "https://git.example.org/owner/my.book"),
    ("https://codeberg.org/owner/book/", "https://codeberg.org/owner/book"),
])
def test_a_remote_on_a_public_host_is_a_repository(remote, url):
    assert parse_remote(remote).url == url


@pytest.mark.parametrize("remote", ["", "/srv/git/book.git", "../book", "./book", "file:///srv/book.git", "C:\\books\\book",
                                    "http://localhost:3000/owner/book", "git@server:owner/book", "http://192.168.0.2/a/b",
                                    "https://github.com", "https://github.com/owner"])
def test_a_local_path_or_no_remote_is_none(remote):
    assert parse_remote(remote) is None


@pytest.mark.parametrize("remote, address", [
    ("git@github.com:owner/book", "https://mybinder.org/v2/gh/owner/book/main?urlpath=lab/tree/notebooks/a.ipynb"),
    ("https://gitlab.com/group/sub/book", "https://mybinder.org/v2/gl/group%2Fsub%2Fbook/main?urlpath=lab/tree/notebooks/a.ipynb"),
    ("https://codeberg.org/owner/book",
     "https://mybinder.org/v2/git/https%3A%2F%2Fcodeberg.org%2Fowner%2Fbook/main?urlpath=lab/tree/notebooks/a.ipynb"),
])
def test_binder_is_told_where_the_chapter_is(remote, address):
    assert binder_address(parse_remote(remote), "main", "notebooks/a.ipynb") == address


# On a site

@pytest.mark.parametrize("remote, lite, expected, link", [
    ("git@github.com:owner/book.git", "1", ["Run in the browser", "Run on Binder", "Run on Colab", "Notebook"], "repo=https%3A%2F%2Fgithub.com%2Fowner%2Fbook"),
    ("https://gitlab.com/owner/book", "", ["Run on Binder", "Notebook"], "repo=https%3A%2F%2Fgitlab.com%2Fowner%2Fbook"),
    ("../book", "", ["Notebook"], "Ask me."),
])
def test_a_site_that_is_built_from_a_clone_offers_what_its_remote_allows_and_no_warning(remote, lite, expected, link, tmp_path, monkeypatch):
    for command in (["init", "--quiet"], ["remote", "add", "origin", remote]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    (tmp_path / "index.md").write_text("# Book\n\n```{toctree}\nnotebooks/chapter\n```\n")
    (tmp_path / "notebooks").mkdir()
    cell = v4.new_markdown_cell("# Chapter\n\n```{hub-link}\nAsk me.\n```\n")
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    (tmp_path / "notebooks" / "chapter.ipynb").write_text(v4.writes(v4.new_notebook(cells=[cell], metadata=python)))
    monkeypatch.setenv("LITE", lite)
    settings = {"extensions": ["myst_nb", "publishing"], "nb_execution_mode": "off", "html_math_renderer": "katex", "html_theme": "backpropagation",
                "html_title": "Book", "html_sourcelink_suffix": ""}
    warnings = io.StringIO()
    with docutils_namespace():
        Sphinx(tmp_path, None, tmp_path / "out", tmp_path / "trees", "html", settings, status=None, warning=warnings).build()
    page = BeautifulSoup((tmp_path / "out" / "notebooks" / "chapter.html").read_text(), "html.parser")
    assert warnings.getvalue() == ""
    assert [way.get_text() for way in page.select(".take-away a")] == expected and link in page.main.get_text()
    assert not BeautifulSoup((tmp_path / "out" / "index.html").read_text(), "html.parser").select(".take-away")
    at_hand = page.select(".take-away a")[-1]
    assert "download" in at_hand.attrs and (tmp_path / "out" / "notebooks" / at_hand["href"]).resolve().is_file()


# On a page

@pytest.fixture(scope="module")
def page_of(tmp_path_factory, browser):
    """Open the page of a chapter as a site has it that everything is beside, `width` pixels wide and in the dark if asked."""
    layout = (ROOT / "publishing" / "theme" / "layout.html").read_text(encoding="utf-8")
    part = re.search(r" *\{%- if ways %\}.*?\n    \{%- endif %\}\n", layout, re.DOTALL)[0]
    style = (ROOT / "publishing" / "assets" / "book.css").read_text(encoding="utf-8")
    folder = tmp_path_factory.mktemp("page")
    (folder / "page.html").write_text(
        f'<!doctype html><html lang="en" data-theme="light"><meta name="viewport" content="width=device-width"><title>A layer</title>'
        f'<style>{colours.css()}{style}</style><header class="side"></header><div class="page"><main>'
        + Environment(autoescape=False).from_string(part).render(ways=ways("fc_forward", HERE, "main", "../", lite=True))
        + "<h1>A layer, forward, and what it is called in every other book there is</h1><p>Text.</p></main></div></html>", encoding="utf-8")
    with browser.new_context() as context:
        def page_of(width, theme="light"):
            page = context.new_page()
            page.set_viewport_size({"width": width, "height": 800})
            page.goto((folder / "page.html").as_uri())
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            return page
        yield page_of


@pytest.mark.parametrize("width", [390, 320, 1280])
def test_one_way_is_seen_the_others_unfold_by_keyboard_and_every_target_is_large_enough(page_of, width):
    page = page_of(width)
    ways_out = page.get_by_role("group", name="Run this chapter")
    assert [link.inner_text() for link in ways_out.get_by_role("link").all()] == ["Run in the browser"]
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    links = ways_out.get_by_role("link").all()
    assert [link.inner_text() for link in links] == ["Run in the browser", "Run on Binder", "Run on Colab", "Notebook"]
    for target in [*links, ways_out.locator("summary")]:
        box = target.bounding_box()
        assert box["height"] >= 24 and box["width"] >= 24 and box["x"] >= 0 and box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Run on Binder"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_unfolds_covers_the_text_and_breaks_no_rule_of_accessibility(page_of, theme):
    page = page_of(390, theme)
    page.locator("summary").click()
    assert page.evaluate("""() => { const { left, bottom } = document.querySelector(".take-away ul").getBoundingClientRect();
        return document.elementFromPoint(left + 4, bottom - 4).closest(".take-away") !== null; }""")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()
