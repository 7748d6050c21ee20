"""Make a problem set for a class: the notebook of every student, and the tests that grade them.

    python -m teaching.make fully_connected _teaching/students.txt

students.txt has one name in a line. What is made lies in _teaching/, which git ignores; so does the secret that all
numbers are drawn from, unless you keep it elsewhere (--secret). The same secret and names make the same files.
"""

import argparse
import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from teaching.otter import YOURS
from teaching.problem_sets import SETS

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "_teaching"


def names(path):
    """Return the names of the students.

    Raises
    ------
    ValueError
        If there is none, one stands there twice, or one cannot be the name of a file.
    """
    listed = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not listed:
        raise ValueError(f"{path} is empty; it needs one name in a line")
    for name in listed:
        if not re.fullmatch(r"\w[\w.-]*", name):
            raise ValueError(f"{name!r} is no name for a file; it needs letters, digits, and . - _ between them")
        if listed.count(name) > 1:
            raise ValueError(f"{name} stands in {path} twice; every student needs a name of their own")
    return listed


def secret_of(path):
    """Return the secret that a file holds, a new one if there is no such file."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_hex() + "\n")
        print(f"Made a new secret, {path}: keep it, or the set cannot be made again.")
    return path.read_text().strip().encode()


def hand_out(problem_set, without_key, folder):
    """Write the notebook of each student: that without the key, with the student's own first cell, under the student's name.

    otter-grader reads the notebook by the name that stands in its cell.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for student in problem_set.students:
        notebook = nbformat.read(without_key, as_version=4)
        own, = (cell for cell in notebook.cells if cell.source.startswith(YOURS))
        own.source = problem_set.cell_of(student)
        otter, = (cell for cell in notebook.cells if "otter.Notebook(" in cell.source)
        otter.source = otter.source.replace(without_key.name, f"{student}.ipynb")
        nbformat.write(notebook, folder / f"{student}.ipynb")


def main(arguments=None):
    """Run the command line, and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m teaching.make", description=__doc__.split("\n")[0])
    parser.add_argument("set", choices=SETS)
    parser.add_argument("students", type=Path, help="a file with one name in a line")
    parser.add_argument("--secret", type=Path, default=FOLDER / "secret", help="the file of the secret")
    parser.add_argument("--otter", type=Path, default=FOLDER / "otter" / "bin" / "otter", help="the program otter")
    options = parser.parse_args(arguments)
    try:
        problem_set = SETS[options.set](secret_of(options.secret), names(options.students))
    except (OSError, ValueError) as error:
        parser.error(str(error))
    folder = FOLDER / options.set
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    master = folder / f"{options.set}.ipynb"
    nbformat.write(problem_set.notebook(), master)
    if not options.otter.exists():
        print(f"Wrote {master}, with the key. For the rest install otter-grader, see teaching/README.md.", file=sys.stderr)
        return 1
    here = {"PYTHONPATH": str(ROOT), "PATH": os.pathsep.join([str(options.otter.absolute().parent), os.environ["PATH"]])}
    done = subprocess.run([options.otter.absolute(), "assign", master.name, "made"], cwd=folder,
                          env={**os.environ, **here})  # the key runs, and asks the mathref of this folder
    if done.returncode:
        return done.returncode
    hand_out(problem_set, folder / "made" / "student" / master.name, folder / "students")
    print(f"For the students: {folder / 'students'}\nTo grade with: {next((folder / 'made' / 'autograder').glob('*.zip'))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
