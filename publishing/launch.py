"""Links to the repository and buttons that launch a chapter, made from the git remote.

A chapter can be run in the reader's browser, where the site has JupyterLite; on Binder, where `requirements.txt` sets
everything up; on Colab, which opens a copy that brings `mathref` along (`copies.py`); and where the reader has Jupyter. The
first of them that there is stands first, the others unfold. A local path, an unknown form or no remote leaves out what
needs one: no page has a dead button.
"""

import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from publishing.needs import needed

BINDER, COLAB = "https://mybinder.org", "https://colab.research.google.com"
BRANCH = "anywhere"
"""Where the copies are that bring `mathref` along."""

LITE = "LITE"
"""The variable of the environment that says whether JupyterLite is built beside the book."""


class Repository(NamedTuple):
    """A repository on a public host: `host` without user or port, `path` as owner/name (GitLab allows deeper groups)."""

    host: str
    path: str

    @property
    def url(self):
        """The address that a reader opens."""
        return f"https://{self.host}/{self.path}"


_REMOTE = re.compile(
    r"(?:(?:https?|ssh|git)://(?:[^@/]+@)?(?P<host>[^/:@]+)(?::\d+)?/|(?:[^@/:]+@)(?P<scp_host>[^/:@]+):)"
    r"(?P<path>[\w.~-]+(?:/[\w.~-]+)+)/?"
)


def parse_remote(remote):
    """Return the `Repository` that a git remote names, or None where no reader can follow it.

    Read are ``https://host/owner/name.git``, ``ssh://git@host/owner/name`` and ``git@host:owner/name.git``. Local paths
    and hosts without a public name (no dot in it, or a bare address) count as no remote.
    """
    match = _REMOTE.fullmatch(remote.strip())
    if not match:
        return None
    host = (match["host"] or match["scp_host"]).lower()
    if "." not in host or re.fullmatch(r"[\d.]+", host) or host.endswith((".local", ".localhost")):
        return None
    return Repository(host, match["path"].removesuffix(".git"))


def binder_address(repository, branch, notebook):
    """Return the address that runs `notebook`, a path inside the repository, on Binder."""
    if repository.host == "github.com":
        source = f"gh/{quote(repository.path)}"
    elif repository.host == "gitlab.com":
        source = f"gl/{quote(repository.path, safe='')}"
    else:
        source = f"git/{quote(repository.url, safe='')}"
    return f"{BINDER}/v2/{source}/{quote(branch, safe='')}?urlpath=lab/tree/{quote(notebook)}"


def colab_address(repository, notebook):
    """Return the address that opens the copy of `notebook` on Colab, or None where Colab cannot reach it."""
    return f"{COLAB}/github/{quote(repository.path)}/blob/{BRANCH}/{quote(notebook)}" if repository.host == "github.com" else None


def hub_address(repository, hub, notebook):
    """Return the address that lays the copies of the notebooks into a student's folder on a JupyterHub and opens one.

    nbgitpuller reads it, which most hubs for teaching have.
    """
    folder = repository.path.rpartition("/")[2]
    return (f"{hub}/hub/user-redirect/git-pull?repo={quote(repository.url, safe='')}&branch={BRANCH}"
            f"&urlpath={quote(f'lab/tree/{folder}/{notebook}', safe='')}")


class Way(NamedTuple):
    """A way to run a chapter: what its button says, where it leads, and what to expect."""

    name: str
    address: str
    note: str


def ways(stem, repository, branch, to_root, lite=False, needs_more=False):
    """Return the ways to run a chapter, the one that is put first first.

    Parameters
    ----------
    stem : str
        The name of its notebook.
    repository : Repository or None
        Where readers find it.
    branch : str
        Its main branch.
    to_root : str
        The way from the page to the root of the site.
    lite : bool
        Whether JupyterLite lies beside the book.
    needs_more : bool
        Whether the chapter runs a package beside requirements.txt, such as PyTorch. The browser has none of these; Colab
        has PyTorch.

    Returns
    -------
    list of Way
    """
    notebook = f"notebooks/{stem}.ipynb"
    browser = Way("Run in the browser", f"{to_root}lite/notebooks/index.html?path={quote(stem)}.ipynb",
                  "nothing to install; Python loads once")
    found = [browser] if lite and not needs_more else []
    if repository:
        binder = Way("Run on Binder", binder_address(repository, branch, notebook), "nothing to install; it starts in some minutes")
        colab = Way("Run on Colab", colab_address(repository, notebook), "for those with a Google account")
        found += [way for way in ([colab, binder] if needs_more else [binder, colab]) if way.address]
    return [*found, Way("Notebook", f"{to_root}_sources/{notebook}", "the file, for Jupyter on your computer")]


def _git(folder, *arguments):
    """Return what git prints, or nothing where there is no git, no repository or no answer."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _read_repository(app, config):
    remote = _git(app.srcdir, "remote", "get-url", "origin")
    config.book_repository = parse_remote(remote) if remote else None
    config.book_branch = _git(app.srcdir, "rev-parse", "--abbrev-ref", "origin/HEAD").removeprefix("origin/") or "main"


def _add_to_page(app, pagename, templatename, context, doctree):
    path = Path(app.env.doc2path(pagename)) if doctree is not None else Path()
    context["repository"], context["ways"] = app.config.book_repository, []
    if path.suffix == ".ipynb":
        context["ways"] = ways(path.stem, app.config.book_repository, app.config.book_branch, context["content_root"],
                               bool(os.environ.get(LITE)), bool(needed(path)))


class HubLink(SphinxDirective):
    """The address that takes a class to the notebooks. What the directive holds is shown where there is no repository."""

    has_content = True

    def run(self):
        repository = self.config.book_repository
        if repository:
            address = hub_address(repository, "https://hub.example.org", "notebooks/index.ipynb")
            return [nodes.literal_block(address, address, language="text")]
        node = nodes.container()
        self.state.nested_parse(self.content or StringList(), self.content_offset, node)
        return node.children


def setup(app):
    """Read the remote once, and hand its links to every page."""
    app.add_config_value("book_repository", None, "html", [Repository])
    app.add_config_value("book_branch", "main", "html", [str])
    app.add_directive("hub-link", HubLink)
    app.connect("config-inited", _read_repository)
    app.connect("html-page-context", _add_to_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
