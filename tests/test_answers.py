"""An answer on a page is judged rightly, in LaTeX or typed as in NumPy, and a wrong one is told the kind of its slip.

`exercise_answers.json` holds, for every exercise, other ways to write the right side; slips, under the kind of hint they should
get, if one explains them; and what is no answer: the question in other words, or symbols that may not be used.
"""

import json
from pathlib import Path

import pytest

import javascript
import two_engines
from test_exercises import ANSWERS
from two_engines import answered, answered_in_python, engine_in_javascript, exercises

pytestmark = pytest.mark.thorough

SET = json.loads(Path(__file__).with_name("exercise_answers.json").read_text(encoding="utf-8"))
KINDS = ("sign", "transpose", "order", "product", "prime", "missing", "mean", "factor", "power", "turn", "frame", "step", "layer",
         "index", "letter")


def whole(label, answer):
    return f"{exercises()[label][3]} = {answer}"


@pytest.fixture(scope="module")
def judged():
    """Every answer of the set, as (label, what it is, the answer, what the page says of it)."""
    return [(label, what, answer, answered(label, whole(label, answer)))
            for label, answers in SET.items()
            for what, group in (("right", answers["right"]), ("no answer", answers["no answer"]),
                                *((f"slip {kind}".strip(), slips) for kind, slips in answers["slips"].items()))
            for answer in group]


def test_every_exercise_of_the_book_has_answers_of_each_kind():
    assert SET.keys() == exercises().keys()
    for label, answers in SET.items():
        typed = [answer for answer in answers["right"] if "\\" not in answer]
        assert len(typed) >= 3 and len(answers["right"]) > len(typed), label
        assert sum(map(len, answers["slips"].values())) >= 5 and len(answers["no answer"]) >= 3, label


def test_no_wrong_answer_is_accepted_and_hardly_a_right_one_is_not(judged, told):
    right = [one for one in judged if one[1] == "right"]
    wrong = [one for one in judged if one[1] != "right"]
    rejected = [(label, answer, said["lines"]) for label, _, answer, said in right if said["status"] != "right"]
    accepted = [(label, answer) for label, _, answer, said in wrong if said["status"] != "wrong"]
    told(f"answers: {len(judged)} judged, {len(accepted)} of {len(wrong)} wrong ones accepted, "
         f"{len(rejected)} of {len(right)} right ones rejected")
    assert len(judged) >= 300
    assert accepted == []
    assert len(rejected) <= 0.01 * len(right), rejected


def test_both_engines_say_the_same_of_what_was_read(judged):
    heard = {}
    for label, _, answer, said in judged:
        latex = said["read"] or whole(label, answer)
        key = label, "".join(latex.split())
        if "\\" in answer or said["read"]:
            heard.setdefault(key, answered_in_python(label, latex))
            # Where the same was asked before in other spacing, the words may quote it as it stood there.
            assert (said["status"], heard[key][0]) in {("right", "right"), ("wrong", "wrong")}, (label, answer)
    assert len(heard) > 200


def test_a_hint_names_the_kind_of_the_slip(judged, told):
    words = dict(zip(KINDS, javascript.engine(engine_in_javascript()).eval("Object.values(WORDS)")))
    missed = []
    for label, what, answer, said in judged:
        if what.startswith("slip"):
            kind = what.removeprefix("slip").strip()
            expected = f"Hint: {words[kind]}" if kind else None
            if said["hint"] != expected:
                missed.append((label, answer, kind, said["hint"]))
        else:
            assert said["hint"] is None, (label, answer)
    assert missed == []


def test_neither_a_hint_nor_a_verdict_holds_the_answer(judged):
    for label, _, answer, said in judged:
        solution = "".join(ANSWERS[label].split(" = ", 1)[1].split())
        if said["status"] != "right" and len(solution) > 12 and solution not in "".join((said["read"] or answer).split()):
            assert solution not in "".join("".join([*said["lines"], said["hint"] or ""]).split()), (label, answer)


REFUSED = {  # what cannot be read, and where the caret points
    "W.T @": ("The end cannot stand here.", "W.T @"),
    "W.T @ )": ("')' cannot stand here.", "W.T @ "),
    "(W.T @ delta": ("Here a ) is missing.", "(W.T @ delta"),
    "WT @ delta": ("WT has no meaning here. A product is written with @ or *.", ""),
    "W.T @ delta; W": ("';' cannot stand here.", "W.T @ delta"),
    "W.T @ <b>": ("'<' cannot stand here.", "W.T @ "),
    "W.T @ δelta": ("δelta has no meaning here.", "W.T @ "),
    "W[k].T @ delta": ("A layer is l, L or a number", ""),
    "W[L.T @ delta": ("This [ is never closed.", "W"),
    "W.T @ delta**-1": ("A power is a whole number from 1 to 9.", "W.T @ delta**"),
    "W.T / delta": ("Only a number divides here, such as N.", "W.T / "),
    "x_prev": ("x has no layers: write x.", ""),
    "W.T @ tanh(z)": ("Any activation is meant here, not tanh: write sigma(…).", "W.T @ "),
    "norm(delta)": ("Only the squared norm is in the language: norm(x)**2.", ""),
    "sum(delta_j for j in range(3))": ("A sum runs over all of a letter", "sum(delta_j for j"[:-1]),
    "correlate(delta, W)": ("Say how far it goes", ""),
    "rot180(W, 2)": ("One argument is needed here, not 2.", "rot180"),
    "np.sum(delta, out=3)": ("out has no meaning here.", "np.sum(delta, "),
    "(" * 41 + "W" + ")" * 41: ("More than 40 brackets inside one another.", "(" * 40),
}


@pytest.mark.parametrize("answer", REFUSED)
def test_what_cannot_be_read_is_refused_in_words_with_the_place(answer):
    words, before = REFUSED[answer]
    said = answered("ex-fc-grad-x", whole("ex-fc-grad-x", answer))
    assert said["status"] == "wrong" and said["read"] is None and said["hint"] is None
    line, quoted, caret = said["lines"][0].split("\n")
    assert line.startswith(f"Not an answer yet: {words}")
    assert quoted[:caret.index("^")].endswith(f"= {before}")


def test_an_answer_of_any_length_is_read_or_refused_at_once():
    assert "longer than 500 characters" in answered("ex-fc-grad-x", "W.T @ " * 100 + "delta")["lines"][0]


def test_the_left_side_may_stand_there_be_typed_or_be_left_out():
    for answer in ("W.T @ delta", "dx = W.T @ delta", r"\frac{\partial C}{\partial x} = W.T @ delta", "dC/dx = W1.T @ delta1"):
        assert answered("ex-fc-grad-x", answer)["status"] == "right", answer
    assert "the left side has to stay" in answered("ex-fc-grad-x", "dW = W.T @ delta")["lines"][0]


READ = [  # an exercise, what is typed, and the LaTeX it is read as
    ("ex-fc-delta-two", "delta", r"\delta^{L-1}"), ("ex-fc-delta-two", "W_next", "W^{L}"), ("ex-fc-delta-two", "a_prev", "a^{L-2}"),
    ("ex-fc-delta-two", "z[l+1]", "z^{l+1}"), ("ex-fc-delta-two", "b_L", "b^{L}"), ("ex-fc-delta-two", "W_jk", "W^{L-1}_{jk}"),
    ("ex-fc-delta-two", "delta_i", r"\delta^{L-1}_{i}"), ("ex-fc-delta-two", "b1", "b^{1}"), ("ex-fc-delta-two", "(W @ a)_jk", "(W^{L-1} a^{L-1})_{jk}"),
    ("ex-fc-grad-x", "delta", r"\delta^{1}"), ("ex-fc-grad-a-prev", "delta", r"\delta^{L}"), ("ex-fc-grad-a-prev", "a_prev", "a^{L-1}"),
    ("ex-fc-delta-two", "W @ a * z", r"W^{L-1} a^{L-1} \odot z^{L-1}"), ("ex-fc-delta-two", "z * W @ a", r"(z^{L-1} \odot W^{L-1}) a^{L-1}"),
    ("ex-fc-delta-two", "W @ (a * z)", r"W^{L-1} (a^{L-1} \odot z^{L-1})"), ("ex-fc-delta-two", "W @ (W @ a)", "W^{L-1} (W^{L-1} a^{L-1})"),
    ("ex-fc-delta-two", "a - (z - b)", "a^{L-1} - (z^{L-1} - b^{L-1})"), ("ex-fc-delta-two", "-a**2", r"-a^{L-1} \odot a^{L-1}"),
    ("ex-fc-delta-two", "2 * a", "2 a^{L-1}"), ("ex-fc-delta-two", "a * 2", r"a^{L-1} \cdot 2"), ("ex-fc-delta-two", "a / N", r"\frac{a^{L-1}}{N}"),
    ("ex-fc-delta-two", "a * np.sum(z**2)", r"a^{L-1} \lVert z^{L-1} \rVert^{2}"), ("ex-fc-delta-two", "a * C", "a^{L-1} C"),
    ("ex-fc-delta-two", "np.sum(delta, axis=1, keepdims=True)", r"\sum_{i} \delta^{L-1}_{i}"),
    ("ex-fc-delta-two", "np.mean(delta, axis=1)", r"\frac{1}{N} (\sum_{i} \delta^{L-1}_{i})"),
    ("ex-fc-delta-two", "np.sum(a)", r"\sum_{p} \sum_{q} (a^{L-1})_{pq}"), ("ex-fc-delta-two", "sum_k a_k * 2 + C", r"\sum_{k} a^{L-1}_{k} \cdot 2 + C"),
    ("ex-fc-delta-two", "dW_next", r"\frac{\partial C}{\partial W^{L}}"), ("ex-fc-delta-two", "da_L/dz_prev", r"\frac{\partial a^{L}}{\partial z^{L-2}}"),
    ("ex-fc-delta-two", "exp(a) / log(2)", r"\frac{\exp(a^{L-1})}{\log(2)}"), ("ex-fc-delta-two", "sigma'(z)", r"\sigma'(z^{L-1})"),
    ("ex-fc-delta-two", "activation.prime(z)", r"\sigma'(z^{L-1})"), ("ex-on-grad-w", "W1", "W_{1}"), ("ex-on-grad-w", "x[k]", "x_{k}"),
    ("ex-on-grad-w", "W[j, k]", "W_{jk}"), ("ex-on-grad-w", "W.T", r"W^{\top}"), ("ex-fc-line-cost", "w * x**2", "w (x)^{2}"),
    ("ex-fc-line-cost", "eta^2", r"(\eta)^{2}"), ("ex-conv-grad-x", "grad_a[0]", r"\nabla a^{0}"),
    ("ex-strides-turned-nabla-a", "keep_every(a, s)", r"a_{\downarrow s}"), ("ex-strides-turned-nabla-a", "frame(a)", r"\operatorname{frame}(a)"),
]


@pytest.mark.parametrize("label, typed, latex", READ)
def test_what_is_typed_is_read_as_its_latex(label, typed, latex):
    assert answered(label, typed)["read"] == whole(label, latex)


SLIPS = [  # what stands in the page's reading of answers and its hints, and what a slip makes of it
    ("if (name === \"x\") return \"1\";", ""), ("return shifted(layer, 1);", "return layer;"),
    ("word === \"prev\" ? -1 : 1", "word === \"prev\" ? 1 : -1"), ("if (word === \"l\" || word === \"L\") layer = word;", ""),
    ("[layer, indices] = [indices, \"\"]", "[layer, indices] = [layer, indices]"), ("this.#isNumber(left) || this.#isNumber(right) ? this.#times", "true ? this.#times"),
    ("at(PRODUCT, left)} ${dot}", "left.latex} ${dot}"), ("${dot}${at(ATOM, right)}", "${dot}${right.latex}"), ("? \"\\\\cdot \" : \"\"", "? \"\" : \"\""),
    ("${sign.text} ${at(TERM, this.#term())}", "${sign.text} ${this.#term().latex}"), ("activation[2] || this.#take(\"'\") ? \"'\" : \"\"", "\"\""),
    ("`\\\\lVert ${body.squared} \\\\rVert^{2}`", "body.squared"), ("const turned = turn ?", "const turned = !turn ?"),
    ("mode === \"full\" ?", "mode !== \"full\" ?"), ("\\\\frac{1}{N} (${this.#total", "(${this.#total"),
    ("#negative = (part) => formula(`-${at(TERM, part)}`", "#negative = (part) => formula(`-${part.latex}`"),
    ("plain(left) === plain(asked)", "true"), ("[\"transpose\", text(x)]", "[\"order\", text(x)]"), ("[\"missing\", `${x} \\\\odot ${prime}`]", "[\"sign\", x]"),
    ("faultOf(latex, conditions)) return null;", "false) return null;"),
]
TELLING = [("ex-fc-delta-two", "W_next.T @ ((a_next - y) * sigma'(z_next))"), ("ex-fc-grad-x", "W @ delta"), ("ex-fc-grad-x", "dC/dx - 1"),
           ("ex-conv-grad-x", "convolve(delta, W, 'full')"), ("ex-conv-grad-x", "convolve(delta, W, 'valid')"), ("ex-conv-grad-x", "star(pad(delta), W)"),
           ("ex-fc-grad-x", "dW = delta"), ("ex-fc-two-layers", "sigma(W2.T @ sigma(W1 @ x + b1) + b2)"), ("ex-fc-delta-two", "-(a + z) @ b"), ("ex-fc-delta-two", "-(a + z) * b + -(a - b)")]


def test_a_slip_in_reading_answers_or_in_hints_is_noticed(monkeypatch, told):
    asked = [(label, text) for label, text, _ in READ] + TELLING
    said = [answered(*one) for one in asked]
    alive = []
    for right, wrong in SLIPS:
        assert engine_in_javascript().count(right) >= 1, f"the page no longer says {right}"
        changed = engine_in_javascript().replace(right, wrong, 1)
        javascript.engine(changed)  # one that cannot be read would prove nothing
        monkeypatch.setattr(two_engines, "engine_in_javascript", lambda: changed)
        if all(answered(*one) == before for one, before in zip(asked[::-1], said[::-1])):
            alive.append(f"{right}  →  {wrong}")
    told(f"answers: {len(SLIPS) - len(alive)}/{len(SLIPS)} slips noticed")
    assert alive == []
