"""Keys and values grouped to blocks, one for each fracture."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from fractocurate.profile import Profile
from fractocurate.reports.key_blocks import find_blocks, lanes_of_values
from fractocurate.reports.key_values import Pair, find_pairs
from fractocurate.reports.lines import join_text
from fractocurate.reports.vocabulary import Vocabulary

Find = Callable[[str], list[Pair]]


@pytest.fixture(scope="module")
def find(lines_of: Callable[[str], Any], profile: Profile) -> Find:
    """Pairs of a drawing."""
    return lambda drawing: find_pairs(1, lines_of(drawing), Vocabulary(profile))


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


def test_where_the_first_key_was_lost_white_space_tells_the_blocks(find: Find) -> None:
    """Else each block would begin with its second key, and end with the first one of the next."""
    pairs = find(
        """
Load: 61.2 kN
Cause: material

Serial no.: 512346
Load: 58.9 kN
Cause: green body

Serial no.: 512347
Load: 57.9 kN
Cause: grinding damage
"""
    )
    assert [[p.text for p in block] for block in find_blocks(pairs)] == [
        ["61.2 kN", "material"],
        ["512346", "58.9 kN", "green body"],
        ["512347", "57.9 kN", "grinding damage"],
    ]


def test_a_title_beside_a_block_does_not_part_it(find: Find) -> None:
    """It has a line of its own, centred on those of the block, and stands in no space between them."""
    lines = find("Serial no.: 512345\nCause: material\nFinding: pore")
    shifted = [replace(p, line=2 * p.line, last_line=2 * p.last_line) for p in lines]
    assert len(find_blocks(shifted)) == 1
