"""Prints of data files: rows with semicolons between their values."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.records import ReportReading, Word
from fractocurate.profile import Profile
from fractocurate.reports.interpret import interpret
from fractocurate.reports.layout import PageWords
from fractocurate.reports.lines import around

PageOf = Callable[..., PageWords]
Read = Callable[..., ReportReading]

HEADER = "FOAN;Serial no.;Load [kN];Cause;Sub-type"
ROWS = (
    "FOAN-2021-0117;SN 512345;61.2;material;large pore",
    "FOAN-2021-0117;SN 512346;58.9;hard machining;grinding crack",
    "FOAN-2021-0118;SN 512399;n/a;green body;",
)
FILE = "\n".join(("# records: 3", "#", HEADER, *ROWS, "# end of file"))
STATED = [
    ("FOAN-2021-0117", "512345", 61.2, "material", "pore"),
    ("FOAN-2021-0117", "512346", 58.9, "hard_machining", "grinding_crack"),
    ("FOAN-2021-0118", "512399", None, "green_body", ""),
]


@pytest.fixture(scope="module")
def read(page_of: PageOf, profile: Profile) -> Read:
    """What a report of some drawn pages says."""

    def read(*drawings: str, confidence: float | None = None) -> ReportReading:
        pages = [page_of(drawing, number, confidence) for number, drawing in enumerate(drawings, start=1)]
        return interpret(pages, profile)

    return read


def parts(reading: ReportReading) -> list[tuple[str | None, str | None, float | None, str, str]]:
    """What the tests compare of each instance."""
    return [(i.foan, i.serial_number, i.fracture_load_kn, i.defect_class.value, i.sub_type) for i in reading.instances]


@pytest.mark.parametrize("quoted", [False, True])
def test_rows_are_read_with_their_places(read: Read, *, quoted: bool) -> None:
    """Words are parted at semicolons; a value's box is that of its own characters, not of the whole row."""
    drawing = FILE
    if quoted:
        for line in (HEADER, *ROWS):
            drawing = drawing.replace(line, ";".join(f'"{cell}"' for cell in line.split(";")))
    reading = read(drawing)
    assert parts(reading) == STATED
    assert all(i.issues == () for i in reading.instances)
    serial = next(r for r in reading.instances[0].readings if r.field == "serial_number")
    line = drawing.split("\n")[3]
    assert serial.box is not None
    assert serial.box.left == pytest.approx(50 + 5 * line.index("SN"))
    assert serial.box.right == pytest.approx(50 + 5 * (line.index("512345") + 6))


def test_a_semicolon_in_quotation_marks_parts_nothing(read: Read) -> None:
    """As every reader of such files has it."""
    drawing = f"{HEADER}\n{ROWS[0].replace('large pore', chr(34) + 'large pore; near the edge' + chr(34))}"
    (instance,) = read(drawing).instances
    assert instance.sub_type_raw == "large pore; near the edge"


@pytest.mark.parametrize(
    ("printed", "misread"),
    [
        ("512345;61.2", "512345i61.2"),
        ("61.2;material;large", "61.2imaterial:large"),
        ("no.;Load [kN];Cause", "no.iLoad [kN]lCause"),
        ("Cause;Sub-type", "Cause Sub-type"),
        ("58.9;hard machining;grinding", "58.9 hard machining grinding"),
    ],
)
def test_semicolons_that_ocr_misread_are_found_where_one_way_fits(read: Read, printed: str, misread: str) -> None:
    """The values tell where they end; what stands beside a mended mark is never sure."""
    reading = read(FILE.replace(printed, misread), confidence=0.97)
    assert parts(reading) == STATED
    if printed in ROWS[0]:
        load = next(r for r in reading.instances[0].readings if r.field == "fracture_load_kn")
        assert load.confidence <= 0.9


def test_a_row_with_too_few_values_goes_to_review(read: Read) -> None:
    """Which of its values is missing cannot be told."""
    _, other, _ = read(FILE.replace("58.9;hard machining;", "58.9 "), confidence=0.97).instances
    assert any(
        "4 values in a row of a data file whose header has 5" in issue or "3 values" in issue for issue in other.issues
    )


def test_rows_go_on_on_the_next_page_and_over_two_lines(read: Read) -> None:
    """Without a header; a long row is broken where the paper ends."""
    head, last = FILE.split("\n")[:5], ROWS[2]
    reading = read("\n".join(head), f"Report LB-0731 2\n\n{last[:20]}\n{last[20:]}\n# end of file")
    assert parts(reading)[:2] == STATED[:2]
    reading = read("\n".join(head), f"Report LB-0731 2\n\n{last}\n# end of file")
    assert parts(reading) == STATED
    assert [i.page for i in reading.instances] == [1, 1, 2]
    reading = read("\n".join((HEADER, ROWS[0], ROWS[1][:22], ROWS[1][22:])))
    assert parts(reading) == STATED[:2]


def test_sentences_with_semicolons_are_no_data_file(read: Read) -> None:
    """A list of headers in running text has no rows."""
    reading = read(
        """
The table names FOAN; serial number; load; and cause of each part.

FOAN             Serial no.    Load [kN]    Cause
FOAN-2021-0117   SN 512345     61.2         material; large pore; at the edge
"""
    )
    assert [(i.serial_number, i.fracture_load_kn) for i in reading.instances] == [("512345", 61.2)]


@given(st.data())
def test_pieces_of_words_stay_inside_their_words(page_of: PageOf, profile: Profile, data: st.DataObject) -> None:
    """Whatever the order of the columns, each reading's box lies on its own line."""
    order = data.draw(st.permutations(range(5)))
    lines = [";".join(line.split(";")[k] for k in order) for line in (HEADER, *ROWS[:2])]
    page = page_of("\n".join(lines))
    reading = interpret([page], profile)
    assert parts(reading) == STATED[:2]
    whole = around(w for w in page.words if isinstance(w, Word))
    for instance in reading.instances:
        boxes = [r.box for r in instance.readings]
        assert all(b is not None and whole.left <= b.left < b.right <= whole.right for b in boxes)
        assert len({b.top for b in boxes if b is not None}) == 1
