"""Drawn bars are measured outer edge to outer edge; frames and letters are not bars."""

import numpy as np
import pytest

from fractocurate.micrographs.scale_bar import find_scale_bars


def _ink() -> np.ndarray:
    return np.zeros((60, 640), np.bool_)


@pytest.mark.parametrize("length", [20, 57, 300])
def test_block_has_its_own_length(length: int) -> None:
    """A plain block is as long as it is drawn."""
    ink = _ink()
    ink[10:14, 100 : 100 + length] = True
    (bar,) = find_scale_bars(ink)
    assert bar.length_px == length


def test_end_ticks_count_half() -> None:
    """Of a line with end ticks of 2 px, half a tick is taken off: between outer edges and tick middles."""
    ink = _ink()
    ink[20:22, 100:200] = True
    ink[12:30, 100:102] = True
    ink[12:30, 198:200] = True
    (bar,) = find_scale_bars(ink)
    assert bar.length_px == 99


def test_a_line_with_one_end_tick_may_have_lost_its_other_half() -> None:
    """Over a busy picture the rest of a line may be too faint to be seen."""
    ink = _ink()
    ink[20:22, 100:200] = True
    ink[12:30, 198:200] = True
    (bar,) = find_scale_bars(ink)
    assert not bar.is_whole
    ink[12:30, 100:102] = True
    assert find_scale_bars(ink)[0].is_whole


def test_line_broken_by_its_label_is_one_bar() -> None:
    """Two halves with lettering between them are measured from outer end to outer end."""
    ink = _ink()
    ink[20:22, 100:200] = True
    ink[20:22, 260:360] = True
    ink[12:30, 210:220] = True
    ink[12:30, 230:240] = True
    assert find_scale_bars(ink)[0].length_px == 260


def test_separators_and_frames_are_no_bars() -> None:
    """Lines that run into the border belong to a table."""
    ink = _ink()
    ink[30:32, :] = True
    ink[10:12, 300:640] = True
    assert find_scale_bars(ink) == []


def test_lost_ticks_do_not_shorten_a_ruler() -> None:
    """A ruler of 11 ticks with one lost in the middle keeps its length."""
    ink = _ink()
    for n in range(11):
        if n != 4:
            ink[5:15, 100 + 30 * n : 102 + 30 * n] = True
    (ruler,) = find_scale_bars(ink)
    assert ruler.is_ruler
    assert ruler.length_px == 300


def test_a_letter_that_touches_the_bar_is_not_part_of_it() -> None:
    """The stem of a micro sign reaches down to the bar."""
    ink = np.zeros((60, 300), bool)
    ink[40:46, 50:170] = True
    ink[22:40, 100:103] = True
    (bar,) = find_scale_bars(ink)
    assert (bar.length_px, bar.box.top, bar.box.bottom) == (120, 40, 46)


def test_rests_of_the_picture_at_the_rim_are_no_bars() -> None:
    """A hairline in the first row of a data bar is what was cut off of the picture above it."""
    ink = np.zeros((60, 300), bool)
    ink[0, 50:170] = True
    assert find_scale_bars(ink) == []


def test_joined_feet_of_letters_are_no_bar() -> None:
    """In a typewriter face the serifs of ``mm`` run into one line that is longer than any other stroke of a letter."""
    ink = np.zeros((60, 300), bool)
    ink[5:19, 50:120] = True  # the bar
    ink[42:44, 200:234] = True  # feet
    ink[32:34, 200:234] = True  # shoulders
    for left in (203, 208, 213, 220, 225, 230):
        ink[32:44, left : left + 3] = True
    (bar,) = find_scale_bars(ink)
    assert bar.length_px == 70


@pytest.mark.parametrize("words", [(30, 200), (250,), (30, 120, 300)])
def test_bars_of_two_pictures_side_by_side_are_two(words: tuple[int, ...]) -> None:
    """A figure of two frames has equal bars on one row, each with its own print: they are not one broken bar."""
    ink = np.zeros((60, 900), np.bool_)
    ink[20:30, 200:300] = True
    ink[20:30, 650:750] = True
    for start in words:
        for letter in range(4):
            ink[16:34, 300 + start + 12 * letter : 308 + start + 12 * letter] = True
    assert [bar.length_px for bar in find_scale_bars(ink)] == [100, 100]
