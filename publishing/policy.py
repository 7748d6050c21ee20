"""What a page may load and run: its Content-Security-Policy, the same on every page of the book.

Nothing comes from another host. Scripts are files of the site, the modules of the figures (which `mount.js` imports from
`blob:` addresses), and one inline script that is named by its hash: it chooses light or dark before anything is
painted. Style attributes stay allowed, since KaTeX places every letter by one. `file:` is there because not every
browser counts the files beside a page on disk as the page's own; a page that is served may not load one anyway. Nothing here
fetches, but Lighthouse asks a page for its robots.txt.
"""

import base64
import hashlib
from pathlib import Path

FIRST_SCRIPT = "".join(line.strip() for line in (Path(__file__).parent / "theme" / "first.js").read_text(encoding="utf-8").splitlines()
                       if not line.strip().startswith("//"))
"""What runs inside the head of every page, without what only its author reads."""

BARE = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"
"""The policy of a page that loads nothing."""


def content_hash(script):
    """Return the source expression that allows one inline script, as it stands between its tags."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def policy():
    """Return the policy as the content of a `<meta http-equiv="Content-Security-Policy">`."""
    ours = "'self' file:"
    return "; ".join([
        "default-src 'none'",
        f"script-src {ours} blob: {content_hash(FIRST_SCRIPT)}",
        f"style-src {ours} 'unsafe-inline'",
        f"img-src {ours} data:",
        f"font-src {ours}",
        f"connect-src {ours}",
        f"form-action {ours}",
        "base-uri 'none'",
    ])


def lite_policy(scripts):
    """Return the policy of a page of JupyterLite, whose inline scripts are given.

    It still names no other host. JupyterLab compiles the schemas of its settings by `eval`, and Python is WebAssembly that
    a worker loads. A worker has a policy of its own only where a server sends one: that Python asks no other host is up to
    its settings, which know none.
    """
    return "; ".join([
        "default-src 'none'",
        f"script-src 'self' blob: 'unsafe-eval' 'wasm-unsafe-eval' {' '.join(map(content_hash, scripts))}".rstrip(),
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
    ])


def _add_to_page(app, pagename, templatename, context, doctree):
    context["policy"], context["first_script"] = policy(), FIRST_SCRIPT


def setup(app):
    """Hand policy and script to the template."""
    app.connect("html-page-context", _add_to_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
