"""A package that only some chapters and tests run: without it they are left out, and pytest says so where it sums up."""

import os
import re
import subprocess
import sys

import pytest

from publishing.needs import ROOT, missing, needed

CONFTEST = (ROOT / "conftest.py").read_text(encoding="utf-8")
NOTEBOOK = '{"cells": [{"source": [\n    "%load_ext mathref.engine\\n",\n    "%needs nowhere\\n"]}]}'
LEFT_OUT = """\
 nowhere is not installed ===
Not run without it: notebooks/chapter.ipynb, tests/test_nowhere.py
To run them too: .venv/bin/pip install -r requirements-nowhere.txt
"""


@pytest.fixture
def book(tmp_path):
    """The repository's conftest.py and publishing/needs.py over a chapter and tests that could not run."""
    for name, text in {
        "conftest.py": CONFTEST, "publishing/__init__.py": "", "requirements-nowhere.txt": "nowhere==1\n",
        "publishing/needs.py": (ROOT / "publishing" / "needs.py").read_text(encoding="utf-8"),
        "notebooks/chapter.ipynb": NOTEBOOK, "notebooks/other.ipynb": "{}",
        "tests/test_nowhere.py": "import nowhere\n\n\ndef test_it():\n    pass\n",
        "tests/test_other.py": "import json\n\n\ndef test_it():\n    assert json\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def pytest_in(folder, *arguments):
    """Run pytest there as a process of its own, without plugins but xdist; return its exit code and what it printed."""
    command = [sys.executable, "-m", "pytest", "-p", "xdist", "-p", "no:cacheprovider", *arguments]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True)
    return done.returncode, re.sub("=+", "===", done.stdout)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_without_the_package_its_files_are_left_out_and_named_with_what_to_install(book, workers):
    code, said = pytest_in(book, *workers)
    assert code == 0 and LEFT_OUT in said and "1 passed" in said and "skipped" not in said


def test_a_run_of_other_files_says_nothing(book):
    code, said = pytest_in(book, "tests/test_other.py")
    assert code == 0 and "1 passed" in said and "nowhere" not in said


def test_what_is_asked_for_by_its_name_fails_and_what_to_install_is_said(book):
    code, said = pytest_in(book, "tests/test_nowhere.py")
    assert code != 0 and "Not run without it: tests/test_nowhere.py\nTo run them too: " in said


def test_with_the_package_everything_runs_and_nothing_is_said(book):
    (book / "nowhere.py").touch()
    code, said = pytest_in(book)
    assert code == 0 and "2 passed" in said and "Not run" not in said


def test_a_package_is_needed_where_a_chapter_or_an_import_names_it_and_a_file_of_requirements_does(book):
    for text, names in [("%needs nowhere\n", ["nowhere"]), ("import nowhere.parts as parts\n", ["nowhere"]),
                        ("from nowhere import part\n", ["nowhere"]), ("import json\n", []), ("%needs json\n", []),
                        ("we import nowhere\n", []), ("import nowheres\n", [])]:
        (book / "file").write_text(text)
        assert needed(book / "file", book) == missing(book / "file", book) == names, text
    (book / "requirements-json.txt").touch()
    (book / "file").write_text("import json\n")
    assert needed(book / "file", book) == ["json"] and missing(book / "file", book) == []
