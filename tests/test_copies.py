"""The notebooks that bring `mathref` along, as Colab and a JupyterHub get them: how they are published, and that one runs."""

import json
import os
import re
import shutil
import site
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from book_site import ROOT
from outputs import comparable
from publishing.copies import copies, publish
from publishing.launch import BRANCH

pytestmark = pytest.mark.thorough

URL = "https://github.com/owner/book"
STEM = "fc_recursion"


def git(folder, *arguments):
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def with_remote(clone, bare):
    """Give a folder a remote at an address that leads to a new repository here; return what git has to find in its environment."""
    git(clone.parent, "init", "--quiet", "--bare", "-b", "main", bare)
    git(clone.parent, "init", "--quiet", "-b", "main", clone)
    git(clone, "remote", "add", "origin", "git@github.com:owner/book.git")
    ssh = bare.with_name("ssh")  # what git runs to reach a host: this one runs at once what the host would
    ssh.write_text(f'#!/bin/sh\nfor word; do last=$word; done\nprogram=${{last%% *}}\nexec git "${{program#git-}}" "{bare}"\n')
    ssh.chmod(0o755)
    return {"GIT_SSH": str(ssh), "GIT_SSH_VARIANT": "simple"}


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone of a book of one notebook from an address that leads to a folder here, and that folder."""
    bare, clone = tmp_path / "bare.git", tmp_path / "clone"
    (clone / "notebooks").mkdir(parents=True)
    shutil.copyfile(ROOT / "notebooks" / f"{STEM}.ipynb", clone / "notebooks" / f"{STEM}.ipynb")
    for name, value in with_remote(clone, bare).items():
        monkeypatch.setenv(name, value)
    commit(clone, "First")
    return clone, bare


def elsewhere(monkeypatch, folder):
    """Let git find a folder of this machine at the address of the repository."""
    for name, value in {"GIT_CONFIG_COUNT": "3", "GIT_CONFIG_KEY_0": f"url.{folder.as_uri()}.insteadOf", "GIT_CONFIG_VALUE_0": f"{URL}.git",
                        "GIT_CONFIG_KEY_1": f"url.{folder.as_uri()}.insteadOf", "GIT_CONFIG_VALUE_1": URL,
                        "GIT_CONFIG_KEY_2": "safe.directory", "GIT_CONFIG_VALUE_2": "*"}.items():
        monkeypatch.setenv(name, value)


def commit(folder, message):
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "--allow-empty", "-m", message)


def test_a_copy_is_the_notebook_and_one_cell_that_is_valid_and_names_repository_and_commit():
    made = copies(ROOT, URL, "0123abc")
    assert sorted(made) == sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
    for name, text in made.items():
        first, *rest = nbformat.reads(text, as_version=4).cells
        assert first.source.splitlines()[-1] == f'%pip install --quiet "mathref[chapters] @ git+{URL}@0123abc"'
        assert rest == nbformat.read(ROOT / "notebooks" / name, as_version=4).cells


def test_the_branch_holds_the_copies_of_the_commit_and_grows_with_the_next(clone):
    clone, bare = clone
    first = publish(clone)
    assert git(bare, "ls-tree", "-r", "--name-only", BRANCH) == f"notebooks/{STEM}.ipynb"
    assert git(clone, "rev-parse", "HEAD") in git(bare, "show", f"{BRANCH}:notebooks/{STEM}.ipynb")
    assert publish(clone) is None and git(bare, "rev-parse", BRANCH) == first
    commit(clone, "Second")
    second = publish(clone)
    assert git(bare, "rev-parse", f"{BRANCH}^") == first and git(bare, "rev-parse", BRANCH) == second
    assert git(clone, "rev-parse", "HEAD") in git(bare, "show", f"{BRANCH}:notebooks/{STEM}.ipynb")
    assert git(clone, "status", "--porcelain") == "" and git(clone, "branch", "--show-current") == "main"


def test_a_student_on_a_hub_keeps_what_they_changed_when_the_copies_change(clone, tmp_path):
    clone, bare = clone
    publish(clone)
    git(tmp_path, "clone", "--quiet", "--branch", BRANCH, bare, "student")
    path = tmp_path / "student" / "notebooks" / f"{STEM}.ipynb"
    path.write_text(path.read_text().replace("# One layer back", "# Mine"), encoding="utf-8")
    changed = "# Mine" in path.read_text()
    commit(tmp_path / "student", "What nbgitpuller commits before it merges")
    commit(clone, "Second")
    publish(clone)
    git(tmp_path / "student", "fetch", "--quiet")
    git(tmp_path / "student", "-c", "user.name=A", "-c", "user.email=a@example.org", "merge", "--quiet", "-Xours", f"origin/{BRANCH}")
    assert ("# Mine" in path.read_text()) == changed and git(clone, "rev-parse", "HEAD") in path.read_text()


def test_without_a_remote_that_readers_reach_nothing_is_published(clone):
    clone, bare = clone
    git(clone, "remote", "set-url", "origin", str(bare))
    with pytest.raises(ValueError, match="which no reader can reach"):
        publish(clone)
    assert git(bare, "branch") == ""


# A copy runs

@pytest.fixture(scope="module")
def elsewhere_python(tmp_path_factory):
    """A Python with what Colab has, and so without `mathref`: the packages of this environment, linked one by one."""
    folder = tmp_path_factory.mktemp("colab")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    [packages] = folder.glob("lib/python*/site-packages")
    there = {path.name for path in packages.iterdir()}
    for source in map(Path, site.getsitepackages()):
        for path in source.iterdir():
            if path.name not in there and not re.match(r"mathref|__editable__|_*virtualenv|distutils-precedence|__pycache__", path.name):
                (packages / path.name).symlink_to(path)
    return folder / "bin" / "python"


RUN = """
import json, sys
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=300, allow_errors=True, resources={"metadata": {"path": sys.argv[2]}}).execute()
nbformat.write(notebook, sys.argv[1])
"""


def run(python, notebook, folder):
    """Run a notebook in a folder that holds nothing else, with a Python that inherits nothing from this one."""
    path = folder / "copy.ipynb"
    nbformat.write(notebook, path)
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "JUPYTER", "VIRTUAL_ENV", "PYTEST"))}
    kernel = folder / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps({"argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                                                    "display_name": "Python 3", "language": "python"}))
    done = subprocess.run([python, "-c", RUN, path, folder], env={**bare, "JUPYTER_PATH": str(folder / "jupyter"), "PYTHONNOUSERSITE": "1"},
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return nbformat.read(path, as_version=4)


def test_the_first_cell_brings_the_package_and_the_chapter_then_answers_as_it_stands(elsewhere_python, tmp_path, monkeypatch):
    source, empty = tmp_path / "source", tmp_path / "empty"
    source.mkdir()
    empty.mkdir()
    for name in git(ROOT, "ls-files", "mathref", "pyproject.toml", "README.md", "LICENSE").splitlines():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, source / name)
    git(source, "init", "--quiet", "-b", "main")
    commit(source, "All")
    elsewhere(monkeypatch, source)
    absent = subprocess.run([elsewhere_python, "-c", "import mathref"], cwd=tmp_path, capture_output=True, text=True,
                            env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"})
    assert "No module named 'mathref'" in absent.stderr

    stored = nbformat.read(ROOT / "notebooks" / f"{STEM}.ipynb", as_version=4)
    copy = nbformat.reads(copies(ROOT, URL, git(source, "rev-parse", "HEAD"))[f"{STEM}.ipynb"], as_version=4)
    first, *answered = run(elsewhere_python, copy, empty).cells
    assert "rror" not in str(first.outputs), first.outputs
    for cell, before in zip(answered, stored.cells, strict=True):
        if cell.cell_type == "code":
            assert comparable(cell.outputs) == comparable(before.outputs), cell.source
