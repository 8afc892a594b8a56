"""The hard frames keep what their truth promises."""

import io

import numpy as np
import pytest
from hard_frames.frames import STYLES, make_frame
from hard_frames.truth import area, largest_free_box

from data_contracts.pixels import decode_grey


@pytest.mark.parametrize("number", range(len(STYLES)))
def test_every_style_has_its_drawing_outside_the_best_crop(number: int) -> None:
    """Drawn boxes lie in the frame, the best crop touches none of them, and frames without drawing are whole."""
    frame = make_frame(number, seed=3)
    grey = decode_grey(frame.content).grey
    height, width = grey.shape
    true = frame.truth
    left, top, right, bottom = true.best_crop
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    for box in true.ink_boxes:
        assert 0 <= box[0] < box[2] <= width
        assert 0 <= box[1] < box[3] <= height
        assert box[0] >= right or box[2] <= left or box[1] >= bottom or box[3] <= top
    assert (true.bar_kind == "none") == (true.best_crop == (0, 0, width, height))
    assert area(true.best_crop) > 0.5 * width * height


def test_the_same_number_and_seed_give_the_same_frame() -> None:
    """Byte for byte; another seed gives another."""
    assert make_frame(4, seed=3) == make_frame(4, seed=3)
    assert make_frame(4, seed=3).content != make_frame(4, seed=4).content


def test_strips_show_where_they_end() -> None:
    """A planted box is one that can be seen: the picture along its edge differs from its paper."""
    frame = next(f for f in (make_frame(n, seed=3) for n in range(0, 64, len(STYLES))) if f.truth.solid_box)
    grey = np.asarray(decode_grey(io.BytesIO(frame.content).getvalue()).grey, dtype=int)
    assert frame.truth.solid_box is not None
    _, top, _, bottom = frame.truth.solid_box
    level = np.median(grey[top + 2 : bottom - 2])
    assert (np.abs(grey[top - 3] - level) > 6).mean() > 0.05


def test_largest_free_box_lies_between_boxes() -> None:
    """Above, below and beside are all looked at."""
    assert largest_free_box(100, 100, ((0, 90, 100, 100),)) == (0, 0, 100, 90)
    assert largest_free_box(100, 100, ((0, 0, 100, 10), (0, 90, 100, 100))) == (0, 10, 100, 90)
    assert largest_free_box(100, 100, ((0, 0, 40, 100),)) == (40, 0, 100, 100)
