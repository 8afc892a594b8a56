"""Keys and values, in reports' heads and in blocks."""

from collections.abc import Callable
from typing import Any

import pytest

from fractocurate.profile import Profile
from fractocurate.reports.key_values import Pair, find_blocks, find_pairs, lanes_of_values
from fractocurate.reports.lines import join_text
from fractocurate.reports.vocabulary import Vocabulary

Find = Callable[[str], list[Pair]]


@pytest.fixture(scope="module")
def find(lines_of: Callable[[str], Any], profile: Profile) -> Find:
    """Pairs of a drawing."""
    return lambda drawing: find_pairs(1, lines_of(drawing), Vocabulary(profile))


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


def test_a_key_that_comes_again_begins_the_next_block(find: Find) -> None:
    """One block per fracture; header facts are in none."""
    pairs = find(
        """
Date: 3 March 2021
Serial no.: 512345
Cause: material
Serial no.: 512346
Load: 58.9 kN
Cause: green body
"""
    )
    assert [[p.text for p in block] for block in find_blocks(pairs)] == [
        ["512345", "material"],
        ["512346", "58.9 kN", "green body"],
    ]
    assert find_blocks([p for p in pairs if p.name == "report_date"]) == []


def test_a_wide_gap_ends_a_block(find: Find) -> None:
    """Keys far below the block belong to something else."""
    pairs = find("Serial no.: 512345\nCause: material" + "\n" * 9 + "Load: 58.9 kN")
    assert [[p.name for p in block] for block in find_blocks(pairs)] == [
        ["serial_number", "defect_class"],
        ["fracture_load_kn"],
    ]


def test_blocks_side_by_side_are_followed_down_their_lanes(find: Find) -> None:
    """The same key twice in a line makes two lanes."""
    pairs = find(
        """
Serial no.: 512345        Serial no.: 512346
Load: 61.2 kN             Load: 58.9 kN
Cause: material           Cause: green body
"""
    )
    assert [[p.text for p in block] for block in find_blocks(pairs)] == [
        ["512345", "61.2 kN", "material"],
        ["512346", "58.9 kN", "green body"],
    ]


def test_fields_as_rows_make_one_lane_per_fracture(find: Find) -> None:
    """Values find their fracture by their place; a FOAN stated once is everybody's."""
    (block,) = find_blocks(
        find(
            """
FOAN              FOAN-2021-0117
Serial number     512345          512346       512347
Load              61.2            -            60.1
Cause             material        green        material
                                  body
"""
        )
    )
    lanes = [{name: join_text(words) for name, words in lane.items()} for lane in lanes_of_values(block)]
    assert [lane["serial_number"] for lane in lanes] == ["512345", "512346", "512347"]
    assert [lane["fracture_load_kn"] for lane in lanes] == ["61.2", "-", "60.1"]
    assert {lane["foan"] for lane in lanes} == {"FOAN-2021-0117"}
    assert [lane["defect_class"] for lane in lanes][::2] == ["material", "material"]


def test_a_plain_block_is_one_lane(find: Find) -> None:
    """Values of several pieces belong together."""
    (block,) = find_blocks(find("Serial no.: 512345\nCause: material    (pore)"))
    (lane,) = lanes_of_values(block)
    assert {name: join_text(words) for name, words in lane.items()} == {
        "serial_number": "512345",
        "defect_class": "material (pore)",
    }


def test_a_header_far_above_does_not_decide_how_blocks_begin(find: Find) -> None:
    """The FOAN in the report's head also stands inside each block, behind the serial number that begins it."""
    pairs = find(
        """
FOAN: FOAN-2021-0117
Examined by a person
The parts below broke in the test.
Fracture 1
Serial no.: 512345
FOAN: FOAN-2021-0117
Cause: material
Fracture 2
Serial no.: 512346
FOAN: FOAN-2021-0117
Cause: green body
"""
    )
    blocks = [{p.name: p.text for p in block} for block in find_blocks(pairs)]
    assert [(b["serial_number"], b["defect_class"]) for b in blocks if "serial_number" in b] == [
        ("512345", "material"),
        ("512346", "green body"),
    ]


def test_a_heading_ends_a_block_that_has_all_it_needs(find: Find) -> None:
    """The second fracture begins with a key that the first one lacks."""
    pairs = find(
        """
Serial no.: 512345
Cause: material
Second fracture of the test
FOAN: FOAN-2021-0118
Serial no.: 512346
Cause: green body
"""
    )
    assert [[p.name for p in block] for block in find_blocks(pairs)] == [
        ["serial_number", "defect_class"],
        ["foan", "serial_number", "defect_class"],
    ]


def test_values_centred_on_their_key_keep_the_line_above_it(find: Find) -> None:
    """In a table with its fields as rows, the long values of some columns begin above the key's line."""
    (block,) = find_blocks(
        find(
            """
Serial number     512345              512346
Load              61.2                58.9

                                      machining damage
Cause             material defect
                                      (grinding crack)
"""
        )
    )
    lanes = [{name: join_text(words) for name, words in lane.items()} for lane in lanes_of_values(block)]
    assert [lane["defect_class"] for lane in lanes] == ["material defect", "machining damage (grinding crack)"]


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
