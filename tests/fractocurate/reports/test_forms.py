"""Boxes with a small label above the value."""

from collections.abc import Callable
from typing import Any

import pytest

from fractocurate.profile import Profile
from fractocurate.reports.forms import find_forms
from fractocurate.reports.identify import Identifiers
from fractocurate.reports.key_blocks import find_blocks
from fractocurate.reports.key_values import Pair
from fractocurate.reports.vocabulary import Vocabulary

Find = Callable[[str], tuple[list[Pair], set[int]]]


@pytest.fixture(scope="module")
def find(sketch: Callable[[str], Any], profile: Profile) -> Find:
    """Forms of a drawing."""
    identifiers = Identifiers(profile)

    def is_value(name: str, text: str) -> bool:
        find_value = identifiers.foan if name == "foan" else identifiers.serial_number
        return find_value(text).value is not None

    def find(drawing: str) -> tuple[list[Pair], set[int]]:
        drawn = sketch(drawing)
        return find_forms(1, drawn.lines, drawn.rulings, Vocabulary(profile), is_value)

    return find


FORM = """
Fracture 1
FOAN              Serial no.        Part
FOAN-2021-0117    512345            P1
Cause             Sub-type          Load [kN]
material          large             61.2
defect            pore
Component
RB50.988
"""


STATED = {
    "foan": "FOAN-2021-0117",
    "serial_number": "512345",
    "instance_tag": "P1",
    "defect_class": "material defect",
    "sub_type": "large pore",
    "fracture_load_kn": "61.2",
    "component_id": "RB50.988",
}
"""What either form says."""


def test_an_empty_box_of_what_is_missed_stays(find: Find) -> None:
    """A lost serial number, sub-type or load is a gap that somebody must see; an empty component is none."""
    pairs, _ = find(
        FORM.replace("512345", "      ").replace("large", "     ").replace("pore", "    ").replace("RB50.988", "")
    )
    stated = {p.name: p.text for p in pairs}
    assert stated["serial_number"] == stated["sub_type"] == ""
    assert "component_id" not in stated
    assert stated["fracture_load_kn"] == "61.2"


def test_labels_above_values_are_keys(find: Find) -> None:
    """Each value belongs to the label above it, in however many lines; a last row may have one box only."""
    pairs, used = find(FORM)
    assert {p.name: p.text for p in pairs} == STATED
    assert used == set(range(1, 8))


def test_each_form_is_a_block_of_its_own(find: Find) -> None:
    """Two fractures, one form each."""
    pairs, _ = find(FORM + FORM.replace("512345", "512346").replace("Fracture 1", "Fracture 2"))
    blocks = find_blocks(pairs)
    assert [next(p.text for p in b if p.name == "serial_number") for b in blocks] == ["512345", "512346"]
    assert [len(b) for b in blocks] == [7, 7]


@pytest.mark.parametrize(
    "drawing",
    [
        "FOAN              Serial no.        Cause\nFOAN-2021-0117    512345            material\n",
        "FOAN              Serial no.\nFOAN-2021-0117    512345\n" * 2,
        "Serial no.: 512345\nCause: material\n",
        "Results\nThe cause was found.\n",
    ],
    ids=["a table", "two tables", "keys with colons", "text"],
)
def test_what_is_no_form_is_left_to_others(find: Find, drawing: str) -> None:
    """Headers of tables name other columns than the row of labels above them only in a form."""
    assert find(drawing) == ([], set())


BELOW = """
Fracture 1

FOAN-2021-0117    512345            P1
FOAN              Serial no.        Part

material defect   large pore        61.2
Cause             Sub-type          Load [kN]

RB50.988
Component
"""


def test_labels_may_stand_below_their_values(find: Find) -> None:
    """A line to write on, its label in small print below: more values then fit the labels below than those above."""
    pairs, used = find(BELOW)
    assert {p.name: p.text for p in pairs} == STATED
    assert len(used) == 6


def test_forms_with_labels_below_follow_each_other(find: Find) -> None:
    """The last label of one form is not the label of the next one's first values."""
    pairs, _ = find(BELOW + BELOW.replace("512345", "512346").replace("Fracture 1", ""))
    blocks = find_blocks(pairs)
    assert [next(p.text for p in b if p.name == "serial_number") for b in blocks] == ["512345", "512346"]
    assert [len(b) for b in blocks] == [7, 7]


def test_a_key_with_its_value_is_no_label(find: Find) -> None:
    """A finding below the row of a table."""
    drawing = """
FOAN              Serial no.        Load [kN]
FOAN-2021-0117    512345            61.2
Fehlerart / Cause: material defect
FOAN-2021-0117    512346            60.2
Fehlerart / Cause: green body
"""
    assert find(drawing) == ([], set())
