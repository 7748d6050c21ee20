"""What tests share: the built site, a page of figures, a server for each, and a browser.

A browser lives as long as a test module, because Playwright keeps an event loop running that other tests of the same
process must not meet. Hypothesis draws the same examples on every run and takes the time it needs.
"""


import pytest
from hypothesis import settings

import book_site
import figure_pages
from browser import chromium, serving
from publishing import variants
from publishing.katex import render
from publishing.notebooks import read_chapters

settings.register_profile("book", derandomize=True, deadline=None, database=None)
settings.load_profile("book")

LONGEST = ["test_binder.py", "test_paper.py", "test_site.py", "test_every_equation.py", "test_every_figure.py", "test_figure_page.py",
           "test_on_paper.py", "test_exercises.py", "test_reading.py", "test_figure_conv_page.py", "test_figure_jupyterlab.py", "test_pages.py",
           "test_lite_kernel.py", "test_workflows.py", "test_otter.py", "test_sentences.py"]
"""Files that take minutes. They come first, so that no process is left alone with one of them at the end."""


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture
def told(record_property):
    """Say a line when all tests have run, whichever process this one runs in."""
    return lambda line: record_property("told", line)


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium."""
    render("x")  # while no event loop runs: V8 would tie itself to that of the browser, and end with it
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def replayed():
    """The session and the equation cells of every chapter, run once."""
    return variants.replayed(read_chapters(book_site.ROOT))


@pytest.fixture(scope="session")
def site():
    """The folder of the built site."""
    return book_site.build()


@pytest.fixture(scope="module")
def served(site):
    """The address of the site behind a web server, below a sub-path."""
    with serving(book_site.BelowSubPath, site) as address:
        yield address + book_site.SUB_PATH


@pytest.fixture(scope="module")
def figure_site(notebook, tmp_path_factory):
    """The folder of a built site of one page, `index.html`: the `notebook` that a test module defines."""
    return figure_pages.built(notebook, tmp_path_factory.mktemp("figures"))


@pytest.fixture(scope="module")
def figure_served(figure_site):
    """Its address behind a web server."""
    with serving(figure_pages.Quiet, figure_site) as address:
        yield address + "/"
