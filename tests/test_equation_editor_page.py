"""What a reader does with an equation on a page: edits it, sees whether it still holds, and puts it back."""

from importlib.resources import files

import pytest

from browser import wait_until_open

CHAPTER = "notebooks/fc_recursion.html"
EQUATION = "#equation-eq-fc-delta-rec"
SCRIPT = "equation-editor.js"
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


class Reader:
    """A reader of the chapter on recursion, served or from disk."""

    def __init__(self, page, address):
        self.page, self.requested, self.said = page, [], []
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("console", lambda line: self.said.append(line.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.goto(address + CHAPTER)
        wait_until_open(page)
        self.block = page.locator("div.equation", has=page.locator(EQUATION))
        self.button, self.area = self.block.locator(".edit"), self.block.locator(".editor textarea")
        self.verdict = self.block.get_by_role("status")

    def open(self):
        if self.area.count() == 0:
            self.button.click()
        self.area.wait_for()

    def type(self, old, new):
        latex = self.area.input_value()
        assert old in latex
        self.area.fill(latex.replace(old, new, 1))

    def hears(self, words):
        self.verdict.get_by_text(words).first.wait_for()


@pytest.fixture(scope="module", params=["served", "disk"])
def reader(request, browser, served, site):
    """A reader with a phone in the dark from disk, one with a desktop screen otherwise."""
    served_or_not = {"served": (served, {"viewport": {"width": 1280, "height": 900}}),
                     "disk": (site.as_uri() + "/", {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"})}
    address, screen = served_or_not[request.param]
    with browser.new_context(**screen) as context:
        reader = Reader(context.new_page(), address)
        yield reader
        assert reader.said == []


def test_nothing_is_loaded_for_an_editor_before_one_is_asked_for(reader):
    assert not any(SCRIPT in url for url in reader.requested)
    reader.open()
    assert sum(SCRIPT in url for url in reader.requested) == 1


def test_every_equation_that_is_checked_has_a_button_with_a_name(reader):
    blocks = reader.page.locator("div.equation:not(.informal)")
    names = reader.page.eval_on_selector_all(".edit", "buttons => buttons.map((button) => button.getAttribute('aria-label'))")
    assert len(names) == blocks.count() > 10
    assert f"Edit equation {reader.page.locator('.eqno').first.evaluate('number => number.firstChild.data')}" in names
    assert any(name.startswith("Answer ") for name in names)


def test_it_opens_with_the_printed_equation_the_focus_and_its_verdict(reader):
    reader.open()
    assert reader.area.evaluate("area => area === document.activeElement")
    assert reader.area.input_value() in reader.block.locator(".report pre").text_content()
    reader.hears("checked numerically")
    reader.hears("All sides are equal in 6 networks")


def test_a_missing_transpose_is_refused_as_in_the_notebook_and_the_printed_equation_comes_back(reader):
    reader.open()
    reader.type(r"(W^{l+1})^{\top}", "W^{l+1}")
    reader.hears("shape clash")
    assert "eq-fc-delta-rec is not true" in reader.verdict.text_content()
    reader.block.get_by_role("button", name="As printed").click()
    reader.hears("checked numerically")
    assert reader.area.evaluate("area => area === document.activeElement")


def test_another_form_of_the_same_equation_holds(reader):
    reader.open()
    reader.type(r"\sigma'(z^{l})", r"\sigma'(z^{l}) \odot (W^{l+1})^{\top} \delta^{l+1} - \delta^{l} + \delta^{l} - \sigma'(z^{l})")
    reader.hears("is not true")
    reader.area.fill(r"\delta^{l} = \sigma'(z^{l}) \odot \left( (W^{l+1})^{\top} \delta^{l+1} \right)")
    reader.hears("checked numerically")


def test_what_is_typed_is_never_markup(reader):
    reader.open()
    reader.area.fill(r"\delta^{l} = <img src=x onerror=alert(1)><b>")
    reader.hears("'<' cannot stand here")
    assert reader.block.locator(".editor img, .editor b").count() == 0


def broken(reader):
    """The rules of accessibility that the open editor breaks."""
    reader.page.evaluate(AXE)
    result = reader.page.evaluate("""axe.run(".editor", {preload: false, resultTypes: ["violations"],
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})""")
    return [(fault["id"], [node["html"][:200] for node in fault["nodes"]]) for fault in result["violations"]]


@pytest.mark.thorough
def test_the_editor_breaks_no_rule_of_accessibility_and_does_not_widen_the_page(reader):
    reader.open()
    reader.area.fill("\\delta^{l} = " + "x" * 300)
    reader.hears("is not true")
    assert reader.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert broken(reader) == []


def test_escape_closes_it_and_the_focus_goes_back_to_the_button(reader):
    reader.open()
    reader.area.press("Escape")
    assert reader.area.count() == 0
    assert reader.button.evaluate("button => button === document.activeElement")


@pytest.fixture
def exercise(reader):
    """The block of the chapter's first exercise, with its editor open."""
    block = reader.page.locator("div.equation.exercise").first
    reader.page.evaluate("""() => {
        if (!self.answered) document.addEventListener("answered", ({detail}) => answered.push(detail));
        self.answered = [];
    }""")
    block.get_by_role("button").click()
    block.locator("textarea").wait_for()
    yield block
    block.locator("textarea").press("Escape")


def hears(exercise, words):
    exercise.get_by_role("status").get_by_text(words).first.wait_for()


def test_an_exercise_is_open_until_it_is_answered(exercise):
    hears(exercise, "your turn")
    assert "run the cell" not in exercise.get_by_role("status").text_content()


def test_an_answer_typed_as_in_numpy_is_judged_and_shown_as_it_was_read_and_the_page_is_told(exercise, reader):
    exercise.locator("textarea").fill("W_next.T @ ((a_next - y) * sigma'(z_next)) * sigma'(z)")
    hears(exercise, "Right: it holds")
    assert exercise.locator(".said code").text_content() == (
        r"\delta^{L-1} = (W^{L})^{\top} ((a^{L} - y) \odot \sigma'(z^{L})) \odot \sigma'(z^{L-1})")
    assert reader.page.evaluate("answered") == ["ex-fc-delta-two"]


def test_a_wrong_answer_is_told_its_slip_and_not_the_answer(exercise, reader):
    exercise.locator("textarea").fill(r"\delta^{L-1} = \left( W^{L} \left( (a^{L} - y) \odot \sigma'(z^{L}) \right) \right) \odot \sigma'(z^{L-1})")
    hears(exercise, "Hint: Look at the transposes")
    assert exercise.locator(".said code").count() == 0 and reader.page.evaluate("answered") == []


@pytest.mark.thorough
def test_what_can_be_typed_unfolds_with_the_keyboard_and_breaks_no_rule(exercise, reader):
    exercise.locator("textarea").fill("<img src=x onerror=alert(1)>")
    hears(exercise, "'<' cannot stand here")
    exercise.locator("summary", has_text="what can be typed").press("Enter")
    exercise.get_by_text("a_prev, W_next").wait_for()
    assert reader.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert broken(reader) == []
