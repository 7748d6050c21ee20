"""Equations that nobody would write, for both engines: grown from the grammar, grafted together, mistyped.

What an engine may do with any of them is give a verdict or refuse in its own words, soon, and the other the same.
"""

import json
import random
import signal
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import lark
from py_mini_racer import JSEvalException

import engine_fixture
from mathref.engine.errors import EquationError
from mathref.engine.parser import parse
from publishing.editing import GRAMMAR, START
from two_engines import Definitions, answered, chapters, exercises, slips_of_typing

SECONDS = 20  # of the processor, after which an input counts as hanging; the slowest takes a few
_WORLDS = ("NUMBERS", "ONE_LAYER", "LAYERS", "PLANES", "PLANES_IN_LAYERS", "CHANNELS")
_WORDS = {  # what stands for a terminal that is more than one word
    "NAME": ["a", "a", "z", "z", "W", "W", "b", "x", "y", "C", "N", r"\delta", r"\delta", r"\nabla a", r"\eta", "w", "k"],
    "NUMBER": ["0", "1", "2", "0.5", "10", "3.25", "100000000000000"], "WHOLE": ["0", "1", "2", "3"], "LAYER": ["l", "l", "L"],
    "INDEX": ["i", "j", "k", "n", "c", "m", "1", "2", "3"], "PRIME": ["'", r"^{\prime}"], "TOP": [r"\top"], "_LOG": [r"\log"], "_EXP": [r"\exp"],
    "FUNCTION": ["rot180", "pad", "diag", "vec", "ring", "frame", "crop", "columns", "images", "tan"],
}
_LINES = ("%%claim", "%%claim", "%%claim N=1", "%%claim N=1 1<=l<L", "%%claim N>1", "%%claim activation=softmax", "%%refuted", "%%update N=1",
          "%%claim geometry=3x3,2x2", r"%%exercise find=\delta^{L} using=a,y,z,\sigma'", "%%definition eq-new", "%%informal", "%%claim L=2 l=L")


@cache
def _rules():
    """Return, by the name of a rule, the ways to expand it, each with how deep it has to go."""
    built = lark.Lark(GRAMMAR.read_text(encoding="utf-8"), start=START, parser="lalr", maybe_placeholders=False)
    literal = {terminal.name: terminal.pattern.value for terminal in built.terminals}
    ways = {}
    for rule in built.rules:
        ways.setdefault(rule.origin.name, []).append([(part.name, part.is_term) for part in rule.expansion])
    depth = dict.fromkeys(ways, 99)
    for _ in ways:
        for name, expansions in ways.items():
            depth[name] = min(1 + max((0 if term else depth[part] for part, term in parts), default=0) for parts in expansions)
    return {name: [(1 + max((0 if term else depth[part] for part, term in parts), default=0), parts) for parts in expansions]
            for name, expansions in ways.items()}, literal


def grown(generator, start="equation", room=14):
    """Return an equation that the grammar allows."""
    rules, literal = _rules()

    def grow(name, room):
        possible = [parts for needed, parts in rules[name] if needed <= room] or [min(rules[name])[1]]
        return " ".join(generator.choice(_WORDS[part]) if part in _WORDS else literal[part] if term else grow(part, room - 1)
                        for part, term in generator.choice(possible))

    return grow(start, room)


def grafted(generator, texts):
    """Return one of some equations with a part of another in place of a part."""
    latex, other = generator.choice(texts), generator.choice(texts)
    for _ in range(generator.randint(1, 2)):
        try:
            into, of = (generator.choice([node for node in parse(text).iter_subtrees() if node.meta.end_pos > node.meta.start_pos])
                        for text in (latex, other))
        except EquationError:
            break
        piece = other[of.meta.start_pos:of.meta.end_pos]
        latex = f"{latex[:into.meta.start_pos]} {generator.choice(['(%s)', '%s']) % piece} {latex[into.meta.end_pos:]}"
    return latex


@cache
def _places():
    """Return (chapter, position, sources of the equation cells) for small worlds and for the book's chapters."""
    small = [(Definitions(cells), len(cells), list(cells) + [f"%%claim\n{engine_fixture.RECURSION}"])
             for cells in (getattr(engine_fixture, name) for name in _WORLDS)]
    book = [(chapter, len(chapter.above), [source for _, source, _ in chapter.cells]) for chapter in chapters().values() if chapter.cells]
    return small, book


def cells(count, seed):
    """Yield (chapter, position, source) so many times."""
    generator = random.Random(seed)
    small, book = _places()
    for _ in range(count):
        chapter, position, sources = generator.choice(small if generator.random() < 0.8 else book)
        first, body = generator.choice(sources).split("\n", 1)
        how = generator.random()
        if how < 0.35:
            line = generator.choice(_LINES)
            body = grown(generator, "update" if line.startswith("%%update") else "equation", generator.randint(9, 16))
            first = line if line.startswith("%%update") else generator.choice([line, first])
        elif how < 0.6:
            texts = [text.split("\n", 1)[1].split("\\label")[0] for text in sources]
            first, body = generator.choice(_LINES), grafted(generator, texts)
        else:
            body = slips_of_typing(body, generator)
            first = first if generator.random() < 0.8 else "%%claim " + slips_of_typing(first.split(" ", 1)[-1], generator)
        if first.startswith("%%definition") and generator.random() < 0.9:  # it takes seconds to try one out with all that build on it
            first = "%%claim"
        yield chapter, position, f"{first}\n{body}"


_TYPED = ["W", "delta", "a_prev", "a", "z", "y", "N", "eta", "sigma'", "sigma", "@", "*", "+", "-", "/", "**", "2", "1", "0.5", "(", ")", "(", ")",
          ".T", "[L]", "[l+1]", "[1]", "[1,2]", "_12", "_j", "np.sum", "sum_j", "norm", "for", "k", ",", "axis=1", "star", "pad", "rot180",
          "'full'", "^T", "^", "=", "dW", "dC/dz", "outer", "mean", "insert_zeros", "correlate", ".dot", "δ", "⊙", "é", "\u2028", "🙂", "[", "]", "sum"]


@cache
def _answers():
    known = json.loads(Path(__file__).with_name("exercise_answers.json").read_text(encoding="utf-8"))
    return {label: answers["right"] + sum(answers["slips"].values(), []) for label, answers in known.items()}


def typed(count, seed):
    """Yield (label, answer) so many times: pieces of the language in any order, and known answers mistyped."""
    generator, answers, labels = random.Random(seed), _answers(), sorted(_answers())
    for _ in range(count):
        label = generator.choice(labels)
        if generator.random() < 0.5:
            answer = " ".join(generator.choice(_TYPED) for _ in range(generator.randint(1, 14)))
        else:
            pieces = list(generator.choice(answers[label]))
            for _ in range(generator.randint(1, 3)):
                at = generator.randrange(len(pieces) + 1)
                pieces[at:at + generator.randint(0, 3)] = generator.choice(_TYPED) if generator.random() < 0.6 else ""
            answer = "".join(pieces)
        yield label, answer


@contextmanager
def _in_time():
    def stop(*_):
        raise TimeoutError(f"no verdict within {SECONDS} seconds")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def faults(chapter, position, source):
    """Return what is wrong with how the two engines take a cell: nothing, or a line for each fault."""
    verdicts = []
    for name, engine in (("Python", chapter.in_python), ("JavaScript", chapter.in_javascript_again)):
        try:
            with _in_time():
                verdicts.append(engine(position, source))
        except Exception as error:  # whatever is no verdict is what is looked for
            return [f"{name}: {type(error).__name__}: {error}"]
    return [] if verdicts[0] == verdicts[1] else [f"Python: {verdicts[0]}", f"JavaScript: {verdicts[1]}"]


def faults_of_an_answer(label, answer):
    """The same for an answer as it may be typed on a page, which the other engine judges once it is LaTeX."""
    try:
        said = answered(label, answer)
    except JSEvalException as error:
        return [f"JavaScript: {error}"]
    chapter, position, first, _ = exercises()[label]
    return faults(chapter, position, f"{first}\n{said['read']}") if said["read"] else []
