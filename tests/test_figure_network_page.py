"""What is particular to figure 3 in a real browser: the graph, the steps, the widths, and who made a δ."""

import re

import numpy as np
import pytest

import figure_pages
from figure_pages import visit
from mathref.widgets import Network
from mathref.widgets.network import GIVEN

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return figure_pages.alone(Network(), tmp_path_factory.mktemp("network")).as_uri()


class Page(figure_pages.Page):
    count = 1

    def explain(self, step):
        self.figure().locator(f'[data-step="{step}"]').click()

    def matrices(self):
        """All the matrices that are shown beside the equation."""
        found = {}
        for name, i, j, x in self.figure().locator(".entry[data-value]").evaluate_all(
                "all => all.map((c) => [c.dataset.name, +c.dataset.row, +c.dataset.column, +c.dataset.value])"):
            found.setdefault(name, {})[i, j] = x
        return {name: np.array([[cells[i, j] for j in range(max(c for _, c in cells) + 1)]
                                for i in range(max(r for r, _ in cells) + 1)]) for name, cells in found.items()}

    def everything(self):
        """The matrices of all steps, brought up one after the other."""
        found = {}
        for step in ("z1", "a1", "z2", "a2", "z3", "a3", "C", "delta3", "dW3", "db3", "delta2", "dW2", "db2", "delta1", "dW1", "db1"):
            self.explain(step)
            found |= self.matrices()
        return found

    def follows(self):
        """Check all that is shown against Python's figure of what is given; return it."""
        found = self.everything()
        sigma = self.figure().locator("[data-trait=activation]").input_value()
        python = Network(**{name: found[name] for name in GIVEN}, activation=sigma, entry="b1_1")
        for name, M in found.items():
            if not name.startswith("slope"):
                np.testing.assert_allclose(M, getattr(python, name), rtol=1e-12, atol=1e-12, err_msg=name)
        return found


@pytest.fixture
def page(browser, address):
    context, opened = visit(browser, address, Page, reduced_motion="reduce")
    page = opened()
    yield page
    context.close()
    assert page.said == []


def test_a_weight_of_the_first_layer_moves_everything_after_it_and_every_gradient(page):
    before = page.follows()
    page.explain("z1")
    page.drag(page.entry("W1", 0, 1), right=60)
    after = page.follows()
    assert all((after[name] != before[name]).any() for name in ("z1", "a2", "z3", "C", "delta3", "delta1", "dW3", "dW1", "db2"))
    assert page.figure().locator("[data-number=C]").get_attribute("data-value") == str(after["C"][0, 0])


def test_widths_are_chosen_and_all_matrices_follow(page):
    for l, n in ((1, "5"), (2, "1"), (0, "8"), (3, "8"), (1, "1")):
        page.figure().locator(f'[data-size="n{l}"]').select_option(n)
        found = page.follows()
        assert len(found["x" if l == 0 else f"z{l}"]) == int(n)
        assert page.figure().locator(f'rect[data-name="unit{l}"]').count() == int(n)
    page.figure().get_by_role("button", name="reset").click()
    assert page.follows()["W2"].shape == (2, 3)


def test_an_entry_that_is_gone_hands_over_to_the_first(page):
    asked = page.figure().locator(".asked").inner_text()
    page.figure().locator('[data-size="n1"]').select_option("1")
    page.follows()
    assert re.sub(r"\s", "", page.figure().locator(".asked").inner_text()).count("w111") == 1
    page.figure().locator('[data-size="n1"]').select_option("3")
    assert page.figure().locator(".asked").inner_text() == asked, "and it is back as soon as there is a place for it"


def test_a_link_keeps_the_widths_and_the_equation(page):
    page.figure().locator('[data-size="n2"]').select_option("5")
    page.explain("dW2")
    page.tab.mouse.move(0, 0)  # else it points at what scrolls under it
    page.entry("dW2", 3, 1).focus()
    page.figure().get_by_role("button", name="copy link").focus()
    page.tab.keyboard.press("Enter")
    page.tab.wait_for_function("/link/i.test(document.querySelector('.status').textContent)")
    link, shown = page.tab.url, page.figure().locator(".stage").inner_text()
    page.tab.goto("about:blank")
    page.open(link)
    assert page.figure().locator(".stage").inner_text() == shown
    assert page.figure().locator(".sum").get_attribute("aria-label").startswith("gradient of the weight of layer 2, row 4, column 2")


def test_a_delta_that_is_pointed_at_tells_which_terms_made_it(page):
    def lit():
        return page.figure().locator("rect.on").evaluate_all("all => all.map((r) => r.dataset.unit + r.dataset.row)")

    for k in (2, 0, 1):
        page.entry("delta1", k).hover()
        W2, delta2 = page.matrices()["W2"], page.matrices()["delta2"]
        values = page.figure().locator(".sum [data-value]").evaluate_all("all => all.map((x) => +x.dataset.value)")
        np.testing.assert_allclose(values[:2], W2[:, k] * delta2[:, 0], rtol=1e-12)
        assert lit() == [f"1{k}", "20", "21"]
        on = page.figure().locator('.entry.on[data-name="W2"]').evaluate_all("all => all.map((c) => c.dataset.row + c.dataset.column)")
        assert on == [f"0{k}", f"1{k}"]
    page.tab.mouse.move(0, 0)
    page.entry("delta2", 1).focus()
    assert page.figure().locator(".term.hot").count() == 1 and page.figure().locator("path.over.hot").get_attribute("d")
    page.explain("dW2")
    page.entry("dW2", 1, 2).hover()
    assert lit() == ["12", "21"]
    assert page.figure().locator(".sum").get_attribute("aria-label").count("the error") == 1


def test_steps_uncover_the_graph_one_equation_at_a_time(page):
    forward, graph = page.figure().locator('[data-action="forward"]'), page.figure().locator("svg")
    forward.click()
    assert page.figure().locator(".equation").inner_text().startswith("z") and set(page.matrices()) == {"W1", "x", "b1", "z1"}
    assert graph.text_content().count("·") == 3 + 3 + 2 * 3 + 2 * 3 and not page.figure().locator("[data-number=C]").count()
    for _ in range(6):
        forward.press("Enter")
    assert set(page.matrices()) == {"a3", "y", "C"} and page.figure().locator("[data-number=C]").count() == 1
    assert graph.text_content().count("·") == 7
    page.explain("delta2")
    assert "11 of 16" in page.figure().locator(".steps").inner_text(), "what is asked for is computed"
    page.figure().get_by_role("button", name="all", exact=True).click()
    assert graph.text_content().count("·") == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_every_line_stands_its_weight_with_a_true_minus(page, theme):
    page.tab.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.explain("z2")
    page.type("-1.25", "W2", 0, 1)
    python = Network(W2=page.matrices()["W2"])
    found = page.figure().locator("text.weight:visible").evaluate_all(
        "all => all.map((e) => [e.dataset.of, +e.dataset.row, +e.dataset.column, e.textContent, +e.dataset.value])")
    assert len(found) == 16 and ("W2", 0, 1, "−1.25", -1.25) in map(tuple, found)
    for name, i, j, text, x in found:
        assert x == getattr(python, name)[i][j] and text == f"{x:.2f}".replace("-", "−")
    ink, paper = page.tab.evaluate("""() => [getComputedStyle(document.querySelector(".weight")).fill,
        getComputedStyle(document.querySelector(".live")).backgroundColor]""")
    assert contrast(ink, paper) >= 4.5


def contrast(*colours):
    """The contrast of two colours, each rgb(…), as WCAG reckons it."""
    def luminance(colour):
        shares = np.array(re.findall(r"[\d.]+", colour)[:3], dtype=float) / 255
        return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    dark, light = sorted(map(luminance, colours))
    return (light + 0.05) / (dark + 0.05)


def test_a_line_lights_its_entry_of_the_weights_and_the_entry_its_line(page):
    def hot(selector):
        return page.figure().locator(selector).evaluate_all(
            "all => all.map((e) => (e.dataset.name ?? e.dataset.of) + e.dataset.row + e.dataset.column)")

    def lit(selector):
        return [quantity for quantity in page.figure().locator(f"{selector}.lit").evaluate_all(
            "all => all.map((e) => e.dataset.quantity)")]

    def line(i, j):
        return page.figure().locator(f'path[data-name="W2"][data-row="{i}"][data-column="{j}"]')

    for step, quantity in (("z2", "W"), ("delta1", "W_next")):
        page.explain(step)
        page.tab.mouse.move(0, 0)
        for i, j in ((1, 2), (0, 0)):
            line(i, j).hover()
            assert f"W2{i}{j}" in hot('.entry.hot[data-name="W2"]') and hot("text.weight.hot") == [f"W2{i}{j}"]
            assert page.figure().locator(".term.hot").count() == 1
            assert lit(".matrix") == lit(".equation .symbol") == lit("svg g") == [quantity]
        page.entry("W2", 1, 0).hover()
        assert hot("text.weight.hot") == ["W210"] and lit("svg g") == [quantity]
        assert page.figure().locator("path.over.hot").get_attribute("d") == line(1, 0).get_attribute("d")
        page.tab.mouse.move(0, 0)
        assert lit("svg g") == []
        page.figure().locator(f'.equation [data-quantity="{quantity}"]').hover()
        assert lit("svg g") == [quantity]
    page.explain("dW2")
    line(1, 2).hover()
    assert hot(".entry.on[data-name=dW2]") == ["dW212"] and lit(".matrix") == lit("svg g") == ["dW"]
    page.figure().locator('[data-size="n1"]').select_option("8")
    page.explain("a3")
    page.tab.mouse.move(0, 0)
    line(1, 7).hover()
    assert hot("text.weight.hot") == ["W217"], "where there is no room for all numbers, that of the line is shown"


def test_after_an_edit_the_note_says_what_mathref_computes(page):
    page.explain("z1")
    for text in ("-1.70", "0.35"):
        page.type(text, "W1", 1, 0)
        python = Network(W1=page.matrices()["W1"])
        name, i, j = max(((f"d{letter}{l}", i, j) for l in (1, 2, 3) for letter in "Wb"
                          for i, j in np.ndindex(np.shape(getattr(python, f"d{letter}{l}")))),
                         key=lambda which: abs(getattr(python, which[0])[which[1]][which[2]]))
        rate = getattr(python, name)[i][j]
        errors = [np.abs(getattr(python, f"delta{l}")).max() for l in (3, 2, 1)]
        note = re.sub(r"\s", "", page.figure().locator(".note").inner_text())
        assert f"C={python.C:.2f}." in note and f"itsgradientis{rate:.2f},".replace("-", "−") in note
        assert "Thelargesterroris{:.2f}inlayer3,{:.2f}inlayer2,{:.2f}inlayer1.".format(*errors) in note


def test_a_unit_that_is_clicked_brings_up_its_layer(page):
    page.figure().locator('rect[data-name="unit2"][data-row="1"]').click()
    assert set(page.matrices()) == {"W3", "delta3", "slope2", "delta2"}
    assert page.figure().locator('.entry.on[data-name="delta2"]').get_attribute("data-row") == "1"


def test_the_question_names_the_slip(page):
    def reply(choice):
        page.figure().get_by_role("button", name=choice, exact=True).click()
        return page.figure().locator(".reply").inner_text()

    assert "is negative and turns it" in reply("it grows")
    assert "Neither factor is 0" in reply("no change")
    assert reply("it shrinks").startswith("Right.")
    page.figure().locator("[data-trait=activation]").select_option("relu")
    page.explain("z2")
    page.type("-9", "b2", 0)
    page.explain("delta1")
    assert reply("no change").startswith("Right.")
    wrong = [reply("it grows"), reply("it shrinks")]
    assert any("forgot the slope" in text or "is 0" in text for text in wrong)


def test_on_a_phone_the_result_its_sum_and_the_cost_stay_in_sight_while_a_number_is_moved(browser, address):
    context, opened = visit(browser, address, Page, viewport={"width": 390, "height": 700}, reduced_motion="reduce")
    page = opened()
    for step, name, i, j in [("z1", "W1", 0, 0), ("z1", "W1", 2, 1), ("delta1", "W2", 0, 0), ("delta1", "W2", 1, 2), ("dW1", "x", 1, 0)]:
        page.explain(step)
        page.tab.evaluate("cell => scrollBy(0, cell.getBoundingClientRect().bottom - 0.7 * innerHeight)", page.entry(name, i, j).element_handle())
        page.drag(page.entry(name, i, j), right=20)
        cell = page.entry(name, i, j).bounding_box()
        for part in (page.entry(step, 0, 0), page.figure().locator(".sum"), page.figure().locator("[data-number=C]")):
            box = part.bounding_box()
            assert box["y"] >= cell["y"] + cell["height"] and box["y"] + box["height"] <= 700
    context.close()


def test_the_graph_and_the_buttons_stay_where_they_are_while_the_steps_play(page):
    places = set()
    for step in ("z1", "a2", "C", "delta3", "dW2", "delta1", "db1"):
        page.explain(step)
        places.add(tuple(page.figure().locator(part).bounding_box()["y"] for part in ("svg", ".map", ".steps", ".stage")))
    assert len(places) == 1
