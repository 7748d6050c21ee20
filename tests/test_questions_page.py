"""What a reader does with a question on a page: answers it, reads what is said, comes back, and clears it all."""

import json
import re
from importlib.resources import files

import pytest
from playwright.sync_api import expect

from browser import lay_out_all, wait_until
from publishing.figures import STATE

pytestmark = pytest.mark.thorough

CHAPTER = "notebooks/one_neuron.html"
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
NUMBER, ENTRY = ("ex-on-by-hand-delta", "4", "−4"), ("ex-on-which-weight", (1, 0), (0, 1))
FORBIDDEN = 'Object.defineProperty(window, "localStorage", { get() { throw new DOMException("no", "SecurityError"); } })'


class Reader:
    """A reader of a chapter with questions, all of which are awake."""

    def __init__(self, context, served):
        self.page, self.heard, self.asked, self.address = context.new_page(), [], [], served + CHAPTER
        self.page.on("console", lambda line: self.heard.append(line.text))
        self.page.on("pageerror", lambda error: self.heard.append(str(error)))
        self.page.on("dialog", lambda dialog: self.heard.append(dialog.message))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.open()

    def open(self):
        self.page.goto(self.address)
        lay_out_all(self.page)
        self.page.keyboard.press("Shift")
        wait_until(self.page, "!document.querySelector('.figure .marked[inert]')")

    def question(self, name):
        return self.page.locator(f'.figure[data-exercise="{name}"]')

    def says(self, name):
        return self.question(name).get_by_role("status").inner_text()

    def progress(self):
        return self.page.locator(".progress [role=status]").inner_text()

    def stored(self):
        return json.loads(self.page.evaluate("localStorage.getItem('exercises')") or "{}")


@pytest.fixture(scope="module")
def reader(browser, served):
    with browser.new_context(viewport={"width": 320, "height": 700}, color_scheme="dark") as context:
        reader = Reader(context, served)
        yield reader
        assert reader.heard == []


def test_a_typed_number_is_judged_and_a_right_one_is_counted_until_it_is_cleared(reader):
    name, right, wrong = NUMBER
    typed = reader.question(name).get_by_label("δ")
    all_of_them = reader.page.locator("[data-exercise]").count()
    assert reader.progress() == f"0 of {all_of_them} answered."
    before = len(reader.asked)
    typed.fill(wrong)
    reader.question(name).get_by_role("button", name="Check").click()
    assert "the sign is not" in reader.says(name) and right not in reader.says(name).replace(wrong, "")
    typed.fill("two")
    reader.page.keyboard.press("Enter")
    assert "“two” cannot be read" in reader.says(name) and reader.stored() == {}
    typed.fill(f" {right} ")
    reader.page.keyboard.press("Enter")
    assert reader.says(name) == "✓ Right." and reader.stored() == {name: True}
    assert reader.progress().startswith(f"1 of {all_of_them} answered")
    assert "answered" in reader.question(name).get_attribute("class")
    assert reader.asked[before:] == []
    reader.open()
    assert reader.progress().startswith("1 of") and "answered" in reader.question(name).get_attribute("class")
    reader.page.get_by_role("button", name="Clear progress").click()
    assert reader.progress().startswith("0 of") and reader.page.evaluate("localStorage.getItem('exercises')") is None
    assert "answered" not in reader.question(name).get_attribute("class")


def test_an_entry_is_chosen_by_key(reader):
    name, right, wrong = ENTRY
    for (i, j), sign in [(wrong, "✗ Rows and columns"), (right, "✓ Right.")]:
        cell = reader.question(name).get_by_role("button", name=f"row {i + 1}, column {j + 1}:")
        cell.focus()
        reader.page.keyboard.press("Enter")
        assert reader.says(name).startswith(sign) and cell.get_attribute("aria-pressed") == "true"
        assert reader.question(name).locator("[aria-pressed=true]").count() == 1
    assert reader.stored() == {name: True}


def test_a_right_equation_counts_too(reader):
    block = reader.page.locator('div.equation[data-exercise="ex-on-grad-w"]')
    block.locator(".edit").click()
    block.locator("textarea").fill(r"\frac{\partial C}{\partial W} = \delta x^{\top}")
    wait_until(reader.page, "document.querySelector('[data-exercise=\"ex-on-grad-w\"]').classList.contains('answered')")
    assert reader.stored()["ex-on-grad-w"] is True


def test_the_landing_page_counts_by_chapter(reader):
    reader.page.goto(reader.address.replace("one_neuron", "index"))
    item = reader.page.locator('main li:has(a[href="one_neuron.html"])').first
    lay_out_all(reader.page)
    assert re.search(r"\([12] of \d+\)", item.inner_text())
    assert "answered" in reader.progress()
    reader.page.get_by_role("button", name="Clear progress").click()
    assert not re.search(r"\(\d of", item.inner_text())
    reader.open()


@pytest.mark.parametrize("stored", [
    "[1", "null", "17", '"ex-on-shared"', '["ex-on-shared"]', '{"ex-on-shared": "<img src=x onerror=alert(1)>"}',
    '{"<img src=x onerror=alert(1)>": true}', '{"__proto__": {"ex-on-shared": true}}', '{"ex-on-shared": 1, "toString": true}'])
def test_what_is_stored_is_data_and_what_is_broken_is_ignored(reader, stored):
    reader.page.evaluate("text => localStorage.setItem('exercises', text)", stored)
    reader.open()
    assert reader.progress().startswith("0 of")
    assert reader.page.locator("img[src=x]").count() == 0
    name, right, _ = NUMBER
    reader.question(name).get_by_label("δ").fill(right)
    reader.page.keyboard.press("Enter")
    assert reader.progress().startswith("1 of") and reader.stored() == {name: True}
    reader.page.evaluate("localStorage.clear()")


def test_nothing_sticks_out_on_a_narrow_screen_is_too_small_or_breaks_a_rule_of_accessibility(reader):
    name, _, wrong = NUMBER
    reader.open()
    reader.question(name).get_by_label("δ").fill(wrong)
    reader.page.keyboard.press("Enter")
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 320
    small = reader.page.locator(".marked :is(button, input), .progress button").evaluate_all(
        "all => all.filter((e) => e.checkVisibility() && (e.offsetWidth < 24 || e.offsetHeight < 24)).map((e) => e.outerHTML)")
    assert small == []
    reader.page.evaluate(AXE)
    faults = reader.page.evaluate("""axe.run({include: [[".marked"], [".progress"]]}, {preload: false,
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})""")["violations"]
    assert [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in faults] == []


def test_where_storage_is_forbidden_all_works_and_nothing_is_kept(browser, served):
    with browser.new_context() as context:
        context.add_init_script(FORBIDDEN)
        reader = Reader(context, served)
        name, right, _ = NUMBER
        reader.question(name).get_by_label("δ").fill(right)
        reader.page.keyboard.press("Enter")
        assert reader.says(name) == "✓ Right." and reader.progress().startswith("1 of")
        reader.page.get_by_role("button", name="Clear progress").click()
        assert reader.progress().startswith("0 of")
        reader.open()
        assert reader.progress().startswith("0 of") and reader.heard == []


@pytest.mark.parametrize("scripts", [False, True], ids=["no script", "print"])
def test_without_a_script_and_in_print_a_line_says_where_it_is_answered(browser, served, scripts):
    with browser.new_context(java_script_enabled=scripts) as context:
        page = context.new_page()
        page.goto(served + CHAPTER)
        if scripts:
            page.emulate_media(media="print")
        question = page.locator(f'.figure[data-exercise="{NUMBER[0]}"]')
        question.scroll_into_view_if_needed()
        expect(question).to_contain_text("To be answered where scripts run", use_inner_text=True)  # in the frame after
        assert page.locator(".marked input:visible, .marked button:visible:not([data-row])").count() == 0


def test_a_notebook_on_github_shows_a_line_and_no_answer():
    from book_site import ROOT
    notebook = json.loads((ROOT / "notebooks" / "one_neuron.ipynb").read_text(encoding="utf-8"))
    shown = [output["data"] for cell in notebook["cells"] if "question" in cell["metadata"].get("tags", []) for output in cell["outputs"]]
    assert len(shown) == len([widget for widget in notebook["metadata"]["widgets"][STATE]["state"].values() if "exercise" in widget["state"]])
    for data in shown:
        assert "To be answered where the notebook runs" in "".join(data["text/plain"]) and "text/html" not in data
