"""What a chapter or a test file runs beside requirements.txt, and whether that is installed.

Such a package has a file of its own, `requirements-<package>.txt`. A chapter names it in its first cell, `%needs torch`;
a test file imports it at its head.
"""

import re
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_NAMED = re.compile(r'^(?: *")?(?:%needs|import|from) (\w+)', re.MULTILINE)  # lines of a notebook are quoted


def requirements(package):
    """Return the name of the file that says which version of a package is needed, and what it brings."""
    return f"requirements-{package}.txt"


def needed(path, root=ROOT):
    """Return the packages that a file runs beside requirements.txt.

    Parameters
    ----------
    path : pathlib.Path
        A chapter, as text or as notebook, or a test file.
    root : pathlib.Path
        The folder of the requirements.

    Returns
    -------
    list of str
    """
    named = dict.fromkeys(_NAMED.findall(path.read_text(encoding="utf-8")))
    return [package for package in named if (root / requirements(package)).exists()]


def missing(path, root=ROOT):
    """Return those of them that are not installed."""
    return [package for package in needed(path, root) if find_spec(package) is None]


def how_to_install(packages):
    """Return the command that brings the packages."""
    return " ".join([".venv/bin/pip install", *(f"-r {requirements(package)}" for package in packages)])
