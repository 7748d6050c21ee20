"""The built site as the tests read it: its folder, its pages, a server with a sub-path, and a browser.

A test module imports the fixtures it uses. The browser lives as long as a module, because Playwright keeps an event
loop running that other tests of the same process must not meet.
"""

import fcntl
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from browser import chromium
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


@pytest.fixture(scope="session")
def site():
    """The folder of the built site."""
    return build()


class _BelowSubPath(SimpleHTTPRequestHandler):
    def translate_path(self, path):
        if not path.startswith(SUB_PATH):
            return str(Path(self.directory) / "outside the site")
        return super().translate_path("/" + path.removeprefix(SUB_PATH))

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def served(site):
    """The address of the site behind a web server, below a sub-path."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_BelowSubPath, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{SUB_PATH}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium."""
    with chromium() as browser:
        yield browser
