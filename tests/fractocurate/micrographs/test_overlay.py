"""Scale bars and rulers drawn over the picture are found; streaks of the specimen are not."""

from typing import Any

import numpy as np
import pytest

from fractocurate.micrographs.overlay import find_overlay


@pytest.mark.parametrize("ink", [255, 0])
@pytest.mark.parametrize(("left", "top"), [(20, 440), (480, 440), (20, 30)])
def test_bar_with_label_is_found_and_cleared(frames: Any, ink: int, left: int, top: int) -> None:
    """A bar with its label, white or black, in any corner: its length is right, and none of it is left in the crop."""
    grey = frames.texture(640, 480, mean=120, spread=20)
    grey = frames.write(grey, left + 20, top - 24, "50 um", ink, 16)
    grey = frames.block(grey, (left, top, left + 120, top + 5), ink)
    overlay = find_overlay(grey)
    assert overlay is not None
    assert overlay.bars[0].length_px == 120
    drawn = grey[overlay.crop.top : overlay.crop.bottom, overlay.crop.left : overlay.crop.right] == ink
    assert overlay.crop.bottom <= top - 20 or overlay.crop.top >= top + 5 or overlay.crop.left >= left + 120
    assert overlay.crop.area > 0.8 * grey.size
    assert drawn.mean() < 0.01


def test_ruler_is_measured_from_first_to_last_tick(frames: Any) -> None:
    """Eleven ticks 40 px apart make a ruler of 400 px."""
    grey = frames.texture(640, 480, mean=100, spread=20)
    for n in range(11):
        grey = frames.block(grey, (200 + 40 * n, 430, 203 + 40 * n, 442), 255)
    grey = frames.write(grey, 560, 446, "50.0um", 255, 18)
    overlay = find_overlay(grey)
    assert overlay is not None
    assert overlay.bars[0].is_ruler
    assert overlay.bars[0].length_px == 400
    assert overlay.crop.bottom <= 430


def test_pictures_hold_no_overlay(frames: Any) -> None:
    """Noise, a bright ragged streak and a horizontal edge are not drawings."""
    plain = frames.texture(640, 480)
    streak = plain.copy()
    rng = np.random.default_rng(5)
    for row in range(200, 206):
        streak[row, 100 + rng.integers(0, 20) : 260 - rng.integers(0, 20)] = 255
    edge = plain.copy()
    edge[240:] = np.clip(edge[240:].astype(int) + 80, 0, 255)
    assert find_overlay(plain) is None
    assert find_overlay(streak) is None
    assert find_overlay(edge) is None


def test_softened_ends_count_to_the_length_and_rims_do_not(frames: Any) -> None:
    """A white bar of 120 px whose ends are blurred, and one with a black rim around it."""
    grey = frames.write(frames.texture(640, 480, mean=120, spread=10), 60, 420, "50 um", 255, 18)
    soft = frames.block(grey, (42, 450, 158, 455), 255)
    soft[450:455, [40, 41, 158, 159]] = 200
    rimmed = frames.block(frames.block(grey, (39, 449, 161, 456), 0), (40, 450, 160, 455), 255)
    for drawn in (soft, rimmed):
        overlay = find_overlay(drawn)
        assert overlay is not None
        assert overlay.bars[0].length_px == 120
