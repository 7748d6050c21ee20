"""Where the site is published, and all that says so: canonical addresses, `sitemap.xml`, `robots.txt`, `404.html`.

The address follows from the git remote, as the launch buttons do, so that a fork gets its own: GitHub shows the pages of
owner/name at owner.github.io/name. A book with a domain of its own says so in `_config.yml`, ``html: {baseurl: …}``, and
nowhere else. Without an address, what needs one is left out.
"""

from pathlib import Path
from urllib.parse import quote, urlparse
from xml.sax.saxutils import escape

from mathref.colours import TABLE
from publishing.policy import BARE

PAGES = {"github.com": "github.io", "gitlab.com": "gitlab.io"}
"""The hosts that show the pages of their repositories, each with the domain where it does."""


def pages_address(repository):
    """Return where the host of a `launch.Repository` shows its pages, with a slash at the end, or "" for another host."""
    if repository is None or repository.host not in PAGES:
        return ""
    owner, _, name = repository.path.partition("/")
    host = f"{owner.lower()}.{PAGES[repository.host]}"
    return f"https://{host}/" if name.lower() == host else f"https://{host}/{quote(name)}/"


def _configure(app, config):
    address = config.html_baseurl or pages_address(config.book_repository)
    config.html_baseurl = address and address.rstrip("/") + "/"


def _add_to_page(app, pagename, templatename, context, doctree):
    context["canonical"] = context.get("pageurl") if doctree else None


def _missing(app):
    """Yield the page that a host shows where there is none."""
    colours = {theme: "".join(f"--{name}:{table[name]};" for name in ("page", "panel", "text", "line"))
               for theme, table in TABLE.items()}
    yield "404", {"bare_policy": BARE, "colours": colours, "home": urlparse(app.config.html_baseurl).path or "/",
                  "start": app.builder.get_target_uri(app.config.root_doc)}, "missing.html"


def _write_for_crawlers(app, exception):
    """Write `robots.txt`, and with an address the sitemap: every page that a reader may land on."""
    if exception or app.builder.name != "html":
        return
    output, address, robots = Path(app.outdir), app.config.html_baseurl, "User-agent: *\nDisallow:\n"
    if address:
        robots += f"Sitemap: {address}sitemap.xml\n"
        pages = sorted(app.env.found_docs - {app.config.root_doc})
        places = "".join(f"<url><loc>{escape(address + app.builder.get_target_uri(page))}</loc></url>\n"
                         for page in [app.config.root_doc, *pages])
        (output / "sitemap.xml").write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{places}</urlset>\n', encoding="utf-8")
    (output / "robots.txt").write_text(robots, encoding="utf-8")


def setup(app):
    """Find the address, and write what carries it."""
    app.connect("config-inited", _configure)
    app.connect("html-page-context", _add_to_page)
    app.connect("html-collect-pages", _missing)
    app.connect("build-finished", _write_for_crawlers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
