"""The engine that a page brings along says what the notebook says, of every equation and of every slip, in the same words.

The notebooks are one oracle: what running a cell printed stands in them. The engine in Python is the other. Every cell, all
false variants and as many slips of typing as one likes are compared by `python -m benchmarks.editor`; here are some of them.
"""

import gzip
import random
import re

import pytest

import javascript
from engine_fixture import LAYERS
from mathref.engine.registry import equations
from publishing import editing
from two_engines import (Definitions, chapters, engine_in_javascript, false_variants, slips_of_typing, tree_in_javascript, tree_in_python,
                         typed)

SAMPLED = ("one_neuron", "fc_recursion", "conv_worked_example", "digits")


def printed(output):
    """What running a cell said, without the equations themselves: (whether it stopped, the words)."""
    if output.output_type == "error":
        return "stopped", output.evalue
    lines = output.data["text/plain"].split("\n")
    said = next(number for number, line in enumerate(lines) if line[:2].strip() not in "≔ ✓ ✗ ○ …".split())
    return lines[0][0], "\n".join(lines[said + 1:])


def test_every_equation_of_the_book_is_read_as_python_reads_it():
    for equation in equations().values():
        assert tree_in_javascript(equation.latex) == tree_in_python(equation.latex), equation.latex


def test_what_cannot_be_read_is_refused_at_the_same_place_in_the_same_words():
    generator, known = random.Random(7), [equation.latex for equation in equations().values()]
    refused = 0
    for _ in range(300):
        latex = slips_of_typing(generator.choice(known), generator)
        expected = tree_in_python(latex)
        refused += expected[0] == "LatexError"
        assert tree_in_javascript(latex) == expected, latex
    assert refused > 100


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("stem", chapters())
def test_a_cell_gets_the_verdict_that_its_notebook_shows_in_the_same_words(stem, every):
    chapter = chapters()[stem]
    signs = {status: sign for status, (sign, _) in editing.facts()["marks"].items()} | {"stopped": "stopped"}
    for position, source, output in chapter.cells[::every]:
        status, said = chapter.in_javascript(position, source)
        assert (signs[status], said) == printed(output), source


def test_false_variants_get_the_same_verdict_in_the_same_words():
    variants = random.Random(3).sample(list(false_variants(SAMPLED)), 40)
    verdicts = [(chapter.in_javascript(position, source), chapter.in_python(position, source), source)
                for chapter, position, source in variants]
    assert [verdict for verdict in verdicts if verdict[0] != verdict[1]] == []
    assert len({said for _, (_, said), _ in verdicts}) > 30  # they are refused for many reasons


def test_slips_of_typing_get_the_same_verdict_in_the_same_words():
    verdicts = [(chapter.in_javascript(position, source), chapter.in_python(position, source), source)
                for chapter, position, source in typed(SAMPLED, 60)]
    assert [verdict for verdict in verdicts if verdict[0] != verdict[1]] == []


ON_LAYERS = {  # what a reader may try, and what it comes to; one thing of the language each
    "%%claim\n\\delta^{L} = (a^{L} - y) \\odot \\sigma'(z^{L})": "holds",
    "%%claim N=1\n\\delta^{L} = (a^{L} - y) \\odot \\sigma'(z^{L})": "holds",
    "%%claim N=1 activation=softmax\n\\delta^{L} = \\frac{\\partial a^{L}}{\\partial z^{L}} (a^{L} - y)": "holds",
    "%%claim N=1 1<=l<L\n\\frac{\\partial C}{\\partial a^{l}} = (W^{l+1})^{\\top} \\delta^{l+1}": "holds",
    "%%claim N>1\n\\frac{\\partial C}{\\partial b^{l}} = \\frac{1}{N} \\sum_{i=1}^{N} \\delta^{l}_{i}": "holds",
    "%%claim N>1\n\\frac{\\partial C}{\\partial b^{l}} = \\sum_{i=1}^{N} \\delta^{l}_{i}": "stopped",
    "%%refuted N=1 1<=l<L\n\\delta^{l} = (W^{l+1})^{\\top} \\delta^{l+1}": "refuted",
    "%%refuted N=1\n\\delta^{L} = \\frac{\\partial C}{\\partial z^{L}}": "stopped",
    "%%update N=1\nW^{l} \\leftarrow W^{l} - \\eta \\frac{\\partial C}{\\partial W^{l}}": "holds",
    "%%update N=1\nW^{l} \\leftarrow W^{l} + \\eta \\frac{\\partial C}{\\partial W^{l}}": "stopped",
    "%%update N=1\nW^{l} \\leftarrow W^{l} - 2 \\eta \\frac{\\partial C}{\\partial W^{l}}": "stopped",
    "%%exercise N=1 find=\\delta^{L} using=a,y,z,\\sigma'\n\\delta^{L} = ?": "open",
    "%%exercise N=1 find=\\delta^{L} using=a,y,z,\\sigma'\n\\delta^{L} = \\sigma'(z^{L}) \\odot (a^{L} - y)": "right",
    "%%exercise N=1 find=\\delta^{L} using=a,y,z,\\sigma'\n\\delta^{L} = a^{L} - y": "wrong",
    "%%exercise N=1 find=\\delta^{L} using=a,y,z,\\sigma'\n\\delta^{L} = \\frac{\\partial C}{\\partial z^{L}}": "wrong",
    "%%exercise N=1 find=\\delta^{L} using=a,y,z,\\sigma'\n\\delta^{L} = \\delta^{L}": "wrong",
    "%%claim N=1\n\\delta^{L}_{j} = (a^{L}_{j} - y_{j}) \\sigma'(z^{L}_{j})": "holds",
    "%%claim N=1\n\\sum_{j} \\sum_{k} w^{l}_{jk} w^{l}_{jk} = \\lVert W^{l} \\rVert^{2}": "holds",
    "%%claim N=1\n\\operatorname{diag}(\\sigma'(z^{l})) = \\frac{\\partial a^{l}}{\\partial z^{l}}": "holds",
    "%%claim N=1\n\\frac{\\partial a^{l}_{j}}{\\partial z^{l}_{j}} = \\sigma'(z^{l}_{j})": "holds",
    "%%claim N=1\n\\log(\\exp(C)) = C": "holds",
    "%%claim N=1\nC = C + \\exp(99999)": "stopped",
    "%%claim N=1 L=2\n\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix} = W^{1}": "stopped",
    "%%claim N=1 L=9\nC = C": "stopped",
    "%%claim N=1 nonsense\nC = C": "stopped",
    "%%claim N=1 activation=\\tanh\nC = C": "stopped",
    "%%claim N=1\nC = k": "stopped",
    "%%claim eq-fc-delta-rec N=1 1<=l<L\n\\delta^{l} = \\delta^{l}": "holds",
    "%%claim eq-fc-delta-rec N=1 1<=l<L\na^{l} = a^{l}": "stopped",
    "%%claim eq-fc-delta-out N=1\n\\delta^{L} = (a^{L} - y) \\odot \\sigma'(z^{L})": "holds",
    "%%claim N=1 l<L\na^{l} = a^{l}": "holds",
    "%%update N=1\nt \\leftarrow t": "stopped",
    "%%claim N=1\nz^{L} \\odot W^{L} = z^{L}": "stopped",
    "%%claim N=1\nz^{L} + W^{L} = z^{L}": "stopped",
    "%%claim N=1\nC - C = \\eta - \\eta": "stopped",
    "%%claim N=1\n\\frac{5}{8} = 1": "stopped",
}


@pytest.mark.parametrize("source", ON_LAYERS)
def test_each_kind_of_cell_gets_the_same_verdict_in_the_same_words(source):
    chapter = Definitions(LAYERS)
    verdict = chapter.in_javascript(len(LAYERS), source)
    assert verdict == chapter.in_python(len(LAYERS), source)
    assert verdict[0] == ON_LAYERS[source]


def test_sums_inside_one_another_are_stopped():
    status, said = Definitions(LAYERS).in_javascript(len(LAYERS), "%%claim N=1\n\\sum_{j=1}^{999} \\sum_{k=1}^{999} 1 = C")
    assert status == "stopped" and "This takes more than 300000 evaluations" in said


def test_a_cell_of_definitions_that_is_run_again_with_another_label_forgets_the_old_one():
    changed = LAYERS[-1].replace("eq-cost-batch", "eq-other")
    chapter = Definitions(LAYERS)
    assert chapter.in_javascript(len(LAYERS), changed) == chapter.in_python(len(LAYERS), changed)
    assert chapter.in_javascript(len(LAYERS), changed)[0] == "defined"


def test_a_definition_can_be_changed_and_the_function_that_implements_it_objects():
    above = LAYERS[:1]
    for change, status in (("", "defined"), (" + W^{l} a^{l-1}", "stopped"), (" -", "stopped")):
        cell = f"%%definition eq-fc-z\nz^{{l}} = W^{{l}} a^{{l-1}} + b^{{l}}{change}"
        verdict = javascript.call(engine_in_javascript(), "verdictOn", cell, above, [])
        assert verdict["status"] == status
    assert "mathref.dense.forward" in javascript.call(
        engine_in_javascript(), "verdictOn", "%%definition eq-fc-z\nz^{l} = W^{l} a^{l-1}", above, [])["lines"][0]


@pytest.mark.parametrize("stem", chapters())
def test_what_is_above_an_equation_on_its_page_is_what_is_above_it_in_its_notebook(stem):
    """A page has a block for every equation cell that did not fail as meant, and `given` counts those."""
    shown = [source for _, source, output in chapters()[stem].cells if output.output_type != "error"]
    assert chapters()[stem].above == shown
    assert all(0 <= above <= len(shown) for above, _ in chapters()[stem].given)


def test_two_modules_define_no_name_twice():
    """They are written one after the other, where the later of two functions would silently take the place of the first."""
    names = re.findall(r"^(?:export )?(?:const|let|class|function\*?) (\w+)", "\n".join(editing.modules().values()), re.MULTILINE)
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_what_a_page_loads_for_an_editor_is_at_most_60_kb():
    script = editing.script({stem: chapter.given for stem, chapter in chapters().items()})
    assert len(gzip.compress(script.encode())) <= 60_000


SLIPS = [  # what stands in the engine, and what a slip makes of it
    ("x[i * inner + k] * y[k * columns + j]", "x[i * inner + k] * y[j * inner + k]"),
    ("b.im && multiply(a.re, b.im)", "a.im && multiply(a.re, a.im)"),
    ("x[k] + sign * y[right[n]]", "x[k] + y[right[n]]"),
    ("w[p * right + q] * a[(i + p) * width + j + q]", "w[p * right + q] * a[(i - p + down - 1) * width + j - q + right - 1]"),
    ("(n === 0 ? 0 : n * x ** (n - 1))", "n * x ** n"),
    ("(z) => small(z) / (1 + small(z)) ** 2", "(z) => small(z) / (1 + small(z))"),
    ("[Math.tanh, (z) => (2 * small(z) / (1 + small(z) ** 2)) ** 2]", "[Math.tanh, (z) => 1 - Math.tanh(z)]"),
    ("(z > 0 ? z : 0)", "Math.abs(z)"),
    ("Math.max(z, 0) + Math.log1p(small(z))", "Math.log1p(small(z))"),
    ("state = (state ^ (state >>> 15)) >>> 0", "state = state >>> 0"),
    ("u >= 0 ? u + 0.2 : u - 0.2", "u + 0.2"),
    ("low === undefined ? 1 : Number(low) + (lowSign === \"<\")", "low === undefined ? 0 : Number(low)"),
    ("Math.min(end - (sign === \"<\"), depth)", "Math.min(end, depth)"),
    ("return this.bound.l + shift;", "return this.bound.l;"),
    ("return isTransposed ? transposed(value) : value;", "return value;"),
    ("found = found ? sum(found, term) : term;", "found = term;"),
    ("if (!sameShape(left, right)) throw this.#clash(first, left, child, right, \"⊙", "if (false) throw this.#clash(first, left, child, right, \"⊙"),
    ("left.shape[1] !== right.shape[0]", "left.shape[0] !== right.shape[0]"),
    ("|| this.#isAddedToColumns(leftTree, left, right)", "|| true"),
    ("return total(product(value, value));", "return total(value);"),
    ("facts.floor * Math.max(largest(left), largest(right))", "Math.max(largest(left), largest(right))"),
    ("error > 0.999 * worst", "error === errors[0]"),
    ("if (worst <= tolerance) return worst;", "return worst;"),
    ("verdict.largest < facts.smallest", "false"),
    ("agree(source(left, latex), evaluator.visit(left), ...heard, run);", ""),
    ("run.overrides = new Map([...this.overrides, [key.id, value]]);", "run.overrides = this.overrides;"),
    ("if (this.#needs.get(id).has(key.id)) continue;", ""),
    ("for (const other of others) needed.add(other);", ""),
    ("sampleCounts(batch) {", "sampleCounts(batch) { return [1];"),
    ("if (answers.some((answer) => subtrees(answer).some(says)))", "if (false)"),
    ("!allowed.has(name) && !allowed.has(bare(text))", "false"),
    ("if (!broken.size) throw", "if (false) throw"),
    ("product(difference(a, y), primeOf(activation)(z))", "difference(a, y)"),
    ("isMatrix(W.shape[0], null, delta)", "isMatrix(W.shape[0], 99, delta)"),
    ("&& mantissa.at(-1) % 2", ""),
    ("outerStart: start, outerEnd: end });", "});"),
]


TELLING = (  # the quick ones that between them notice every slip
    "%%claim N>1\n\\frac{\\partial C}{\\partial b^{l}} = \\frac{1}{N}", "%%claim N>1\n\\frac{\\partial C}{\\partial b^{l}} = \\sum",
    "%%claim eq-fc-delta", "%%exercise", "%%refuted N=1\n", "%%claim N=1 l<L", "%%claim N=1\nz^{L}", "%%claim N=1\nC - C",
    "%%claim N=1\n\\frac{5}{8}", "%%update N=1\nW^{l} \\leftarrow W^{l} - \\eta", "%%claim\n\\frac{\\partial C}{\\partial w} = \\delta w",
    "%%refuted geometry=3x3,2x2\n\\nabla a_{12}", "%%claim eq-on-vec-grad-x")


@pytest.fixture(scope="module")
def points():
    """Those cells, with the verdicts that the engine in Python gives."""
    cells = [(Definitions(LAYERS), len(LAYERS), source) for source in ON_LAYERS]
    cells += [(chapters()[stem], *cell[:2]) for stem in ("one_neuron", "conv_worked_example") for cell in chapters()[stem].cells]
    return [(cell, cell[0].in_python(*cell[1:])) for cell in cells if cell[2].startswith(TELLING)]


@pytest.mark.thorough
def test_a_slip_in_the_engine_is_noticed(points, told):
    alive = []
    for right, wrong in SLIPS:
        assert engine_in_javascript().count(right) >= 1, f"the engine no longer says {right}"
        changed = engine_in_javascript().replace(right, wrong, 1)
        javascript.engine(changed)  # one that cannot be read would prove nothing
        try:
            if all(chapter.in_javascript(position, source, changed) == verdict for (chapter, position, source), verdict in points):
                alive.append(f"{right}  →  {wrong}")
        except javascript.NOTICED:
            pass
    javascript.engine.cache_clear()
    told(f"engine in JavaScript: {len(SLIPS) - len(alive)}/{len(SLIPS)} slips noticed")
    assert alive == []
