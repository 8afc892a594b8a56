"""Columns told from their values, and those that are not."""

from collections.abc import Sequence

import pytest
from rows_of_cells import OCR, TEXT, reading_of, table_of

from fractocurate.profile import Profile
from fractocurate.reports.identify import Identifiers
from fractocurate.reports.instances import instances_of_table
from fractocurate.reports.row_values import Reader
from fractocurate.reports.table_content import infer_fields
from fractocurate.reports.vocabulary import Vocabulary

ROWS = (
    ["FOAN-2021-0117", "512345", "material flaw", "large pore", "61.2 kN"],
    ["FOAN-2021-0118", "512346", "grinding damage", "grinding crack", "58.9 kN"],
)
FIELDS = ("foan", "serial_number", "defect_class", "sub_type", "fracture_load_kn")


def _inferred(profile: Profile, fields: Sequence[str], rows: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    table = table_of(fields, *rows, headers=[f or "?" for f in fields])
    columns = infer_fields(table.columns, table.rows, Identifiers(profile), Vocabulary(profile))
    return [c.fields for c in columns if c.is_inferred]


@pytest.mark.parametrize("lost", range(5))
def test_a_column_with_a_lost_header_is_told_from_its_values(profile: Profile, lost: int) -> None:
    """By the grammars, by the vocabulary, or by a unit in each cell."""
    fields = ["" if k == lost else name for k, name in enumerate(FIELDS)]
    assert _inferred(profile, fields, ROWS) == [(FIELDS[lost],)]


def test_nothing_is_guessed(profile: Profile) -> None:
    """A field that another column has, two columns that fit, numbers without a unit, values of several kinds."""
    assert _inferred(profile, ["serial_number", ""], [["512345", "512399"]]) == []
    assert _inferred(profile, ["defect_class", "", ""], [["material flaw", "512345", "512399"]]) == []
    assert _inferred(profile, ["foan", ""], [["FOAN-2021-0117", "61.2"], ["FOAN-2021-0118", "58.9"]]) == []
    assert _inferred(profile, ["foan", ""], [["FOAN-2021-0117", "large pore"], ["FOAN-2021-0118", "see figure"]]) == []


def test_what_identifies_or_labels_goes_to_review_and_the_rest_is_remarked(reader: Reader) -> None:
    """The look of a column is no proof of what its author meant by it."""
    fields = ["foan", "", "defect_class", "", "fracture_load_kn"]
    table = table_of(fields, *ROWS, headers=["FOAN", "Serxxx", "Cause", "Sub-tyjz", "Load"])
    for instance in instances_of_table(table, reader, TEXT, None):
        assert instance.serial_number is not None
        assert instance.issues == ("serial number taken from a column whose header is not understood: Serxxx",)
        assert instance.remarks == ("sub-type taken from a column whose header is not understood: Sub-tyjz",)
        assert reading_of(instance, "serial_number").confidence == 0.9
        assert reading_of(instance, "foan").confidence == 1.0


@pytest.mark.parametrize("mark", ['"', "\u2033", "\u201e", '-"-', "dto.", "ditto"])
def test_ditto_marks_repeat_the_cell_above(reader: Reader, mark: str) -> None:
    """In any column, down to the next value."""
    table = table_of(FIELDS, ROWS[0], [mark, "512347", mark, mark, "60.0 kN"], [mark, "512348", mark, "-", "60.0 kN"])
    found = instances_of_table(table, reader, TEXT, None)
    assert [i.foan for i in found] == ["FOAN-2021-0117"] * 3
    assert [i.sub_type for i in found] == ["pore", "pore", ""]
    assert {i.defect_class for i in found} == {"material"}


def test_an_empty_foan_in_a_scan_is_filled_only_where_the_table_prints_each_once(reader: Reader) -> None:
    """Where rows repeat their FOAN, OCR has missed the empty one, and the row above may be of another FOAN."""
    once = table_of(FIELDS, ROWS[0], ["", *ROWS[1][1:]])
    assert [i.foan for i in instances_of_table(once, reader, OCR, None)] == ["FOAN-2021-0117"] * 2
    repeated = table_of(FIELDS, ROWS[0], ROWS[0][:1] + ROWS[1][1:], ["", "512349", *ROWS[1][2:]])
    found = instances_of_table(repeated, reader, OCR, None)
    assert found[2].foan is None
    assert "foan not read: the cell is empty" in found[2].issues
    assert [i.foan for i in instances_of_table(repeated, reader, TEXT, None)] == ["FOAN-2021-0117"] * 3
