"""What repo2docker, which builds Binder's images, makes of this repository: its own code is asked, no image is built."""

import json
import os
import shutil
import subprocess
import sys

from book_site import ROOT
from publishing.fingerprint import fingerprint

ASK = """
import json
from repo2docker.app import Repo2Docker
pack = next(pack for pack in (kind(base_image="") for kind in Repo2Docker().buildpacks) if pack.detect())
print(json.dumps({"pack": type(pack).__name__, "python": getattr(pack, "python_version", None), "kernel apart": bool(getattr(pack, "separate_kernel_env", False)),
                  "before": [*pack.get_preassemble_scripts()], "steps": [script for _, script in pack.get_assemble_scripts()],
                  "after": [*pack.get_post_build_scripts()], "start": pack.get_start_script()}))
"""


def repo2docker():
    """Return a folder with repo2docker, made unless it stands."""
    place = ROOT / ".cache" / "repo2docker" / fingerprint(ROOT, ("tests/repo2docker.txt",), sys.version)[:16]
    if not (place / "complete").exists():
        shutil.rmtree(place.parent, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target", place,
                        "-r", ROOT / "tests" / "repo2docker.txt"], check=True, capture_output=True)
        (place / "complete").touch()
    return place


def planned(clone):
    """Return what repo2docker would do with a clone: {"pack": …, "python": …, "steps": …, …}."""
    done = subprocess.run([sys.executable, "-c", ASK], cwd=clone, capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(repo2docker())})
    return json.loads(done.stdout)
