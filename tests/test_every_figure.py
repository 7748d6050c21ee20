"""What holds for every live figure: whatever a reader moves, the page shows what Python computes; nothing sticks out, is
too small to touch, breaks a rule of accessibility or is lost in print.

Each figure stands alone on a page from disk, built from its Python class by the parts that build the book's pages. What
is particular to a figure is tested beside it, in `test_figure_<name>_page.py`.
"""

import re
from importlib.resources import files
from itertools import islice, product
from urllib.parse import parse_qsl, urlencode

import numpy as np
import pytest
import traitlets

import figure_pages
from figure_pages import MODEL, ROOT, visit
from hostile import ELSEWHERE, PLANTED, TEXTS
from mathref.widgets import FIGURES
from mathref.widgets.figure import BOUND, HERE, Matrix
from test_figure_gradient_check import allowances

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
SCREENSHOTS = ROOT / "_build" / "screenshots"
ALLOWANCES = {"gradient_check": allowances}
"""By how much more than 1e-12 two machines may differ in a trait, where a figure shows rounding itself."""

MOST = 60
"""Of more ways than that to choose all options together, so many are tried."""

DRAWN_ON = {"digits"}
"""Figures with a pen, which is wider than an entry."""


def name_of(figure):
    return figure.__module__.rpartition(".")[2]


STEPPED = [figure for figure in FIGURES if "stepper(" in (HERE / f"{name_of(figure)}.js").read_text(encoding="utf-8")]


def movable(figure):
    """The names of the matrices that can be moved."""
    return list(dict.fromkeys(figure.letters.values()))


def options(figure):
    """All that can be chosen: each trait of the figure's own that the page knows and that is no number, with its values."""
    found = {}
    for name, trait in figure.traits(sync=True).items():
        if trait.this_class.__module__ == type(figure).__module__:
            if isinstance(trait, traitlets.Bool):
                found[name] = [True, False]
            elif isinstance(trait, traitlets.Enum):
                found[name] = list(trait.values)
    return found


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A folder with a page for each figure, `<name>.html`."""
    folder = tmp_path_factory.mktemp("every_figure")
    for figure in FIGURES:
        figure_pages.alone(figure(), folder)
    return folder


OUTSIDE = """root => {
    const { left, right } = root.getBoundingClientRect();
    return [...root.querySelectorAll("*")].filter((e) => e.checkVisibility() && !e.matches(".voice"))
        .map((e) => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
        .filter(([, box]) => box.width && (box.left < left - .5 || box.right > right + .5)).map(([name]) => name); }"""
"""What sticks out of a figure."""


class Page(figure_pages.Page):
    """The page of one figure."""

    count = 1

    def cells(self):
        """All numbers that the figure shows in cells: (name, row, column, value)."""
        return [(name, i, j, x) for name, i, j, x in self.figure().locator(".entry[data-value]").evaluate_all(
            "all => all.map((c) => [c.dataset.name, +c.dataset.row, +c.dataset.column, +c.dataset.value])")]

    def agrees(self, figure):
        """Check that every number of a trait is what the Python figure holds; return how many were compared."""
        shown = [(name, np.array(getattr(figure, name))[i, j], x) for name, i, j, x in self.cells() if figure.has_trait(name)]
        numbers = self.figure().locator("[data-number]").evaluate_all(
            "all => all.map((c) => [c.dataset.number, +c.dataset.value])")
        shown += [(name, getattr(figure, name), x) for name, x in numbers if figure.has_trait(name)]
        allowed = ALLOWANCES.get(name_of(figure), lambda figure: {})(figure)
        for name, should, x in shown:
            assert abs(x - should) <= 1e-12 * (1 + abs(should)) + allowed.get(name, 0), (name, x, should)
        assert not re.search("NaN|Infinity|undefined", self.figure().inner_html())
        return len(shown)

    def bring(self, state):
        """Follow a link that holds `state`."""
        def written(value):
            if isinstance(value, bool):
                return str(value).lower()
            return str(value) if isinstance(value, (str, int)) else ";".join(",".join(map(repr, row)) for row in value)

        link = urlencode({"figure": MODEL, **{name: written(value) for name, value in state.items()}})
        self.tab.evaluate("""link => new Promise((done) => {
            addEventListener("hashchange", () => requestAnimationFrame(done), { once: true });
            location.hash = link;
        })""", link)


def state_of(figure):
    return {name: getattr(figure, name) for name in [*movable(figure), *options(figure)]}


@pytest.fixture(params=FIGURES, ids=name_of)
def made(request):
    """A figure in Python, as it is first shown."""
    return request.param()


@pytest.fixture
def address(made, shelf):
    return (shelf / f"{name_of(made)}.html").as_uri()


@pytest.fixture
def page(made, address, browser):
    context, opened = visit(browser, address, Page, reduced_motion="reduce")
    page = opened()
    yield page
    context.close()
    assert page.said == []
    assert [url for url in page.requested if not url.startswith(("file:", "blob:"))] == []


def random_states(figure, count):
    """States whose numbers Python takes, some of them at the bound; each choice of an option occurs."""
    rng = np.random.default_rng(5)
    choices = [dict(zip(options(figure), chosen)) for chosen in product(*options(figure).values())]
    if len(choices) > MOST:
        choices = [choices[k] for k in np.random.default_rng(5).choice(len(choices), MOST, replace=False)]
        assert all(any(choice[name] == value for choice in choices) for name, values in options(figure).items() for value in values)
    for k in range(max(count, len(choices))):
        for name, value in choices[k % len(choices)].items():
            setattr(figure, name, value)
        for name in movable(figure):
            shape = np.shape(getattr(figure, name))
            size = BOUND if k == 1 else 2
            entries = rng.choice([-size, size], shape) if k == 1 else rng.uniform(-size, size, shape)
            try:
                setattr(figure, name, entries.tolist())
            except traitlets.TraitError:  # a matrix with bounds of its own keeps its numbers
                pass
        yield state_of(figure)


def test_in_every_state_the_page_shows_what_python_computes(page, made):
    compared = page.agrees(made)
    assert compared > sum(np.size(getattr(made, name)) for name in movable(made)) / 3
    for state in random_states(made, 6):
        page.bring(state)
        page.agrees(made)


def test_whatever_is_typed_keyed_or_dragged_the_rest_follows(page, made):
    shown = {}
    for name, i, j, _ in page.cells():
        shown.setdefault(name, []).append((i, j))
    moved = {name: places[-1] for name, places in shown.items() if name in movable(made)}
    assert moved

    def follow(name):
        now = np.array(getattr(made, name))
        for which, i, j, x in page.cells():
            if which == name:
                now[i, j] = x
        changed = np.argwhere(now != np.array(getattr(made, name))).tolist()
        setattr(made, name, now.tolist())
        page.agrees(made)
        return changed

    for name, (i, j) in moved.items():
        cell = page.entry(name, i, j)
        before = page.value(name, i, j)
        cell.locator("input").focus()
        page.tab.keyboard.press("ArrowUp" if before < BOUND else "ArrowDown")
        assert follow(name) == [[i, j]], f"a key does not move {name} alone"
        page.drag(page.entry(name, i, j), right=-30)
        dragged = follow(name)
        assert [i, j] in dragged and (len(dragged) == 1 or name_of(made) in DRAWN_ON), f"a drag does not move {name} alone"
        page.type(repr(before), name, i, j)
        assert follow(name) == [[i, j]] and page.value(name, i, j) == before


def test_what_is_no_number_or_too_large_is_refused_in_words_and_nothing_changes(page, made):
    hint = page.status()
    name, i, j, before = next(cell for cell in page.cells() if cell[0] in movable(made))
    for typed in ("abc", "", "11", "-1e999", "1,2,3"):
        page.type(typed, name, i, j)
        assert page.status() != hint and re.search("not a number|too large|too small", page.status())
        assert page.value(name, i, j) == before
        page.agrees(made)


@pytest.mark.thorough
def test_a_copied_link_brings_everything_back_and_reset_the_beginning(page, made, address):
    first = page.figure().locator(".board").inner_html()
    page.figure().get_by_role("button", name="random example").click()
    for name in options(made):
        chooser = page.figure().locator(f"[data-trait={name}]").first
        if chooser.evaluate("e => e.tagName") == "SELECT":
            chooser.select_option(index=1)
        else:
            chooser.click()
    name, i, j, _ = next(cell for cell in page.cells() if cell[0] in movable(made))
    page.type("0.1234567890123456", name, i, j)
    state = page.cells()
    assert page.figure().locator(".board").inner_html() != first
    page.figure().get_by_role("button", name="copy link").focus()
    page.tab.keyboard.press("Enter")
    page.tab.wait_for_function("/link/i.test(document.querySelector('.status').textContent)")
    link = page.tab.url
    page.tab.goto("about:blank")
    page.open(link)
    assert page.cells() == state
    page.figure().get_by_role("button", name="reset").click()
    page.agrees(made)
    page.tab.goto("about:blank")
    page.open(f"{address}#figure={MODEL}&{name}=1,2;3")
    page.agrees(made)
    assert [x for *_, x in page.cells()] == [float(x) for x in re.findall(r'data-value="([^"]*)"', re.sub(
        r'<(?!span class="entry|button type="button" class="entry)[^>]*data-value[^>]*>', "", first))]


FOLLOWED = f"""async (links) => {{
  const board = document.querySelector(".board"), found = [];
  for (const link of links) {{
    const followed = new Promise((done) => addEventListener("hashchange", () => requestAnimationFrame(done), {{ once: true }}));
    location.hash = link;
    await followed;
    found.push([board.innerHTML, {PLANTED}]);
  }}
  return found;
}}"""


@pytest.mark.thorough
def test_whatever_stands_in_a_field_of_a_link_is_data_and_a_link_that_is_no_state_changes_nothing(page, made, address):
    page.figure().get_by_role("button", name="random example").click()
    page.figure().get_by_role("button", name="copy link").click()
    page.tab.wait_for_function("location.hash !== ''")
    state = dict(parse_qsl(page.tab.url.partition("#")[2], keep_blank_values=True))
    numbers = {"figure", *movable(made), *options(made)}
    assert numbers <= set(state)
    page.figure().get_by_role("button", name="reset").click()
    hint, before = page.status(), page.figure().locator(".board").inner_html()
    links = [(name, urlencode({**state, name: value})) for name in [*state, TEXTS[0]] for value in [*TEXTS, state.get(name, "") + TEXTS[0]]]
    for refused in (True, False):  # a field that is no number and no choice says what is pointed at, and does not count if it names nothing
        chosen = [link for name, link in links if (name in numbers) == refused]
        for link, (board, planted) in zip(chosen, page.tab.evaluate(FOLLOWED, chosen)):
            assert not planted, link
            assert board == before or not refused, link
        if refused:
            assert page.status() == hint
    for link in (urlencode(dict.fromkeys(state, TEXTS[0]) | {"figure": MODEL}), TEXTS[0], f"figure={MODEL}&" + "&".join(TEXTS)):
        page.tab.goto("about:blank")
        page.open(f"{address}#{link}")
        assert not page.tab.evaluate(PLANTED)
        page.agrees(made)
    assert [url for url in page.requested if ELSEWHERE in url] == []


@pytest.mark.thorough
def test_the_question_comes_first_and_can_be_skipped_for_good(page, address):
    reply = page.figure().locator(".reply")
    assert reply.inner_text() == ""
    replies = []
    for choice in page.figure().locator("[data-choice]").all():
        choice.click()
        replies.append(reply.inner_text())
    assert sum(text.startswith("Right.") for text in replies) == 1 and len(set(replies)) == len(replies)
    assert not any(re.search("NaN|undefined", text) for text in replies)
    page.figure().get_by_role("button", name="skip").press("Enter")
    focused = "document.activeElement.textContent"
    assert page.tab.evaluate(focused) == "ask me a question"
    page.tab.keyboard.press("Enter")
    assert page.tab.evaluate(focused) == page.figure().locator("[data-choice]").first.inner_text()
    page.figure().get_by_role("button", name="skip").click()
    page.open(address)
    assert not page.figure().locator(".asked").is_visible()


@pytest.mark.thorough
def test_a_reply_tells_when_it_was_said_of_other_numbers(page, made):
    reply, choice = page.figure().locator(".reply"), page.figure().locator("[data-choice]").first
    name, i, j, before = next(cell for cell in page.cells() if cell[0] in movable(made))
    page.type("0.75" if before != 0.75 else "0.5", name, i, j)
    assert reply.inner_text() == ""
    choice.click()
    said = reply.inner_text()
    assert said and "past" not in reply.get_attribute("class")
    for cell in page.figure().locator(".movable").all()[:3]:  # what is pointed at lights up, in the question too
        cell.hover()
        assert reply.inner_text() == said and "past" not in reply.get_attribute("class")
    page.figure().get_by_role("button", name="reset").click()
    if reply.inner_text():  # the question is still the same
        assert reply.inner_text() == said and "past" in reply.get_attribute("class")
        assert "other numbers" in reply.evaluate("reply => getComputedStyle(reply, '::after').content")
        choice.click()
        assert "past" not in reply.get_attribute("class")
    else:
        assert choice.get_attribute("aria-pressed") == "false"


@pytest.mark.thorough
def test_a_change_is_told_politely_in_words(page, made):
    name, i, j, before = next(cell for cell in page.cells() if cell[0] in movable(made))
    page.entry(name, i, j).locator("input").focus()
    page.figure().locator(".status").evaluate("""(status) => {
        self.hints = 0;
        new MutationObserver((changes) => { self.hints += changes.length; }).observe(status, { childList: true, characterData: true, subtree: true });
    }""")
    page.tab.keyboard.press("ArrowUp" if before < BOUND else "ArrowDown")
    page.tab.wait_for_function("document.querySelector('.voice').textContent !== ''")
    told = page.figure().locator("[aria-live=polite]").inner_text()
    assert page.tab.evaluate("self.hints") == 0  # that nothing was wrong is not read out again with every change
    assert told.startswith(page.entry(name, i, j).locator("input").get_attribute("aria-label")) and ";" in told


@pytest.mark.thorough
@pytest.mark.parametrize("made", STEPPED, indirect=True, ids=name_of)
def test_steps_go_forward_back_and_by_themselves(page, made):
    button = {name: page.figure().locator(f'[data-action="{name}"]') for name in ("back", "play", "forward")}

    def at():
        return tuple(map(int, re.search(r"(\d+) of (\d+)", page.figure().locator(".steps").inner_text()).groups()))

    _, count = at()
    while at() != (1, count):
        button["back" if at()[0] < count else "forward"].click()
    assert page.agrees(made) > 0
    button["forward"].click()
    button["forward"].click()
    assert at() == (3, count)
    button["back"].click()
    button["back"].click()
    assert at() == (1, count)
    button["play"].click()
    assert "pause" in button["play"].inner_text()
    page.tab.wait_for_function("k => +document.querySelector('.steps').textContent.match(/(\\d+) of/)[1] >= k", arg=3)
    button["play"].click()
    stands = at()
    page.tab.wait_for_timeout(1600)
    assert at() == stands and "play" in button["play"].inner_text()
    page.agrees(made)
    everything = page.figure().locator('[data-action="all"]')
    for hold in [page.figure().locator(".movable input").first.focus, *[everything.click] * everything.count()]:
        while at() != (1, count):
            button["forward"].click()
        button["play"].click()
        assert "pause" in button["play"].inner_text()
        hold()
        assert "play" in button["play"].inner_text()


@pytest.mark.thorough
@pytest.mark.parametrize("scripts", [False, True], ids=["no script", "print"])
def test_without_a_script_and_in_print_there_is_a_picture_and_a_table_of_all_numbers(made, address, browser, scripts):
    context = browser.new_context(java_script_enabled=scripts)
    tab = context.new_page()
    tab.goto(address)
    if scripts:
        tab.emulate_media(media="print")
    table = tab.locator(".live-numbers")
    numbers = re.findall(r"−?\d+\.\d\d|−?\de−?\d+", table.inner_text())
    assert table.is_visible() and tab.locator(".board").is_visible() and not tab.locator(".tools").is_visible()
    for name in movable(made):
        for x in np.ravel(getattr(made, name)):
            assert f"{x:.2f}".replace("-", "−") in numbers, name
    context.close()


@pytest.mark.thorough
@pytest.mark.parametrize("width", [320, 390, 740])
def test_nothing_sticks_out_and_whatever_is_touched_is_large_enough(made, address, browser, width):
    context, opened = visit(browser, address, Page, viewport={"width": width, "height": 800}, reduced_motion="reduce")
    page = opened()
    assert page.too_small() == []
    page.bring(next(islice(random_states(made, 2), 1, None)))
    assert page.figure().evaluate(OUTSIDE) == []
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= width
    assert page.too_small() == []
    assert page.figure().evaluate(OVERLAPPING) == []
    written = page.figure().locator(".movable input, button")
    assert written.evaluate_all("all => all.filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.value || e.innerText)") == []
    context.close()


OVERLAPPING = """(figure) => {
    const boxes = [...figure.querySelectorAll("button, select, input")].filter((one) => one.checkVisibility()).map((one) => [one, one.getBoundingClientRect()]);
    return boxes.flatMap(([one, a], k) => boxes.slice(k + 1).filter(([other, b]) => (one.closest(".result") === other.closest(".result") // which lies above what scrolls
        && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.5
    )).map(([other]) => [one, other].map((it) => it.ariaLabel || it.innerText || it.className)));
}"""


@pytest.mark.thorough
@pytest.mark.parametrize("width", [320, 900])
def test_coming_to_life_moves_nothing(made, address, browser, width):
    context = browser.new_context(viewport={"width": width, "height": 900})
    tab = context.new_page()
    height = "document.querySelector('.live').getBoundingClientRect().height"
    tab.route("**/mount.js*", lambda route: route.abort())
    tab.goto(address)
    before = tab.evaluate(height)
    tab.unroute("**/mount.js*")
    tab.reload()
    tab.locator(".live:not([inert])").wait_for()
    assert abs(tab.evaluate(height) - before) < 0.5
    context.close()


@pytest.mark.thorough
def test_every_number_is_reached_by_the_tab_key_and_the_focus_is_seen(page, made):
    page.figure().get_by_role("button", name="skip").focus()
    wanted = page.figure().locator(":is(button.entry, .entry input):visible").count()
    reached = set()
    for _ in range(wanted + 40):
        page.tab.keyboard.press("Tab")
        found = page.tab.evaluate(
            "(() => { const e = document.activeElement, c = e.closest('.entry');"
            " return c && [c.dataset.name, c.dataset.row, c.dataset.column, getComputedStyle(c).outlineWidth]; })()")
        if found:
            assert found[3] == "3px", found
            reached.add(tuple(found[:3]))
    assert len(reached) >= wanted


@pytest.mark.thorough
def test_axe_finds_nothing_and_the_pictures_are_kept(made, address, browser):
    context, opened = visit(browser, address, Page, device_scale_factor=2, reduced_motion="reduce")
    page = opened()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.tab.evaluate(AXE)
    for width, theme in product((740, 390), ("light", "dark")):
        page.tab.set_viewport_size({"width": width, "height": 900})
        page.tab.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        page.figure().screenshot(path=SCREENSHOTS / f"figure-{name_of(made)}-{width}-{theme}.png")
        if (width, theme) == (390, "dark"):
            page.figure().locator("[data-choice]").first.click()  # now with the answer in sight
        elif (width, theme) != (740, "light"):
            continue
        faults = page.tab.evaluate("""axe.run({include: [[".live"]]}, {preload: false,
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})""")["violations"]
        assert [(fault["id"], [node["html"][:200] for node in fault["nodes"]]) for fault in faults] == []
    context.close()


def test_a_message_with_shapes_that_do_not_fit_is_refused_whole(made):
    """What a browser could never send changes nothing in Python."""
    before = state_of(made)
    name = movable(made)[0]
    with pytest.raises(traitlets.TraitError):
        made.set_state({name: [[1.0] * 9] * 9})
    assert state_of(made) == before
    assert isinstance(made.traits()[name], Matrix)
