"""Copies of the notebooks that bring `mathref` along, for places that have Python but not this repository.

    python -m publishing.copies

Colab and a JupyterHub open a notebook from a branch of the repository. The branch `anywhere` holds nothing but such
copies: each begins with a cell that installs the package from the repository, at the commit that the copy was made from.
The notebooks of the book do without, and stay as they are. The branch only grows, so that what a student has changed on a
hub can be merged.
"""

import json
import subprocess
import sys
from pathlib import Path

import nbformat

from publishing.launch import BRANCH, parse_remote

ROOT = Path(__file__).resolve().parent.parent
CELL = """# Brings the book's own package, mathref, as it was when this page was published.
%pip install --quiet "mathref[chapters] @ git+{url}@{commit}\""""


def with_first_cell(text, source, kernelspec=None):
    """Return a notebook that begins with one more cell.

    Parameters
    ----------
    text : str
        A notebook.
    source : str
        The code of the cell.
    kernelspec : dict, optional
        The kernel that the copy asks for.
    """
    notebook = json.loads(text)
    cell = {"cell_type": "code", "execution_count": None, "id": "bring-mathref", "metadata": {"tags": ["setup"]}, "outputs": [],
            "source": source.splitlines(keepends=True)}
    notebook["cells"].insert(0, cell)
    if kernelspec:
        notebook["metadata"]["kernelspec"] = kernelspec
    nbformat.validate(notebook)
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def copies(root, url, commit):
    """Return the copies of all notebooks, as text by file name."""
    cell = CELL.format(url=url, commit=commit)
    return {path.name: with_first_cell(path.read_text(encoding="utf-8"), cell) for path in sorted((root / "notebooks").glob("*.ipynb"))}


def publish(root=ROOT):
    """Commit the copies to the branch of the remote, unless they are there.

    Returns
    -------
    str or None
        The new commit.

    Raises
    ------
    ValueError
        If no reader could reach the remote.
    """
    remote, commit = _git(root, "remote", "get-url", "origin"), _git(root, "rev-parse", "HEAD")
    repository = parse_remote(remote)
    if repository is None:
        raise ValueError(f"The remote is {remote}, which no reader can reach: there is nothing to install mathref from.")
    entries = "".join(f"100644 blob {_git(root, 'hash-object', '-w', '--stdin', given=text)}\t{name}\n"
                      for name, text in copies(root, repository.url, commit).items())
    folder = _git(root, "mktree", given=entries)
    tree = _git(root, "mktree", given=f"040000 tree {folder}\tnotebooks\n")
    parents = []
    if _git(root, "ls-remote", "origin", f"refs/heads/{BRANCH}"):
        _git(root, "fetch", "--quiet", "origin", BRANCH)
        parents = ["-p", _git(root, "rev-parse", "FETCH_HEAD")]
        if _git(root, "rev-parse", "FETCH_HEAD^{tree}") == tree:
            return None
    who = ["-c", "user.name=The book", "-c", f"user.email=book@{repository.host}"]
    made = _git(root, *who, "commit-tree", tree, *parents, "-m", f"Notebooks of {commit[:12]}, which bring mathref along")
    _git(root, "push", "--quiet", "origin", f"{made}:refs/heads/{BRANCH}")
    return made


def _git(root, *arguments, given=None):
    return subprocess.run(["git", *arguments], cwd=root, input=given, capture_output=True, text=True, check=True, encoding="utf-8").stdout.strip()


if __name__ == "__main__":
    try:
        done = publish()
    except subprocess.CalledProcessError as error:
        sys.exit(error.stderr)
    except ValueError as error:
        sys.exit(str(error))
    print(f"The branch {BRANCH} has the copies." if done else f"The branch {BRANCH} had them already.")
