"""Whole reports from drawn pages: no file, no PDF, no Tesseract."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.records import InstanceReading, ReportReading
from data_contracts.vocabulary import DefectClass, ReadingMethod
from fractocurate.profile import Profile
from fractocurate.reports.interpret import interpret
from fractocurate.reports.layout import PageWords

PageOf = Callable[..., PageWords]
Read = Callable[..., ReportReading]


@pytest.fixture(scope="module")
def read(page_of: PageOf, profile: Profile) -> Read:
    """What a report of some drawn pages says."""

    def read(*drawings: str, confidence: float | None = None) -> ReportReading:
        pages = [page_of(drawing, number, confidence) for number, drawing in enumerate(drawings, start=1)]
        return interpret(pages, profile)

    return read


def parts(reading: ReportReading) -> list[tuple[str | None, str | None, float | None, str]]:
    """What the tests compare of each instance."""
    return [(i.foan, i.serial_number, i.fracture_load_kn, i.defect_class.value) for i in reading.instances]


ENGLISH = """
Report no.: LB-0731      Date: 3 March 2021

The parts named below were broken in the test of the spring campaign.

FOAN             Serial no.    Load [kN]    Cause            Sub-type
FOAN-2021-0117   SN 512345     61.2         material         large pore
FOAN-2021-0117   SN 512346     58.9         hard machining   grinding
                                                             crack
FOAN-2021-0118   SN 512399     n/a          green body       agglomerate
"""


def test_a_report_is_read_with_its_facts_and_evidence(read: Read) -> None:
    """Rows, number, date, language; every identifier has a place on its page."""
    reading = read(ENGLISH)
    assert parts(reading) == [
        ("FOAN-2021-0117", "512345", 61.2, "material"),
        ("FOAN-2021-0117", "512346", 58.9, "hard_machining"),
        ("FOAN-2021-0118", "512399", None, "green_body"),
    ]
    assert [i.sub_type for i in reading.instances] == ["pore", "grinding_crack", "agglomerate"]
    assert all(i.issues == () for i in reading.instances)
    assert (reading.report_number, reading.report_date, reading.language) == ("LB-0731", "2021-03-03", "en")
    found = [(r.field, r.value) for r in reading.readings]
    assert found.count(("foan", "FOAN-2021-0117")) == 2
    assert ("serial_number", "512399") in found
    assert all(r.page == 1 and r.box is not None and r.method is ReadingMethod.TEXT_LAYER for r in reading.readings)


def test_a_german_report_with_decimal_commas_and_newtons(read: Read) -> None:
    """The unit of the header holds for its column; points part thousands where commas part decimals."""
    reading = read(
        """
Bericht-Nr.: 21/077      Datum: 4. Mai 2021

Die Brüche wurden bei der Prüfung mit dem Mikroskop untersucht.

Bruchanalyse     Seriennummer   Bruchlast (N)   Bruchursache
FOAN-2021-0117   512345         61.200,5        Materialfehler
FOAN-2021-0117   512346         58.900          Grünkörper-
                                                fehler
FOAN-2021-0118   512347         58 900,0        nicht feststellbar
"""
    )
    assert parts(reading) == [
        ("FOAN-2021-0117", "512345", 61.2005, "material"),
        ("FOAN-2021-0117", "512346", 58.9, "green_body"),
        ("FOAN-2021-0118", "512347", 58.9, "unknown"),
    ]
    assert (reading.report_date, reading.language) == ("2021-05-04", "de")
    assert all(i.issues == () for i in reading.instances)


HEAD = "FOAN             Serial no.    Load [kN]    Cause"
ROWS = [f"FOAN-2021-0117   51234{k}        6{k}.5         material" for k in range(5)]


@pytest.mark.parametrize("repeated", ["", HEAD + "\n"], ids=["without header", "with header"])
def test_a_table_goes_on_over_three_pages(read: Read, repeated: str) -> None:
    """With its header repeated and without; page numbers below and running heads above do not stop it."""
    foot = "\n\n\n\n\n\n\nPage {} of the report LB-0731\n"
    reading = read(
        "\n".join([HEAD, *ROWS[:2]]) + foot.format(1),
        repeated + "\n".join(ROWS[2:4]) + foot.format(2),
        repeated + ROWS[4] + foot.format(3),
    )
    assert [i.serial_number for i in reading.instances] == [f"51234{k}" for k in range(5)]
    assert [i.fracture_load_kn for i in reading.instances] == [60.5, 61.5, 62.5, 63.5, 64.5]
    assert [i.page for i in reading.instances] == [1, 1, 2, 2, 3]


def test_rows_after_a_page_of_something_else_are_no_continuation(read: Read) -> None:
    """Only the page right after can go on with a table."""
    reading = read("\n".join([HEAD, ROWS[0]]), "Pictures of the parts", ROWS[1])
    assert [i.serial_number for i in reading.instances] == ["512340"]


def test_key_value_blocks_and_the_foan_of_the_heading(read: Read) -> None:
    """Each block takes the FOAN of the heading above it."""
    reading = read(
        """
FOAN-2021-0117

Serial no.: 512345
Load: 61.2 kN
Cause: material
Sub-type: large pore


FOAN-2021-0118

Serial no.: 512346
Load: 58900 N
Cause: green body
"""
    )
    assert parts(reading) == [
        ("FOAN-2021-0117", "512345", 61.2, "material"),
        ("FOAN-2021-0118", "512346", 58.9, "green_body"),
    ]


def test_a_merged_foan_cell_holds_for_its_rows(read: Read) -> None:
    """A FOAN printed once, in the middle of the rows that it holds for."""
    reading = read(
        """
+----------------+------------+-----------+-------------+
| FOAN           | Serial no. | Load [kN] | Cause       |
+----------------+------------+-----------+-------------+
|                | 512345     | 61.2      | material    |
|                +------------+-----------+-------------+
| FOAN-2021-0117 | 512346     | 58.9      | green body  |
|                +------------+-----------+-------------+
|                | 512347     | 60.1      | material    |
+----------------+------------+-----------+-------------+
| FOAN-2021-0118 | 512348     | 60.2      | material    |
+----------------+------------+-----------+-------------+
"""
    )
    assert [i.foan for i in reading.instances] == ["FOAN-2021-0117"] * 3 + ["FOAN-2021-0118"]
    assert [i.serial_number for i in reading.instances] == ["512345", "512346", "512347", "512348"]


def test_unknown_words_are_kept_raw_and_flagged(read: Read) -> None:
    """No guess at a class; an unknown sub-type stays as printed."""
    (odd,) = read(
        f"{HEAD}         Detail\nFOAN-2021-0117   512345        61.2         moon phase    glittering"
    ).instances
    assert (odd.defect_class, odd.defect_class_raw) == (DefectClass.UNKNOWN, "moon phase")
    assert (odd.sub_type, odd.sub_type_raw) == ("", "glittering")
    assert odd.issues == ("defect class not understood: moon phase",)


def test_header_and_table_that_contradict_each_other_are_flagged(read: Read) -> None:
    """The FOAN of the report's head against the FOAN of every row."""
    reading = read(f"FOAN: FOAN-2021-0171\n\n\n{HEAD}\n{ROWS[0]}")
    assert reading.instances[0].foan == "FOAN-2021-0117"
    assert reading.instances[0].issues == ("contradicting foan: header FOAN-2021-0171, row FOAN-2021-0117",)


@pytest.mark.parametrize(
    ("header", "issues"),
    [
        ("FOAN-2021-0171", ("contradicting foan: header FOAN-2021-0171, row FOAN-2021-0117",)),
        ("FOAN-2021-0117", ()),
    ],
)
def test_header_and_the_keys_of_a_part_that_contradict_each_other_are_flagged(
    read: Read, header: str, issues: tuple[str, ...]
) -> None:
    """Also where a sentence below the keys states the cause: they are the part's, not the header's."""
    (row,) = read(
        f"""
FOAN: {header}

Report no.: LB-0731

Findings

FOAN: FOAN-2021-0117
Serial no.: SN 512345
Load [kN]: 61.2

Discussion
In conclusion, the fracture of Serial no. 512345 is attributed to material defect.
"""
    ).instances
    assert (row.foan, row.serial_number, row.fracture_load_kn) == ("FOAN-2021-0117", "512345", 61.2)
    assert row.issues == issues


@pytest.mark.parametrize(
    ("rest", "load"), [("see picture.", 61.2), ("material defect", None)], ids=["rest of the wording", "another cause"]
)
def test_the_second_line_of_a_key_parts_no_part_from_its_load(read: Read, rest: str, load: float | None) -> None:
    """A cell's key and value both go on in the next line; another cause there may be that of a lost part."""
    (row,) = read(
        f"""
Report no.: LB-0731

FOAN               FOAN-2021-0117
Serial no.         SN 512345
Cause / Defect     pressing defect (pore) was found in the microscope,
class              {rest}
Load [kN]          61.2
"""
    ).instances
    assert (row.serial_number, row.defect_class.value, row.fracture_load_kn) == ("512345", "green_body", load)


def test_pages_that_contradict_each_other_are_flagged(read: Read) -> None:
    """A summary that states another cause and load for the same part."""
    (merged,) = read(
        f"{HEAD}\n{ROWS[0]}", "Summary of the results\n\nSerial no.: 512340\nLoad: 66.5 kN\nCause: green body"
    ).instances
    assert any(issue.startswith("contradicting defect class") for issue in merged.issues)
    assert any(issue.startswith("contradicting fracture load") for issue in merged.issues)


def test_a_report_without_rows_still_says_what_it_names(read: Read) -> None:
    """FOANs in prose are readings without instances."""
    reading = read("We looked at FOAN-2021-0117 and will report later.")
    assert reading.instances == ()
    assert [(r.field, r.value) for r in reading.readings] == [("foan", "FOAN-2021-0117")]


def test_words_by_ocr_keep_their_confidence(read: Read) -> None:
    """An instance is as sure as the least sure of its identifying words."""
    reading = read(ENGLISH, confidence=0.8)
    assert {(i.confidence, i.method) for i in reading.instances} == {(0.8, ReadingMethod.OCR)}
    foans: list[InstanceReading] = list(reading.instances)
    assert [i.issues for i in foans] == [()] * 3


BLOCK = """
FOAN:            FOAN-2021-0117
Serial no.:      512345
Cause:           material
Sub-type:
Load:            61.2 kN
"""


@pytest.mark.parametrize("confidence", [None, 0.95], ids=["text layer", "scan"])
def test_a_key_without_its_value_says_so(read: Read, confidence: float | None) -> None:
    """A serial number that was lost goes to review on any page; a sub-type of a scan may have been missed."""
    (whole,) = read(BLOCK, confidence=confidence).instances
    assert whole.issues == ()
    assert whole.remarks == (("sub-type not read: the cell is empty, or OCR has missed it",) if confidence else ())
    (nameless,) = read(
        BLOCK.replace("512345", "").replace("Cause:", "Part: B1\nCause:"), confidence=confidence
    ).instances
    assert "serial number not read: the cell is empty" in nameless.issues
    (other,) = read(BLOCK.replace("Sub-type:", ""), confidence=confidence).instances
    assert other.remarks == ()


@pytest.mark.parametrize("confidence", [None, 0.95], ids=["text layer", "scan"])
def test_a_column_of_serial_numbers_without_any_is_a_doubt(read: Read, confidence: float | None) -> None:
    """The header promises them; a table without such a column promises nothing."""
    table = """
FOAN             Serial no.    Load [kN]    Cause
FOAN-2021-0117                 61.2         material
FOAN-2021-0118                 58.9         green body
"""
    for instance in read(table, confidence=confidence).instances:
        assert "serial number not read: the cell is empty" in instance.issues
    without = read(table.replace("Serial no.", "          "), confidence=confidence).instances
    assert len(without) == 2
    assert all(i.issues == i.remarks == () for i in without)


def test_a_line_under_each_row_merges_no_cells(read: Read) -> None:
    """Horizontal rules as wide as the words, and no vertical ones: every row keeps its own cause."""
    rule = "-" * 62
    rows = [
        "FOAN-2021-0117   512345        61.2         material",
        "FOAN-2021-0117   512346        58.9         green body",
    ]
    reading = read("\n".join([rule, HEAD, rule, rows[0], rule, rows[1], rule]))
    assert [i.defect_class_raw for i in reading.instances] == ["material", "green body"]


CAUSES = {"material": "material", "green body": "green_body", "hard machining": "hard_machining", "unknown": "unknown"}


@given(
    st.lists(
        st.tuples(
            st.integers(1, 9999),
            st.integers(100_000, 999_999),
            st.integers(100, 19_999),
            st.sampled_from(sorted(CAUSES)),
        ),
        min_size=2,
        max_size=12,
        unique_by=lambda row: row[1],
    ),
    st.permutations(["foan", "serial", "load", "cause"]),
    st.sampled_from([".", ","]),
    st.integers(1, 12),
)
def test_planted_tables_come_back_in_any_order_of_columns(
    read: Read, planted: list[tuple[int, int, int, str]], order: list[str], mark: str, cut: int
) -> None:
    """Any rows, columns in any order, decimal comma or point, broken over two pages anywhere."""
    headers = {"foan": "FOAN", "serial": "Serial no.", "load": "Load [kN]", "cause": "Cause"}
    lines = ["".join(f"{headers[name]:20}" for name in order)]
    for foan, serial, load, cause in planted:
        printed = f"{load / 10:.1f}".replace(".", mark)
        cells = {"foan": f"FOAN-2021-{foan:04}", "serial": str(serial), "load": printed, "cause": cause}
        lines.append("".join(f"{cells[name]:20}" for name in order))
    pages = ["\n".join(part) for part in (lines[: cut + 1], lines[cut + 1 :]) if part]
    reading = read(*pages)
    assert parts(reading) == [(f"FOAN-2021-{f:04}", str(s), n / 10, CAUSES[c]) for f, s, n, c in planted]
