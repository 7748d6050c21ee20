"""The ledger is complete, and says of each equation what is on record about it."""

import io
import json
import re
from copy import deepcopy
from dataclasses import replace

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from mathref.engine.registry import equations
from publishing import checks, ledger_page, variants
from publishing.ledger import LedgerError, Records, rows
from book_site import ROOT, named, read

PAGE = "notebooks/ledger.html"
HEADINGS = ["Label", "Document", "Function", "Checked by", "Cases", "False variants", "Errata corrected"]
EXECUTED = ("definition", "claim", "update", "refuted")


@pytest.fixture
def page(site):
    return read(site / PAGE)


def facts(block):
    """Return what stands under each heading, line by line."""
    return {pair.dt.get_text(): [line.get_text().strip() for line in pair.find_all("dd")] for pair in block.find_all("div")}


@pytest.fixture
def row_of(site):
    """The row of a label."""
    return lambda label: named(site / PAGE)[f"ledger-{label}"].find_parent("li")


def whole(text):
    return int(text.replace(",", ""))


def found_by(lines):
    """Return the numbers and the bound of every line that says what an equation was checked by."""
    pattern = r": ([\d,]+) (?:number|small step).*error ≤\s1e(-\d+)$"
    return sorted((whole(match[1]), int(match[2])) for match in map(re.compile(pattern).search, lines) if match)


# Complete

@pytest.mark.thorough
def test_every_labelled_equation_has_a_row_that_links_to_it_and_all_fields(site, page, row_of):
    assert [block["id"] for block in page.select(".ledger .facts")] == [f"ledger-{label}" for label in equations()]
    for label, equation in equations().items():
        row = row_of(label)
        assert row.a.get_text() == f"({equation.number})"
        address, anchor = row.a["href"].split("#")
        number = named((site / PAGE).parent / address)[anchor].find(class_="eqno")
        assert number.find(string=True) == row.a.get_text() and anchor == f"equation-{label}"
        said = facts(row)
        assert list(said) == HEADINGS and all(all(lines) for lines in said.values())
        assert said["Label"] == [f"{label} · {equation.kind}"]
        assert row.select_one("summary > :nth-child(2)").get_text()


@pytest.mark.thorough
def test_every_mark_of_a_labelled_equation_leads_to_its_row(site, page):
    marked = {}
    for stem in {equation.chapter for equation in equations().values()}:
        for block in read(site / "notebooks" / f"{stem}.html").select("div.equation"):
            labels = [line["id"].removeprefix("equation-") for line in block.select(".display[id]")]
            links = [link["href"] for link in block.select(".report > a")]
            assert links == [f"ledger.html#ledger-{label}" for label in labels[:1]]
            marked.update(dict.fromkeys(labels))
    assert set(marked) == set(equations()) and {f"ledger-{label}" for label in marked} <= set(named(site / PAGE))


@pytest.fixture(scope="module")
def complete():
    records = Records.read()
    assert len(rows(records)) == len(records.equations)
    return records


@pytest.mark.parametrize("table, label, change, says", [
    ("meanings", "eq-fc-z", None, "eq-fc-z: Meaning is missing"),
    ("meanings", "eq-fc-z", {"meaning": " "}, "eq-fc-z: Meaning is missing"),
    ("meanings", "eq-fc-input", {"towards": ""}, "eq-fc-input: Function is missing"),
    ("meanings", "eq-fc-input", {"towards": "eq-nowhere"}, "eq-fc-input: Function is missing"),
    ("meanings", "eq-fc-collapse", {"beside": ""}, "eq-fc-collapse: Function is missing"),
    ("meanings", "eq-fc-z", {"towards": "eq-fc-a"}, "eq-fc-z: Function is mathref.dense.forward, and"),
    ("meanings", "eq-nowhere", {"meaning": "Nothing"}, "eq-nowhere: has a meaning, and is no equation of the book"),
    ("displays", "eq-fc-delta-rec", {"line": ""}, "eq-fc-delta-rec: Document is missing"),
    ("checks", "eq-fc-delta-rec", None, "eq-fc-delta-rec: Checked by is missing\neq-fc-delta-rec: Cases is missing"),
    ("checks", "eq-fc-update-w", None, "eq-fc-update-w: Function is missing"),
    ("checks", "eq-on-no-prime", None, "eq-on-no-prime: Checked by is missing"),
    ("variants", "eq-fc-delta-rec", None, "eq-fc-delta-rec: False variants is missing"),
])
def test_an_empty_field_is_an_error_that_names_it(complete, table, label, change, says):
    changed = deepcopy(getattr(complete, table))
    if change is None:
        del changed[label]
    else:
        changed.setdefault(label, {}).update(change)
    with pytest.raises(LedgerError) as fault:
        rows(replace(complete, **{table: changed}))
    assert says in str(fault.value)


def test_a_display_whose_errata_are_not_listed_is_an_error(complete):
    displays = deepcopy(complete.displays)
    del displays["eq-fc-a"]["errata"]
    with pytest.raises(LedgerError, match="eq-fc-a: Errata corrected is missing"):
        rows(replace(complete, displays=displays))


def test_an_empty_field_fails_the_build(complete, tmp_path, monkeypatch):
    meanings = {label: row for label, row in complete.meanings.items() if label != "eq-fc-z"}
    monkeypatch.setattr(ledger_page.Records, "read", lambda: replace(complete, meanings=meanings))
    (tmp_path / "index.md").write_text("# Ledger\n\n```{ledger}\n```\n")
    warnings = io.StringIO()
    with docutils_namespace():
        Sphinx(tmp_path, None, tmp_path / "out", tmp_path / "doctrees", "html",
               {"extensions": ["myst_nb", "publishing.ledger_page"]}, status=None, warning=warnings).build()
    assert "The ledger is not complete" in warnings.getvalue() and "eq-fc-z: Meaning is missing" in warnings.getvalue()


def test_a_step_leads_to_an_equation_that_a_function_implements_or_that_says_why_not(complete):
    for label in complete.meanings:
        passed = [label]
        while "towards" in complete.meanings[passed[-1]]:
            passed.append(complete.meanings[passed[-1]]["towards"])
            assert passed.count(passed[-1]) == 1, f"round in a circle: {passed}"


# True to the record

def test_a_row_says_what_is_on_record(row_of):
    recorded, counted = checks.checks(), variants.counts()
    for label, equation in equations().items():
        row, said = row_of(label), facts(row_of(label))
        record, count = recorded.get(label, {}), counted.get(label)
        oracles = record.get("oracles", {})
        assert found_by(said["Checked by"]) == sorted(map(tuple, oracles.values()))
        if equation.kind in EXECUTED:
            assert str(record["cases" if "cases" in record else "false"]) in re.findall(r"\d+", said["Cases"][0])
            assert str(record["networks"]) in re.findall(r"\d+", said["Cases"][0])
        else:
            assert not record and said["Cases"][0].startswith("none")
        if record.get("function"):
            assert said["Function"] == [record["function"]]
        else:
            assert said["Function"][0].startswith("none: ") or equation.kind == "exercise"
        summary = row.select_one(".found").get_text()
        bounds = [bound for name, (_, bound) in oracles.items() if name != "fall of C"]
        assert re.findall(r"1e(-\d+)", summary) == ([str(max(bounds))] if bounds else [])
        if count:
            fair = count["made"] - count["same"]
            assert said["False variants"][0].startswith(f"{count['refused']} of {fair} refused")
            assert f"{count['refused']} of {fair}" in summary


def test_a_row_says_where_the_document_has_the_equation_and_which_errata_it_corrects(row_of):
    displays = json.loads((ROOT / "book/data/document_displays.json").read_text(encoding="utf-8"))
    placed = {display["label"]: display for display in displays}
    for label in equations():
        said = facts(row_of(label))
        if label in placed:
            assert said["Document"] == [f"display {placed[label]['number']}, line {placed[label]['line']}"]
            assert said["Errata corrected"] == [", ".join(placed[label]["errata"]) or "none"]
        else:
            assert "display" not in said["Document"][0]


def test_the_totals_are_the_sums_of_the_rows(page):
    total, all_facts = facts(page.select_one(".facts")), [facts(row) for row in page.select(".ledger > li")]
    kinds = [said["Label"][0].split(" · ")[1] for said in all_facts]
    stated = {name: whole(number) for number, name in re.findall(r"(\d+) (\w+)", total["Equations"][0])}
    assert whole(total["Equations"][0].split(":")[0]) == len(kinds) == sum(stated.values())
    assert stated == {plural: kinds.count(kind) for kind, plural in (
        ("definition", "definitions"), ("claim", "claims"), ("update", "updates"), ("refuted", "refuted"),
        ("informal", "informal"), ("exercise", "exercises"))}
    assert whole(total["Executed"][0].split(";")[0]) == sum(kinds.count(kind) for kind in EXECUTED)
    assert whole(total["Numbers compared"][0]) == compared(all_facts)
    assert list(map(whole, re.findall(r"[\d,]+", total["False variants"][0]))) == refused(all_facts)
    lines = [line for said in all_facts for line in said["Checked by"]]
    worst = [max(bound for _, bound in found_by([line for line in lines if way in line]))
             for way in ("complex step", "central differences")]
    assert list(map(int, re.findall(r"1e(-\d+)", total["Worst relative error"][0]))) == worst
    assert whole(total["Displays of the document"][0]) == sum("display" in said["Document"][0] for said in all_facts)
    errata = {name for said in all_facts for name in re.findall(r"E\d+", said["Errata corrected"][0])}
    assert whole(total["Errata corrected"][0]) == len(errata)


def test_the_sums_of_a_chapter_are_those_of_its_rows(page):
    for section in page.select("section[id^=ledger-of-]"):
        all_facts, text = [facts(row) for row in section.select(".ledger > li")], section.p.get_text()
        assert text.startswith(f"{len(all_facts)} equation")
        assert [whole(number) for number in re.findall(r"([\d,]+) numbers compared", text)] == (
            [compared(all_facts)] if compared(all_facts) else [])
        assert [list(map(int, pair)) for pair in re.findall(r"(\d+) of (\d+) false", text)] == (
            [refused(all_facts)] if any(refused(all_facts)) else [])


def compared(all_facts):
    lines = [line for said in all_facts for line in said["Checked by"] if not line.startswith("the fall of C")]
    return sum(number for number, _ in found_by(lines))


def refused(all_facts):
    counts = [re.match(r"(\d+) of (\d+)", said["False variants"][0]) for said in all_facts]
    return [sum(int(count[group]) for count in counts if count) for group in (1, 2)]


@pytest.mark.parametrize("error, bound", [(0, -14), (3e-16, -14), (2e-15, -13), (1.1e-13, -11), (4.9e-8, -6)])
def test_an_error_goes_on_record_as_a_power_of_ten_that_it_stays_well_below(error, bound):
    assert checks.new_bound(error) == bound and 10 * error <= 10**bound


@pytest.mark.parametrize("before, error, after", [(-12, 2e-13, -12), (-12, 2e-12, -10), (-12, 4e-16, -12), (-8, 2e-15, -13)])
def test_a_bound_on_record_stays_unless_it_is_broken_or_too_wide(before, error, after):
    found, recorded = ({"eq": {"oracles": {"complex step": [5, value]}}} for value in (error, before))
    assert checks.bounded(found, recorded) == {"eq": {"oracles": {"complex step": [5, after]}}}


# Read

def test_a_link_to_a_row_unfolds_it_and_print_unfolds_all(browser, site):
    with browser.new_page() as page:
        page.goto(f"{(site / PAGE).as_uri()}#ledger-eq-fc-delta-rec")
        assert page.locator("#ledger-eq-fc-delta-rec").is_visible() and page.locator("#ledger-eq-fc-z dd").first.is_hidden()
        page.get_by_text("The weighted sums of a layer", exact=True).click()
        assert page.locator("#ledger-eq-fc-z dd").first.is_visible()
        page.emulate_media(media="print")
        assert all(page.locator(".ledger .facts").nth(row).is_visible() for row in range(5))
