"""Pyodide, the Python of a browser: what of it the site serves itself, and where that comes from.

`pyodide.json` names a version and the SHA-256 of its own files. One of these is its lock file, which names every package
that was built for it, with the SHA-256 of each: so nothing is taken that is not known before. The files come from where
Pyodide publishes them, and stay in .cache/.
"""

import hashlib
import json
import shutil
import urllib.request
from pathlib import Path

from packaging.utils import canonicalize_name

HERE = Path(__file__).resolve().parent
LOCK = "pyodide-lock.json"
HOST = "https://cdn.jsdelivr.net"

PACKAGES = ("micropip", "packaging", "jedi", "ipython", "typing-extensions", "numpy", "scipy", "matplotlib", "scikit-learn")
"""What the kernel takes from Pyodide, and what the chapters do."""


def wanted():
    """Return the version of Pyodide, and its own files with their hashes."""
    release = json.loads((HERE / "pyodide.json").read_text(encoding="utf-8"))
    return release["version"], release["files"]


def closure(packages, names=PACKAGES):
    """Return the packages of a lock file that `names` need, themselves included.

    Parameters
    ----------
    packages : dict
        Of the lock file: {name: {"depends": …, "file_name": …, "sha256": …}}.

    Returns
    -------
    dict
        In the order of the lock file.
    """
    found, waiting = set(), list(names)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in packages and name not in found:
            found.add(name)
            waiting += packages[name]["depends"]
    return {name: package for name, package in packages.items() if name in found}


def fetch(folder, host=HOST):
    """Bring Pyodide and the packages into a folder, unless they lie there.

    Parameters
    ----------
    folder : pathlib.Path
        Where to.
    host : str
        Where from.

    Raises
    ------
    ValueError
        If a file is not the one that was published.
    """
    version, files = wanted()
    folder.mkdir(parents=True, exist_ok=True)
    for name, digest in files.items():
        _bring(f"{host}/npm/pyodide@{version}/{name}", folder / name, digest)
    lock = json.loads((folder / LOCK).read_text(encoding="utf-8"))
    for package in closure(lock["packages"]).values():
        _bring(f"{host}/pyodide/v{version}/full/{package['file_name']}", folder / package["file_name"], package["sha256"])


def _bring(address, path, digest):
    if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == digest:
        return
    with urllib.request.urlopen(address, timeout=60) as answer:
        content = answer.read()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError(f"{address} is not the file that was published: its SHA-256 is not {digest}")
    path.write_bytes(content)


def serve(folder, target):
    """Lay into the site what it serves of a Pyodide, with a lock file that names no package which is not there.

    Parameters
    ----------
    folder : pathlib.Path
        A Pyodide with some packages.
    target : pathlib.Path
        A folder of the site.
    """
    lock = json.loads((folder / LOCK).read_text(encoding="utf-8"))
    lock["packages"] = {name: package for name, package in closure(lock["packages"]).items()
                        if (folder / package["file_name"]).exists()}
    target.mkdir(parents=True)
    for name in (*wanted()[1], *(package["file_name"] for package in lock["packages"].values())):
        shutil.copyfile(folder / name, target / name)
    (target / LOCK).write_text(json.dumps(lock), encoding="utf-8")
