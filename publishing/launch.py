"""Links to the repository and buttons that launch a chapter, made from the git remote.

A clone of a public host gets a link to its repository and a button that opens the chapter on Binder, where
`requirements.txt` sets everything up. A local path, an unknown form or no remote gives nothing: no page has a dead
button.
"""

import re
import subprocess
from typing import NamedTuple
from urllib.parse import quote

BINDER = "https://mybinder.org"


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
    repository, notebook = app.config.book_repository, f"{pagename}.ipynb"
    is_notebook = doctree is not None and str(app.env.doc2path(pagename)).endswith(".ipynb")
    context["repository"] = repository
    context["notebook"] = f"_sources/{notebook}" if is_notebook else None
    context["binder"] = binder_address(repository, app.config.book_branch, notebook) if repository and is_notebook else None


def setup(app):
    """Read the remote once, and hand its links to every page."""
    app.add_config_value("book_repository", None, "html", [tuple])
    app.add_config_value("book_branch", "main", "html", [str])
    app.connect("config-inited", _read_repository)
    app.connect("html-page-context", _add_to_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
