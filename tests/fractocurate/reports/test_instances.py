"""Rows of tables to instances, with the FOANs that stand above them."""

from rows_of_cells import OCR, TEXT, cell, reading_of, table_of

from data_contracts.vocabulary import ReadingMethod
from fractocurate.reports.instances import SectionFoan, instances_of_table
from fractocurate.reports.row_values import Reader


def test_foans_printed_once_are_filled_down(reader: Reader) -> None:
    """A FOAN holds for the rows below it, until the next."""
    table = table_of(
        ["foan", "serial_number", "defect_class"],
        ["FOAN-2021-0117", "512345", "material"],
        ["", "512346", "material"],
        ["FOAN-2021-0118", "512347", "material"],
        ["", "512348", "material"],
    )
    found = instances_of_table(table, reader, TEXT, None)
    assert [i.foan for i in found] == ["FOAN-2021-0117"] * 2 + ["FOAN-2021-0118"] * 2
    assert all(i.issues == () for i in found)


def test_a_table_without_foans_takes_that_of_its_section(reader: Reader) -> None:
    """The FOAN of the heading above, or of the whole report."""
    table = table_of(["serial_number", "defect_class"], ["512345", "material"])
    heading = SectionFoan("FOAN-2021-0117", "FOAN 2021/0117", cell("FOAN 2021/0117", 0.8), 2, ReadingMethod.OCR)
    (instance,) = instances_of_table(table, reader, TEXT, heading)
    assert (instance.foan, instance.foan_raw, instance.confidence) == ("FOAN-2021-0117", "FOAN 2021/0117", 0.8)
    reading = reading_of(instance, "foan")
    assert (reading.page, reading.method, reading.confidence) == (2, ReadingMethod.OCR, 0.8)
    assert [i.foan for i in instances_of_table(table, reader, TEXT, None)] == [None]


def test_running_numbers_are_no_tags(reader: Reader) -> None:
    """A column that counts 1, 2, 3 names no part; one that does not count, under the same header, does."""
    rows = [["1", "512345", "material"], ["2", "512346", "material"], ["3", "512347", "material"]]
    fields, headers = ["instance_tag", "serial_number", "defect_class"], ["No.", "Serial no.", "Cause"]
    counting = instances_of_table(table_of(fields, *rows, headers=headers), reader, TEXT, None)
    assert [i.instance_tag for i in counting] == ["", "", ""]
    rows[1][0], rows[2][0] = "4", "9"
    naming = instances_of_table(table_of(fields, *rows, headers=headers), reader, TEXT, None)
    assert [i.instance_tag for i in naming] == ["1", "4", "9"]


def test_a_misread_tag_is_repaired_beside_its_like(reader: Reader) -> None:
    """``Bl`` beside ``B2`` is ``B1``, in OCR only; alone it stays as it is."""
    fields = ["instance_tag", "serial_number", "defect_class"]
    table = table_of(fields, ["Bl", "512345", "material"], ["B2", "512346", "material"])
    assert [i.instance_tag for i in instances_of_table(table, reader, OCR, None)] == ["B1", "B2"]
    assert [i.instance_tag for i in instances_of_table(table, reader, TEXT, None)] == ["Bl", "B2"]
    alone = table_of(fields, ["Bl", "512345", "material"])
    assert [i.instance_tag for i in instances_of_table(alone, reader, OCR, None)] == ["Bl"]
