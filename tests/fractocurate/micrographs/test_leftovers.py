"""Print that is left in a crop is seen by a check that knows nothing of the finder."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fractocurate.micrographs.flatness import PixelBox
from fractocurate.micrographs.leftovers import find_leftover

TEXT = "HT 15.00 kV  WD = 8.1 mm  Mag = 500 X  FILM 1411"


def test_a_whole_bar_left_in_the_picture_is_seen(frames: Any) -> None:
    """White on black and black on white, in the place where it stands."""
    for level, ink in ((0, 255), (255, 0)):
        grey = frames.strip(frames.texture(640, 520), (480, 520), level, ink, TEXT)
        leftover = find_leftover(grey)
        assert leftover is not None
        assert leftover.box.top >= 478
        assert find_leftover(np.ascontiguousarray(grey[:480])) is None


def test_letters_over_the_picture_are_seen(frames: Any) -> None:
    """Without any background of their own."""
    leftover = find_leftover(frames.write(frames.texture(640, 480, spread=15), 30, 440, "FILM 1411 HITL", 255, 36))
    assert leftover is not None
    assert 430 <= leftover.box.top <= 470


def test_an_empty_rest_of_a_strip_is_seen_by_its_edge(frames: Any) -> None:
    """No letter is left, but rows of one level beyond a straight edge."""
    grey = frames.block(frames.texture(640, 480), (0, 470, 640, 480), 255)
    leftover = find_leftover(grey)
    assert leftover is not None
    assert (leftover.box.top, leftover.box.bottom) == (470, 480)


@pytest.mark.parametrize(("level", "thickness"), [(255, 3), (0, 12), (255, 12)])
def test_a_scale_bar_left_in_the_picture_is_seen(frames: Any, level: int, thickness: int) -> None:
    """Without a letter beside it; a seam that runs on to the border is none."""
    grey = frames.texture(640, 480, mean=125, spread=15)
    leftover = find_leftover(frames.block(grey, (300, 400, 380, 400 + thickness), level))
    assert leftover is not None
    assert leftover.box == PixelBox(300, 400, 380, 400 + thickness)
    assert find_leftover(frames.block(grey, (300, 400, 640, 400 + thickness), level)) is None


@given(seed=st.integers(0, 10_000), mean=st.floats(20, 230), spread=st.floats(1, 70))
@settings(max_examples=25, deadline=None)
def test_noise_raises_no_alarm(seed: int, mean: float, spread: float) -> None:
    """Whatever its brightness and contrast."""
    rng = np.random.default_rng(seed)
    assert find_leftover(np.asarray(np.clip(rng.normal(mean, spread, (240, 320)), 0, 255), dtype=np.uint8)) is None


def test_pictures_too_small_for_print_hold_none() -> None:
    """An empty crop and a sliver are not looked at."""
    assert find_leftover(np.zeros((0, 640), np.uint8)) is None
    assert find_leftover(np.zeros((10, 30), np.uint8)) is None


@pytest.mark.parametrize(("n_rows", "text", "is_seen"), [(8, "", True), (40, "", False), (40, "x500", True)])
def test_a_flat_band_is_a_rest_of_a_strip_if_it_is_thin_or_has_ink(
    n_rows: int,
    text: str,
    is_seen: bool,  # noqa: FBT001
    frames: Any,
) -> None:
    """Charging, a mount and vacuum fill broad bands with one level and nothing on it."""
    grey = frames.texture(640, 480, mean=60, spread=10)
    grey = frames.block(grey, (0, 480 - n_rows, 640, 480), 200)
    grey = frames.write(grey, 20, 450, text, 40) if text else grey
    assert (find_leftover(grey) is not None) == is_seen
