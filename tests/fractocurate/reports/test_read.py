"""Whole reports, from the file to the instances."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from data_contracts.records import Failure, InstanceReading, ReportReading
from data_contracts.vocabulary import DefectClass, FailureReason, ReadingMethod, TextSource
from fractocurate.profile import Profile
from fractocurate.reports.read import read_report

HEADER = "FRACTURE ANALYSIS REPORT"
FACTS = "Report no.: LB-0731<br/>Date: 3 March 2021"
COLUMNS = ["FOAN", "Serial no.", "Load [kN]", "Defect class", "Sub-type"]
ROWS = [
    ["FOAN-2021-0117", "SN 512345", "61.2", "green body defect", "agglomerate"],
    ["FOAN-2021-0117", "SN 512346", "58.9", "hard machining", "grinding crack"],
    ["FOAN-2021-0118", "SN 512399", "n/a", "material defect", "pore"],
]
TRUTH = [
    ("FOAN-2021-0117", "512345", 61.2, "green_body", "agglomerate"),
    ("FOAN-2021-0117", "512346", 58.9, "hard_machining", "grinding_crack"),
    ("FOAN-2021-0118", "512399", None, "material", "pore"),
]


def read(path: Path, profile: Profile) -> ReportReading:
    """Read a report that must be readable."""
    reading = read_report(path, path.name, profile)
    assert isinstance(reading, ReportReading), reading
    return reading


def rows_of(reading: ReportReading) -> list[tuple[str | None, str | None, float | None, str, str]]:
    """What the tests compare of each instance."""
    return [_row(i) for i in reading.instances]


def _row(i: InstanceReading) -> tuple[str | None, str | None, float | None, str, str]:
    return (i.foan, i.serial_number, i.fracture_load_kn, i.defect_class.value, i.sub_type)


@pytest.mark.parametrize("ruled", [True, False])
@pytest.mark.parametrize("valign", ["TOP", "MIDDLE"])
def test_narrow_cells_of_several_lines_stay_with_their_row(
    make_report: Callable[..., Path], profile: Profile, valign: str, *, ruled: bool
) -> None:
    """Wrapped cells join their row, with and without rulings, set to the top or to the middle."""
    widths = [52, 60, 45, 58, 60]
    reading = read(make_report(HEADER, FACTS, [COLUMNS, *ROWS], ruled=ruled, valign=valign, widths=widths), profile)
    assert rows_of(reading) == TRUTH
    assert all(i.issues == () and i.confidence == 1.0 for i in reading.instances)


def test_header_facts_are_read_with_their_place(make_report: Callable[..., Path], profile: Profile) -> None:
    """Report number, date and language come out, and each reading says where it stands."""
    reading = read(
        make_report(HEADER, FACTS, "The table was made with care and the load is stated.", [COLUMNS, *ROWS]), profile
    )
    assert (reading.report_number, reading.report_date, reading.language) == ("LB-0731", "2021-03-03", "en")
    assert not reading.is_revision
    assert all(r.page == 1 and r.box is not None for r in reading.readings)
    assert {r.value for r in reading.readings if r.field == "foan"} == {"FOAN-2021-0117", "FOAN-2021-0118"}


def test_a_table_goes_on_without_its_header(make_report: Callable[..., Path], profile: Profile) -> None:
    """Rows on the next page belong to the table even where its header is not repeated."""
    widths = [110, 80, 70, 110, 90]
    path = make_report(HEADER, FACTS, [COLUMNS, *ROWS[:1]], None, ROWS[1:], "Some closing words.", widths=widths)
    reading = read(path, profile)
    assert rows_of(reading) == TRUTH
    assert [i.page for i in reading.instances] == [1, 2, 2]


def test_a_borderless_table_goes_on_with_its_header_repeated(
    make_report: Callable[..., Path], profile: Profile
) -> None:
    """A repeated header is no row."""
    path = make_report(HEADER, [COLUMNS, *ROWS[:2]], None, [COLUMNS, *ROWS[2:]], ruled=False, is_landscape=True)
    assert rows_of(read(path, profile)) == TRUTH


def test_another_site_is_described_by_its_profile_alone(make_report: Callable[..., Path], other_site: Profile) -> None:
    """Other grammars, header words and cause words come from the profile."""
    rows = [
        ["Bruch-Nr.", "Vorgang", "Body mark", "Bruchkraft in N", "Verdict"],
        ["1", "BR/21/00417", "KX004711", "54 800", "Fremdphase"],
        ["2", "BRU 2021/00418", "kx 004712", "61.250,5", "Fehler im Grünkörper"],
    ]
    path = make_report("PRÜFBERICHT", "Bericht-Nr.: 21/77<br/>Datum: 4. Mai 2021", rows, ruled=False)
    reading = read(path, other_site)
    assert rows_of(reading) == [
        ("BR/2021/00417", "KX004711", 54.8, "material", ""),
        ("BR/2021/00418", "KX004712", 61.2505, "green_body", ""),
    ]
    assert reading.report_date == "2021-05-04"
    assert [i.instance_tag for i in reading.instances] == ["1", "2"]


def test_key_value_blocks_make_one_instance_each(make_report: Callable[..., Path], profile: Profile) -> None:
    """German blocks, one per fracture, under one FOAN in the header."""
    block = "Seriennummer: {}<br/>Bruchlast: {} kN<br/>Bruchursache: {}<br/>Unterart: {}"
    path = make_report(
        "BRUCHANALYSE",
        "FOAN: FOAN-2019-0042<br/>Datum: 12.11.2019",
        block.format("512345", "61,2", "Grünkörperfehler", "Agglomerat"),
        "Es folgt der zweite Bruch der Serie.",
        block.format("512346", "58,9", "Hartbearbeitung", "Schleifriss"),
    )
    assert rows_of(read(path, profile)) == [
        ("FOAN-2019-0042", "512345", 61.2, "green_body", "agglomerate"),
        ("FOAN-2019-0042", "512346", 58.9, "hard_machining", "grinding_crack"),
    ]


def test_key_value_blocks_side_by_side_are_not_mixed(make_report: Callable[..., Path], profile: Profile) -> None:
    """Two blocks in two columns of the page keep their own causes."""
    rows = [
        ["FOAN:", "FOAN-2019-0042", "FOAN:", "FOAN-2019-0043"],
        ["Serial no.:", "512345", "Serial no.:", "512346"],
        ["Load:", "61.2 kN", "Load:", "58.9 kN"],
        ["Cause:", "green body", "Cause:", "material"],
    ]
    reading = read(make_report(HEADER, rows, ruled=False, widths=[60, 140, 60, 140]), profile)
    assert rows_of(reading) == [
        ("FOAN-2019-0042", "512345", 61.2, "green_body", ""),
        ("FOAN-2019-0043", "512346", 58.9, "material", ""),
    ]


def test_fields_as_rows_and_fractures_as_columns(make_report: Callable[..., Path], profile: Profile) -> None:
    """A table on its side is read column by column."""
    rows = [
        ["FOAN", "FOAN-2019-0042", "FOAN-2019-0042", "FOAN-2019-0043"],
        ["Serial number", "512345", "512346", "512347"],
        ["Fracture load", "61.2 kN", "58.9 kN", "60.0 kN"],
        ["Fracture cause", "green body defect", "material defect", "unknown origin"],
    ]
    reading = read(make_report(HEADER, rows, ruled=False, widths=[80, 120, 120, 120]), profile)
    assert rows_of(reading) == [
        ("FOAN-2019-0042", "512345", 61.2, "green_body", ""),
        ("FOAN-2019-0042", "512346", 58.9, "material", ""),
        ("FOAN-2019-0043", "512347", 60.0, "unknown", ""),
    ]


def test_a_cause_that_is_not_understood_is_kept_raw_and_flagged(
    make_report: Callable[..., Path], profile: Profile
) -> None:
    """Unknown because the report says so is clean; unknown because nobody understands it is an issue."""
    rows = [
        ["FOAN-2021-0117", "512345", "61.2", "unknown origin", "-"],
        ["FOAN-2021-0117", "512346", "58.9", "moon phase", "-"],
        ["FOAN-2021-0117", "512347", "58.9", "no material defect", "-"],
    ]
    stated, odd, negated = read(make_report(HEADER, [COLUMNS, *rows]), profile).instances
    assert stated.defect_class is odd.defect_class is negated.defect_class is DefectClass.UNKNOWN
    assert stated.issues == ()
    assert odd.issues == ("defect class not understood: moon phase",)
    assert odd.defect_class_raw == "moon phase"
    assert negated.issues == ("defect class not understood: no material defect",)


def test_confusable_characters_are_repaired_and_said(make_report: Callable[..., Path], profile: Profile) -> None:
    """A letter in a number is repaired where the grammar leaves one way, and the row says so."""
    rows = [["FOAN-2O21-0117", "5I2345", "61.2", "green body", "-"]]
    (instance,) = read(make_report(HEADER, [COLUMNS, *rows]), profile).instances
    assert (instance.foan, instance.serial_number) == ("FOAN-2021-0117", "512345")
    assert instance.issues == ()
    assert any("foan repaired: O -> 0" in i for i in instance.remarks)
    assert any("serial number repaired: I -> 1" in i for i in instance.remarks)
    assert all(r.confidence <= 0.9 for r in instance.readings if r.field in {"foan", "serial_number"})


def test_header_and_table_that_contradict_each_other_are_flagged(
    make_report: Callable[..., Path], profile: Profile
) -> None:
    """A FOAN in the header that no row has makes every row an issue."""
    path = make_report(HEADER, "FOAN: FOAN-2021-0171", [COLUMNS, *ROWS[:2]])
    reading = read(path, profile)
    assert all(any("contradicting foan" in issue for issue in i.issues) for i in reading.instances)


@pytest.mark.parametrize(
    ("rotation", "skew"),
    [
        (90, -0.8),
        pytest.param(0, 1.4, marks=pytest.mark.slow),
        pytest.param(180, 0.5, marks=pytest.mark.slow),
        pytest.param(270, 0.0, marks=pytest.mark.slow),
    ],
)
def test_scans_are_read_upright_whatever_way_they_lie(
    make_report: Callable[..., Path], scan: Callable[..., Path], profile: Profile, rotation: int, skew: float
) -> None:
    """A turned and tilted scan gives the same rows as the text layer it was made from."""
    prose = "The components broke in a burst test. The origin of each fracture was found with a microscope. " * 4
    path = scan(
        make_report(HEADER, FACTS, prose, [COLUMNS, *ROWS], widths=[110, 80, 70, 110, 90]),
        rotation_deg=rotation,
        skew_deg=skew,
    )
    reading = read(path, profile)
    assert rows_of(reading) == TRUTH
    (page,) = reading.pages
    assert page.text_source is TextSource.OCR
    assert page.rotation_deg == rotation
    assert page.skew_deg == pytest.approx(-skew, abs=0.2)
    assert all(i.method is ReadingMethod.OCR and 0 < i.confidence < 1 for i in reading.instances)


def test_a_hidden_text_under_a_scan_is_not_believed(
    make_report: Callable[..., Path], scan: Callable[..., Path], profile: Profile
) -> None:
    """The invisible text of another OCR program does not replace reading the scan."""
    wrong = "FOAN Serial no. Load Defect class\nFOAN-2021-9999 999999 61.2 material defect"
    path = scan(make_report(HEADER, FACTS, [COLUMNS, *ROWS]), hidden_text=wrong)
    reading = read(path, profile)
    assert reading.pages[0].text_source is TextSource.OCR
    assert 0 < reading.pages[0].text_layer_score < 0.5
    assert rows_of(reading) == TRUTH


def test_a_report_without_instances_says_which_foans_it_saw(make_report: Callable[..., Path], profile: Profile) -> None:
    """Prose alone makes no instance: the failure row tells a person where to look."""
    path = make_report(HEADER, "We looked at FOAN-2021-0117 and will report on the fracture later.")
    failure = read_report(path, "x/report.pdf", profile)
    assert isinstance(failure, Failure)
    assert failure.reason is FailureReason.NO_INSTANCES
    assert re.search("FOAN-2021-0117", failure.detail)


def test_blank_pages_are_no_text(make_report: Callable[..., Path], profile: Profile) -> None:
    """An empty sheet is a failure with its reason, and costs no OCR."""
    failure = read_report(make_report(" ", None, " "), "x.pdf", profile)
    assert isinstance(failure, Failure)
    assert failure.reason is FailureReason.NO_TEXT
