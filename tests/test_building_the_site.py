"""`make book` builds when something changed and only then, and a warning is an error."""

import json

import pytest

from publishing import lite
from publishing.build import build

pytestmark = pytest.mark.thorough


def page(text):
    cell = {"cell_type": "markdown", "id": "one", "metadata": {}, "source": text}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def root(tmp_path):
    """A site of one page."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "_config.yml").write_text('title: Small\nexecute: {execute_notebooks: "off"}\nonly_build_toc_files: true\n')
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: notebooks/index\n")
    (tmp_path / "notebooks" / "index.ipynb").write_text(page("# One"))
    return tmp_path


def test_the_site_is_built_when_something_changed_and_only_then(root, capfd):
    assert build(root)
    html = root / "_build" / "html" / "notebooks" / "index.html"
    assert "One" in html.read_text()
    assert capfd.readouterr().out.endswith(f"Open {(root / '_build/html/index.html').as_uri()}\n")
    html.write_text("untouched")
    assert build(root) and html.read_text() == "untouched"
    assert "up to date" in capfd.readouterr().out
    (root / "notebooks" / "index.ipynb").write_text(page("# Two"))
    assert build(root) and "Two" in html.read_text()


def test_a_warning_stops_the_build_every_time_until_it_is_mended(root, capfd):
    notebook = root / "notebooks" / "index.ipynb"
    notebook.write_text(page("# One\n\nSee {eq}`eq-that-is-not-there`.\n"))
    assert not build(root) and not build(root)
    assert "eq-that-is-not-there" in capfd.readouterr().err
    notebook.write_text(page("# One"))
    assert build(root)


def test_jupyterlite_is_built_beside_it_where_it_is_asked_for_out_of_the_pyodide_that_is_named(root, monkeypatch, tmp_path):
    built = []
    monkeypatch.setattr(lite, "build", lambda *arguments: built.append(arguments))
    monkeypatch.delenv("PYODIDE", raising=False)
    for LITE, PYODIDE, expected in [("", "", []), ("1", "", [None]), ("1", str(tmp_path), [tmp_path]), ("1", str(tmp_path), []), ("", "", [])]:
        monkeypatch.setenv("LITE", LITE)
        monkeypatch.setenv("PYODIDE", PYODIDE)
        built.clear()
        assert build(root) and built == [(root, root / "_build" / "html", python) for python in expected]
