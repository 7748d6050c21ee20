"""What a reader does on a page: unfold a mark, point at a symbol, scroll, search, change the theme, use the keyboard."""

import gzip
import re

import pytest

from mathref.colours import TABLE
from book_site import CHAPTERS
from browser import lay_out_all, wait_until, wait_until_open

CHAPTER = "notebooks/fc_forward.html"
OWN_KB, FIRST_VISIT_KB, NEXT_PAGE_KB = 40, 250, 60


@pytest.fixture
def reader(browser, request):
    """A reader with a desktop screen, or in other `circumstances`."""
    with browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **getattr(request, "param", {})}) as context:
        yield context.new_page()


def circumstances(**options):
    """Give a test another reader: options of Playwright's `new_context`."""
    return pytest.mark.parametrize("reader", [options], indirect=True, ids=["-".join(options)])


def lit(page):
    return page.eval_on_selector_all(".lit", "parts => parts.map((part) => part.dataset.quantity)")


def test_the_mark_unfolds_report_and_latex_by_mouse_and_by_key(reader, served):
    reader.goto(served + CHAPTER)
    mark, report = reader.locator("details.verdict > summary").first, reader.locator(".report").first
    assert not report.is_visible()
    mark.click()
    assert report.locator("pre").is_visible()
    mark.press("Enter")
    assert not report.is_visible()


def test_a_mark_stays_where_it_is_when_it_unfolds(reader, served):
    reader.goto(served + CHAPTER)
    mark = reader.locator("details.verdict > summary").first
    mark.scroll_into_view_if_needed()
    before = mark.bounding_box()
    mark.click()
    assert mark.bounding_box() == before


@circumstances(java_script_enabled=False)
def test_without_javascript_the_mathematics_is_there_and_the_mark_unfolds(reader, served):
    reader.goto(served + CHAPTER)
    assert reader.locator(".katex-html").first.is_visible()
    reader.locator("details.verdict > summary").first.click()
    assert reader.locator(".report").first.is_visible()
    assert not reader.locator("button.theme").is_visible()


def test_pointing_at_a_symbol_lights_the_same_quantity_wherever_it_stands(reader, served):
    reader.goto(served + CHAPTER)
    symbol = reader.locator(".display [data-quantity='a_prev']").first
    symbol.hover()
    everywhere = reader.locator("[data-quantity='a_prev']").count()
    assert lit(reader) == ["a_prev"] * everywhere and everywhere > 1
    reader.locator("h1").hover()
    assert lit(reader) == []


GROWS = """addEventListener("DOMContentLoaded", () => {
  const above = document.createElement("div");
  above.style.height = "2000px";
  document.documentElement.style.overflowAnchor = "none";
  setTimeout(() => document.querySelector("main").prepend(above));
});"""


HIDDEN = "[...document.querySelectorAll('main section > *')].filter((block) => getComputedStyle(block).contentVisibility === 'hidden').length"
COUNT = f"""self.hidden = [];
const count = () => {{ hidden.push({HIDDEN}); requestAnimationFrame(count); }};
count();"""
LONG = "notebooks/fc_recursion.html"


def opened(reader, address, parts):
    """Return how many parts of a page that opens are laid out from frame to frame, without the frames in which none is."""
    waiting = f"[...document.querySelectorAll('{parts}')].filter((part) => part.style.contentVisibility === 'hidden').length"
    reader.add_init_script(COUNT.replace(HIDDEN, waiting))
    reader.goto(address)
    wait_until(reader, "document.readyState === 'complete' && Math.max(...hidden) > 10 && hidden.at(-1) === 0")
    counts = reader.evaluate("hidden")
    counts = counts[counts.index(max(counts)):]
    return [before - after for before, after in zip(counts, counts[1:], strict=False) if before != after]


def test_a_page_opens_one_block_a_frame_and_what_is_far_away_eight(reader, served):
    *steps, last = opened(reader, served + LONG, "main *")
    near = [step for step in steps if step == 1]
    assert len(near) > 8 and steps == near + [8] * (len(steps) - len(near)) and last <= 8


@pytest.mark.parametrize(("chapter", "parts"), [("conv_worked_example", ".claim .display ~ .display"), ("index", "li ~ li")])
def test_of_a_block_of_equations_and_of_a_list_a_page_opens_one_a_frame(chapter, parts, reader, served):
    assert opened(reader, f"{served}notebooks/{chapter}.html", f"main {parts}")[:3] == [1, 1, 1]


def test_no_page_is_read_on_end_for_long(site):
    """A browser reads a page on end, up to half a second, and looks up after a script. Here it does after 200 symbols."""
    symbols = {chapter: [stretch.count('class="mord') for stretch in re.split(r"<script\b", (site / chapter).read_text(encoding="utf-8"))]
               for chapter in CHAPTERS}
    assert max(map(sum, symbols.values())) > 3000
    assert {chapter for chapter, stretches in symbols.items() if max(stretches) > 200} == set()


def test_a_reader_who_scrolls_while_a_page_opens_sees_all_of_it(reader, served):
    reader.add_init_script(COUNT + """addEventListener("DOMContentLoaded", () => requestAnimationFrame(() => scrollTo(0, 400)));""")
    reader.goto(served + LONG)
    wait_until(reader, "document.readyState === 'complete' && hidden.at(-1) === 0")
    counts = reader.evaluate("hidden")
    assert len({count for count in counts[counts.index(max(counts)):] if count}) <= 4


def test_a_page_whose_address_names_a_place_and_one_to_which_a_reader_comes_back_are_there_at_once(reader, served):
    reader.add_init_script(COUNT)
    for go in (lambda: reader.goto(f"{served}{LONG}#exercises"), reader.reload):
        go()
        wait_until(reader, "hidden.length > 3")
        assert set(reader.evaluate("hidden")) == {0}


def test_without_the_script_that_opens_it_a_page_is_there_once_it_is_loaded(reader, served):
    kept_waiting = []
    reader.route("**/site.js*", lambda route: kept_waiting.append(route))  # Playwright marks its handlers
    reader.goto(served + LONG, wait_until="commit")
    wait_until(reader, f"{HIDDEN} > 20")
    kept_waiting.pop().abort()
    wait_until(reader, f"document.readyState === 'complete' && {HIDDEN} === 0")


def test_the_place_that_an_address_names_is_there_although_the_page_grew_above_it(reader, served):
    reader.add_init_script(GROWS)
    reader.goto(f"{served}{CHAPTER}#equation-eq-fc-a")
    wait_until(reader, "Math.abs(document.querySelector(':target').getBoundingClientRect().top) < 60")


def test_a_reader_who_comes_back_to_a_page_is_where_they_were(reader, served):
    reader.goto(f"{served}{CHAPTER}#equation-eq-fc-a")
    reader.wait_for_timeout(300)
    reader.mouse.move(700, 400)
    reader.mouse.wheel(0, 600)
    wait_until(reader, "document.querySelector(':target').getBoundingClientRect().top < -400")
    reader.reload()
    reader.wait_for_timeout(300)
    assert reader.evaluate("document.querySelector(':target').getBoundingClientRect().top") < -400


def test_a_reader_who_is_under_way_is_not_called_back(reader, served):
    reader.add_init_script("""addEventListener("DOMContentLoaded", () => dispatchEvent(new WheelEvent("wheel")));""" + GROWS)
    reader.goto(f"{served}{CHAPTER}#equation-eq-fc-a")
    reader.wait_for_timeout(300)
    assert reader.evaluate("document.querySelector(':target').getBoundingClientRect().top") > 1000


@circumstances(has_touch=True)
def test_a_tap_lights_a_quantity_and_a_tap_beside_it_puts_it_out(reader, served):
    reader.goto(served + CHAPTER)
    reader.locator(".display [data-quantity='W']").first.tap()
    assert set(lit(reader)) == {"W"}
    reader.locator("h1").tap()
    assert lit(reader) == []


def test_what_has_the_focus_lights_its_quantity_in_the_equations(reader, served):
    reader.goto(served + CHAPTER)
    reader.evaluate("""document.querySelector("main").insertAdjacentHTML("beforeend", "<button id=part data-quantity=z>z</button>")""")
    reader.locator("#part").focus()
    assert "z" in reader.eval_on_selector_all(".display .lit", "parts => parts.map((part) => part.dataset.quantity)")
    reader.locator("#part").blur()
    assert lit(reader) == []


@circumstances(viewport={"width": 320, "height": 640})
def test_what_is_too_wide_scrolls_by_key_in_its_own_box(reader, served):
    reader.goto(served + CHAPTER)
    wait_until_open(reader)
    reader.evaluate("""() => [...document.querySelectorAll(".formula, .wide, pre")]
        .find((box) => box.scrollWidth > box.clientWidth + 1).scrollIntoView({ block: "center" })""")
    box = reader.locator("[tabindex='0']:is(.formula, .wide, pre)").first
    box.focus()
    reader.keyboard.press("ArrowRight")
    wait_until(reader, "box => box.scrollLeft > 0", box.element_handle())
    assert reader.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@circumstances(viewport={"width": 390, "height": 800})
def test_on_a_phone_a_reason_is_in_sight_under_what_it_is_given_for(reader, served):
    reader.goto(served + "notebooks/conv_rot180.html")
    lay_out_all(reader)
    reasons = reader.locator("table", has_text="reason").locator("td:last-child")
    assert reasons.count() == 3
    for reason in reasons.all():
        box = reason.bounding_box()
        assert box["x"] + box["width"] <= 390 and box["height"] < 100


def test_the_first_tab_offers_to_skip_to_the_text(reader, served):
    reader.goto(served + CHAPTER)
    reader.keyboard.press("Tab")
    assert reader.evaluate("document.activeElement.textContent") == "Skip to the text"
    reader.keyboard.press("Enter")
    reader.keyboard.press("Tab")
    assert reader.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize("how", ["served", "disk"])
def test_the_choice_of_colours_is_kept_on_the_next_page(reader, how, served, site):
    start = served if how == "served" else site.as_uri() + "/"
    reader.goto(start + CHAPTER)
    reader.get_by_role("button", name="Dark colours").click()
    dark, shown = f'rgb{tuple(bytes.fromhex(TABLE["dark"]["page"][1:]))}', None
    for _ in range(20):  # from disk the next page may be another process, which what is stored takes a moment to reach
        reader.wait_for_timeout(300)
        reader.goto(start + CHAPTERS[0])
        shown = reader.evaluate("getComputedStyle(document.body).backgroundColor")
        if shown == dark:
            break
    assert shown == dark
    assert reader.get_by_role("button", name="Dark colours").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("how", ["served", "disk"])
def test_the_search_finds_a_chapter_by_a_word_of_its_title(reader, how, served, site):
    noticed = []
    reader.on("console", lambda line: noticed.append(line.text) if line.type in ("error", "warning") else None)
    reader.goto((served if how == "served" else site.as_uri() + "/") + CHAPTERS[0])
    reader.get_by_role("searchbox", name="Search the book").fill("notation")
    reader.keyboard.press("Enter")
    reader.locator("#search-results a", has_text="Notation").first.click()
    assert reader.url.endswith("notebooks/notation.html")
    assert noticed == []


@circumstances(has_touch=True, viewport={"width": 390, "height": 844})
def test_on_a_phone_the_chapters_unfold_over_the_page_and_close_by_escape(reader, served):
    reader.goto(served + CHAPTER)
    chapters = reader.get_by_role("navigation", name="Chapters")
    assert not chapters.is_visible()
    reader.get_by_role("button", name="Chapters").tap()
    assert chapters.is_visible()
    reader.keyboard.press("Escape")
    assert not chapters.is_visible()


@circumstances(permissions=["clipboard-read", "clipboard-write"])
def test_code_is_copied_as_it_stands(reader, served):
    reader.goto(served + CHAPTER)
    block = reader.locator(".cell_input .highlight").first
    block.hover()
    block.get_by_role("button", name="Copy").click()
    assert reader.evaluate("navigator.clipboard.readText()") == block.locator("pre").inner_text().rstrip()


def test_print_shows_the_text_alone(reader, served):
    reader.goto(served + CHAPTER)
    reader.emulate_media(media="print")
    assert not reader.locator("header.side").is_visible()
    assert reader.locator(".display").first.is_visible()


def test_a_figure_far_from_the_screen_sleeps_until_it_comes_near_or_a_key_is_pressed(reader, served):
    page, awake = served + "notebooks/conv_rot180.html", ".figure .live:not([inert])"
    reader.goto(page)
    assert reader.locator(awake).count() == 0 and reader.locator(".figure .live[inert]").count() > 0
    reader.keyboard.press("Tab")
    reader.locator(awake).first.wait_for()
    reader.reload()
    assert reader.locator(awake).count() == 0
    reader.locator(".figure .live").first.scroll_into_view_if_needed()
    reader.locator(awake).first.wait_for()


def test_a_box_that_was_laid_out_late_can_be_scrolled_by_key_once_it_is(reader, served):
    reader.set_viewport_size({"width": 390, "height": 600})
    reader.goto(served + "notebooks/conv_rot180.html", wait_until="networkidle")
    last = reader.locator("main > section > section").last.locator(".formula, pre").last
    assert last.evaluate("box => box.checkVisibility({ contentVisibilityAuto: true })") is False
    last.scroll_into_view_if_needed()
    wait_until(reader, """() => [...document.querySelectorAll("main > section > section:last-of-type :is(.formula, pre)")]
        .every((box) => (box.scrollWidth > box.clientWidth + 1) === (box.tabIndex === 0))""")


@pytest.mark.thorough
def test_a_first_page_is_light_and_a_next_one_lighter(reader, served, site):
    """Each page read to its end: all that it asks for, what of it is our own, and what the page before it has not brought."""
    brought, heavy = {}, {}
    for chapter in CHAPTERS:
        sizes = fetched(reader, served, site, chapter)
        own = sum(size for url, size in sizes.items() if url.split("?")[0].endswith((".css", ".js")) and "/katex/" not in url)
        new = sum(size for url, size in sizes.items() if url not in brought)
        if own > OWN_KB or sum(sizes.values()) > FIRST_VISIT_KB or brought and new > NEXT_PAGE_KB:
            heavy[chapter] = {"own": own, "first": sum(sizes.values()), "next": new}
        brought = sizes
    assert heavy == {}


def fetched(reader, served, site, chapter):
    """Return the KB of all that a page asks for until it has been read to its end, by address."""
    asked = []

    def note(request):
        asked.append(request.url)

    reader.on("request", note)
    reader.goto(served + chapter, wait_until="networkidle")
    lay_out_all(reader)
    reader.evaluate("document.body.offsetHeight && document.fonts.ready.then(() => null)")  # what was laid out may need letters
    reader.remove_listener("request", note)
    return {url: weight(site / url.removeprefix(served).split("?")[0]) for url in asked if url.startswith(served)}


def weight(path):
    """Return the size of a file in KB as a web server would send it: fonts and pictures as they are, text gzipped."""
    content = path.read_bytes()
    return len(content if path.suffix in (".woff2", ".png") else gzip.compress(content)) / 1024
