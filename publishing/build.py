"""Build the site from the executed notebooks, unless it stands already.

    python -m publishing.build

With LITE in the environment, JupyterLite lies beside it; PYODIDE names a folder with the Python that it runs, which is
fetched otherwise. Whether the site stands is decided by a hash of everything that goes into it. What changed is not traced to single pages: a
build from scratch takes seconds, and a warm one keeps old style sheets, scripts and equation numbers.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from publishing import launch, lite, offline
from publishing.fingerprint import fingerprint

ROOT = Path(__file__).resolve().parent.parent
INPUTS = ("_config.yml", "_toc.yml", "book", "notebooks", "mathref", "publishing", "requirements.txt", "pyproject.toml")
REMOTE = (["git", "remote", "get-url", "origin"], ["git", "rev-parse", "--abbrev-ref", "origin/HEAD"])
"""What the launch buttons are made from."""


def inputs(root):
    """Return the hash of all that the site is made from."""
    answers = [subprocess.run(question, cwd=root, capture_output=True, text=True).stdout for question in REMOTE]
    return fingerprint(root, INPUTS, *answers, os.environ.get(launch.LITE, ""), os.environ.get("PYODIDE", ""))


def build(root=ROOT):
    """Build the site of `root` into its `_build/html`, with every warning an error.

    Returns
    -------
    bool
        Whether the site stands. One that failed is left for inspection and built again next time.
    """
    output, stamp, current = root / "_build", root / "_build" / "built-from", inputs(root)
    if stamp.exists() and stamp.read_text() == current:
        print("The site is up to date.")
    else:
        shutil.rmtree(output, ignore_errors=True)
        program = Path(sys.executable).with_name("jupyter-book")
        done = subprocess.run([program, "build", root, "-n", "-W", "--keep-going"], cwd=root)
        if done.returncode:
            return False
        offline.pack(output / "html")
        offline.offer(output / "html")
        if os.environ.get(launch.LITE):
            lite.build(root, output / "html", Path(os.environ["PYODIDE"]).resolve() if os.environ.get("PYODIDE") else None)
        stamp.write_text(current)
    print(f"Open {(output / 'html' / 'index.html').as_uri()}")
    return True


if __name__ == "__main__":
    sys.exit(0 if build() else 1)
