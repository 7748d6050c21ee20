"""JupyterLite beside the book, without its Python: what it is made of, what it loads, and what a reader is told who waits."""

import hashlib
import json
import re
import zipfile
from pathlib import Path
from urllib.error import URLError

import nbformat
import pytest

from book_site import ROOT
from browser import serving, wait_until
from figure_pages import Quiet
from lite_page import opened
from publishing import lite, policy
from publishing.lite import pyodide

pytestmark = pytest.mark.thorough

STEM = "one_neuron"


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    """The folder of a site that is nothing but JupyterLite, with an empty file for every one of Pyodide's."""
    folder = tmp_path_factory.mktemp("site")
    empty = tmp_path_factory.mktemp("pyodide")
    for name in pyodide.wanted()[1]:
        (empty / name).touch()
    (empty / pyodide.LOCK).write_text(json.dumps({"packages": {}}))
    lite.build(ROOT, folder, empty)
    return folder


@pytest.fixture(scope="module")
def address(html):
    with serving(Quiet, html) as address:
        yield address + "/"


# What it is made of

def test_every_chapter_is_there_as_it_is_but_for_a_first_cell_that_brings_mathref(html):
    chapters = sorted((ROOT / "notebooks").glob("*.ipynb"))
    assert [path.name for path in chapters] == sorted(path.name for path in (html / "lite" / "files").glob("*.ipynb"))
    for path in chapters:
        first, *rest = nbformat.read(html / "lite" / "files" / path.name, as_version=4).cells
        assert rest == nbformat.read(path, as_version=4).cells
        assert re.search(r"^%pip install --quiet mathref\[engine,widgets,plots\]( autograd)?$", first.source, re.MULTILINE) and not first.outputs
        assert ("autograd" in first.source) == any(re.search(r"^import autograd", cell.source, re.MULTILINE) for cell in rest)


def test_the_wheel_of_mathref_is_the_one_of_this_repository_and_pip_finds_it_in_the_browser(html):
    index = json.loads((html / "lite" / "pypi" / "all.json").read_text())
    [[wheel]] = index["mathref"]["releases"].values()
    content = (html / "lite" / "pypi" / wheel["filename"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == wheel["digests"]["sha256"]
    with zipfile.ZipFile(html / "lite" / "pypi" / wheel["filename"]) as packed:
        for path in (ROOT / "mathref").rglob("*.*"):
            if "__pycache__" not in path.parts:
                assert packed.read(path.relative_to(ROOT).as_posix()) == path.read_bytes()
    assert {name.replace("-", "_") for name in index} == {"mathref", *lite.WHEELS}


def test_what_comes_with_it_has_the_versions_of_the_requirements(html):
    pins = (ROOT / "requirements.txt").read_text()
    for name, project in json.loads((html / "lite" / "pypi" / "all.json").read_text()).items():
        if name != "mathref":
            assert re.search(rf"^{re.sub('[-_]', '[-_]', name)}=={re.escape(*project['releases'])}\b", pins, re.MULTILINE), name


# What it may load

def test_every_page_has_a_policy_that_names_no_other_host_and_allows_its_own_inline_scripts_alone(html):
    pages = sorted((html / "lite").rglob("index.html"))
    assert {path.parent.name for path in pages} >= {"lite", "notebooks", "tree"}
    for path in pages:
        text = path.read_text(encoding="utf-8")
        [content] = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
        scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
        assert content == policy.lite_policy(scripts)
        assert text.index("Content-Security-Policy") < re.search("<(script|link|style)", text).start()
        assert not re.search(r"https?:|\*", content) and "unsafe-inline" not in re.search("script-src[^;]*", content)[0]


def test_a_chapter_opens_and_nothing_is_asked_of_another_host(browser, html, address):
    with browser.new_context() as context:
        asked, refused = [], []
        context.on("request", lambda request: asked.append(request.url))
        context.on("console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None)
        page = opened(context, address, STEM)
        title = nbformat.read(html / "lite" / "files" / f"{STEM}.ipynb", as_version=4).cells[1].source.splitlines()[0].lstrip("# ")
        page.get_by_role("heading", name=title).wait_for()
        assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == [] and refused == []
        assert {url for url in asked if "anywidget" in url} and {url for url in asked if "jupyterlab-manager" in url}


# What a reader is told who waits

def told(context, address, seconds=2):
    """Open a chapter whose page waits no longer than this, and return what it says in the end."""
    context.route("**/notebooks/index.html*", lambda route: route.fulfill(
        body=route.fetch().text().replace(f'data-seconds="{lite.SECONDS}"', f'data-seconds="{seconds}"'), content_type="text/html"), times=1)
    page = context.new_page()
    page.goto(f"{address}lite/notebooks/index.html?path={STEM}.ipynb")
    wait_until(page, "document.querySelector('#start[role=alert]')")
    return page, page.locator("#start").inner_text()


def test_python_that_does_not_start_is_given_up_after_a_time_and_the_reader_is_told_what_else_there_is(browser, address):
    with browser.new_context(viewport={"width": 390, "height": 800}) as context:
        page, text = told(context, address)
        assert text.startswith("Python does not run here. It has not started within 2 seconds.")
        assert page.locator("#start a").get_attribute("href") == f"../../notebooks/{STEM}.html"
        box = page.locator("#start").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
        page.get_by_role("button", name="Close").click()
        assert not page.locator("#start").count()


@pytest.mark.parametrize("answer, said", [
    (lambda route: route.abort(), "pyodide.asm.wasm cannot be loaded: something between this browser and the site blocks it."),
    (lambda route: route.fulfill(status=403), "pyodide.asm.wasm is not here (403)."),
])
def test_a_file_of_python_that_a_network_blocks_is_named_at_once(browser, address, answer, said):
    with browser.new_context() as context:
        context.route("**/pyodide.asm.wasm", answer)
        assert said in told(context, address, seconds=lite.SECONDS)[1]


def test_a_browser_without_webassembly_is_told_so(browser, address):
    with browser.new_context() as context:
        context.add_init_script("delete self.WebAssembly")
        assert "This browser has no WebAssembly" in told(context, address, seconds=lite.SECONDS)[1]


def test_a_name_in_the_address_is_no_markup_and_leads_nowhere_else(browser, address):
    with browser.new_context() as context:
        page = context.new_page()
        page.route("**/pyodide.mjs", lambda route: route.abort())
        page.goto(f"{address}lite/notebooks/index.html?path=%22%3E%3Cimg%20src=x%20onerror=%22self.ran=1%22%3E/..//other.example/a.ipynb")
        wait_until(page, "document.querySelector('#start[role=alert]')")
        assert page.locator("#start a").get_attribute("href") == "../../notebooks/index.html"
        assert not page.evaluate("self.ran") and not page.locator("#start img").count()


# Where Python comes from

def test_where_pyodide_cannot_be_reached_the_build_says_so_and_what_to_do(monkeypatch, tmp_path):
    def unreachable(folder):
        raise URLError("no route")

    monkeypatch.setattr(pyodide, "fetch", unreachable)
    monkeypatch.setattr(lite, "environment", lambda root: tmp_path)
    with pytest.raises(SystemExit, match=r"cannot be fetched from https://.*no route.*PYODIDE=folder takes one that you have"):
        lite.build(ROOT, tmp_path)


@pytest.fixture
def release(tmp_path, monkeypatch):
    """What Pyodide publishes, with two packages that need each other, behind a web server; return its address."""
    def put(name, content):
        path = tmp_path / "host" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return hashlib.sha256(content).hexdigest()

    packages = {name: {"file_name": f"{name}.whl", "depends": depends, "sha256": put(f"pyodide/v1.2.3/full/{name}.whl", name.encode())}
                for name, depends in {"numpy": ["libblas"], "libblas": ["numpy"], "unneeded": []}.items()}
    files = {"pyodide.mjs": put("npm/pyodide@1.2.3/pyodide.mjs", b"start"),
             pyodide.LOCK: put(f"npm/pyodide@1.2.3/{pyodide.LOCK}", json.dumps({"packages": packages}).encode())}
    monkeypatch.setattr(pyodide, "wanted", lambda: ("1.2.3", files))
    with serving(Quiet, tmp_path / "host") as address:
        yield address


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_pyodide_is_fetched_with_the_packages_that_the_chapters_need_and_no_others(release, tmp_path):
    pyodide.fetch(tmp_path / "here", release)
    assert names(tmp_path / "here") == ["libblas.whl", "numpy.whl", pyodide.LOCK, "pyodide.mjs"]
    pyodide.serve(tmp_path / "here", tmp_path / "site")
    assert names(tmp_path / "site") == names(tmp_path / "here")
    assert set(json.loads((tmp_path / "site" / pyodide.LOCK).read_text())["packages"]) == {"numpy", "libblas"}


def test_what_lies_there_is_not_fetched_again(release, tmp_path):
    pyodide.fetch(tmp_path / "here", release)
    pyodide.fetch(tmp_path / "here", "http://127.0.0.1:9")


@pytest.mark.parametrize("name", ["npm/pyodide@1.2.3/pyodide.mjs", "pyodide/v1.2.3/full/libblas.whl"])
def test_a_file_that_is_not_the_one_that_was_published_is_refused(release, tmp_path, name):
    (tmp_path / "host" / name).write_bytes(b"something else")
    with pytest.raises(ValueError, match=f"{Path(name).name} is not the file that was published"):
        pyodide.fetch(tmp_path / "here", release)
    assert not (tmp_path / "here" / Path(name).name).exists()
