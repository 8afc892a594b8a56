"""Masked print is filled from around, by a rule that any reader of the catalog can repeat."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from data_contracts.masks import MaskBox, cut_picture

WHOLE = (0, 0, 40, 30)


def brute_force(picture: NDArray[np.uint8], boxes: list[MaskBox]) -> NDArray[np.uint8]:
    """The rule as it is written, pixel by pixel."""
    masked = np.zeros(picture.shape, bool)
    for left, top, right, bottom in boxes:
        masked[top:bottom, left:right] = True
    filled = picture.copy()
    height, width = picture.shape
    for y, x in zip(*np.nonzero(masked), strict=True):
        values = []
        for dy, dx in ((0, -1), (0, 1), (-1, 0), (1, 0)):
            n = 1
            while 0 <= y + n * dy < height and 0 <= x + n * dx < width:
                if not masked[y + n * dy, x + n * dx]:
                    values.append((1 / n, float(picture[y + n * dy, x + n * dx])))
                    break
                n += 1
        if values:
            filled[y, x] = round(sum(w * v for w, v in values) / sum(w for w, _ in values))
    return filled


BOXES = st.lists(
    st.tuples(st.integers(0, 36), st.integers(0, 26), st.integers(1, 14), st.integers(1, 12)).map(
        lambda b: (b[0], b[1], min(40, b[0] + b[2]), min(30, b[1] + b[3]))
    ),
    max_size=4,
)


@given(seed=st.integers(0, 2**16), boxes=BOXES)
def test_the_rule_is_what_its_words_say(seed: int, boxes: list[MaskBox]) -> None:
    """Against a loop over pixels; within one level, for a sum in another order may round a half the other way."""
    picture = np.random.default_rng(seed).integers(0, 256, (30, 40), dtype=np.uint8)
    filled = cut_picture(picture, WHOLE, boxes)
    expected = brute_force(picture, boxes)
    assert np.abs(filled.astype(int) - expected).max() <= 1
    assert (filled != expected).mean() < 0.01


@given(boxes=BOXES, seed=st.integers(0, 2**16))
def test_order_does_not_matter_and_the_rest_stays(boxes: list[MaskBox], seed: int) -> None:
    """Masks that overlap are one region; no pixel outside them changes, and the frame itself never does."""
    picture = np.random.default_rng(seed).integers(0, 256, (30, 40), dtype=np.uint8)
    before = picture.copy()
    filled = cut_picture(picture, WHOLE, boxes)
    np.testing.assert_array_equal(filled, cut_picture(picture, WHOLE, boxes[::-1]))
    np.testing.assert_array_equal(picture, before)
    changed = filled != picture
    for left, top, right, bottom in boxes:
        changed[top:bottom, left:right] = False
    assert not changed.any()


def test_brightness_goes_on_over_a_mask() -> None:
    """A ramp in either direction is restored exactly; print on it is gone."""
    ramp = np.tile(np.arange(0, 200, 5, dtype=np.uint8), (30, 1))
    for picture in (ramp, ramp.T[:30, :30].copy()):
        printed = picture.copy()
        printed[8:14, 5:20] = 255
        height, width = picture.shape
        np.testing.assert_array_equal(cut_picture(printed, (0, 0, width, height), [(5, 8, 20, 14)]), picture)


@pytest.mark.parametrize("mask", [(0, 0, 40, 30), (-5, -5, 90, 90)])
def test_a_crop_that_is_all_mask_stays_as_it_is(mask: MaskBox) -> None:
    """There is nothing around it to fill it from."""
    picture = np.full((30, 40), 7, np.uint8)
    np.testing.assert_array_equal(cut_picture(picture, WHOLE, [mask]), picture)


def test_only_the_crop_counts() -> None:
    """Masks are in pixels of the frame; what is cut off, such as the data bar, fills nothing."""
    frame = np.full((30, 40), 100, np.uint8)
    frame[20:] = 0  # a bar
    frame[16:20, 10:20] = 255  # print at the lower edge of the crop
    crop = cut_picture(frame, (2, 4, 38, 20), [(10, 16, 20, 20), (0, 20, 40, 30)])
    assert crop.shape == (16, 36)
    assert (crop == 100).all()
