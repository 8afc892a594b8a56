"""The same part twice in a report, and FOANs that contradict each other."""

from dataclasses import replace

import pytest
from rows_of_cells import CELLS, OCR, TEXT, Build, built, cell, reading_of

from data_contracts.vocabulary import DefectClass, ReadingMethod
from fractocurate.reports.agreement import flag_contradictions, flag_gaps, merge_repeated
from fractocurate.reports.instances import SectionFoan, with_foan
from fractocurate.reports.row_values import Source


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


def test_the_foan_of_a_row_stands_before_that_of_a_heading(build: Build) -> None:
    """A second table gives causes by tag alone; what stands above it is the FOAN of another part."""
    parts = built(build({"foan": "FOAN-2021-0117", "serial_number": "512345", "instance_tag": "A"}))
    cause = built(build({"instance_tag": "A", "defect_class": "material"}))
    heading = SectionFoan("FOAN-2021-0190", "FOAN-2021-0190", cell("FOAN-2021-0190"), 1, ReadingMethod.TEXT_LAYER)
    (merged,) = merge_repeated([parts, with_foan(cause, heading)])
    assert (merged.foan, merged.serial_number, merged.defect_class) == ("FOAN-2021-0117", "512345", "material")
    assert reading_of(merged, "foan").value == "FOAN-2021-0117"
    assert merged.issues == ()


def test_two_parts_with_one_tag_are_not_told_apart_by_it(build: Build) -> None:
    """A cause for tag A may belong to either of them."""
    rows = [
        built(build({"foan": f"FOAN-2021-011{k}", "serial_number": f"51234{k}", "instance_tag": "A"})) for k in (1, 2)
    ]
    cause = built(build({"instance_tag": "A", "defect_class": "material"}))
    heading = SectionFoan("FOAN-2021-0190", "FOAN-2021-0190", cell("FOAN-2021-0190"), 1, ReadingMethod.TEXT_LAYER)
    assert len(merge_repeated([*rows, with_foan(cause, heading)])) == 3


def test_a_row_without_serial_number_among_rows_that_have_one_goes_to_review(build: Build) -> None:
    """A list of other reports' fractures looks just so."""
    row = built(build(CELLS))
    other = built(build({"foan": "FOAN-2019-0342", "defect_class": "material"}))
    flagged = flag_contradictions([row, other], [], set(), set())
    assert flagged[0] == row
    assert any("no serial number" in issue for issue in flagged[1].issues)
    assert flag_contradictions([other], [], set(), set()) == [other]


def test_a_row_without_foan_goes_to_review(build: Build) -> None:
    """Nothing can be linked to it, and a person can see whether its FOAN was missed."""
    row = built(build({"serial_number": "512345", "defect_class": "material"}))
    (flagged,) = flag_contradictions([row], [], set(), set())
    assert flagged.issues == ("no foan: none stands in the row, in a heading above it or in the header",)


@pytest.mark.parametrize(("source", "verb"), [(OCR, "read"), (TEXT, "stated")])
def test_gaps_are_remarked_where_another_row_has_a_value(build: Build, source: Source, verb: str) -> None:
    """Missed by OCR or left out by its author: a person can see which, if the row says so."""
    row = built(build(CELLS, source))
    bare = {k: v for k, v in CELLS.items() if k not in {"fracture_load_kn", "sub_type"}}
    gaps = [built(build(bare | {"serial_number": f"51234{k}"}, source)) for k in range(3)]
    first, *flagged = flag_gaps([row, *gaps])
    assert first == row
    for gap in flagged:
        assert gap.remarks == (
            f"fracture load not {verb}, unlike those of other fractures",
            f"sub-type not {verb}, unlike those of other fractures",
        )
    assert flag_gaps(gaps) == gaps, "a report without such columns lacks nothing"


def test_what_a_row_says_there_is_none_of_is_no_gap(build: Build) -> None:
    """A dash is an answer; so is a sub-type that stands beside the class."""
    row = built(build(CELLS))
    none = built(build(CELLS | {"serial_number": "512346", "fracture_load_kn": "n/a", "sub_type": "-"}))
    inside = built(build({**CELLS, "serial_number": "512347", "defect_class": "material (large pore)", "sub_type": ""}))
    assert inside.sub_type == "pore"
    assert flag_gaps([row, none, inside]) == [row, none, inside]


def test_a_foan_of_a_scan_without_a_letter_or_digit_is_a_missing_one(build: Build) -> None:
    """A speck in the FOAN's cell is no FOAN."""
    row = replace(built(build({k: v for k, v in CELLS.items() if k != "foan"})), foan_raw="\u00ae")
    (flagged,) = flag_contradictions([row], [], set(), set())
    assert flagged.issues == ("no foan: none stands in the row, in a heading above it or in the header",)


def test_a_foan_of_a_scan_between_rows_that_agree_on_one_a_character_away_is_flagged(build: Build) -> None:
    """On a scan it may be misread; a text layer spells what was written, and so does a row stated elsewhere."""
    foans = ["FOAN-2021-0117", "FOAN-2021-0111", "FOAN-2021-0117"]
    rows = [built(build(CELLS | {"foan": f, "serial_number": f"51234{k}"}, source=OCR)) for k, f in enumerate(foans)]
    above, slip, below = flag_contradictions(rows, [], set(), set())
    assert slip.issues == ("contradicting foan: row FOAN-2021-0111, rows above and below FOAN-2021-0117",)
    assert (above, below) == (rows[0], rows[2])
    assert flag_contradictions(rows, [], {"FOAN-2021-0111"}, set()) == rows
    assert flag_contradictions(rows[:2], [], set(), set()) == rows[:2], "the last row may begin another case"
    printed = [replace(row, method=ReadingMethod.TEXT_LAYER) for row in rows]
    assert flag_contradictions(printed, [], set(), set()) == printed
