"""Keys and values, in reports' heads and in blocks."""

from collections.abc import Callable
from typing import Any

import pytest

from fractocurate.profile import Profile
from fractocurate.reports.identify import Identifiers
from fractocurate.reports.key_values import Pair, find_pairs
from fractocurate.reports.vocabulary import Vocabulary

Find = Callable[[str], list[Pair]]


@pytest.fixture(scope="module")
def find(lines_of: Callable[[str], Any], profile: Profile) -> Find:
    """Pairs of a drawing."""
    return lambda drawing: find_pairs(1, lines_of(drawing), Vocabulary(profile))


@pytest.fixture(scope="module")
def find_identifiers(lines_of: Callable[[str], Any], profile: Profile) -> Find:
    """Pairs of a drawing, where identifiers are known by their grammar."""
    identifiers = Identifiers(profile)

    def is_value(name: str, text: str) -> bool:
        return (identifiers.foan if name == "foan" else identifiers.serial_number)(text).value is not None

    return lambda drawing: find_pairs(1, lines_of(drawing), Vocabulary(profile), is_value=is_value)


def stated(pairs: list[Pair]) -> list[tuple[str, str]]:
    """Names and values."""
    return [(p.name, p.text) for p in pairs]


def test_keys_with_a_colon_or_alone_before_a_gap_are_found(find: Find) -> None:
    """English and German, one or several to a line."""
    drawing = """
Report no.: LB-0731      Date: 3 March 2021
Bruchlast (kN):   61,2
Seriennummer      512345
"""
    pairs = find(drawing)
    assert stated(pairs) == [
        ("report_number", "LB-0731"),
        ("report_date", "3 March 2021"),
        ("fracture_load_kn", "61,2"),
        ("serial_number", "512345"),
    ]
    assert [p.unit for p in pairs] == ["", "", "kN", ""]
    assert [p.line for p in pairs] == [0, 0, 1, 2]


def test_prose_makes_no_pairs(find: Find) -> None:
    """A key in the middle of a sentence announces nothing; a key without a value neither."""
    assert find("The cause of it all was clear: it had been dropped.\nSerial no.:\n") == []


def test_a_value_goes_on_in_the_line_below(find: Find) -> None:
    """Set in below the value; a line that begins at the margin does not belong to it."""
    assert stated(find("Cause: material defect,\n       a large pore\n")) == [
        ("defect_class", "material defect, a large pore")
    ]
    assert stated(find("Cause: material defect\nKept in the archive\n")) == [("defect_class", "material defect")]


@pytest.mark.parametrize("mark", ["=", ":", "........"])
def test_a_mark_may_stand_between_key_and_value(find: Find, mark: str) -> None:
    """In prints of databases, and in lists with dotted leaders; without a wide gap."""
    assert stated(find(f"Serial no. {mark} 512345\nFracture load {mark} 61.2 kN")) == [
        ("serial_number", "512345"),
        ("fracture_load_kn", "61.2 kN"),
    ]


def test_a_unit_below_its_key_belongs_to_it(find: Find) -> None:
    """Narrow columns wrap the unit of a key; the value stays a number in newtons."""
    (serial, load) = find("Serial no.:       512345\nFracture load     25250\n[N]:")
    assert (serial.unit, load.unit, load.text) == ("", "N", "25250")


def test_keys_may_follow_numbers_and_points(find: Find) -> None:
    """Of chapters and items; a load is no such number."""
    drawing = """
1)   Serial no.: 512345
•    Fracture load: 21.2 kN
3.1  Cause:  material
"""
    assert stated(find(drawing)) == [
        ("serial_number", "512345"),
        ("fracture_load_kn", "21.2 kN"),
        ("defect_class", "material"),
    ]
    assert stated(find("Fracture load     21.2 kN")) == [("fracture_load_kn", "21.2 kN")]


def test_identifiers_may_follow_their_keys_without_a_mark(find_identifiers: Find) -> None:
    """In the heading of a section, and in brackets behind the first; not in a sentence."""
    expected = [("serial_number", "512345"), ("foan", "FOAN-2021-0117)")]
    for drawing in (
        "3.1  Serial no. 512345 (FOAN FOAN-2021-0117)",
        "2. Seriennummer: 512345 (FOAN FOAN-2021-0117)",
        "S/N 512345 (FOAN: FOAN-2021-0117)",
    ):
        assert stated(find_identifiers(drawing)) == expected
    assert find_identifiers("Serial no. 512345 was found in the archive") == []
    assert find_identifiers("Serial no. unknown") == []


def test_a_misread_identifier_is_no_missing_one(find_identifiers: Find) -> None:
    """Or what follows would pass for the part before."""
    assert stated(find_identifiers("1. S/N 5I2Z4567890 (FOAN FOAN-2021-0117)"))[0][0] == "serial_number"


def test_captions_state_nothing(find: Find) -> None:
    """Their colon is no key's."""
    assert find("Fig. 2: fracture origin: SN 512345") == []


def test_a_key_in_two_languages_does_not_take_the_value_before_it(find: Find) -> None:
    """Where nothing but a space parts them, one half of the key is not understood with the value in it."""
    drawing = "FOAN / Analysis no.: FOAN-2021-0117 Bauteil / Component: RB36.439 Bruchlast / Fracture load [kN]: 24,4"
    assert stated(find(drawing)) == [
        ("foan", "FOAN-2021-0117"),
        ("component_id", "RB36.439"),
        ("fracture_load_kn", "24,4"),
    ]
    assert stated(find("Ursache / Cause: Pressfehler Befund / Finding: Pore")) == [
        ("defect_class", "Pressfehler"),
        ("sub_type", "Pore"),
    ]


def test_a_number_before_a_key_is_the_value_of_the_key_before(find: Find) -> None:
    """Numbers before a label mean nothing by themselves, so they must not be taken for a part of it."""
    drawing = "FOAN: FOAN-2021-0117. Fracture load [kN]: 22.6. Root cause: pressing defect. Finding: pore"
    assert stated(find(drawing)) == [
        ("foan", "FOAN-2021-0117."),
        ("fracture_load_kn", "22.6."),
        ("defect_class", "pressing defect."),
        ("sub_type", "pore"),
    ]
