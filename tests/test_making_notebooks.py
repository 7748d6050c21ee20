"""`make notebooks` executes what is stale and nothing else, always to the same bytes, and says what failed."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest

from mathref.engine import registry
from publishing import notebooks
from publishing.fingerprint import fingerprint

pytestmark = pytest.mark.thorough

CHAPTER = """\
# A chapter

```{code-cell}
:tags: [setup, remove-cell]
%load_ext mathref.engine
```

```{code-cell}
import ipywidgets
print("one")
print("two")
ipywidgets.IntSlider(3)
```

```{code-cell}
:tags: [raises-exception]
[][1]
```
"""


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book of two small chapters, with a package and requirements that a test can change."""
    (tmp_path / "book").mkdir()
    (tmp_path / "mathref").mkdir()
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: notebooks/index\nchapters:\n- file: notebooks/one\n")
    (tmp_path / "book" / "index.md").write_text("# Index\n")
    (tmp_path / "book" / "one.md").write_text(CHAPTER)
    (tmp_path / "mathref" / "dense.py").write_text("# one\n")
    (tmp_path / "requirements.txt").write_text("numpy==1\n")
    monkeypatch.setattr(registry, "DATA", tmp_path / "mathref" / "equations.json")
    return tmp_path


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The folder of a book whose notebooks were made, kept by `made` below."""
    return tmp_path_factory.mktemp("executed") / "book"


@pytest.fixture
def made(book, executed):
    """The same book with its notebooks, made once and copied from then on."""
    if not executed.exists():
        assert make(book) == 0
        shutil.copytree(book, executed)
    shutil.copytree(executed, book, dirs_exist_ok=True)
    return book


def make(book):
    return notebooks.main([], root=book)


def check(book, capsys):
    """Return the exit code of --check and what it said."""
    capsys.readouterr()
    return notebooks.main(["--check"], root=book), capsys.readouterr().err


def written(book):
    return {path.name: path.read_bytes() for path in sorted((book / "notebooks").glob("*.ipynb"))}


def test_two_runs_write_the_same_bytes(made):
    first = written(made)
    shutil.rmtree(made / "notebooks")
    assert make(made) == 0
    assert written(made) == first and len(first) == 2


def test_contents_decide_what_is_stale_and_times_do_not(made, capsys):
    assert check(made, capsys) == (0, "")
    for path in made.rglob("*"):
        os.utime(path, (2_000_000_000, 2_000_000_000))
    assert check(made, capsys) == (0, "")
    shutil.rmtree(made / "notebooks")
    assert check(made, capsys)[0] == 1


def test_before_a_commit_what_is_stale_is_made_and_the_commit_waits_until_it_is_added(made, capsys):
    def git(*arguments):
        subprocess.run(["git", *arguments], cwd=made, check=True, capture_output=True)

    def hook():
        capsys.readouterr()
        return notebooks.main(["--commit"], root=made), capsys.readouterr().err.strip()

    waits = "These belong to what is committed: git add "
    git("init", "--quiet")
    assert hook() == (1, f"{waits}notebooks/index.ipynb notebooks/one.ipynb")
    git("add", "--all")
    assert hook() == (0, "")
    before = written(made)
    with (made / "book" / "one.md").open("a") as file:
        file.write("\nOne more sentence.\n")
    assert hook() == (1, f"{waits}notebooks/one.ipynb") and written(made) != before
    git("add", "notebooks/one.ipynb")
    assert hook() == (0, "")
    with (made / "book" / "one.md").open("a") as file:
        file.write("\n```{code-cell}\nundefined\n```\n")
    code, said = hook()
    assert code == 1 and "NameError" in said and waits not in said


@pytest.mark.parametrize("changed, stale", [("book/one.md", ["one"]), ("mathref/dense.py", ["index", "one"]),
                                            ("requirements.txt", ["index", "one"])])
def test_a_change_makes_stale_what_depends_on_it(made, capsys, changed, stale):
    with (made / changed).open("a") as file:
        file.write("\n# changed\n")
    code, said = check(made, capsys)
    assert code == 1 and [stem for stem in ("index", "one") if f"{stem}: " in said] == stale
    before = written(made)
    assert make(made) == 0 and check(made, capsys) == (0, "")
    assert [name for name, content in written(made).items() if content != before[name]] == [f"{s}.ipynb" for s in stale]


def test_a_failing_cell_is_named_with_its_error_and_the_notebook_is_left_alone(made, capsys):
    before = written(made)
    with (made / "book" / "one.md").open("a") as file:
        file.write('\n```{code-cell}\nraise ValueError("W is (2, 3), x needs three rows")\n```\n')
    assert make(made) == 1
    said = capsys.readouterr().err
    assert "book/one.md, cell 5: raise ValueError" in said and "W is (2, 3), x needs three rows" in said
    assert written(made) == before


def test_a_false_equation_stops_the_chapter_in_the_words_of_the_engine(book, capsys):
    with (book / "book" / "one.md").open("a") as file:
        file.write("\n```{code-cell}\n%%claim eq-no\nz^{l} = W^{l}\n```\n")
    assert make(book) == 1
    said = capsys.readouterr().err
    assert "book/one.md, cell 5: %%claim eq-no" in said and "Traceback" not in said and "z" in said


def test_a_cell_that_should_fail_and_does_not_is_an_error(book, capsys):
    source = book / "book" / "one.md"
    source.write_text(source.read_text().replace("[][1]", "[1][0]"))
    assert make(book) == 1
    assert "book/one.md, cell 4: [1][0]\n\nis tagged raises-exception and raised nothing" in capsys.readouterr().err


@pytest.fixture
def lacking(book):
    """The book with a chapter that runs a package which is not installed."""
    (book / "requirements-nowhere.txt").write_text("nowhere==1\n")
    with (book / "book" / "one.md").open("a") as file:
        file.write("\n```{code-cell}\n:tags: [setup, remove-cell]\n%needs nowhere\n```\n")
    return book


def test_without_its_package_a_stale_chapter_is_left_as_it_is_and_one_line_says_what_to_install(lacking, capsys):
    (lacking / "notebooks").mkdir()
    (lacking / "notebooks" / "one.ipynb").write_text('{"metadata": {}}')
    assert make(lacking) == 0
    said = [line for line in capsys.readouterr().out.splitlines() if "nowhere" in line]
    assert said == ["  one: stale, and left so without nowhere: .venv/bin/pip install -r requirements-nowhere.txt"]
    assert written(lacking)["one.ipynb"] == b'{"metadata": {}}' and "index.ipynb" in written(lacking)
    assert check(lacking, capsys) == (1, "\none: was made from something else than what is there now\n\n"
                                         "Run `make notebooks` and commit what it writes.\n")


def test_a_fresh_chapter_needs_its_package_no_more_until_another_version_is_asked_for(lacking, capsys):
    notebooks.record(notebooks.read_chapters(lacking))
    (lacking / "notebooks").mkdir()
    for stem in ("index", "one"):
        metadata = {"book": {"made_from": notebooks.made_from(lacking, stem)}}
        (lacking / "notebooks" / f"{stem}.ipynb").write_text(json.dumps({"metadata": metadata}))
    assert make(lacking) == 0 and "nowhere" not in capsys.readouterr().out
    assert check(lacking, capsys)[0] == 0
    (lacking / "requirements-nowhere.txt").write_text("nowhere==2\n")
    assert check(lacking, capsys)[0] == 1 and not notebooks.is_stale(lacking, "index")


def test_a_chapter_outside_the_table_of_contents_is_an_error(book, capsys):
    (book / "book" / "stray.md").write_text("# Stray\n")
    assert make(book) == 1
    assert "_toc.yml and book/ do not agree about: stray" in capsys.readouterr().err


def test_a_notebook_whose_source_is_gone_is_removed(made, capsys):
    (made / "book" / "one.md").unlink()
    (made / "_toc.yml").write_text("format: jb-book\nroot: notebooks/index\n")
    assert check(made, capsys)[0] == 1
    assert make(made) == 0 and list(written(made)) == ["index.ipynb"]


def test_a_python_error_keeps_what_went_wrong_and_loses_the_files_it_passed_through(made):
    notebook = nbformat.read(made / "notebooks" / "one.ipynb", as_version=4)
    error = notebook.cells[3].outputs[0]
    assert error.traceback == ["IndexError: list index out of range"]
    assert notebook.cells[2].outputs[0].text == "one\ntwo\n"
    assert notebook.cells[1].metadata.jupyter.source_hidden


def test_a_fingerprint_tells_files_apart_and_ignores_where_they_lie(tmp_path):
    def lay(name, files):
        for path, content in files.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_text(content)
        return fingerprint(tmp_path / name, ["package", "file"])

    files = {"package/a.py": "1", "package/b/c.js": "2", "file": "3"}
    first = lay("first", files)
    assert lay("second", files) == first
    assert lay("compiled", {**files, "package/__pycache__/a.pyc": "4", "package/.hidden": "5"}) == first
    others = [lay("content", {**files, "package/a.py": "4"}), lay("moved", {"package/b/a.py": "1", **files}),
              lay("missing", {k: v for k, v in files.items() if k != "file"}), fingerprint(tmp_path / "first", ["file"])]
    assert len({first, *others}) == 5
    assert fingerprint(Path(tmp_path / "first"), ["file"], "fact") != others[-1]
