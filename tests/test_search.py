"""The search finds equations by label, number and symbol, and terms, and leads to the very place."""

import json
import re

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from py_mini_racer import JSEvalException, MiniRacer

from book_site import ROOT
from browser import wait_until
from mathref.engine.registry import equations
from publishing import glossary


SCRIPT = ROOT / "publishing" / "assets" / "search.js"


@pytest.fixture(scope="module")
def search(site):
    """Make a search out of a script: a function from a query to what is found, in order."""
    engine = MiniRacer()
    engine.eval("var self = globalThis;" + (site / "_static" / "symbols.js").read_text(encoding="utf-8"))

    def made_of(script):
        engine.eval("for (const entry of bookSymbols) delete entry.symbols;" + script)
        return lambda query: json.loads(engine.eval(f"JSON.stringify(findSymbols({json.dumps(query)}))"))

    return made_of


@pytest.fixture(scope="module")
def find(search):
    """Ask the script of the search page, without a browser."""
    return search(SCRIPT.read_text(encoding="utf-8"))


def labels(found):
    return [entry["label"] for entry in found if "label" in entry]


def test_every_label_finds_its_equation_first_and_leads_to_it(find, site):
    for label, equation in equations().items():
        first = find(label)[0]
        assert first["label"] == label and first["address"] == f"notebooks/{equation.chapter}.html#equation-{label}"


HOWEVER = [
    (["δ^l", "delta^l", r"\delta^{l}", "δ^{l}", "$\\delta^l$"], r"\delta^{l}"),
    (["rot180", r"\operatorname{rot180}"], r"\operatorname{rot180}"),
    (["∇a", "nabla a"], r"\nabla a"),
    (["∂C/∂W", r"\frac{\partial C}{\partial W}", "partial C/partial W"], r"\frac{\partial C}{\partial W}"),
    (["σ'(z^l)", "sigma'(z^l)"], r"\sigma'(z^{l})"),
    (["W^T δ", "Wᵀ δ", "W^⊤ delta", r"W^{\top} \delta"], r"W^{\top} \delta"),
    (["a ⋆ W", "a * W"], r"a \star W"),
    (["Σ_i", r"\sum_{i}", "∑_{i}", "sum_i"], r"\sum_{i}"),
    (["⊙ σ'", "hadamard sigma'", "∘ σ′"], r"\odot \sigma'"),
]


@pytest.mark.parametrize("queries, latex", HOWEVER)
def test_a_symbol_is_found_however_it_is_written(find, queries, latex):
    answers = [labels(find(query)) for query in queries]
    assert answers[0] and all(answer[:8] == answers[0][:8] for answer in answers)
    assert all(latex in equations()[label].latex for label in answers[0][:5]), answers[0][:5]


def test_every_equation_with_a_symbol_is_among_those_found(find):
    for query, latex in {"rot180": r"\operatorname{rot180}", "δ^l": r"\delta^{l}", "⊙": r"\odot"}.items():
        having = {label for label, equation in equations().items() if latex in equation.latex}
        assert having <= set(labels(find(query))), query


def test_what_defines_or_gives_a_symbol_comes_before_what_only_uses_it(find):
    first = [equations()[label] for label in labels(find("δ^l"))[:5]]
    assert all(re.match(r"\\delta\^\{l\} =", equation.latex) for equation in first)


def test_another_layer_is_another_symbol(find):
    assert not {label for label in labels(find("W^{l+1}")) if "W^{l+1}" not in equations()[label].latex}


def test_a_number_a_meaning_and_a_term_are_found(find):
    label, equation = next(iter(equations().items()))
    assert labels(find(equation.number))[0] == labels(find(f"({equation.number})"))[0] == label
    assert labels(find("chain rule cost weight"))[0] == "eq-on-chain-w"
    assert find("cross-correlation")[0]["term"] == "cross-correlation"
    assert find("Cross-correlatio")[0]["term"] == "cross-correlation"
    assert labels(find("conv-delta-rec"))[0] == "eq-conv-delta-rec"
    assert find("no such words") == []


def test_what_is_false_comes_after_what_holds(find):
    kinds = [equations()[label].kind == "refuted" for label in labels(find("W^T δ"))]
    assert any(kinds) and kinds == sorted(kinds)


@pytest.mark.parametrize("query", ["", "<img src=x>", "\\", "^", "{", "}}}", "$$", "\\frac", "((((", "%", "\u0000", "delta" * 500])
def test_no_query_breaks_the_search(find, query):
    assert isinstance(find(query), list)


@pytest.mark.parametrize("right, wrong", [
    ("if (query === entry.label) return 100;", ""), ("query.replace(/[()]/g, \"\")", "query"), ("? best / 10 : best", "? best : best"),
    ("other.worth - one.worth", "0"), ("words.every(", "words.some("), ("part.every(", "part.some("), ("? 95 :", "? 5 :"),
    ("if (known?.has(name)) return [name];", ""), ("\"ᵀ\": \"^top\"", "\"ᵀ\": \"top\""), ("known && tokens[0] === \"T\"", "false"),
    ("if (one) return found;", ""), ("found.push(...read(null, true), \"/\", ...read(null, true))", "found.push(token)"),
    ("? 80 : leads ? 45 : 40", "? 40 : leads ? 40 : 40"), ("hadamard: \"odot\"", "hadamard: \"cdot\""), ("\"∘\": \"odot\"", "\"∘\": \"cdot\""),
    ("? 60 : 0", "? 0 : 0"), ("best = 70;", "best = 0;"), ("return [token.slice(1)];", "return [token];"), ("token === \"{\"", "false"),
    ("\"∑\": \"sum\"", "\"∑\": \"prod\""), ("toLowerCase().replace(/\\$|\\\\/g", "replace(/\\$|\\\\/g"),
])
def test_a_slip_in_the_search_is_noticed(search, site, right, wrong):
    script = SCRIPT.read_text(encoding="utf-8")
    assert right in script, f"the script no longer says {right}"
    find = search(script.replace(right, wrong, 1))
    promises = [lambda: test_every_label_finds_its_equation_first_and_leads_to_it(find, site),
                *(lambda case=case: test_a_symbol_is_found_however_it_is_written(find, *case) for case in HOWEVER),
                *(lambda promise=promise: promise(find) for promise in (
                    test_every_equation_with_a_symbol_is_among_those_found, test_what_defines_or_gives_a_symbol_comes_before_what_only_uses_it,
                    test_another_layer_is_another_symbol, test_a_number_a_meaning_and_a_term_are_found, test_what_is_false_comes_after_what_holds))]
    for promise in promises[::-1]:
        try:
            promise()
        except (AssertionError, IndexError, KeyError, JSEvalException):
            return
    pytest.fail("no promise is broken")


@pytest.mark.parametrize("query, anchor", [
    ("delta", None), ("δ^l", None), ("rot180", None),
    ("eq-conv-delta-rec", "notebooks/conv_rot180.html#equation-eq-conv-delta-rec"),
    ("cross-correlation", "notebooks/notation.html#term-cross-correlation"),
])
@pytest.mark.thorough
def test_in_the_browser_a_result_leads_to_its_place(browser, served, query, anchor):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(served + "notebooks/fc_recursion.html")
        page.locator(".side input[name=q]").fill(query)
        page.locator(".side input[name=q]").press("Enter")
        page.wait_for_url("**/search.html?q=*")
        results = page.locator("#symbols-found li")
        results.first.wait_for()
        link = results.first.get_by_role("link")
        if anchor:
            assert link.get_attribute("href") == anchor
        else:
            assert results.first.locator("math").bounding_box()["width"] > 20
        link.click()
        page.wait_for_url(f"**/{anchor or '*#equation-*'}")
        wait_until(page, """() => {
            const top = document.getElementById(location.hash.slice(1))?.getBoundingClientRect().top;
            return scrollY > 0 && top >= 0 && top < innerHeight;
        }""")


def test_a_query_is_shown_as_text(browser, served):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(served + "search.html?q=%3Cimg+src%3Dx+onerror%3D%22self.ran%3D1%22%3E+delta")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("self.ran") is None and page.locator("main img").count() == 0


# The glossary

def test_every_term_of_the_glossary_leads_to_the_words_that_explain_it(site):
    page = BeautifulSoup((site / "notebooks" / "glossary.html").read_text(encoding="utf-8"), "html.parser")
    terms = json.loads(glossary.TERMS.read_text(encoding="utf-8"))
    entries = page.select("dl.glossary dt")
    assert [entry.get_text().strip() for entry in entries] == sorted(terms, key=str.lower)
    for entry in entries:
        name = entry.get_text().strip()
        stem, anchor = re.fullmatch(r"(\w+)\.html#([\w-]+)", entry.a["href"]).groups()
        chapter = (site / "notebooks" / f"{stem}.html").read_text(encoding="utf-8")
        [(bold, after)] = re.findall(rf'<strong id="{anchor}">([^<]*)</strong>([^<.:(]*)', chapter)
        said = entry.find_next_sibling("dd").p.get_text()
        assert stem == terms[name] and bold.lower() == name.lower() and f"{bold}{after}" in said, name


def test_a_sentence_is_cut_at_its_ends_and_a_colon_becomes_a_full_stop():
    word = nodes.strong("", "b")
    nodes.paragraph("", "", nodes.Text("One. Two a "), word, nodes.Text(" is "), nodes.math("", "x"), nodes.Text(". Three:"))
    assert [node.astext() for node in glossary.sentence(word)] == ["Two a ", "b", " is ", "x", "."]
    word = nodes.strong("", "b")
    nodes.paragraph("", "", nodes.Text("First! A "), word, nodes.Text(" is:"))
    assert [node.astext() for node in glossary.sentence(word)] == ["A ", "b", " is."]


def test_a_sentence_that_points_back_comes_with_the_one_before_it():
    word = nodes.strong("", "softmax")
    nodes.paragraph("", "", nodes.Text("Begin. Divide by the sum. That is "), word, nodes.Text(". More."))
    assert "".join(node.astext() for node in glossary.sentence(word)) == "Divide by the sum. That is softmax."


def test_the_terms_are_in_the_order_of_the_alphabet_and_once():
    pairs = json.loads(glossary.TERMS.read_text(encoding="utf-8"), object_pairs_hook=list)
    names = [name.lower() for name, _ in pairs]
    assert names == sorted(set(names)) and all((ROOT / "book" / f"{stem}.md").exists() for _, stem in pairs)
