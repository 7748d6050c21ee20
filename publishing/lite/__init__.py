"""JupyterLite beside the book: every chapter as a notebook whose Python runs in the reader's browser.

    make book LITE=1

It lies under lite/ and is made of files alone. Nothing comes from another host: Pyodide is served by the site
(`pyodide.py`), and so are `mathref` and what it needs. A copy of each chapter gets a first cell that installs them. Each
page of JupyterLite has a policy of its own, and a script that says so when Python cannot start (`start.js`).
"""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from publishing import policy
from publishing.copies import with_first_cell
from publishing.fingerprint import fingerprint
from publishing.lite import pyodide

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NAME = "lite"
SECONDS = 120  # until a reader is told that Python does not start

WHEELS = ("anywidget", "autograd", "comm", "ipywidgets", "jupyterlab_widgets", "lark", "psygnal")
"""What the chapters need and Pyodide does not have, in the versions of requirements.txt: Python alone, for any machine."""

EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "anywidget")
"""What JupyterLab needs to show a figure."""

CELL = """# Brings the book's own package into this browser.
%pip install --quiet {}"""
KERNELSPEC = {"name": "python", "display_name": "Python (in the browser)", "language": "python"}


def environment(root=ROOT):
    """Return the folder with JupyterLite and the wheels, made unless it stands."""
    place = root / ".cache" / NAME / fingerprint(root, ("requirements.txt", "publishing/lite/requirements.txt"))[:16]
    place.parent.parent.mkdir(exist_ok=True)
    with (root / ".cache" / f"{NAME}.lock").open("w") as lock:  # two test processes must not install at the same time
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install(root, place)
    return place


def _install(root, place):
    if not (place / "complete").exists():
        shutil.rmtree(place.parent, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--no-deps", "--target", place / "packages", "-r", HERE / "requirements.txt"], check=True)
        pins = re.findall(rf"^(?:{'|'.join(WHEELS)})==\S+", (root / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
        subprocess.run([*pip, "download", "--no-deps", "--dest", place / "wheels", "--only-binary", ":all:", "--platform", "any",
                        "--implementation", "py", "--abi", "none", *pins], check=True)
        (place / "complete").touch()


def build(root, html, python=None):
    """Build JupyterLite into the folder `lite` of a site.

    Parameters
    ----------
    root : pathlib.Path
        The folder of the repository.
    html : pathlib.Path
        The folder of the site.
    python : pathlib.Path, optional
        A folder with Pyodide. Without it, it is fetched.
    """
    place, work, output = environment(root), Path(tempfile.mkdtemp()), html / NAME
    if python is None:
        python = root / ".cache" / "pyodide"
        try:
            pyodide.fetch(python)
        except OSError as error:
            raise SystemExit(f"Pyodide cannot be fetched from {pyodide.HOST}: {error}. PYODIDE=folder takes one that you have.") from None
    shutil.rmtree(output, ignore_errors=True)
    pyodide.serve(python, work / "static" / "pyodide")
    shutil.copytree(place / "wheels", work / "pypi")
    _build_wheel(root, work)
    (work / "chapters").mkdir()
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        (work / "chapters" / path.name).write_text(chapter(path.read_text(encoding="utf-8")), encoding="utf-8")
    _configure(work, place)
    done = subprocess.run([sys.executable, "-m", "jupyterlite_core", "build", "--output-dir", output], cwd=work, text=True,
                          env={**os.environ, "PYTHONPATH": str(place / "packages")}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise SystemExit(done.stdout)
    shutil.rmtree(work)
    shutil.copyfile(HERE / "start.js", output / "start.js")
    for page in output.rglob("index.html"):
        page.write_text(prepared(page.read_text(encoding="utf-8"), page.parent == output / "notebooks", megabytes(output)), encoding="utf-8")


def chapter(text):
    """Return a notebook as it runs in the browser."""
    needs = ["mathref[engine,widgets,plots]", *(["autograd"] if re.search(r'"import autograd\b', text) else [])]
    return with_first_cell(text, CELL.format(" ".join(needs)), KERNELSPEC)


def megabytes(output):
    """Return how much a reader loads for Python with NumPy and SciPy."""
    there = {path.name: path.stat().st_size for path in (output / "static" / "pyodide").iterdir()}
    packages = json.loads((output / "static" / "pyodide" / pyodide.LOCK).read_text(encoding="utf-8"))["packages"]
    loaded = {package["file_name"] for package in pyodide.closure(packages, ("ipython", "jedi", "micropip", "scipy")).values()}
    return round(sum(size for name, size in there.items() if name in loaded | pyodide.wanted()[1].keys()) / 1e6)


def prepared(page, is_notebook, size):
    """Return a page of JupyterLite with its policy, and where a notebook opens with the script that watches Python start."""
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy.lite_policy(scripts)}">'
    watch = f'<script src="../start.js" data-seconds="{SECONDS}" data-megabytes="{size}" defer></script>' if is_notebook else ""
    return page.replace("<head>", f"<head>\n    {head}{watch}", 1)


def _build_wheel(root, work):
    """Build the wheel of mathref, out of a copy: setuptools leaves a folder beside what it builds."""
    copy = work / "package"
    shutil.copytree(root / "mathref", copy / "mathref", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(root / name, copy / name)
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
                    "--wheel-dir", work / "pypi", copy], check=True)
    shutil.rmtree(copy)


def _configure(work, place):
    kernel = "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension"
    own = [Path(sys.prefix) / "share" / "jupyter" / "labextensions" / name for name in EXTENSIONS]
    build = {"apps": ["notebooks", "tree"], "contents": ["chapters"], "no_sourcemaps": True,
             "ignore_sys_prefix": ["federated_extensions"], "federated_extensions": [*map(str, own), str(place / "packages" / kernel)]}
    settings = {"appName": "Backpropagation, derived and run", "appUrl": "./tree", "exposeAppInBrowser": True,
                "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": {"disablePyPIFallback": True}}}
    (work / "jupyter_lite_config.json").write_text(json.dumps({"LiteBuildConfig": build}), encoding="utf-8")
    (work / "jupyter-lite.json").write_text(json.dumps({"jupyter-lite-schema-version": 0, "jupyter-config-data": settings}), encoding="utf-8")
