"""Identifiers wherever a report names them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from fractocurate.profile import Profile
from fractocurate.reports.identify import Identifiers
from fractocurate.reports.lines import Line
from fractocurate.reports.occurrences import Occurrence, Witnesses, find_occurrences


@pytest.fixture(scope="module")
def found(lines_of: Callable[[str], list[Line]], profile: Profile) -> list[Occurrence]:
    """Occurrences on two drawn pages; the words of the second are less sure."""
    first = lines_of("The part SN 512345 of FOAN 2021/0117 broke.\nNothing is named here.")
    second = [
        Line(tuple(replace(w, confidence=0.5 if w.text == "512345" else 0.8) for w in line.words))
        for line in lines_of("Figure 1: S/N: 512345 and FOAN-2O21-0118")
    ]
    return find_occurrences({1: first, 4: second}, Identifiers(profile))


def test_each_occurrence_has_its_page_and_its_own_words(found: list[Occurrence]) -> None:
    """Identifiers of several words have them all; what stands beside them is left out."""
    assert [(o.field, o.identifier.value, o.page, " ".join(w.text for w in o.words)) for o in found] == [
        ("foan", "FOAN-2021-0117", 1, "FOAN 2021/0117"),
        ("serial_number", "512345", 1, "512345"),
        ("foan", "FOAN-2021-0118", 4, "FOAN-2O21-0118"),
        ("serial_number", "512345", 4, "512345"),
    ]
    assert [o.confidence for o in found] == [1.0, 1.0, 0.8, 0.5]


def test_the_surest_other_place_is_the_witness(found: list[Occurrence]) -> None:
    """The words in question are left out, and so are repaired readings and other fields."""
    witnesses = Witnesses(tuple(found))
    assert witnesses.confidence("serial_number", "512345", ()) == 1.0
    assert witnesses.confidence("serial_number", "512345", found[1].words) == 0.5
    assert witnesses.confidence("foan", "512345", ()) == 0.0
    assert witnesses.confidence("foan", "FOAN-2021-0118", ()) == 0.0
    assert Witnesses().confidence("serial_number", "512345", ()) == 0.0
