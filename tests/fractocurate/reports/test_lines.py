"""Words to lines and cells, on boxes made by hand."""

import itertools
import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.records import Box, Word
from fractocurate.reports.lines import (
    Line,
    Ruling,
    around,
    cell_gap_heights,
    distinct_levels,
    gap_of_type,
    group_lines,
    is_printed_rule,
    join_text,
    level_groups,
    split_at_gaps,
    verticals_through,
    without_debris,
)

LinesOf = Callable[[str], list[Line]]


def word(text: str, left: float, top: float, width: float = 20.0, height: float = 10.0) -> Word:
    """A word at a place."""
    return Word(text, Box(left, top, left + width, top + height), 1.0)


@given(st.randoms(use_true_random=False), st.floats(-0.6, 0.6))
def test_lines_are_found_in_any_order_of_words_and_under_a_small_skew(rng: random.Random, skew_deg: float) -> None:
    """Forty lines of twelve words come out as drawn, whatever the order of the words and the tilt that remains."""
    slope = math.tan(math.radians(skew_deg))
    words = [
        word(f"{row}.{column}", 50 + 40 * column, 60 + 14 * row + slope * 40 * column)
        for row in range(40)
        for column in range(12)
    ]
    rng.shuffle(words)
    expected = [" ".join(f"{row}.{column}" for column in range(12)) for row in range(40)]
    assert [line.text for line in group_lines(words)] == expected


def test_small_type_beside_large_type_joins_its_line() -> None:
    """A superscript or a full stop of small height stands in the line of its neighbours."""
    lines = group_lines([word("Load", 50, 100), word("a)", 72, 101, 6, 6), word("next", 50, 114)])
    assert [line.text for line in lines] == ["Load a)", "next"]


def test_a_line_knows_its_box_height_and_centre() -> None:
    """The median decides: one tall mark shifts neither."""
    line = Line((word("a", 50, 100), word("b", 80, 100), word("|", 110, 80, 2, 60)))
    assert line.box == Box(50, 80, 112, 140)
    assert line.height == 10
    assert line.centre_y == 105
    assert around(line.words[:2]) == Box(50, 100, 100, 110)


def test_levels_part_words_by_height_alone() -> None:
    """The first word of a level decides; words in it go left to right."""
    words = [word("b", 80, 101), word("a", 50, 100), word("c", 50, 112)]
    assert [[w.text for w in level] for level in level_groups(words)] == [["a", "b"], ["c"]]


def test_wide_gaps_part_cells(lines_of: LinesOf) -> None:
    """White space of more than a multiple of the line's height begins the next cell."""
    (line,) = lines_of("Serial no.   Load in kN    Cause")
    cells = split_at_gaps(line.words, 0.6)
    assert [" ".join(w.text for w in cell) for cell in cells] == ["Serial no.", "Load in kN", "Cause"]
    assert split_at_gaps((), 0.6) == []


@pytest.mark.parametrize(("space_pt", "expected"), [(2.5, 0.5), (4.0, 0.7), (6.0, 1.05), (12.0, 1.25)])
def test_the_gap_between_cells_follows_the_word_spaces_of_the_type(space_pt: float, expected: float) -> None:
    """Monospaced type with its wide word spaces needs wider gaps, within bounds."""
    line = Line(tuple(word("word", 50 + k * (20 + space_pt), 100) for k in range(12)))
    assert cell_gap_heights([line]) == pytest.approx(expected)
    assert cell_gap_heights([Line(line.words[:3])]) == 0.6


@given(st.floats(3.0, 8.0), st.floats(0.0, 0.35), st.randoms(use_true_random=False))
def test_columns_of_monospaced_type_are_two_characters_apart(pitch: float, bearing: float, rng: random.Random) -> None:
    """Whatever the pitch, and however much narrower than their places the characters are: one space parts no cells."""
    texts = rng.sample(["analysis", "number", "Article", "Verdict", "31029", "PL78.138", "grinding"], k=6)
    words, column = [], 3
    for text in texts:
        inside = pitch * bearing
        words.append(word(text, column * pitch + inside / 2, 100, len(text) * pitch - inside, pitch * 1.2))
        column += len(text) + rng.choice((1, 2, 3))
    gap = gap_of_type([Line(tuple(words))], 0.5) * pitch * 1.2
    assert pitch * (1 + bearing) < gap < pitch * 2


def test_proportional_type_keeps_the_gap_of_the_page() -> None:
    """Its characters differ in width; and a few words tell nothing."""
    widths = {"Article": 29.0, "number": 32.0, "Verdict": 33.0, "grinding": 36.0, "31029": 28.0}
    words = tuple(word(text, 50 + 60 * k, 100, width) for k, (text, width) in enumerate(widths.items()))
    assert gap_of_type([Line(words)], 0.77) == 0.77
    assert gap_of_type([Line(words[:2])], 0.77) == 0.77
    assert gap_of_type([], 0.77) == 0.77


def test_cells_of_several_lines_join_to_one_text(lines_of: LinesOf) -> None:
    """Hyphens and slashes at a line's end keep their word together; a lone dash does not."""
    words = [w for line in lines_of("Grünkörper-\nfehler am\nRand") for w in line.words]
    assert join_text(words) == "Grünkörper-fehler am Rand"
    assert join_text([w for line in lines_of("-\nn/a") for w in line.words]) == "- n/a"
    assert join_text(()) == ""


def test_rulings_read_as_characters_are_dropped() -> None:
    """Bars and underscores go, also off the ends of words; minus signs and values stay."""
    read = [word(t, 50, 100) for t in ("|", "|SN", "512345|", "—", "-", "__", "=~", "61.2")]
    kept = without_debris(read)
    assert [w.text for w in kept] == ["SN", "512345", "-", "61.2"]
    assert kept[0].box == read[1].box


def test_verticals_count_where_they_cross_the_middle_of_a_box() -> None:
    """Double lines count once; lines that end above, and horizontal ones, not at all."""
    rulings = [
        Ruling(100, 90, 100, 200),
        Ruling(101.5, 90, 101.5, 200),
        Ruling(60, 90, 60, 200),
        Ruling(150, 20, 150, 95),
        Ruling(50, 105, 300, 105),
    ]
    assert verticals_through(rulings, Box(50, 100, 300, 110)) == [60, 100]


@given(st.lists(st.floats(0, 1000), max_size=30))
def test_distinct_levels_stand_apart_and_leave_none_far_from_all(levels: list[float]) -> None:
    """Any two are more than three points apart, and each level given is within three points of one kept."""
    kept = distinct_levels(levels)
    assert all(b - a > 3 for a, b in itertools.pairwise(kept))
    assert all(any(0 <= level - k <= 3 for k in kept) for level in levels)


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(-1.5, 1.5)), min_size=2, max_size=8))
def test_words_that_surely_stand_on_one_line_are_joined_as_lines_are(places: list[tuple[float, float]]) -> None:
    """The short way gives what the long one does."""
    words = [Word(f"w{k}", Box(x, 100 + y, x + 12, 110 + y), 1.0) for k, (x, y) in enumerate(places)]
    lines = group_lines(words)
    assert len(lines) > 1 or join_text(words) == lines[0].text


@pytest.mark.parametrize(
    ("text", "is_rule"),
    [
        *((text, True) for text in ("----- ---- ---", "* * *", "_______", "|-----|----|")),
        *((text, False) for text in ("-", "- -", "n/a - -", ". . . 5", "-=-=-")),
    ],
)
def test_a_rule_of_print_is_one_mark_again_and_again(text: str, *, is_rule: bool) -> None:
    """One or two dashes are empty cells."""
    assert is_printed_rule(text) == is_rule
