"""The equations in the book's sentences: all that can be computed are true, and somebody has read the others."""

import re

import pytest

from publishing.notebooks import read_chapters
from publishing.sentences import Known, differences, held_by, judge, judged, name_activations, paragraphs_of, recorded, summed
from publishing.variants import replay
from test_repository import ROOT

CHAPTERS = read_chapters(ROOT)
NO_SYMBOL = re.compile(r"\{pmatrix\}|\\(cdot|times|frac|sqrt|log|ln|approx|left|right|begin|end|lfloor|rfloor|quad)(?![a-z])")
KEPT_TRUE = 0.03  # the share of slips that leave an equation true, as far as it is printed


def nothing_holds(latex):
    return False


def told_of(*equations):
    """Judge equations one after the other, as those of a chapter, without the engine; return what the last one is.

    What is no equation names activations.
    """
    known, sigma, told = Known(), [], None
    for latex in equations:
        if "=" in latex or "approx" in latex:
            told = judge(latex, known, sigma, nothing_holds)
        else:
            name_activations(latex, sigma)
    return told


@pytest.mark.thorough
@pytest.mark.parametrize("stem", CHAPTERS)
def test_the_equations_in_the_sentences_of_a_chapter_are_computed_or_somebody_has_read_them(stem):
    found = summed(judged(CHAPTERS[stem], held_by(replay(CHAPTERS[stem])[0])))
    assert differences(stem, found, recorded()[stem]) == []


def test_whoever_read_an_equation_did_not_read_arithmetic():
    """What holds nothing but numbers is computed, and no list excuses it."""
    read = [latex for chapter in recorded().values() for kind in ("given", "unread") for latex in chapter[kind]]
    assert len(read) > 100
    assert [latex for latex in read if not re.search(r"[A-Za-z]", NO_SYMBOL.sub("", latex))] == []


CONVOLUTION = (r"\delta = \begin{pmatrix} 2 & -1 \\ 1 & 4 \end{pmatrix}", r"W = \begin{pmatrix} 1 & 2 \\ 3 & -1 \end{pmatrix}")
TRUE = [
    (r"1 \cdot (-1) + 2 \cdot 1 = 1",),
    (r"16 \cdot 64 \cdot 26 \cdot 26 = 692\,224",),
    (r"0.2689 \cdot 0.1966 = 0.0529",),
    (r"\frac{1.1^{3} - 1^{3}}{0.1} = 3.31",),
    (r"2 \sqrt{1.11 \cdot 10^{-16} \cdot 0.5} = 1.49 \cdot 10^{-8}",),
    (r"\begin{pmatrix} 4 - 2 & 2 - 3 \end{pmatrix} = \begin{pmatrix} 2 & -1 \end{pmatrix}",),
    ("x = 2", "w = 0.5", "b = -1", r"z = 0.5 \cdot 2 - 1 = 0", "z = w x + b"),
    ("ReLU", "z = (1, -2)", r"\sigma'(z) = (1, 0)"),
    ("a sigmoid", r"\sigma'(0) = 0.25"),
    ("x = 2", "w = 0.5", "b = -1", r"z = 0.5 \cdot 2 - 1 = 0"),
    ("x = (3, 4)", r"\delta^{1} = (1, 2)", r"\frac{\partial C}{\partial W^{1}} = \begin{pmatrix} 3 & 4 \\ 6 & 8 \end{pmatrix}"),
    (*CONVOLUTION, r"\nabla a_{12} = 2 \cdot 2 + (-1) \cdot 1 = 3"),
    ("x = (1, 2)", r"\lVert x \rVert^{4} = 25"),
    (r"12 \cdot 9 \approx 110",),
    (r"10 / 5 = 2",),
    (r"W = \begin{pmatrix} 1 & 2 \\ 3 & -1 \end{pmatrix}", r"\operatorname{rot180}(W) = \begin{pmatrix} -1 & 3 \\ 2 & 1 \end{pmatrix}"),
    (r"W = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", r"\delta = (1, -1)", r"W^{\top} \delta = (-2, -2)"),
    (*CONVOLUTION,
     r"\nabla a = \begin{pmatrix} 2 & 3 & -2 \\ 7 & 1 & 9 \\ 3 & 11 & -4 \end{pmatrix}"),
    (r"(1 + ih)^{3} = 1 + 3ih - 3h^{2} - ih^{3}",),
    (r"(A B)^{\top} = B^{\top} A^{\top}",),
    (r"u \odot v = \operatorname{diag}(v) \, u",),
]
FALSE = [
    (r"1 \cdot (-1) + 2 \cdot 1 = 2",),
    (r"0.2689 \cdot 0.1966 = 0.0530",),
    (r"\log 10 \approx 2.31",),
    (r"1 \cdot 2 = 2 \cdot 1 = 3",),
    ("x = 2", "w = 0.5", "b = -1", "z = 0", "z = w x - b"),
    ("ReLU", "z = (1, -2)", r"\sigma'(z) = (1, 0.5)"),
    (r"\sigma'(0) = 0.25",),  # of which σ?
    ("a sigmoid", r"\sigma(0) = 0"),
    ("ReLU", "z = (1, -2)", "a = (1, -2)"),
    ("x = 2", "w = 0.5", "b = -1", "z = 2 - 1 + 0 = 1"),
    ("x = 2", "w = 0.5", "b = -1", "z = w x"),
    ("a = 0.5", "y = 1", "z = 0", "a sigmoid", r"\delta = 0.5 - 1 = -0.5"),
    ("x = (3, 4)", r"\delta^{1} = (1, 2)", r"\frac{\partial C}{\partial W^{1}} = \begin{pmatrix} 3 & 6 \\ 4 & 8 \end{pmatrix}"),
    (*CONVOLUTION, r"\nabla a_{21} = 2 \cdot 2 + (-1) \cdot 1 = 3"),
    ("x = (1, 2)", r"\lVert x \rVert^{4} = 17"),
    (r"12 \cdot 9 \approx 118",),
    (r"6 / 2 \cdot 3 = 1",),
    ("2^10 = 1024",),
    (r"\sqrt{x^{2}} = x",),
    ("|x| = x",),
    (r"\sigma(x + y) = \sigma(x) + \sigma(y)",),
    (r"a \star W = W \star a",),
    (r"\operatorname{rot180}(A \star B) = A \star B",),
    (r"W = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", r"\delta = (1, -1)", r"W \delta = (-2, -2)"),
    (r"W = \begin{pmatrix} 1 & 2 \\ 3 & -1 \end{pmatrix}", r"\operatorname{rot180}(W) = W"),
    (*CONVOLUTION,
     r"\operatorname{pad}(\delta) \star W = \begin{pmatrix} 2 & 3 & -2 \\ 7 & 1 & 9 \\ 3 & 11 & -4 \end{pmatrix}"),
    (r"(1 + ih)^{3} = 1 + 3ih + 3h^{2} - ih^{3}",),
    (r"(A B)^{\top} = A^{\top} B^{\top}",),
    (r"\delta x^{\top} = x \delta^{\top}",),
    (r"W x = x W",),
]


@pytest.mark.parametrize("equations", TRUE, ids=lambda equations: equations[-1])
def test_what_is_true_is_computed(equations):
    assert told_of(*equations) == "computed"


@pytest.mark.parametrize("equations", FALSE, ids=lambda equations: equations[-1])
def test_what_is_false_is_not(equations):
    assert told_of(*equations) != "computed"


def equations_of(text):
    return [latex for _, equations in paragraphs_of(text) for latex in equations]


def test_an_equation_is_on_record_each_time_it_is_read():
    told = {"computed": 0, "given": [r"\eta = 0.1", r"\eta = 0.2"], "unread": []}
    assert differences("one", told, told) == []
    assert differences("one", {**told, "given": [r"\eta = 0.2", r"\eta = 0.2"]}, told) == [r"- one, given: \eta = 0.1", r"+ one, given: \eta = 0.2"]


@pytest.mark.parametrize("stem", CHAPTERS)
def test_no_equation_stands_where_none_is_looked_for(stem):
    """In a title, an option or a role."""
    for cell in CHAPTERS[stem].cells:
        if cell.cell_type == "markdown":
            assert re.findall(r"\{math\}.*|\$\$.*|^\s*:.*\$.*|^\s*[`:]{3,}\{.*\$.*", cell.source, re.MULTILINE) == []


def test_equations_are_found_wherever_a_sentence_has_one():
    text = """One $x = 2$, and $y$ is none; `$code = 1$` and

```python
"$string = 1$"
```

```{admonition} Solution
:class: dropdown
Then ${a = 1}$ ${= 2 - 1}$, $\\log 10$ $\\approx 2.3$, so that
$w
= 3$. About $2 \\approx 2$ million.
```

$$display = 1$$

- $b = 1$,
- ${c = 1,} \\quad$ $d < 2$"""
    assert equations_of(text) == ["x = 2", "a = 1 = 2 - 1", r"\log 10 \approx 2.3", "w = 3", r"2 \approx 2 \cdot 10^{6}", "b = 1", "c = 1"]


def slips(latex):
    """Return variants of an equation with one slip: a number by one in its last digit, a sign, a transpose or a term dropped.

    What is multiplied by 0 may be anything, and so may the sign of 0.
    """
    for number in re.finditer(r"(?<![\w{.^\\])(?<!\^\{)(?<!_\{)(?<!0 \\cdot )\d+(\.\d+)?(?![\w.]*\})(?! \\cdot \(?-?0(?!\.))", latex):
        digits = len((number[1] or ".")[1:])
        yield latex[:number.start()] + f"{float(number[0]) + 10**-digits:.{digits}f}" + latex[number.end():]
    for sign in re.finditer(r" ([+-]) (?!0(?!\.)|\d \\cdot 0(?!\.))", latex):
        yield latex[:sign.start(1)] + {"+": "-", "-": "+"}[sign[1]] + latex[sign.end(1):]
    for term in re.finditer(r" [+-] (?!0(?!\.))[\d.]+( \\cdot (?!0(?!\.))[\d.]+)?(?= [-+=]|$)", latex):
        yield latex[:term.start()] + latex[term.end():]
    for mark in re.finditer(r"\^\{\\top\}", latex):
        yield latex[:mark.start()] + latex[mark.end():]


@pytest.mark.thorough
def test_a_slip_in_an_equation_that_is_computed_is_noticed(told):
    """In a chapter, each slip is made where the equation stands, with the numbers known there."""
    tried, kept = 0, []
    for stem, notebook in CHAPTERS.items():
        known, sigma, holds = Known(), [], held_by(replay(notebook)[0])
        for paragraph, equations in (told for cell in notebook.cells if cell.cell_type == "markdown" for told in paragraphs_of(cell.source)):
            name_activations(paragraph, sigma)
            for latex in equations:
                before, activations = Known(known), list(sigma)
                if judge(latex, known, sigma, holds) == "computed":
                    for slip in slips(latex):
                        tried += 1
                        if judge(slip, Known(before), list(activations), holds) == "computed":
                            kept.append(f"{stem}: {slip}")
    told(f"equations in sentences: {tried - len(kept)}/{tried} slips noticed")
    assert tried > 1000 and len(kept) <= KEPT_TRUE * tried, "\n".join(kept)
