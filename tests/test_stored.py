"""What a browser has kept for the book is data: whatever stands there, nothing of it becomes part of a page, runs or asks for anything."""

import json

import pytest

from book_site import PAGES
from browser import wait_until
from hostile import ELSEWHERE, PLANTED, TEXTS

pytestmark = pytest.mark.thorough

ALL = "".join(TEXTS)
STORED = {
    "text": ALL,
    "exercises": json.dumps({**dict.fromkeys(TEXTS, True), "ex-on-shared": ALL, "ex-on-grad-w": [ALL], ALL: {ALL: ALL}}),
}

KEPT = """(text) => {
  self.asked = [];
  Storage.prototype.getItem = (key) => { self.asked.push(key); return text; };
}"""
"""Whatever key a page asks for, it finds this text."""


@pytest.fixture(scope="module", params=STORED)
def context(request, browser):
    """A browser with this under every key. What a page's policy would stop is not stopped here."""
    with browser.new_context(bypass_csp=True) as context:
        context.add_init_script(f"({KEPT})({json.dumps(STORED[request.param])})")
        yield context


@pytest.mark.parametrize("path", PAGES)
def test_what_is_stored_is_never_markup(context, served, path):
    reader, heard, requested = context.new_page(), [], []
    reader.on("pageerror", lambda error: heard.append(error))
    reader.on("request", lambda request: requested.append(request.url))
    reader.goto(served + path)
    reader.keyboard.press("Shift")  # so that figures and questions live, and ask what they have kept
    wait_until(reader, "!document.querySelector('main :is(.live, .marked)[inert]')")
    assert "theme" in reader.evaluate("asked")
    assert not reader.evaluate(PLANTED)
    assert ELSEWHERE not in reader.locator("main").inner_text()
    assert heard == [] and [url for url in requested if not url.startswith((served, "blob:", "data:"))] == []
    if reader.locator(".progress").count():
        assert reader.locator(".progress [role=status]").text_content().startswith("0 of ")
        assert "exercises" in reader.evaluate("asked")
    if reader.locator("main .live").count():
        assert [key for key in reader.evaluate("asked") if key.endswith(": question skipped")]
    reader.close()
