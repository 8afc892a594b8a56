"""The cells of one row: what each says, how surely, and what a person is asked to look at."""

from dataclasses import replace

import pytest
from rows_of_cells import CELLS, OCR, Build, built, cell

from data_contracts.records import Box, Word
from data_contracts.vocabulary import DefectClass, ReadingMethod
from fractocurate.reports.lines import Line
from fractocurate.reports.occurrences import Witnesses, find_occurrences
from fractocurate.reports.row_values import Reader, Source, build_instance


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
