"""What a reader meets on every page, served from a sub-path and opened from disk, in both themes, wide and narrow."""

from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import pytest

from mathref.colours import TABLE
from book_site import CHAPTERS, ROOT
from browser import lay_out_all, wait_until

WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}
NARROW = {"320 px": (320, 640), "1280 px at 200 %": (640, 450)}

CIRCUMSTANCES = [  # whatever two of them do to each other, one of these shows
    ("served", "dark", "phone"), ("served", "light", "desktop"), ("disk", "light", "phone"), ("disk", "dark", "desktop")]
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
SCREENSHOTS = ROOT / "_build" / "screenshots"


@dataclass
class Visit:
    """What a browser noticed while it opened a page."""

    said: list = field(default_factory=list)
    failed: list = field(default_factory=list)
    requested: list = field(default_factory=list)


@pytest.fixture(scope="module", ids="-".join, params=[
    pytest.param(one, marks=pytest.mark.thorough if one in CIRCUMSTANCES[1:] else ()) for one in CIRCUMSTANCES])
def circumstances(request):
    """How a page is reached, in which theme, on which screen."""
    return request.param


@pytest.fixture(scope="module")
def context(browser, circumstances):
    """A fresh reader in these circumstances."""
    _, theme, screen = circumstances
    width, height = WIDTHS[screen]
    with browser.new_context(color_scheme=theme, viewport={"width": width, "height": height}) as context:
        yield context


@pytest.fixture(scope="module", params=[*CHAPTERS, "search.html?q=delta"])
def opened(request, context, circumstances, site, served):
    """A page, open, and what was noticed on the way."""
    visit, page, (how, _, _) = Visit(), context.new_page(), circumstances
    page.on("console", lambda line: visit.said.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: visit.said.append(str(error)))
    page.on("requestfailed", lambda request: visit.failed.append(request.url))
    page.on("response", lambda response: visit.failed.append(response.url) if response.status >= 400 else None)
    page.on("request", lambda request: visit.requested.append(request.url))
    start = served if how == "served" else site.as_uri() + "/"
    page.goto(start + request.param)  # until it is loaded, scripts and all
    page.wait_for_load_state("networkidle")
    lay_out_all(page)
    page.keyboard.press("Shift")  # a key wakes the figures
    wait_until(page, "!document.querySelector('.figure .live[inert]')")
    page.evaluate("document.fonts.ready")
    yield page, visit
    page.close()


def test_the_console_stays_silent(opened):
    _, visit = opened
    assert visit.said == []


def test_nothing_that_is_asked_for_is_missing(opened):
    _, visit = opened
    assert visit.failed == []


def test_nothing_is_asked_of_another_host(opened, served, site):
    _, visit = opened
    ours = (served, site.as_uri() + "/", "data:", "blob:")
    assert [url for url in visit.requested if not url.startswith(ours)] == []


def too_wide(page):
    """Return what reaches over the right edge of the page, if anything does."""
    return page.evaluate("""() => {
        const width = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= width) return [];
        return [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width + 1)
            .map((e) => e.outerHTML.slice(0, 120)).concat(["the page itself"]);
    }""")


def test_the_page_never_scrolls_sideways(opened):
    page, _ = opened
    assert too_wide(page) == []


@pytest.mark.thorough
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_nothing_is_lost_on_320_px_or_at_twice_the_size(browser, served, chapter):
    """What does not fit into its box can be scrolled to there, and the page itself never needs it; WCAG 2.2, 1.4.4, 1.4.10."""
    with browser.new_context() as context:
        page = context.new_page()
        assert page.goto(served + chapter, wait_until="networkidle").ok
        lay_out_all(page)
        for width, height in NARROW.values():
            page.set_viewport_size({"width": width, "height": height})
            assert too_wide(page) == []
            assert page.evaluate("""() => [...document.querySelectorAll("main *")].filter((box) =>
                /hidden|clip/.test(getComputedStyle(box).overflowX) && box.clientWidth > 1 && box.scrollWidth > box.clientWidth + 1)
                .map((box) => box.outerHTML.slice(0, 120))""") == []


def test_all_mathematics_is_typeset(opened):
    page, _ = opened
    raw = page.evaluate(r"""() => {
        const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT, (text) =>
            text.parentElement.closest("pre, code, script, style, .katex-mathml") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
        const found = [...document.querySelectorAll(".katex-error")].map((e) => e.textContent);
        while (words.nextNode()) if (/\$\$|\\[a-zA-Z]+[{^_]/.test(words.currentNode.data)) found.push(words.currentNode.data);
        return found;
    }""")
    assert raw == []


def test_mathematics_is_set_in_its_own_fonts(opened):
    page, _ = opened
    if page.locator(".katex").count():
        loaded = page.evaluate("[...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.family)")
        assert {"KaTeX_Main", "KaTeX_Math"} <= set(loaded)


def test_the_page_wears_the_colours_of_the_theme(opened, circumstances):
    page, _ = opened
    _, theme, _ = circumstances
    red, green, blue = bytes.fromhex(TABLE[theme]["page"][1:])
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == f"rgb({red}, {green}, {blue})"


@pytest.mark.thorough
@pytest.mark.parametrize("circumstances", CIRCUMSTANCES[:2], indirect=True, ids="-".join)
def test_a_picture_of_the_page_is_kept(opened, circumstances):
    page, _ = opened
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{Path(page.url).stem}-{circumstances[2]}-{circumstances[1]}.png"
    page.screenshot(path=path, full_page=True)
    assert path.stat().st_size


@pytest.mark.thorough
@pytest.mark.parametrize("circumstances", CIRCUMSTANCES[:2], indirect=True, ids="-".join)
def test_no_rule_of_accessibility_a_or_aa_is_broken(opened):
    """By axe-core, in both themes and at both widths. The visible half of the mathematics is emptied first: a screen reader
    never meets it, its colours are those of `test_every_colour_can_be_read`, and axe would spend minutes on its boxes."""
    page, _ = opened
    page.evaluate("""() => {
        document.querySelectorAll("details").forEach((folded) => { folded.open = true; });
        document.querySelectorAll(".katex-html").forEach((visible) => visible.replaceChildren());
    }""")
    page.evaluate(AXE)
    # A table may have an empty corner; no rule of WCAG asks for a heading there.
    result = page.evaluate("""axe.run(document, {preload: false, resultTypes: ["violations"],
        rules: {"empty-table-header": {enabled: false}},
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})""")
    assert [(fault["id"], [node["html"][:200] for node in fault["nodes"]]) for fault in result["violations"]] == []


@pytest.mark.parametrize("theme", TABLE)
def test_every_colour_can_be_read(theme):
    """4.5 : 1 as text on the page and on a panel, after WCAG 2.2, 1.4.3."""
    colours = TABLE[theme]
    faint = {(ink, ground): round(_contrast(colours[ink], colours[ground]), 2)
             for ink in colours if ink not in ("page", "panel", "line") for ground in ("page", "panel")
             if _contrast(colours[ink], colours[ground]) < 4.5}
    assert faint == {}


def _contrast(one, other):
    darker, lighter = sorted(map(_luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour):
    shares = [value / 255 for value in bytes.fromhex(colour.lstrip("#"))]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return sum(weight * light for weight, light in zip((0.2126, 0.7152, 0.0722), linear))
