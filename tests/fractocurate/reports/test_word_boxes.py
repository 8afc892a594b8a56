"""Words beside their print: specks that Tesseract counts into a box, halves of digits that it reads."""

import numpy as np
import pytest

from data_contracts.records import Box, Word
from fractocurate.reports.word_boxes import checked_words

_DPI = 72


def _page(*dark: tuple[int, int, int, int]) -> np.ndarray:
    """White paper with dark blocks (left, top, right, bottom)."""
    grey = np.full((100, 200), 255, np.uint8)
    for left, top, right, bottom in dark:
        grey[top:bottom, left:right] = 0
    return grey


def _read(grey: np.ndarray, box: Box) -> Box:
    usual = [Word("usual", Box(120, 10.0 * k, 160, 10.0 * k + 8), 0.9) for k in range(5)]
    return checked_words([*usual, Word("88104521", box, 0.9)], grey, _DPI)[-1].box


@pytest.mark.parametrize("speck", [(40, 22, 42, 24), (40, 52, 42, 54)], ids=["above", "below"])
def test_a_speck_beside_a_word_does_not_make_it_taller(speck: tuple[int, int, int, int]) -> None:
    """The box ends where the print does."""
    box = _read(_page((20, 34, 70, 42), speck), Box(20, min(34, speck[1]), 70, max(42, speck[3])))
    assert (box.top, box.bottom) == (34, 42)
    assert (box.left, box.right) == (20, 70)


def test_the_dots_of_an_umlaut_belong_to_their_word() -> None:
    """They are as near to it as no speck is taken for."""
    box = _read(_page((20, 34, 70, 42), (40, 30, 42, 32)), Box(20, 30, 70, 42))
    assert (box.top, box.bottom) == (30, 42)


def test_a_box_without_ink_stays_as_it_is() -> None:
    """Tesseract may have read grey that is no ink here."""
    assert _read(_page(), Box(20, 30, 70, 42)) == Box(20, 30, 70, 42)


@pytest.mark.parametrize(("bottom", "is_kept"), [(42, True), (41, True), (38, False)], ids=["whole", "nearly", "half"])
def test_a_digit_that_was_read_from_a_part_of_its_ink_is_left_out(bottom: int, *, is_kept: bool) -> None:
    """The upper half of a 2 looks like a 5; the second look will see all of it."""
    usual = [Word("usual", Box(120, 10.0 * k, 160, 10.0 * k + 8), 0.9) for k in range(5)]
    digit = Word("5", Box(20, 34, 24, bottom), 0.9)
    assert (digit in checked_words([*usual, digit], _page((20, 34, 24, 42)), _DPI)) == is_kept
