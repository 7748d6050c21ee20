"""The book to take away: the site as one zip that works from disk, and the links to it and to the book on paper.

The zip is packed from pages that have no such link yet, so that its own pages lead nowhere that it does not hold. Then
every page of the site gets a link to what there is: the PDF takes a browser to make (`publishing.pdf`), and is missing
until somebody makes it.
"""

import re
import zipfile

NAME = "backpropagation"
ARCHIVE, PAPER = f"{NAME}.zip", f"{NAME}.pdf"
KINDS = {ARCHIVE: "Site as zip", PAPER: "Book as PDF"}
FOR_HOSTS = ("404.html", "robots.txt", "sitemap.xml", ".buildinfo", "cards", "lite")
"""What a web server shows to others than readers, and a copy on disk does without."""

_PLACE = re.compile(r'<p class="offline".*?</p>', re.DOTALL)
_ROOT = re.compile(r'data-content_root="([^"]*)"')
_LITE = re.compile(r'lite/notebooks/index\.html\?path=([\w-]+\.ipynb)">[^<]*<')  # in its place stands the notebook itself


def pack(html):
    """Pack the site into one zip beside its pages. The same site gives the same bytes.

    Parameters
    ----------
    html : pathlib.Path
        The folder of the site.

    Returns
    -------
    pathlib.Path
    """
    names = sorted(path.relative_to(html).as_posix() for path in html.rglob("*") if path.is_file())
    with zipfile.ZipFile(html / ARCHIVE, "w") as archive:
        for name in names:
            if name.split("/")[0] in (*FOR_HOSTS, *KINDS):
                continue
            entry = zipfile.ZipInfo(f"{NAME}/{name}")  # of 1980, whenever the file was written
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(entry, _without_offer((html / name).read_bytes(), name))
    return html / ARCHIVE


def _without_offer(content, name):
    if not name.endswith(".html"):
        return content
    page = _LITE.sub(r'_sources/notebooks/\1" download>Notebook<', content.decode("utf-8"))
    return _PLACE.sub('<p class="offline" hidden></p>', page).encode("utf-8")


def offer(html):
    """Link every page to what there is to take away.

    Parameters
    ----------
    html : pathlib.Path
        The folder of the site; its pages are rewritten.
    """
    there = [name for name in KINDS if (html / name).exists()]
    for page in html.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        if not _PLACE.search(text):
            continue
        root = _ROOT.search(text)[1]
        links = " · ".join(f'<a href="{root}{name}" download>{KINDS[name]}</a>' for name in there)
        page.write_text(_PLACE.sub(f'<p class="offline"{"" if there else " hidden"}>{links}</p>', text), encoding="utf-8")
