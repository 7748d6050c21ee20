"""Print the whole book: cover, contents with page numbers, the chapters, and the solutions at the end, as one PDF.

    python -m publishing.pdf

A browser without a window prints the built site. The chapters are one document of it (`paper.js`), so that their links
lead from page to page of the PDF, and its outline tells on which page each heading came to stand; from that the contents
are printed after. Numbers of equations are those of the site, and figures show their first state.
"""

import mimetypes
from html import escape
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote, urlparse

import yaml
from pypdf import PdfReader, PdfWriter
from pypdf.constants import PageLabelStyle
from pypdf.generic import ArrayObject, FloatObject, NameObject, NullObject

from mathref.engine.registry import equations
from publishing.build import ROOT
from publishing.cards import main_equations
from publishing.katex import render
from publishing.offline import PAPER, offer
from publishing.toc import stems

HERE = Path(__file__).parent
SITE = "http://book.invalid/"
"""Where the browser finds the site: nowhere but here."""

LINE = "http://contents.invalid/"
"""Where a line of the contents leads until its page is known."""

_STYLE = """
  @page { size: A4; margin: 20mm 18mm 22mm; }
  .page { max-width: none; }
  main > section { break-before: page; }
  main > section:first-child { break-before: auto; }
  .solved { color: var(--muted); font-size: .85rem; }
  #solutions h3 { margin: 1.5em 0 .4em; font-size: 1rem; }
  .cover { height: 245mm; display: grid; align-content: space-between; break-after: page; }
  .cover h1 { font-size: 2.6rem; margin: 30mm 0 1rem; }
  .contents { list-style: none; padding: 0; font-size: .92rem; line-height: 1.5; }
  .contents a { display: flex; gap: .5rem; text-decoration: none; }
  .contents a::before { order: 1; content: ""; flex: 1; min-width: 1rem; border-bottom: 1px dotted var(--line); margin-bottom: .35em; }
  .contents .page-number { order: 2; font-variant-numeric: tabular-nums; }
  .contents .h1 { font-weight: 650; margin-top: .7em; break-after: avoid; }
  .contents .h2 { padding-left: 1.2rem; }
  .contents .part { margin-top: 1.5em; color: var(--muted); break-after: avoid; }
"""
_FOOT = '<div style="width:100%;text-align:center;font:8pt sans-serif;color:#59626f"><span class="pageNumber"></span></div>'


def _document(body):
    return (f'<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
            f'<link rel="stylesheet" href="../_static/site.css"><link rel="stylesheet" href="../_static/figures/figures.css">'
            f'<style>{_STYLE}</style></head><body><div class="page">{body}</div></body></html>')


def _answer(html):
    """Return what answers the browser: a file of the site, or the empty document that the book is put together in."""
    def answer(route):
        path = unquote(urlparse(route.request.url).path).lstrip("/")
        if path == "notebooks/paper.html":
            route.fulfill(body=_document("<main></main>"), content_type="text/html")
        elif (html / path).is_file():
            route.fulfill(path=html / path, content_type=mimetypes.guess_type(path)[0] or "application/octet-stream")
        else:
            route.abort()
    return answer


def print_book(browser, html, pdf, settings):
    """Print a site.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
        A Chromium.
    html : pathlib.Path
        The folder of the site.
    pdf : pathlib.Path
        Where to.
    settings : dict
        Of the book: `title` and `author`.

    Returns
    -------
    list of dict
        The lines of the contents: their `level`, their `text`, and the `page` as printed there.
    """
    page = browser.new_page()
    page.route("**/*", _answer(html))
    page.goto(f"{SITE}notebooks/paper.html")
    book = page.evaluate((HERE / "paper.js").read_text(encoding="utf-8"), f"{SITE}notebooks/{stems(ROOT)[0]}.html")
    chapters = _print(page, foot=_FOOT)
    lines = _lines(book["headings"], chapters)
    page.set_content(_document(_front(settings, book["site"], lines)))
    page.evaluate("document.fonts.ready")
    _join(_print(page), chapters, lines, settings, pdf)
    page.close()
    return lines


def _print(page, foot=None):
    """Return what the browser prints of a page, as a `PdfReader`."""
    data = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True, header_template="<span></span>",
                    display_header_footer=foot is not None, footer_template=foot or "")
    return PdfReader(BytesIO(data))


def _lines(headings, chapters):
    """Return a line of the contents for every chapter and section, with the page and the height where it begins."""
    places = list(_flat(chapters.outline))
    if len(places) != len(headings):
        raise ValueError(f"the book has {len(headings)} headings, and the outline of its PDF {len(places)}")
    lines = [{**heading, "page": chapters.get_destination_page_number(place) + 1, "top": place.top}
             for heading, place in zip(headings, places)]
    return [line for line in lines if line["level"] <= 2]


def _flat(outline):
    for item in outline:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item


def _front(settings, site, lines):
    """Return cover and contents. A line of the contents leads to a page that only `_join` knows: its link is a number."""
    title, author = escape(settings["title"]), escape(settings["author"])
    central = render(equations()[main_equations()["index"]].latex, display=True)
    entries, part = [], None
    for number, line in enumerate(lines):
        if line["part"] != part and line["part"]:
            part = line["part"]
            entries.append(f'<li class="part">{escape(part)}</li>')
        entries.append(f'<li class="h{line["level"]}"><a href="{LINE}{number}"><span class="title">{line["html"]}</span> <span class="page-number">{line["page"]}</span></a></li>')
    return (f'<div class="cover"><div><h1>{title}</h1><p>{author}</p></div>{central}'
            f"<p>The displayed equations of this book are executed cells. To run them, to move its figures and to unfold the "
            f"checks, open the book's site{f': {escape(site)}' if site else ''}.<br>"
            f'Text and drawings CC BY 4.0, code BSD-3-Clause.</p></div><h2>Contents</h2><ul class="contents">{"".join(entries)}</ul>')


def _join(front, chapters, lines, settings, pdf):
    """Put the front before the chapters, lead the contents to their pages, and number pages as printed."""
    book, before = PdfWriter(clone_from=chapters), len(front.pages)
    book.merge(0, front, import_outline=False)
    for annotation in (entry.get_object() for page in book.pages[:before] for entry in page.get("/Annots", ())):
        address = annotation.get("/A", {}).get("/URI", "")
        if address.startswith(LINE):
            line = lines[int(address.removeprefix(LINE))]
            annotation[NameObject("/Dest")] = ArrayObject([
                book.pages[before + line["page"] - 1].indirect_reference, NameObject("/XYZ"), NullObject(), FloatObject(line["top"]), NullObject()])
            del annotation["/A"]
    book.set_page_label(0, before - 1, style=PageLabelStyle.LOWERCASE_ROMAN)
    book.set_page_label(before, len(book.pages) - 1, style=PageLabelStyle.DECIMAL)
    book.add_metadata({"/Title": settings["title"], "/Author": settings["author"]})
    book.write(pdf)


def main():
    """Print the book beside its site, and link the site to it."""
    from browser import chromium

    html = ROOT / "_build" / "html"
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    with chromium() as browser:
        print_book(browser, html, html / PAPER, settings)
    offer(html)
    print(f"Open {(html / PAPER).as_uri()}")


if __name__ == "__main__":
    main()
