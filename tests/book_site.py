"""The built site as the tests read it: its folder, its pages, and how a server shows it below a sub-path."""

import fcntl
import subprocess
import sys
from functools import cache
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

from bs4 import BeautifulSoup

from publishing.toc import stems

ROOT = Path(__file__).parent.parent
CHAPTERS = [f"notebooks/{stem}.html" for stem in stems(ROOT)]
PAGES = [*CHAPTERS, "search.html"]
SUB_PATH = "/shelf/book/"


def build():
    """Build the site by the command of `make book`, unless it stands already, and return its folder."""
    (ROOT / ".cache").mkdir(exist_ok=True)
    with (ROOT / ".cache" / "site.lock").open("w") as lock:  # test processes start together
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run([sys.executable, "-m", "publishing.build"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / "_build" / "html"


@cache
def read(path):
    """Return a page as it stands in its file."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def named(path):
    """Return the elements of a page by their ids; to look for one after the other would read it again and again."""
    return {element["id"]: element for element in read(path).find_all(id=True)}


class BelowSubPath(SimpleHTTPRequestHandler):
    """Serves the site there and nothing else."""

    def translate_path(self, path):
        if not path.startswith(SUB_PATH):
            return str(Path(self.directory) / "outside the site")
        return super().translate_path("/" + path.removeprefix(SUB_PATH))

    def log_message(self, *arguments):
        pass
