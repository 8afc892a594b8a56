"""Lines of a table that state causes: bands above the rows that share one, findings below each row."""

from collections.abc import Callable
from typing import Any

import pytest

from data_contracts.records import InstanceReading
from fractocurate.profile import Profile
from fractocurate.reports.interpret import interpret

Interpreted = Callable[..., list[InstanceReading]]


@pytest.fixture(scope="module")
def interpreted(page_of: Callable[..., Any], profile: Profile) -> Interpreted:
    """Instances of drawn pages."""

    def interpreted(*drawings: str, confidence: float | None = None) -> list[InstanceReading]:
        pages = [page_of(drawing, number, confidence) for number, drawing in enumerate(drawings, start=1)]
        return list(interpret(pages, profile).instances)

    return interpreted


def stated(instances: list[InstanceReading]) -> list[tuple[str | None, str, str]]:
    """What each says, class and sub-type by name; a class in review in brackets."""
    return [
        (i.serial_number, f"({i.defect_class})" if i.issues else str(i.defect_class), i.sub_type) for i in instances
    ]


BANDS = """
FOAN                Serial no.       Load [kN]
Cause: green body defect
FOAN-2021-0117      512345           61.2
FOAN-2021-0117      512346           60.2
Cause: grinding damage
FOAN-2021-0117      512347           59.2
Cause: thermal shock
FOAN-2021-0117      512348           58.2
"""


def test_a_band_holds_for_the_rows_below_it(interpreted: Interpreted) -> None:
    """One that is not understood holds as well: its rows are not those of the band before."""
    assert stated(interpreted(BANDS)) == [
        ("512345", "green_body", ""),
        ("512346", "green_body", ""),
        ("512347", "hard_machining", ""),
        ("512348", "(unknown)", ""),
    ]


def test_bands_may_have_no_key(interpreted: Interpreted) -> None:
    """Then the words of the vocabulary tell them; others that look like them are bands of unknown meaning."""
    bare = BANDS.replace("Cause: ", "")
    assert stated(interpreted(bare)) == stated(interpreted(BANDS))
    assert [i.defect_class_raw for i in interpreted(bare)][3] == "thermal shock"


def test_a_lost_band_is_not_bridged(interpreted: Interpreted) -> None:
    """White space in which a line may have stood: OCR loses lines."""
    lost = BANDS.replace("Cause: grinding damage", "")
    assert stated(interpreted(lost, confidence=0.96))[2] == ("512347", "(unknown)", "")


def test_a_band_that_ocr_read_is_not_sure(interpreted: Interpreted) -> None:
    """The band in between may be lost without leaving white space."""
    first = interpreted(BANDS, confidence=0.96)[0]
    assert [r.confidence for r in first.readings if r.field == "defect_class"] == [0.9]
    first = interpreted(BANDS)[0]
    assert [r.confidence for r in first.readings if r.field == "defect_class"] == [1.0]


FINDINGS = """
FOAN                Seriennummer     Bruchlast [kN]
FOAN-2021-0117      512345           61,2
Befund: Agglomerat; Ursache: Grünkörperfehler
FOAN-2021-0117      512346           60,2
Befund: Kratzer; Ursache: Hartbearbeitung
"""


def test_a_finding_belongs_to_the_row_above_it(interpreted: Interpreted) -> None:
    """With one key or several."""
    expected = [("512345", "green_body", "agglomerate"), ("512346", "hard_machining", "scratch")]
    assert stated(interpreted(FINDINGS)) == expected
    (first, _) = interpreted(FINDINGS)
    (cause,) = [r for r in first.readings if r.field == "defect_class"]
    assert (cause.raw, cause.confidence) == ("Grünkörperfehler", 1.0)
    assert cause.box is not None
    assert cause.box.top == 124.0


def test_a_row_without_its_finding_has_no_cause(interpreted: Interpreted) -> None:
    """It is not given that of another row."""
    row = "FOAN-2021-0117      512347           59,2\n"
    finding = "Befund: Pore; Ursache: Materialfehler\n"
    assert stated(interpreted(f"{FINDINGS}{row.replace('7  ', '8  ')}{row}{finding}")) == [
        ("512345", "green_body", "agglomerate"),
        ("512346", "hard_machining", "scratch"),
        ("512348", "(unknown)", ""),
        ("512347", "material", "pore"),
    ]


def test_titles_of_tables_are_no_findings_of_the_tables_above(interpreted: Interpreted) -> None:
    """They hold for the table below, whose header follows, or for the one after some white space."""
    header, row, finding, *_ = FINDINGS.strip("\n").split("\n")
    for between in ("\n", f"\n\n\n\n{finding}\n\n\n\n", f"\n{finding}\n"):
        drawing = f"{finding}\n{header}\n{row}{between}{finding}\n{header}\n{row.replace('5  ', '6  ')}\n"
        assert {cause for _, cause, _ in stated(interpreted(drawing))} <= {"(unknown)"}


@pytest.mark.parametrize(
    "drawing",
    [
        FINDINGS + "FOAN-2021-0117      512347           59,2\n",
        BANDS.replace("Cause: green body defect\n", ""),
        BANDS + "Cause: material defect\n",
        FINDINGS.replace("Befund: Agglomerat; Ursache: Grünkörperfehler\n", ""),
    ],
    ids=["ends with a row", "begins with rows", "begins and ends with a band", "one line below two rows"],
)
def test_where_the_order_does_not_tell_nothing_is_stated(interpreted: Interpreted, drawing: str) -> None:
    """A line between two rows may belong to either."""
    assert {cause for _, cause, _ in stated(interpreted(drawing))} == {"(unknown)"}


def test_rows_of_the_next_page_wait_for_a_person(interpreted: Interpreted) -> None:
    """Their band stands on the page before, or was not repeated."""
    head, first, second = BANDS.split("Cause: ")[:3]
    pages = [f"{head}Cause: {first}", f"{head}FOAN-2021-0117      512349           57.2\nCause: {second}"]
    assert stated(interpreted(*pages)) == [
        ("512345", "green_body", ""),
        ("512346", "green_body", ""),
        ("512349", "(unknown)", ""),
        ("512347", "hard_machining", ""),
    ]


def test_a_line_inside_a_cell_is_no_band(interpreted: Interpreted) -> None:
    """A word of a cell that goes on in the next line, where the header of its column was not understood."""
    drawing = """
FOAN                Serial no.       Load [kN]      Remmm
FOAN-2021-0117      512345           61.2           abusive hard
                                                    machining
FOAN-2021-0117      512346           60.2           another
"""
    assert len(interpreted(drawing)) == 2
    assert not any("lines between" in issue for i in interpreted(drawing) for issue in i.issues)
