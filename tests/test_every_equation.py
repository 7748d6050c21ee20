"""Nothing printed can be wrong and stay green: every equation of the book is made false in many ways, and each is refused.

What the ledger says was found is found again here, since here all chapters have been replayed.
"""

from pathlib import Path

import pytest

from mathref.engine.check import needless_conditions
from mathref.engine.mutants import mutants
from publishing import checks, variants
from publishing.notebooks import read_chapters

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tried(replayed):
    return variants.tried(replayed)


def test_every_false_variant_of_every_equation_is_refused_or_listed_as_the_same_equation(tried, told):
    made, refused, same = (sum(count[what] for count in tried.values()) for what in ("made", "refused", "same"))
    told(f"False variants of {len(tried)} equations: {refused} of {made} refused, {same} are the same equation.")
    assert {label: count["passed"] for label, count in tried.items() if count["passed"]} == {}
    assert all(count["refused"] > 0 for count in tried.values())


def test_every_variant_listed_as_the_same_equation_is_still_made_and_not_refused(tried):
    listed = {label: len(reasons) for label, reasons in variants.same_equations().items()}
    assert listed == {label: count["same"] for label, count in tried.items() if count["same"]}


def test_the_counts_that_the_pages_quote_are_the_ones_found_now(tried):
    assert variants.counts() == {label: {what: count[what] for what in ("made", "refused", "same")}
                                 for label, count in tried.items()}


def test_what_is_on_record_is_what_is_found_now(replayed):
    """All counts are the same on every machine. Of an error only its size is: another processor may find ten times more."""
    found, recorded = checks.made(replayed), checks.checks()
    assert list(found) == list(recorded)
    for label, row in found.items():
        for name, (count, error) in row.pop("oracles", {}).items():
            recorded_count, bound = recorded[label]["oracles"].pop(name)
            assert (label, name, count) == (label, name, recorded_count)
            assert error <= 10 * 10**bound, (label, name)
        assert {**row, "oracles": {}} == {**recorded[label], "oracles": {}}
        assert row.get("false") != 0, f"{label} is refuted nowhere"


def test_every_condition_that_a_claim_states_is_needed(replayed):
    needless = []
    for session, cells in replayed:
        for cell in (cell for cell in cells if cell.kind == "claim"):
            program, runs = session.program(cell.conditions.world)
            found = [needless_conditions(label, latex, cell.conditions, program, runs) for label, latex in cell.equations]
            if names := set.intersection(*map(set, found)):  # what stands on line one is for all lines together
                needless.append((cell.equations, names))
    assert needless == []


def test_an_equation_whose_check_lets_everything_pass_would_be_noticed(monkeypatch):
    monkeypatch.setitem(variants._CHECKS, "claim", lambda *arguments: None)
    blind = variants.tried([variants.replay(read_chapters(ROOT)["one_neuron"])])
    passed = [latex for count in blind.values() for latex in count["passed"]]
    assert len(passed) > 100


def test_the_variant_that_every_student_writes_is_among_them():
    made = {"".join(variant.split()) for variant in mutants(
        r"\delta^{l} = \left( (W^{l+1})^{\top} \delta^{l+1} \right) \odot \sigma'(z^{l})")}
    slips = [r"\delta^{l}=\left((W^{l+1})\delta^{l+1}\right)\odot\sigma'(z^{l})",
             r"\delta^{l}=\left((W^{l+1})^{\top}\delta^{l+1}\right)\odot\sigma(z^{l})",
             r"\delta^{l}=\left((W^{l})^{\top}\delta^{l+1}\right)\odot\sigma'(z^{l})",
             r"\delta^{l}=\left((W^{l+1})^{\top}\delta^{l}\right)\odot\sigma'(z^{l})"]
    assert made.issuperset(slips)
