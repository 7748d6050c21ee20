"""What pages are tested with: a Chromium, the machine's own, Playwright's, or the one that Debian's apt installs, and a web server."""

import fcntl
import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LOCK = Path(__file__).parent.parent / ".cache" / "browser.lock"
NONE_FOUND = """The pages are tested in a browser, and there is none here. Do one of these, then run `make test` again:
  install Chromium or Google Chrome, so that `chromium` or `google-chrome` starts it;
  run `.venv/bin/python -m playwright install chromium`;
  on Debian or Ubuntu, run `apt-get install chromium` as root."""


class NoBrowser(RuntimeError):
    """No browser was found and none could be installed; the message says what to do."""


def on_this_machine():
    """Return the path of an installed Chromium or Chrome, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def of_playwright(playwright):
    """Return the path of the browser that Playwright downloads, or None where the download does not work."""
    path = playwright.chromium.executable_path
    if not os.path.exists(path):
        _run(sys.executable, "-m", "playwright", "install", "chromium")
    return path if os.path.exists(path) else None


def of_debian():
    """Install Debian's Chromium as root and return its path, or None where that is not possible."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return None
    _run("apt-get", "update")
    _run("apt-get", "install", "-y", "--no-install-recommends", "chromium")
    return on_this_machine()


def _run(*command):
    """Run a command that may fail; what counts is whether there is a browser afterwards."""
    try:
        subprocess.run(command, timeout=600, capture_output=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    except (OSError, subprocess.TimeoutExpired):
        pass


def find(playwright):
    """Return the path of a browser, installing one if need be.

    Raises
    ------
    NoBrowser
        With what to do about it.
    """
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("w") as lock:  # two test processes must not install at the same time
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = on_this_machine() or of_playwright(playwright) or of_debian()
    if path is None:
        raise NoBrowser(NONE_FOUND)
    return path


def wait_until(page, condition, argument=None, seconds=30):
    """Wait until JavaScript finds a condition true in a page of the book.

    Playwright's own `wait_for_function` evaluates text inside the page, which the page's Content-Security-Policy forbids.
    """
    end = time.monotonic() + seconds
    while not page.evaluate(condition, argument):
        if time.monotonic() > end:
            raise TimeoutError(f"not true within {seconds} seconds: {condition}")
        page.wait_for_timeout(50)


def wait_until_open(page):
    """Wait until all of a page is there: it opens block by block, and what opens above a button moves it away."""
    wait_until(page, """!document.querySelector("[data-opening], main [style*='content-visibility']")""")


def lay_out_all(page):
    """Let a page lay out what is far from the screen as well: what is not has no text that a reader could see.

    The page's scripts have to be on: Playwright waits for an event of the style, which never comes without them.
    """
    page.add_style_tag(content="main section, main section > *, main .lines { content-visibility: visible !important; }")


@contextmanager
def chromium():
    """Yield a headless Chromium of Playwright's; it is closed at the end."""
    with sync_playwright() as playwright:
        # Root and containers have no sandbox, small ones little shared memory.
        browser = playwright.chromium.launch(executable_path=find(playwright),
                                             args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@contextmanager
def serving(handler, folder):
    """Yield the address of a folder behind a web server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
