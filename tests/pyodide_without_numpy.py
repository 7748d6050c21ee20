"""A Pyodide for the tests: its own files from npm, and of its packages those that are Python alone, from where pip finds them.

NumPy and SciPy for it lie only where Pyodide publishes them; `make lite` is for a site that has them.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile

from book_site import ROOT
from publishing.lite import pyodide


def folder():
    """Return a folder with it, made unless it stands."""
    version, files = pyodide.wanted()
    place = ROOT / ".cache" / "pyodide-without-numpy" / version
    if (place / "complete").exists():
        return place
    shutil.rmtree(place.parent, ignore_errors=True)
    place.mkdir(parents=True)
    subprocess.run(["npm", "pack", "--silent", f"pyodide@{version}"], cwd=place, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(place / f"pyodide-{version}.tgz") as package:
        for name, digest in files.items():
            content = package.extractfile(f"package/{name}").read()
            assert hashlib.sha256(content).hexdigest() == digest, f"{name} is not what pyodide.json says"
            (place / name).write_bytes(content)
    _bring_packages(place)
    (place / "complete").touch()
    return place


def _bring_packages(place):
    """Bring what pip finds, which is packed otherwise than Pyodide packs it, and let the lock file say so."""
    lock = json.loads((place / pyodide.LOCK).read_text(encoding="utf-8"))
    alone = {name: package for name, package in pyodide.closure(lock["packages"], ("micropip", "packaging", "jedi", "ipython", "typing-extensions")).items()
             if re.search(r"-none-any\.whl$", package["file_name"])}
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest", place,
                    "--only-binary", ":all:", "--platform", "any", "--python-version", lock["info"]["python"], "--implementation", "py", "--abi", "none",
                    *(f"{name}=={package['version']}" for name, package in alone.items())], check=True)
    for package in alone.values():
        package["sha256"] = hashlib.sha256((place / package["file_name"]).read_bytes()).hexdigest()
    (place / pyodide.LOCK).write_text(json.dumps(lock), encoding="utf-8")
