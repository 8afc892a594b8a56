"""Tables with a column for each cause, one of which is marked."""

from collections.abc import Callable
from typing import Any

import pytest

from data_contracts.records import InstanceReading
from data_contracts.vocabulary import DefectClass
from fractocurate.profile import Profile
from fractocurate.reports.interpret import interpret

Interpreted = Callable[..., list[InstanceReading]]

MATRIX = """
                                              Root cause
FOAN              Serial no.     green body     hard machining     material     Other
FOAN-2021-0117    512345             x
FOAN-2021-0117    512346                              x
FOAN-2021-0118    512347                                              x
"""


@pytest.fixture(scope="module")
def interpreted(page_of: Callable[..., Any], profile: Profile) -> Interpreted:
    """Instances of a drawn page."""
    return lambda drawing, confidence=None: list(interpret([page_of(drawing, 1, confidence)], profile).instances)


@pytest.mark.parametrize("mark", ["x", "X", "●", "✓", "☒", "1", "*"])
def test_the_marked_column_is_the_cause(interpreted: Interpreted, mark: str) -> None:
    """Whatever the mark; its header is the evidence, and its place."""
    instances = interpreted(MATRIX.replace(" x", f" {mark}"))
    assert [i.defect_class for i in instances] == [
        DefectClass.GREEN_BODY,
        DefectClass.HARD_MACHINING,
        DefectClass.MATERIAL,
    ]
    assert all(not i.issues for i in instances)
    (cause,) = [r for r in instances[0].readings if r.field == "defect_class"]
    assert (cause.raw, cause.confidence) == ("green body", 1.0)
    assert cause.box is not None
    assert (cause.box.left, cause.box.top) == (50.0 + 5 * 37, 124.0)


def test_signs_for_not_this_one_are_no_marks(interpreted: Interpreted) -> None:
    """Dashes, circles and noughts beside the mark."""
    row = "FOAN-2021-0117    512345             x"
    for sign in ("-", "o", "0", "☐"):
        (first, *_) = interpreted(MATRIX.replace(row, f"{row}                {sign}               {sign}"))
        assert (first.defect_class, first.issues) == (DefectClass.GREEN_BODY, ())


@pytest.mark.parametrize(
    ("row", "issue"),
    [
        ("FOAN-2021-0117    512345", "no cause is marked"),
        ("FOAN-2021-0117    512345             x                x", "several causes are marked"),
        ("FOAN-2021-0117    512345             x                                                x", "several causes"),
        ("FOAN-2021-0117    512345             ?", "mark of the cause was not understood"),
        ("FOAN-2021-0117    512345                     x", "between the columns"),
        ("FOAN-2021-0117    512345                                                           overload", "none of the"),
    ],
    ids=["none", "two", "one and another", "not a mark", "between two columns", "written in"],
)
def test_what_is_not_marked_once_and_clearly_goes_to_review(interpreted: Interpreted, row: str, issue: str) -> None:
    """Nothing is guessed."""
    (first, *others) = interpreted(MATRIX.replace("FOAN-2021-0117    512345             x", row))
    assert any(issue in text for text in first.issues)
    assert not any(i.issues for i in others)


def test_a_detail_in_the_column_of_its_class(interpreted: Interpreted) -> None:
    """A sub-type written instead of a mark."""
    (first, *_) = interpreted(MATRIX.replace("512345             x", "512345         agglomerate"))
    assert (first.defect_class, first.sub_type, first.issues) == (DefectClass.GREEN_BODY, "agglomerate", ())


def test_sub_types_below_their_classes(interpreted: Interpreted) -> None:
    """Two lines of headers: the upper one names classes, the marked lower one a sub-type."""
    drawing = """
+----------------+--------+---------------------------+------------------+
| FOAN           | S/N    | green body                | material         |
|                |        +-------------+-------------+------+-----------+
|                |        | agglomerate | lamination  | pore | inclusion |
+----------------+--------+-------------+-------------+------+-----------+
| FOAN-2021-0117 | 512345 |             |      x      |      |           |
+----------------+--------+-------------+-------------+------+-----------+
| FOAN-2021-0117 | 512346 |             |             |  x   |           |
+----------------+--------+-------------+-------------+------+-----------+
"""
    instances = interpreted(drawing)
    assert [(i.defect_class, i.sub_type, i.issues) for i in instances] == [
        (DefectClass.GREEN_BODY, "lamination", ()),
        (DefectClass.MATERIAL, "pore", ()),
    ]


def test_counts_are_no_marks(interpreted: Interpreted) -> None:
    """A summary says how many parts of each FOAN broke for which cause."""
    drawing = """
FOAN              green body     hard machining     material
FOAN-2021-0117        1               0                 0
FOAN-2021-0118        0               1                 0
"""
    assert all(i.issues for i in interpreted(drawing))


def test_marks_that_ocr_read_are_not_sure(interpreted: Interpreted) -> None:
    """A speck may pass for a mark."""
    (first, *_) = interpreted(MATRIX, 0.96)
    assert [r.confidence for r in first.readings if r.field == "defect_class"] == [0.9]
