"""The problem sets with otter-grader itself: the commands of `teaching/README.md`, to the letter, in a copy of the repository."""

import json
import re
import shutil
import subprocess

import nbformat
import numpy as np
import pytest

from book_site import ROOT
from teaching.otter import YOURS
from teaching.problem_sets import SETS
from test_problem_sets import WRITTEN, questions, total
from test_workflows import give_real_programs, step

pytestmark = pytest.mark.thorough

INSTALL, MAKE, GRADE = re.findall(r"^```\n(.*?)^```$", (ROOT / "teaching" / "README.md").read_text(), re.MULTILINE | re.DOTALL)
STUDENTS = ["ada", "blaise", "chloe", "dora", "emil"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The book's folder in which otter-grader was installed as told."""
    folder = tmp_path_factory.mktemp("class")
    for name in ("Makefile", ".ci", "pyproject.toml", "requirements.txt", "mathref", "teaching"):
        place = ROOT / name
        (shutil.copytree if place.is_dir() else shutil.copyfile)(place, folder / name)
    give_real_programs(folder)
    (folder / ".cache").symlink_to(ROOT / ".cache")
    done = step(folder, INSTALL)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "_teaching" / "students.txt").write_text("\n".join(STUDENTS))
    return folder


@pytest.fixture(scope="module", params=SETS)
def made(folder, request):
    """A set that was made as told, and the folder of what was handed out."""
    done = step(folder, MAKE.replace("fully_connected", request.param))
    assert done.returncode == 0, done.stdout + done.stderr  # otter-grader fails where the key does not earn all points
    secret = (folder / "_teaching" / "secret").read_text().strip().encode()
    return SETS[request.param](secret, STUDENTS), folder / "_teaching" / request.param / "students"


def answered(notebook, answers):
    """Return a student's notebook with code instead of each question's dots."""
    notebook = nbformat.from_dict(notebook)
    names = iter(answers)
    for cell in notebook.cells:
        if cell.cell_type == "code" and "..." in cell.source and not cell.source.startswith(YOURS):
            cell.source = answers[next(names)]
    assert next(names, None) is None, "a question without a place for its answer"
    return notebook


def right(problem_set, student):
    """Return what a student may write who is right and has NumPy alone: functions, and numbers worked out elsewhere."""
    there, answers = {}, {}
    exec(problem_set.cell_of(student), there)
    for name, key, _ in questions(problem_set.notebook()):
        known = set(there)
        exec(key, there)
        asked = set(re.findall(r"^(\w+) = ", key, re.MULTILINE)) & set(there) - known
        values = {new: f"np.array({there[new].tolist()})" if isinstance(there[new], np.ndarray) else repr(there[new]) for new in asked}
        answers[name] = WRITTEN[problem_set.name].get(name, [None])[0] or "\n".join(f"{new} = {value}" for new, value in values.items())
    return answers


def test_a_student_can_run_the_notebook_and_the_tests_in_it(folder, made, tmp_path):
    problem_set, handed_out = made
    shutil.copy(handed_out / "dora.ipynb", tmp_path)
    cells = [cell.source for cell in nbformat.read(tmp_path / "dora.ipynb", as_version=4).cells if cell.cell_type == "code"]
    (tmp_path / "cells.py").write_text("\n".join(cells))
    done = subprocess.run([folder / "_teaching" / "otter" / "bin" / "python", "cells.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert sum("grader.check(" in cell for cell in cells) == len(total(problem_set))


def test_what_is_handed_out_has_no_key_and_what_is_handed_in_earns_what_it_should(folder, made):
    problem_set, handed_out = made
    assert sorted(path.stem for path in handed_out.glob("*.ipynb")) == STUDENTS
    without_key = {student: nbformat.read(handed_out / f"{student}.ipynb", as_version=4) for student in STUDENTS}
    text = json.dumps(without_key["ada"])
    assert '"hidden": false' in text  # the tests that a student may have
    assert [told for told in ("SOLUTION", '"hidden": true', "mathref") if told in text] == []

    answers = right(problem_set, "ada")
    function, *_ = WRITTEN[problem_set.name]
    called = re.sub(r":\n.*", ":\n    from mathref import dense\n    return dense", answers[function], flags=re.DOTALL)
    for name in ("submissions", "results"):
        shutil.rmtree(folder / "_teaching" / name, ignore_errors=True)
        (folder / "_teaching" / name).mkdir()
    for student, notebook in {
        "ada": answered(without_key["ada"], answers), "blaise": without_key["blaise"],
        "chloe": answered(without_key["chloe"], right(problem_set, "chloe") | {function: called}),
        "dora": answered(without_key["dora"], answers),
        "emil": answered(without_key["ada"], answers),
    }.items():
        nbformat.write(notebook, folder / "_teaching" / "submissions" / f"{student}.ipynb")
    done = step(folder, GRADE.replace("fully_connected", problem_set.name))
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"(\w+) has handed in the notebook of somebody else", done.stdout) == ["emil"]

    def earned(student):
        tests = json.loads((folder / "_teaching" / "results" / student / "results.json").read_text())["tests"]
        return {name: sum(test["score"] for test in tests if test["name"].startswith(name)) for name in total(problem_set)}

    everything = total(problem_set)
    assert earned("ada") == pytest.approx(everything)
    assert earned("blaise") == dict.fromkeys(everything, 0)
    assert earned("chloe") == pytest.approx(everything | {function: 0})
    assert earned("dora")[function] == everything[function]
    if problem_set.name != "repair":  # of whose seven faults two students may have the same
        assert 0 in earned("dora").values()
