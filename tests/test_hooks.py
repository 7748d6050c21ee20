"""What pre-commit asks of a change: every hook runs without a network and passes on the whole tree."""

import shlex
import subprocess
import sys

import mypy  # noqa: F401  so that this file is left out where it is not installed
import pytest
import yaml

from test_repository import ROOT, make

HOOKS = {hook["id"]: hook for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
         for hook in repository["hooks"] if repository["repo"] == "local"}
HERE = ".venv/bin/python"


def run(hook, *more):
    program, *words = shlex.split(hook["entry"])
    return subprocess.run([sys.executable if program == HERE else program, *words, *more], cwd=ROOT, capture_output=True, text=True)


def test_no_hook_comes_from_elsewhere_or_needs_an_environment_of_its_own():
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    assert {hook["language"] for hook in HOOKS.values()} == {"system"}
    assert {"ruff", "notebooks", "types", "fast"} <= set(HOOKS)


@pytest.mark.thorough
@pytest.mark.parametrize("name", [name for name, hook in HOOKS.items() if hook["entry"].startswith(HERE) and name != "notebooks"])
def test_a_hook_passes_on_the_whole_tree(name):
    """But for the one that writes: no test does that here."""
    done = run(HOOKS[name])
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_fast_tests_are_tests_of_the_book():
    """`make test` runs them as well."""
    assert HOOKS["fast"]["entry"] == "make fast"
    *_, command = make("--dry-run", "fast").splitlines()
    files = [word for word in command.split() if word.startswith("tests/")]
    assert files and all((ROOT / name).exists() for name in files)


def test_before_a_commit_notebooks_are_brought_in_line_with_their_sources():
    """What that does, `test_making_notebooks.py` tells."""
    assert HOOKS["notebooks"]["entry"].endswith("publishing.notebooks --commit") and HOOKS["notebooks"]["pass_filenames"] is False


def test_ruff_refuses_a_fault(tmp_path):
    (tmp_path / "faulty.py").write_text("import os\n\nprint(undefined)\n")
    done = run(HOOKS["ruff"], "--config", str(ROOT / "pyproject.toml"), str(tmp_path / "faulty.py"))
    assert done.returncode == 1 and "F401" in done.stdout and "F821" in done.stdout
