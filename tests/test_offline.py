"""The book to take away: the zip of the site, and the links to it and to the PDF."""

import os
import re
import zipfile
from html import unescape
from urllib.parse import unquote, urldefrag, urlparse

import pytest

from book_site import CHAPTERS, PAGES
from browser import wait_until
from publishing.offline import ARCHIVE, NAME, PAPER, offer, pack

FRAME = '<!doctype html><html data-content_root="{root}"><p>{text}</p><p class="offline" hidden></p></html>'


@pytest.fixture
def small(tmp_path):
    """A site of two pages."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "index.html").write_text(FRAME.format(root="./", text="One"))
    (tmp_path / "notebooks" / "two.html").write_text(FRAME.format(root="../", text="Two"))
    (tmp_path / "404.html").write_text("Not here")
    (tmp_path / "lite").mkdir()
    (tmp_path / "lite" / "index.html").write_text("JupyterLite")
    return tmp_path


@pytest.fixture(scope="module")
def unpacked(site, tmp_path_factory):
    """The zip of the book, unpacked by a reader."""
    folder = tmp_path_factory.mktemp("reader")
    with zipfile.ZipFile(site / ARCHIVE) as archive:
        archive.extractall(folder)
    return folder / NAME


def test_the_same_site_gives_the_same_bytes(small):
    first = pack(small).read_bytes()
    offer(small)
    for path in small.rglob("*.html"):
        os.utime(path, (2_000_000_000, 2_000_000_000))
    assert pack(small).read_bytes() == first


def test_the_zip_is_one_folder_without_what_only_a_host_shows(small):
    with zipfile.ZipFile(pack(small)) as archive:
        assert archive.namelist() == [f"{NAME}/index.html", f"{NAME}/notebooks/two.html"]
        assert archive.testzip() is None


def test_a_page_links_to_what_there_is_and_to_no_more(small):
    def links(page):
        return re.findall(r'<a href="([^"]*)" download>', (small / page).read_text())

    pack(small)
    offer(small)
    assert links("notebooks/two.html") == [f"../{ARCHIVE}"] and links("index.html") == [f"./{ARCHIVE}"]
    (small / PAPER).touch()
    offer(small)
    assert links("notebooks/two.html") == [f"../{ARCHIVE}", f"../{PAPER}"]
    (small / PAPER).unlink()
    offer(small)
    assert links("notebooks/two.html") == [f"../{ARCHIVE}"]


def test_every_page_of_the_site_offers_the_zip(site):
    for page in PAGES:
        assert ARCHIVE in (site / page).read_text(encoding="utf-8"), page


def test_what_a_page_of_the_zip_leads_to_is_in_the_zip(unpacked):
    for page in [*PAGES, "index.html"]:
        text = (unpacked / page).read_text(encoding="utf-8")
        for address in re.findall(r'<(?:a|link|script|img)\b[^>]*? (?:href|src)="([^"]*)"', text):
            path = unquote(urldefrag(unescape(address))[0].split("?")[0])
            if path and not urlparse(address).scheme:
                assert ((unpacked / page).parent / path).is_file(), (page, address)


def test_the_zip_reads_from_disk(unpacked, browser):
    with browser.new_context() as context:
        page, said = context.new_page(), []
        page.on("console", lambda line: said.append(line.text) if line.type in ("error", "warning") else None)
        page.goto((unpacked / "index.html").as_uri())
        page.wait_for_url("**/" + CHAPTERS[0])
        page.keyboard.press("Shift")
        wait_until(page, "document.querySelector('.figure .live') && !document.querySelector('.figure .live[inert]')")
        assert said == []
