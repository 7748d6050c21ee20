r"""How a cell shows itself in Jupyter, in the book and as text, and how its symbols are marked for the page."""

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from engine_fixture import LAYERS, NUMBERS, RECURSION, run, session_of
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from py_mini_racer import MiniRacer

from mathref.engine import registry
from mathref.engine.cells import read_source
from mathref.engine.display import bundle
from mathref.engine.errors import EquationError, LatexError, NotTrue
from mathref.engine.marking import marked
from mathref.engine.session import Session

ROOT = Path(__file__).parents[1]
KATEX = ROOT / "publishing/assets/katex/katex.min.js"


@pytest.fixture(scope="module")
def layers():
    return session_of(LAYERS)


def shown(session, source):
    """Return the bundle of a cell."""
    return bundle(read_source(source), run(session, source))


@pytest.fixture
def numbered(monkeypatch):
    """Numbers as if the equations stood in the book."""
    book = {label: registry.Equation(label, "claim", "layers", number, "", "")
            for label, number in [("eq-rec", "4.3"), ("eq-cost-sample", "3.1"), ("eq-cost-batch", "3.2")]}
    monkeypatch.setattr("mathref.engine.display.equations", lambda: book)


class Tags(HTMLParser):
    """The tags that are open, the text outside of them, and every attribute."""

    def __init__(self, html):
        super().__init__()
        self.open, self.text, self.attributes, self.balanced = [], "", [], True
        self.feed(html)
        self.close()
        self.balanced = self.balanced and not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        self.balanced = self.balanced and bool(self.open) and self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


# Bundles

def test_a_claim_shows_its_number_label_conditions_and_report(layers, numbered):
    data = shown(layers, f"%%claim eq-rec N=1 1<=l<L\n{RECURSION}")
    first, *rest = data["text/plain"].splitlines()
    assert first == f"✓ eq-rec (4.3): {RECURSION}"
    assert rest[0] == "checked numerically, for $1\\le l< L$, for one sample" and rest[1].startswith("All sides are equal in")
    blocks = data["text/markdown"].split("\n\n")
    assert blocks[0] == f"$$\n{RECURSION}\n$$ (eq-rec)"
    assert blocks[1] == "```{verdict} claim\n:status: holds\n:conditions: for $1\\le l< L$, for one sample"
    assert data["text/markdown"].endswith("\n```")
    html = Tags(data["text/html"])
    assert html.balanced and RECURSION in html.text and r"\tag{4.3}" in html.text and "eq-rec" not in html.text
    assert set(data) == {"text/html", "text/markdown", "text/plain"}


def test_an_equation_without_label_shows_no_number_and_no_label(layers, numbered):
    data = shown(layers, "%%claim N=1\na^{0} = x")
    assert data["text/markdown"].startswith("$$\na^{0} = x\n$$\n\n```{verdict} claim")
    assert data["text/plain"].startswith("✓ a^{0} = x\n") and "tag" not in data["text/html"]


def test_several_equations_of_a_cell_keep_their_order_and_share_one_report(numbered):
    session = session_of(LAYERS[:-1])
    data = shown(session, LAYERS[-1])
    assert re.findall(r"\$\$ \((.*?)\)", data["text/markdown"]) == ["eq-cost-sample", "eq-cost-batch", "eq-delta-batch"]
    assert data["text/markdown"].count("```{verdict}") == 1 and data["text/markdown"].count("A definition: it gives") == 1
    assert re.findall(r"\\tag\{(.*?)\}", data["text/html"]) == ["3.1", "3.2"]
    assert [line.split(":")[0] for line in data["text/plain"].splitlines()[:3]] == [
        "≔ eq-cost-sample (3.1)", "≔ eq-cost-batch (3.2)", "≔ eq-delta-batch"]


@pytest.mark.parametrize(("source", "status", "mark"), [
    ("%%definition eq-p\np = x", "defined", "≔ eq-p"), ("%%claim\nx = x", "holds", "✓ x"),
    ("%%update\nb^{l} \\leftarrow b^{l} - \\eta \\frac{\\partial C}{\\partial b^{l}}", "holds", "✓ b"),
    ("%%refuted\nx = 2 x", "refuted", "✗ x"), ("%%informal\n\\mathcal{O}(h)", "informal", "○ "),
    ("%%exercise ex-q find=y\ny = ?", "open", "… ex-q"), ("%%exercise ex-q find=y\ny = 2 y - y", "wrong", "✗ ex-q"),
    ("%%exercise ex-q find=x N=1\nx = a^{0}", "right", "✓ ex-q"),
])
def test_every_status_has_its_mark_and_stands_in_all_three_forms(source, status, mark):
    data = shown(session_of(LAYERS), source)
    kind = source[2:].split()[0]
    assert data["text/plain"].startswith(mark)
    assert f"```{{verdict}} {kind}\n:status: {status}\n" in data["text/markdown"]
    assert ("class", f"equation {status}") in Tags(data["text/html"]).attributes


def test_what_a_reader_has_to_do_is_unfolded_and_what_was_checked_is_folded(layers):
    assert "<details open>" in shown(layers, "%%exercise ex-q find=y\ny = ?")["text/html"]
    assert "<details>" in shown(layers, "%%claim\nx = x")["text/html"]


def test_the_blank_of_an_exercise_is_a_box_and_a_question_mark_elsewhere_is_itself(layers):
    data = shown(layers, "%%exercise ex-q find=y\ny = ?")
    assert r"y = \boxed{\,?\,}" in data["text/markdown"] and r"\boxed" in data["text/html"]
    assert data["text/plain"].startswith("… ex-q: y = ?")
    assert r"\boxed" not in shown(layers, "%%informal\na \\overset{?}{=} b")["text/markdown"]


def test_html_in_an_equation_or_a_report_is_shown_and_not_obeyed():
    evil = "<img src=x onerror=alert(1)> a < b & c"
    data = shown(Session(), f"%%informal\n{evil}")
    html = Tags(data["text/html"])
    assert html.balanced and "<img" not in data["text/html"] and evil in unescape(data["text/html"])
    data = shown(Session(), "%%exercise ex-q find=x\nx = <script>alert(1)</script>")
    assert "<script" not in data["text/html"] and Tags(data["text/html"]).balanced


def test_a_bundle_is_the_same_in_every_session_and_order():
    sources = [f"%%claim 1<=l<L\n{RECURSION}", "%%refuted N=1\n\\delta^{l} = a^{l}", "%%claim N=1\n\\delta^{L} = "
               "(a^{L} - y) \\odot \\sigma'(z^{L})"]
    one, other = session_of(LAYERS), session_of(LAYERS)
    first = [shown(one, source) for source in sources]
    assert [shown(other, source) for source in reversed(sources)] == first[::-1]
    assert [shown(one, source) for source in sources] == first


def test_a_bundle_holds_no_digits_that_differ_between_machines(layers):
    for source in [f"%%claim 1<=l<L\n{RECURSION}", "%%refuted N=1\n\\delta^{l} = a^{l}", LAYERS[-1],
                   "%%refuted N=1\n\\frac{\\partial C}{\\partial W^{l}} = \\delta^{L} (a^{L-1})^{\\top}"]:
        for text in shown(layers, source).values():
            for number in re.findall(r"-?\d+\.\d+(?:e-?\d+)?", text):
                digits = number.lstrip("-").split("e")[0].replace(".", "").lstrip("0")
                assert len(digits) <= 4 and abs(float(number)) > 1e-9, number
            assert not re.search(r"0x[0-9a-f]{6}|\.py|/[a-z]+/[a-z]+/", text)


def test_the_worst_entry_is_the_first_of_equally_bad_ones_and_rounding_is_no_number(layers):
    with pytest.raises(NotTrue, match=r"entry \(1, 1\) is .* a relative error of 2\."):  # every entry is off by 2, or 2 - 1e-16
        run(layers, "%%claim N=1\n\\delta^{L} = (y - a^{L}) \\odot \\sigma'(z^{L})")
    with pytest.raises(NotTrue, match=r"the value is 0 and 1,"):
        run(session_of(NUMBERS), "%%claim activation=relu\n\\frac{\\partial z}{\\partial w} - x = 1")


def test_the_markdown_of_every_equation_of_the_book_is_one_labelled_block_of_mathematics():
    markdown = MarkdownIt().use(dollarmath_plugin, allow_labels=True)
    for label, latex in book_equations():
        token, = markdown.parse(f"$$\n{latex}\n$$ ({label})")
        assert (token.type, token.info, token.content.strip()) == ("math_block_label", label, latex.strip())


# Marks

def book_equations():
    """Return (label, LaTeX) of every equation of the book that the engine reads."""
    return [(label, equation.latex) for label, equation in registry.equations().items()
            if equation.kind not in ("informal", "exercise")]


INLINE = [r"W^{l}", r"(W^{l+1})^{\top}", r"\sigma'(z^{l})", r"\sum_{i=1}^{N} C_{i}", r"\frac{1}{N} \sum_{i=1}^{N} a_{i}",
          r"\frac{\partial C}{\partial W^{l}}", r"w_{jk}", r"a^{l-1}_{i}", r"\lVert a^{L} - y \rVert^{2}",
          r"W^{l} \leftarrow W^{l} - \eta \frac{\partial C}{\partial W^{l}}", r"a^{0} = x", r"\delta",
          r"\begin{pmatrix} x_{1} \\ x_{2} \end{pmatrix}", r"\frac{\partial z^{l}_{j}}{\partial W^{l}}"]
MARK = re.compile(r"\\htmlData\{quantity=(\w+)\}\{\\htmlClass\{q-(\w+)\}\{")


def unmarked(latex):
    """Take the marks off again: each is an opening and the two braces that close it."""
    out, depth, marks = "", 0, []
    position = 0
    while position < len(latex):
        opening = MARK.match(latex, position)
        if opening:
            marks.append(depth)
            position = opening.end()
        elif marks and latex[position] == "}" and depth == marks[-1]:
            assert latex[position:position + 2] == "}}"
            marks.pop()
            position += 2
        else:
            depth += {"{": 1, "}": -1}.get(latex[position], 0)
            out += latex[position]
            position += 1
    assert not marks
    return out


def outside_marks(latex):
    """What is left when every mark is cut out with all that is in it."""
    out, position = "", 0
    while (opening := MARK.search(latex, position)):
        out += latex[position:opening.start()]
        depth, position = 2, opening.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(latex[position], 0)
            position += 1
    return out + latex[position:]


def everything_marked():
    return [latex for _, latex in book_equations()] + INLINE


def test_marks_change_nothing_but_add_themselves():
    latexes = everything_marked()
    assert len(latexes) > 50
    for latex in latexes:
        assert unmarked(marked(latex)) == latex


def test_every_symbol_that_has_a_colour_is_marked():
    for latex in everything_marked():
        rest = re.sub(r"\\begin\{pmatrix\}|\\end\{pmatrix\}|\\operatorname\{[a-z0-9]+\}|\\(?!delta|nabla)[A-Za-z]+|_\{[^{}]*\}|_[a-z0-9]",
                      "", outside_marks(marked(latex)))
        assert not re.search(r"[aWwbzx]|\\delta|\\nabla", rest), (latex, rest)


@pytest.mark.parametrize(("latex", "quantities"), [
    (RECURSION, ["delta/delta", "W_next/W", "delta_next/delta", "z/z"]),
    (r"z^{l} = W^{l} a^{l-1} + b^{l}", ["z/z", "W/W", "a_prev/a", "b/b"]),
    (r"a^{0} = x", ["a_in/a", "x/a"]),
    (r"\delta^{L} = (a^{L} - y) \odot \sigma'(z^{L})", ["delta_out/delta", "a_out/a", "z_out/z"]),
    (r"\frac{\partial C}{\partial W^{l}} = \delta^{l} (a^{l-1})^{\top}", ["dW/grad", "delta/delta", "a_prev/a"]),
    (r"\frac{\partial C}{\partial b^{l}} = \frac{\partial C}{\partial z^{l}}", ["db/grad", "delta/grad"]),
    (r"\frac{\partial C}{\partial a^{l}} = 1", ["grad_a/grad"]),
    (r"\frac{\partial z^{l+1}}{\partial a^{l}} = W^{l+1}", ["z_next/z", "a/a", "W_next/W"]),
    (r"w_{1} = x_{2}", ["W/W", "x/a"]),
])
def test_a_mark_names_the_quantity_and_its_colour(latex, quantities):
    assert ["/".join(found) for found in MARK.findall(marked(latex))] == quantities


@pytest.mark.parametrize("latex", [r"\mathcal{O}(h^{2})", r"z^{l}, a^{l}", r"(a", "", "1 < 2", "n_{l}"])
def test_what_is_outside_the_language_is_refused_and_not_marked_in_part(latex):
    with pytest.raises(LatexError):
        marked(latex)


@pytest.fixture(scope="module")
def katex():
    engine = MiniRacer()
    engine.eval(KATEX.read_text(encoding="utf-8"))
    engine.eval("function typeset(latex) { return katex.renderToString(latex, "
                "{displayMode: true, trust: true, strict: false, throwOnError: true}); }")
    return lambda latex: engine.call("typeset", latex)


def test_katex_typesets_every_marked_equation_with_its_quantities(katex):
    for latex in everything_marked():
        with_marks = marked(latex)
        html = katex(with_marks)
        quantities = sorted(quantity for quantity, _ in MARK.findall(with_marks))
        assert sorted(re.findall(r'data-quantity="(\w+)"', html)) == quantities, latex
        assert html.count('class="enclosing q-') == len(MARK.findall(with_marks))


def test_marks_do_not_move_what_katex_typesets(katex):
    for latex in everything_marked():
        plain = re.sub(r"<[^>]*>", "", katex(latex).split("</math>")[1])
        assert re.sub(r"<[^>]*>", "", katex(marked(latex)).split("</math>")[1]) == plain


def test_katex_typesets_what_the_engine_reads_and_the_engine_reads_nothing_that_it_does_not(katex):
    from test_engine_language import MEANINGS
    for latex, _ in MEANINGS.values():
        katex(latex)
    for bad in (r"\left W^{l} = 1", r"\left( x ) = 1", r"( x \right) = 1", r"\deltax = 1", r"\frac{\partialC}{\partialx} = 1"):
        with pytest.raises(Exception, match="KaTeX|Expected"):
            katex(bad)
        with pytest.raises(EquationError):
            marked(bad)


def test_a_number_cell_and_its_exercise_can_be_marked():
    assert unmarked(marked(NUMBERS[2].split("\n")[1])) == NUMBERS[2].split("\n")[1]
