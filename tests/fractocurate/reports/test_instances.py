"""Rows and blocks to fracture instances, and what a person is asked to look at."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from data_contracts.records import Box, InstanceReading, Word
from data_contracts.vocabulary import DefectClass, ReadingMethod
from fractocurate.profile import Profile
from fractocurate.reports.identify import Identifiers
from fractocurate.reports.instances import (
    Reader,
    Source,
    build_instance,
    flag_contradictions,
    instances_of_table,
    merge_repeated,
)
from fractocurate.reports.lines import Line
from fractocurate.reports.occurrences import Witnesses, find_occurrences
from fractocurate.reports.table_columns import Column
from fractocurate.reports.table_rows import Row
from fractocurate.reports.tables import Table
from fractocurate.reports.vocabulary import Vocabulary

TEXT, OCR = Source(1, ReadingMethod.TEXT_LAYER), Source(1, ReadingMethod.OCR)
CELLS = {
    "foan": "FOAN-2021-0117",
    "serial_number": "SN 512345",
    "fracture_load_kn": "61.2",
    "defect_class": "material defect",
    "sub_type": "large pore",
}
Build = Callable[..., InstanceReading | None]


@pytest.fixture(scope="module")
def reader(profile: Profile) -> Reader:
    """The default site's, with decimal points."""
    return Reader(Identifiers(profile), Vocabulary(profile), ".", Witnesses())


def cell(text: str, confidence: float = 1.0) -> tuple[Word, ...]:
    """A cell of one line."""
    return tuple(Word(t, Box(10.0 * k, 0.0, 10.0 * k + 9, 10.0), confidence) for k, t in enumerate(text.split()))


@pytest.fixture(scope="module")
def build(reader: Reader) -> Build:
    """The instance that some cells state, by their texts."""

    def build(
        cells: Mapping[str, str],
        source: Source = TEXT,
        unit: str = "kN",
        composites: Sequence[tuple[str, ...]] = (),
        confidence: Mapping[str, float] | None = None,
    ) -> InstanceReading | None:
        sure = confidence or {}
        words = {name: cell(text, sure.get(name, 1.0)) for name, text in cells.items()}
        return build_instance(words, unit, composites, reader, source)

    return build


def built(instance: InstanceReading | None) -> InstanceReading:
    """An instance that must be there."""
    assert instance is not None
    return instance


def table_of(fields: Sequence[str], *rows: Sequence[str], headers: Sequence[str] | None = None) -> Table:
    """A table from its cells."""
    columns = [
        Column(tuple(f for f in field.split("+") if f), header, "kN", 0, 0, 0)
        for field, header in zip(fields, headers or fields, strict=True)
    ]
    made = tuple(Row(tuple(cell(text) for text in row)) for row in rows)
    return Table(1, tuple(columns), made, Box(0, 0, 1, 1))


def test_a_clean_row_is_an_instance_without_issues(build: Build) -> None:
    """Normalised values beside the printed ones."""
    instance = built(build(CELLS))
    assert (instance.foan, instance.serial_number) == ("FOAN-2021-0117", "512345")
    assert (instance.fracture_load_kn, instance.fracture_load_raw) == (61.2, "61.2")
    assert (instance.defect_class, instance.sub_type) == (DefectClass.MATERIAL, "pore")
    assert instance.serial_number_raw == "SN 512345"
    assert (instance.confidence, instance.issues) == (1.0, ())


@pytest.mark.parametrize(
    ("name", "text", "issue"),
    [
        ("foan", "FOAN-2021-01177", "foan breaks the grammar: FOAN-2021-01177"),
        ("foan", "", "foan not read: the cell is empty"),
        ("serial_number", "512345 512346", "several readings of serial number: 512345 512346"),
        ("defect_class", "moon phase", "defect class not understood: moon phase"),
        ("defect_class", "-", "defect class not stated"),
        ("fracture_load_kn", "61.2 / 58.9", "fracture load not understood: 61.2 / 58.9"),
    ],
)
def test_what_is_not_understood_is_kept_raw_and_flagged(build: Build, name: str, text: str, issue: str) -> None:
    """The value is missing, the printed text is there, and a person is told why."""
    instance = built(build(CELLS | {name: text}))
    # A load labels nothing: doubt about it does not hold the label back.
    assert (instance.remarks if name == "fracture_load_kn" else instance.issues) == (issue,)
    assert (instance.issues if name == "fracture_load_kn" else instance.remarks) == ()
    assert getattr(instance, "fracture_load_raw" if name == "fracture_load_kn" else f"{name}_raw") == text
    assert getattr(instance, name) in {None, DefectClass.UNKNOWN}


@pytest.mark.parametrize(
    "cells",
    [
        {"fracture_load_kn": "61.2"},
        {"serial_number": "mean", "fracture_load_kn": "61.2", "defect_class": ""},
        {"foan": "FOAN-2021-0117", "defect_class": ""},
        {"defect_class": "material"},
    ],
    ids=["a load", "a mean", "a heading", "a legend"],
)
def test_rows_that_name_no_part_are_no_instances(build: Build, cells: dict[str, str]) -> None:
    """Sums, means, headings and legends."""
    assert build(cells) is None


def test_ocr_of_low_confidence_is_flagged_where_nothing_backs_it(build: Build) -> None:
    """A load has no grammar: doubt counts early. What a grammar accepts is doubted only when very unsure."""
    load = built(build(CELLS, OCR, confidence={"fracture_load_kn": 0.7}))
    assert (load.remarks, load.issues) == (("fracture load read with low confidence (0.70): 61.2",), ())
    assert load.confidence == 1.0
    serial = built(build(CELLS, OCR, confidence={"serial_number": 0.7}))
    assert (serial.issues, serial.confidence) == ((), 0.7)
    poor = built(build(CELLS, OCR, confidence={"serial_number": 0.1}))
    assert poor.issues == ("serial number read with low confidence (0.10): SN 512345",)


@pytest.mark.parametrize(
    ("elsewhere", "confidence"),
    [("SN 512345", 0.9), ("SN 512346", 0.1), ("SN 5I2345", 0.1), ("512345", 0.1)],
    ids=["the same", "another", "repaired", "nothing announces it"],
)
def test_an_unsure_serial_number_is_believed_where_the_report_states_it_again(
    reader: Reader, elsewhere: str, confidence: float
) -> None:
    """Two readings of different words that agree are as sure as the surer; no other reading helps."""
    again = tuple(Word(w.text, Box(0, 500, 9, 510), 0.9) for w in cell(elsewhere))
    witnesses = Witnesses(tuple(find_occurrences({2: [Line(again)]}, reader.identifiers)))
    words = {name: cell(text, 0.1 if name == "serial_number" else 1.0) for name, text in CELLS.items()}
    instance = built(build_instance(words, "kN", (), replace(reader, witnesses=witnesses), OCR))
    assert instance.confidence == confidence
    assert any("serial number read with low confidence" in issue for issue in instance.issues) == (confidence < 0.3)


def test_a_number_is_no_witness_for_itself(reader: Reader) -> None:
    """The words of the row do not confirm the row."""
    words = {name: cell(text, 0.1 if name == "serial_number" else 1.0) for name, text in CELLS.items()}
    witnesses = Witnesses(tuple(find_occurrences({1: [Line(words["serial_number"])]}, reader.identifiers)))
    assert len(witnesses.occurrences) == 1
    assert built(build_instance(words, "kN", (), replace(reader, witnesses=witnesses), OCR)).confidence == 0.1


def test_an_unsure_tag_is_not_used_where_a_serial_number_does_without_it(build: Build) -> None:
    """No grammar backs a tag, so doubt counts early: a wrong one would link images to the wrong instance."""
    alone = built(build(CELLS | {"instance_tag": "PA"}, OCR, confidence={"instance_tag": 0.46}))
    assert alone.remarks == ("instance tag read with low confidence (0.46): PA",)
    assert (alone.instance_tag, alone.issues, alone.confidence) == ("", (), 1.0)
    without = CELLS | {"instance_tag": "PA", "serial_number": "-"}
    only = built(build(without, OCR, confidence={"instance_tag": 0.46}))
    assert only.instance_tag == "PA"
    assert "instance tag read with low confidence (0.46): PA" in only.issues


def test_the_words_beside_a_tag_are_no_matter(build: Build) -> None:
    """A tag may share its cell with a serial number."""
    shared = CELLS | {"serial_number": "SN 512345 / B2", "instance_tag": "SN 512345 / B2"}
    composites = [("serial_number", "instance_tag")]
    unsure = {"serial_number": 0.7, "instance_tag": 0.7}
    assert built(build(shared, OCR, composites=composites, confidence=unsure)).remarks == (
        "instance tag read with low confidence (0.70): B2",
    )
    assert built(build(CELLS | {"instance_tag": "B2"}, OCR, confidence={"instance_tag": 0.9})).issues == ()


def test_an_empty_load_is_an_issue_only_for_ocr(build: Build) -> None:
    """A text layer says that nothing is there; OCR may have missed it."""
    cells = CELLS | {"fracture_load_kn": ""}
    assert built(build(cells)).issues == ()
    assert built(build(cells, OCR)).remarks == ("fracture load not read: the cell is empty, or OCR has missed it",)
    assert built(build(CELLS | {"fracture_load_kn": "-"}, OCR)).issues == ()


def test_problems_of_the_file_are_issues_of_every_instance(build: Build) -> None:
    """A file cut short may lack pages."""
    source = Source(1, ReadingMethod.TEXT_LAYER, ("the end of the file is missing",))
    assert built(build(CELLS, source)).issues == ("the end of the file is missing",)


def test_a_composite_cell_gives_serial_number_and_tag(build: Build) -> None:
    """``Serial no. / fracture`` holds both."""
    cells = CELLS | {"serial_number": "SN 512345 / B2"}
    instance = built(build(cells, composites=[("serial_number", "instance_tag")]))
    assert (instance.serial_number, instance.instance_tag) == ("512345", "B2")


def test_a_sub_type_inside_the_cause_is_read_where_no_column_states_one(build: Build) -> None:
    """``green body defect (agglomerate)``."""
    cells = {k: v for k, v in CELLS.items() if k != "sub_type"}
    instance = built(build(cells | {"defect_class": "green body defect (agglomerate)"}))
    assert (instance.defect_class, instance.sub_type) == (DefectClass.GREEN_BODY, "agglomerate")


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
    assert [i.foan for i in instances_of_table(table, reader, TEXT, "FOAN-2021-0117")] == ["FOAN-2021-0117"]
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
    (flagged,) = flag_contradictions([row], ["FOAN-2021-0171"], {"FOAN-2021-0171": 1})
    assert flagged.issues == ("contradicting foan: header FOAN-2021-0171, row FOAN-2021-0117",)
    assert flag_contradictions([row], ["FOAN-2021-0117"], {"FOAN-2021-0117": 1}) == [row]


def test_a_foan_one_slip_from_another_of_the_report_is_flagged(build: Build) -> None:
    """A FOAN that the text spells otherwise by one character may be a slip; one far away is another FOAN."""
    row = built(build(CELLS))
    (slip,) = flag_contradictions([row], [], {"FOAN-2021-0177": 2})
    assert slip.issues == ("contradicting foan: row FOAN-2021-0117, elsewhere FOAN-2021-0177",)
    assert flag_contradictions([row], [], {"FOAN-2019-0342": 2}) == [row]
