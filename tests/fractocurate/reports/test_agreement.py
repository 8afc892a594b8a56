"""The same part twice in a report, and FOANs that contradict each other."""

from dataclasses import replace

from rows_of_cells import CELLS, Build, built

from data_contracts.vocabulary import DefectClass
from fractocurate.reports.agreement import flag_contradictions, merge_repeated


def test_a_list_of_parts_lends_its_values_to_the_row_with_the_cause(build: Build) -> None:
    """Loads in one table, causes in another: one instance, nothing left open."""
    listed = built(build({"serial_number": "512345", "fracture_load_kn": "61.2"}))
    caused = built(build({"foan": "FOAN-2021-0117", "serial_number": "512345", "defect_class": "material"}))
    assert "defect class not stated" in listed.issues
    for order in ([listed, caused], [caused, listed]):
        (one,) = merge_repeated(order)
        assert (one.foan, one.fracture_load_kn, one.defect_class) == ("FOAN-2021-0117", 61.2, DefectClass.MATERIAL)
        assert one.issues == ()


def test_repeated_rows_that_contradict_each_other_say_so(build: Build) -> None:
    """Cause and load that differ between two pages go to review, with both readings."""
    one = built(build(CELLS))
    other = replace(built(build(CELLS | {"defect_class": "green body", "fracture_load_kn": "16.2"})), page=3)
    (merged,) = merge_repeated([one, other])
    assert merged.issues == (
        "contradicting defect class: material defect on page 1, green body on page 3",
        "contradicting fracture load: 61.2, 16.2",
    )
    assert merge_repeated([one, replace(one, page=2)]) == [one]


def test_two_fractures_of_one_part_stay_two(build: Build) -> None:
    """The same serial number with other tags in one table is two fractures."""
    rows = [built(build(CELLS | {"instance_tag": tag})) for tag in ("B1", "B2")]
    assert merge_repeated(rows) == rows


def test_a_header_that_no_row_agrees_with_is_a_contradiction(build: Build) -> None:
    """One row that agrees clears the header: a report may list several FOANs."""
    row = built(build(CELLS))
    (flagged,) = flag_contradictions([row], ["FOAN-2021-0171"], {"FOAN-2021-0171"}, set())
    assert flagged.issues == ("contradicting foan: header FOAN-2021-0171, row FOAN-2021-0117",)
    assert flag_contradictions([row], ["FOAN-2021-0117"], {"FOAN-2021-0117"}, set()) == [row]


def test_a_foan_one_slip_from_another_of_the_report_is_flagged(build: Build) -> None:
    """A FOAN that the text spells otherwise by one character may be a slip; one far away is another FOAN."""
    row = built(build(CELLS))
    (slip,) = flag_contradictions([row], [], {"FOAN-2021-0177"}, {"FOAN-2021-0177"})
    assert slip.issues == ("contradicting foan: row FOAN-2021-0117, elsewhere FOAN-2021-0177",)
    assert flag_contradictions([row], [], {"FOAN-2019-0342"}, {"FOAN-2019-0342"}) == [row]
    assert flag_contradictions([row], [], {"FOAN-2021-0177"}, set()) == [row], "running text speaks of other parts"
