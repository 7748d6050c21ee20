"""The page of errata: each of the seventy stands there once, in one group and in the index, and what can be run was run."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from publishing.notebooks import read_chapters

ROOT = Path(__file__).parents[1]
NUMBERS = range(1, 71)
WORDING = {12, 13, 17, 18, 19, 21, 22, 23, 39, 40, 41}  # words, typesetting, pictures: nothing to run

HEADING = re.compile(r"^\(e(\d+)\)=\n### E(\d+) · ", re.MULTILINE)
VERDICT = re.compile(r"```\{verdict\} (\w+)\n:status: (\w+)")
SAID = re.compile(r"\d|Error: ")


@pytest.fixture(scope="module")
def source():
    return (ROOT / "book" / "errata.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def entries():
    """The outputs of each erratum, by its number, from the executed notebook: (status or "", text) for each cell."""
    found, number = {}, None
    for cell in nbformat.read(ROOT / "notebooks" / "errata.ipynb", as_version=4).cells:
        if cell.cell_type == "markdown":
            for line in cell.source.splitlines():
                heading = re.match(r"#{2,3} (?:E(\d+) · )?", line)
                if heading:
                    number = int(heading[1]) if heading[1] else None
                    found |= {number: []} if number else {}
        elif number:
            found[number] += [_said(output) for output in cell.outputs]
    return found


def _said(output):
    if output.output_type == "stream":
        return "", output.text
    markdown = output.get("data", {}).get("text/markdown", "")
    match = VERDICT.search(markdown)
    return (match[2], markdown[match.end():]) if match else ("", "")


def test_every_erratum_stands_there_once_under_its_own_anchor(source):
    headings = HEADING.findall(source)
    assert all(anchor == number for anchor, number in headings)
    assert sorted(int(number) for _, number in headings) == list(NUMBERS)
    assert len(re.findall(r"^### ", source, re.MULTILINE)) == len(headings)


def test_the_index_names_every_erratum_once_beside_the_group_it_stands_in(source):
    index = source.split("## Find a number")[1].split("\n## ")[0]
    listed = {group: re.findall(r"\[E(\d+)\]\(#e(\d+)\)", line)
              for group, line in re.findall(r"^\*\*(.+?):\*\* (.+)$", index, re.MULTILINE)}
    groups = {part.split("\n")[0]: [number for _, number in HEADING.findall(part)]
              for part in source.split("\n## ")[2:]}
    assert {group: [number for number, _ in links] for group, links in listed.items()} == groups
    assert all(number == anchor for links in listed.values() for number, anchor in links)


@pytest.mark.parametrize("number", [number for number in NUMBERS if number not in WORDING])
def test_what_can_be_run_was_run_and_says_a_number_or_an_error(entries, number):
    assert any(SAID.search(text) for _, text in entries[number])


def test_wording_says_so_and_runs_nothing(source, entries):
    for number in WORDING:
        text = source.split(f"\n### E{number} · ")[1].split("\n### ")[0]
        assert entries[number] == [] and re.search(r"\*(wording|typesetting|broken link)\*", text), number


@pytest.mark.parametrize("number", [1, 3, 4, 5, 6, 7, 24, 27, 31, 32, 35, 36, 37, 38])
def test_a_printed_equation_is_refused_and_the_corrected_one_holds(entries, number):
    assert {"refuted", "holds"} <= {status for status, _ in entries[number]}


@pytest.mark.parametrize("number", [*range(42, 57), *range(59, 69)])
def test_a_repaired_piece_of_code_is_right(entries, number):
    text = "".join(text for _, text in entries[number])
    assert re.search(r": right$|^repaired: 4 of 4|no exception", text, re.MULTILINE)
    assert re.search(r"off by \d+\.\d\d|Error: |printed: 3 of 4|values returned: 2", text)


@pytest.mark.parametrize("function", ["full_connect", "convolution"])
def test_the_page_runs_the_documents_function_to_the_letter(function):
    texts = [ast.literal_eval(node.value)
             for cell in read_chapters(ROOT)["errata"].cells if cell.cell_type == "code" and "_printed = " in cell.source
             for node in ast.parse(cell.source).body
             if isinstance(node, ast.Assign) and node.targets[0].id == f"{function}_printed"]
    assert texts == [(ROOT / "book" / "data" / f"{function}.py.txt").read_text(encoding="utf-8")]
