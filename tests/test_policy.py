"""The Content-Security-Policy of every page, and that a browser keeps it. That nothing of a page's own is refused is
seen where every page is opened with its console watched, `test_site.py`."""

import re

import pytest

from book_site import PAGES
from browser import wait_until
from publishing import policy as module
from publishing.policy import BARE, content_hash, policy
from slips import with_slip

CHAPTER = "notebooks/conv_rot180.html"


def policy_of(path):
    [content] = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', path.read_text(encoding="utf-8"))
    return content


def test_every_page_has_the_policy_before_anything_that_it_governs(site):
    for page in PAGES:
        text = (site / page).read_text(encoding="utf-8")
        assert policy_of(site / page) == policy()
        assert text.index("Content-Security-Policy") < min(text.index("<script"), text.index("<link"))
    assert policy_of(site / "index.html") == BARE and policy_of(site / "404.html").startswith(BARE)


def test_the_policy_names_no_other_host_and_no_inline_script_but_by_its_hash():
    assert not re.search(r"https?:|\*|unsafe-eval", policy())
    [scripts] = re.findall(r"script-src ([^;]*)", policy())
    assert "unsafe" not in scripts and scripts.split()[:3] == ["'self'", "file:", "blob:"]


def test_of_each_kind_only_what_the_book_brings_along_may_be_loaded(of=module):
    """Written out once more: what is not listed falls back on default-src, but for form-action and base-uri, which do not."""
    directives = dict(directive.split(" ", 1) for directive in of.policy().split("; "))
    inline = directives["script-src"].split()[-1]
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", inline)
    assert directives == {
        "default-src": "'none'", "script-src": f"'self' file: blob: {inline}", "style-src": "'self' file: 'unsafe-inline'",
        "img-src": "'self' file: data:", "font-src": "'self' file:", "connect-src": "'self' file:", "form-action": "'self' file:", "base-uri": "'none'"}
    assert dict(directive.split(" ", 1) for directive in of.BARE.split("; ")) == {
        "default-src": "'none'", "style-src": "'unsafe-inline'", "base-uri": "'none'"}
    assert of.content_hash("alert('Hello, world.');") == "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"  # as on MDN
    assert of.FIRST_SCRIPT and "//" not in of.FIRST_SCRIPT and "\n" not in of.FIRST_SCRIPT
    assert inline == of.content_hash(of.FIRST_SCRIPT)


@pytest.mark.parametrize("right, wrong", [
    ("\"default-src 'none'\",", "\"default-src 'self'\","), ("script-src {ours} blob:", "script-src {ours} blob: 'unsafe-inline'"),
    ("script-src {ours} blob:", "script-src {ours} blob: data:"), ("img-src {ours} data:", "img-src * data:"),
    ("        f\"form-action {ours}\",\n", ""), ("        \"base-uri 'none'\",\n", ""), ("style-src {ours}", "style-src {ours} https:"),
    ("style-src 'unsafe-inline'; base-uri", "style-src 'unsafe-inline'; img-src *; base-uri"), ("hashlib.sha256", "hashlib.sha384"),
    ("if not line.strip().startswith(\"//\")", ""), ("content_hash(FIRST_SCRIPT)}", "content_hash(BARE)}"),
    ("ours = \"'self' file:\"", "ours = \"'self' http:\""),
])
def test_a_slip_in_the_policy_is_noticed(right, wrong):
    with pytest.raises((AssertionError, KeyError, ValueError)):
        test_of_each_kind_only_what_the_book_brings_along_may_be_loaded(with_slip(module, right, wrong))


def test_the_only_inline_script_of_a_page_is_the_one_that_the_policy_names(site):
    for page in PAGES:
        scripts = re.findall(r"<script>(.*?)</script>", (site / page).read_text(encoding="utf-8"), re.DOTALL)
        assert [content_hash(script) in policy() for script in scripts] == [True], page
        assert not re.search(r"<[^>]* on[a-z]+=|href=\"javascript:", (site / page).read_text(encoding="utf-8")), page


@pytest.fixture(scope="module", params=["served", "disk"])
def page(request, browser, served, site):
    """A chapter with figures."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((served if request.param == "served" else site.as_uri() + "/") + CHAPTER)
        page.evaluate("""() => { window.refused = []; document.addEventListener("securitypolicyviolation",
            ({effectiveDirective, blockedURI}) => refused.push(`${effectiveDirective} ${blockedURI}`)); }""")
        yield page


@pytest.mark.parametrize("attack, refused", [
    ("document.body.append(Object.assign(document.createElement('script'), {textContent: 'self.ran = true'}))", "script-src-elem inline"),
    ("document.body.insertAdjacentHTML('beforeend', '<img src=data: onerror=\"self.ran = true\">')", "script-src-attr inline"),
    ("document.body.append(Object.assign(document.createElement('script'), {src: 'https://other.invalid/x.js'}))", "script-src-elem https://other.invalid/x.js"),
    ("document.body.append(Object.assign(new Image(), {src: 'https://other.invalid/x.png'}))", "img-src https://other.invalid/x.png"),
    ("fetch('https://other.invalid/told').catch(() => 0)", "connect-src https://other.invalid/told"),
    ("document.body.append(Object.assign(document.createElement('iframe'), {src: 'https://other.invalid/'}))", "frame-src https://other.invalid"),
])
def test_what_somebody_slips_into_a_page_is_refused(page, attack, refused):
    page.evaluate("self.ran = false")
    page.evaluate(f"() => {{ {attack} }}")
    wait_until(page, "(refusal) => refused.some((one) => one.startsWith(refusal))", refused)
    assert page.evaluate("ran") is False


def test_under_the_policy_figures_live_colours_turn_and_notebooks_come(page):
    page.keyboard.press("Shift")
    wait_until(page, "document.querySelector('.figure[data-model] .live') && !document.querySelector('.figure .live[inert]')")
    before = page.evaluate("document.documentElement.dataset.theme")
    page.locator("button.theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") != before
    if page.url.startswith("http"):  # from disk the browser shows the file, which is on disk already
        with page.expect_download() as download:
            page.get_by_role("link", name="Notebook", exact=True).click()
        assert download.value.suggested_filename == "conv_rot180.ipynb"
